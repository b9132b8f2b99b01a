package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
)

// Object is a JSON object that keeps the order of its members, as Salesforce does.
type Object []Member

// Member is one name and value.
type Member struct {
	Name  string
	Value any
}

// MarshalJSON writes the members in order.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := marshal(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := marshal(m.Value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// decode reads exactly one JSON value, numbers kept as they were written.
func decode(body []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more after the end of the value")
	}
	return nil
}

// decodeFields reads the members of a record.
func decodeFields(body []byte) (map[string]any, error) {
	var fields map[string]any
	if err := decode(body, &fields); err != nil {
		return nil, err
	}
	if fields == nil {
		return nil, errors.New("it is not an object")
	}
	return fields, nil
}

// value renders a stored value as REST does.
func value(f *schema.Field, v any, blob string) any {
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format(records.DateTimeLayout)
	case float64:
		if f.Type == schema.TypeInt {
			return int64(v)
		}
		return json.RawMessage(records.FormatDouble(v))
	case string:
		if f.Type == schema.TypeBase64 {
			// Blobs are read at a URL of their own.
			return blob
		}
	}
	return v
}

// attributes is the first member of every record.
func attributes(prefix string, rec *records.Record) Object {
	return Object{{"type", rec.Object.Name}, {"url", rowURL(prefix, rec)}}
}

func rowURL(prefix string, rec *records.Record) string {
	return prefix + "/sobjects/" + rec.Object.Name + "/" + rec.ID
}

// fieldValue renders one field of a record.
func fieldValue(prefix string, rec *records.Record, f *schema.Field) any {
	return value(f, rec.Get(f.Name), rowURL(prefix, rec)+"/"+f.Name)
}
