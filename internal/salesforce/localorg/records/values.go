package records

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/sfid"
)

// DateTimeLayout is how Salesforce writes datetimes: RFC 3339 but for the colon.
const DateTimeLayout = "2006-01-02T15:04:05.000-0700"

// DateLayout is how Salesforce writes dates.
const DateLayout = "2006-01-02"

// convert turns a JSON value into the field's Go value: nil clears the field.
func (s *Store) convert(f *schema.Field, in any) (any, *Error) {
	if in == nil {
		return nil, nil
	}
	switch f.Type {
	case schema.TypeBoolean:
		if v, ok := in.(bool); ok {
			return v, nil
		}
		return nil, errDeserialize("boolean", in)
	case schema.TypeInt, schema.TypeDouble, schema.TypeCurrency, schema.TypePercent:
		return convertNumber(f, in)
	case schema.TypeDate:
		return convertDate(in)
	case schema.TypeDateTime:
		return convertDateTime(in)
	}
	text, err := scalarText(in)
	if err != nil {
		return nil, err
	}
	if f.Type != schema.TypeBase64 {
		text = strings.TrimSpace(text)
	}
	if text == "" {
		return nil, nil
	}
	switch f.Type {
	case schema.TypeReference, schema.TypeID:
		return s.convertReference(f, text)
	case schema.TypeBase64:
		if _, bad := base64.StdEncoding.DecodeString(text); bad != nil {
			return nil, &Error{Code: CodeJSON, Message: "Illegal base64 character in field " + f.Name, Fields: []string{f.Name}}
		}
		return text, nil
	case schema.TypeEmail:
		if at := strings.IndexByte(text, '@'); at < 1 || at == len(text)-1 || strings.ContainsAny(text, " \t\n") {
			return nil, &Error{Code: CodeInvalidEmail, Message: fmt.Sprintf("%s: invalid email address: %s", f.Label, text), Fields: []string{f.Name}}
		}
	case schema.TypePicklist, schema.TypeMultiPicklist:
		if err := checkPicklist(f, text); err != nil {
			return nil, err
		}
	}
	if utf8.RuneCountInString(text) > f.Length {
		return nil, &Error{Code: CodeTooLong, Message: fmt.Sprintf("%s: data value too large: %s (max length=%d)", f.Label, text, f.Length), Fields: []string{f.Name}}
	}
	return text, nil
}

func checkPicklist(f *schema.Field, text string) *Error {
	if !f.Restricted {
		return nil
	}
	parts := []string{text}
	if f.Type == schema.TypeMultiPicklist {
		parts = strings.Split(text, ";")
	}
	for _, p := range parts {
		if !f.Allows(p) {
			return &Error{Code: CodeRestrictedPicklist, Message: fmt.Sprintf("%s: bad value for restricted picklist field: %s", f.Label, p), Fields: []string{f.Name}}
		}
	}
	return nil
}

func convertNumber(f *schema.Field, in any) (any, *Error) {
	kind := "double"
	if f.Type == schema.TypeInt {
		kind = "int"
	}
	var n float64
	switch v := in.(type) {
	case json.Number:
		parsed, err := v.Float64()
		if err != nil {
			return nil, errDeserialize(kind, in)
		}
		n = parsed
	case float64:
		n = v
	case int:
		n = float64(v)
	default:
		return nil, errDeserialize(kind, in)
	}
	if f.Type == schema.TypeInt && n != math.Trunc(n) {
		return nil, errDeserialize(kind, in)
	}
	if f.Precision > 0 && math.Abs(n) >= math.Pow10(f.Precision-f.Scale) {
		return nil, &Error{Code: CodeNumberRange, Message: fmt.Sprintf("%s: value outside of valid range on numeric field: %s", f.Label, formatNumber(n)), Fields: []string{f.Name}}
	}
	if f.Precision > 0 {
		scale := math.Pow10(f.Scale)
		n = math.Round(n*scale) / scale
	}
	return n, nil
}

func convertDate(in any) (any, *Error) {
	text, ok := in.(string)
	if !ok {
		return nil, errDeserialize("date", in)
	}
	if text == "" {
		return nil, nil
	}
	if t, err := time.Parse(DateLayout, text); err == nil {
		return t.Format(DateLayout), nil
	}
	if t, err := ParseDateTime(text); err == nil {
		return t.Format(DateLayout), nil
	}
	return nil, errDeserialize("date", in)
}

func convertDateTime(in any) (any, *Error) {
	if t, ok := in.(time.Time); ok {
		return t.UTC().Truncate(time.Second), nil
	}
	text, ok := in.(string)
	if !ok {
		return nil, errDeserialize("datetime", in)
	}
	if text == "" {
		return nil, nil
	}
	t, err := ParseDateTime(text)
	if err != nil {
		if t, err = time.Parse(DateLayout, text); err != nil {
			return nil, errDeserialize("datetime", in)
		}
	}
	return t.UTC().Truncate(time.Second), nil
}

// ParseDateTime reads a datetime in every form that Salesforce accepts.
func ParseDateTime(text string) (time.Time, error) {
	for _, layout := range []string{DateTimeLayout, time.RFC3339Nano, "2006-01-02T15:04:05-0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a datetime", text)
}

func (s *Store) convertReference(f *schema.Field, text string) (any, *Error) {
	id, err := sfid.Parse(text)
	if err != nil {
		return nil, &Error{Code: CodeMalformedID, Message: fmt.Sprintf("%s: id value of incorrect type: %s", f.Label, text), Fields: []string{f.Name}}
	}
	target, ok := s.schema.OfID(id)
	if !ok || f.Type == schema.TypeReference && !f.PointsAt(target.Name) {
		return nil, &Error{Code: CodeFieldIntegrity, Message: fmt.Sprintf("%s: id value of incorrect type: %s", f.Label, text), Fields: []string{f.Name}}
	}
	rec, ok := s.table(target).rows[id]
	if !ok {
		return nil, &Error{Code: CodeAccessCrossRef, Message: "insufficient access rights on cross-reference id: " + sfid.Short(id), Fields: []string{}, Status: s.settings().Disputed.AccessStatus}
	}
	if rec.Deleted {
		return nil, errDeleted(0)
	}
	return id, nil
}

func scalarText(in any) (string, *Error) {
	switch v := in.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case float64:
		return formatNumber(v), nil
	case int:
		return strconv.Itoa(v), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", errDeserialize("string", in)
}

// errDeserialize is what the JSON parser says of a value of the wrong kind. The
// position is not the real one: nobody reads it.
func errDeserialize(kind string, in any) *Error {
	token, text := "VALUE_STRING", fmt.Sprint(in)
	switch v := in.(type) {
	case json.Number:
		token = "VALUE_NUMBER_INT"
		if strings.ContainsAny(v.String(), ".eE") {
			token = "VALUE_NUMBER_FLOAT"
		}
	case float64, int:
		token = "VALUE_NUMBER_FLOAT"
	case bool:
		token = "VALUE_" + strings.ToUpper(strconv.FormatBool(v))
	case map[string]any:
		token, text = "START_OBJECT", "{"
	case []any:
		token, text = "START_ARRAY", "["
	}
	return &Error{Code: CodeJSON, Message: fmt.Sprintf("Cannot deserialize instance of %s from %s value %s or request may be missing a required field at [line:1, column:2]", kind, token, text)}
}

func formatNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// wholeDigits is from where Java, and so Salesforce, writes doubles with an exponent.
const wholeDigits = 1e7

// FormatDouble writes a number as Salesforce does: 24.0, 0.5, 1.39E8.
func FormatDouble(n float64) string {
	if abs := math.Abs(n); abs >= wholeDigits || abs != 0 && abs < 1e-3 {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(n, 'E', -1, 64), "E")
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		exp, err := strconv.Atoi(exponent)
		if err == nil {
			return mantissa + "E" + strconv.Itoa(exp)
		}
	}
	text := formatNumber(n)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
