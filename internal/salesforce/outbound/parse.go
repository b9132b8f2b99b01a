package outbound

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"salesforce-integration/internal/salesforce/sfid"
)

// Namespaces of a message. The trap: sObject itself is in the outbound namespace,
// its fields are in the object namespace of the enterprise or partner WSDL.
const (
	nsSOAP     = "http://schemas.xmlsoap.org/soap/envelope/"
	nsOutbound = "http://soap.sforce.com/2005/09/outbound"
	nsObjects  = "urn:sobject."
	nsXSI      = "http://www.w3.org/2001/XMLSchema-instance"
)

var utf8BOM = []byte("\xef\xbb\xbf")

// Parse reads a message. The caller has capped its size. Elements are known by
// namespace and local name, so prefixes, their places and white space do not
// matter; elements that are not known are skipped. Ids may have 15 characters.
func Parse(document []byte) (Message, error) {
	if !utf8.Valid(document) {
		return Message{}, ErrCharset
	}
	d := decoder{xml: xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(document, utf8BOM)))}
	d.xml.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, ErrCharset }
	m, err := d.document()
	if err != nil {
		return Message{}, explain(err)
	}
	return m, nil
}

// explain gives a library error the sentinel that it stands for.
func explain(err error) error {
	for _, known := range []error{ErrMalformed, ErrTruncated, ErrDTD, ErrCharset, ErrTooMany, ErrTooDeep} {
		if errors.Is(err, known) {
			return err
		}
	}
	syntax, ok := errors.AsType[*xml.SyntaxError](err)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), ok && syntax.Msg == "unexpected EOF":
		return ErrTruncated
	case ok:
		return fmt.Errorf("%w: line %d", ErrMalformed, syntax.Line)
	default:
		return ErrMalformed
	}
}

// decoder walks a document once, never looking back. Its error texts name
// elements, never their content.
type decoder struct {
	xml   *xml.Decoder
	depth int
	text  []byte
}

// next returns the next start or end of an element. Text between is appended to
// d.text where keepText says so, and else must not matter.
func (d *decoder) next(keepText bool) (xml.Token, error) {
	for {
		token, err := d.xml.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if d.depth++; d.depth > maxDepth {
				return nil, ErrTooDeep
			}
			return t, nil
		case xml.EndElement:
			d.depth--
			return t, nil
		case xml.CharData:
			switch {
			case keepText:
				d.text = append(d.text, t...)
			case d.depth == 0 && len(bytes.TrimSpace(t)) > 0:
				return nil, fmt.Errorf("%w: text outside of its root", ErrMalformed)
			}
		case xml.Directive:
			return nil, ErrDTD
		case xml.ProcInst:
			if t.Target != "xml" || d.depth > 0 {
				return nil, fmt.Errorf("%w: a processing instruction", ErrMalformed)
			}
		}
	}
}

// children calls each for every element in the current one, up to its end. each
// must consume its element.
func (d *decoder) children(each func(xml.StartElement) error) error {
	for {
		token, err := d.next(false)
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			return nil
		}
		if err := each(start); err != nil {
			return err
		}
	}
}

// skip consumes the rest of the current element without keeping any of it.
func (d *decoder) skip() error {
	for end := d.depth - 1; d.depth > end; {
		if _, err := d.next(false); err != nil {
			return err
		}
	}
	return nil
}

// value consumes an element that holds text. It has no value when it is marked
// nil or holds elements.
func (d *decoder) value(start xml.StartElement) (text string, ok bool, err error) {
	if isNil(start) {
		return "", false, d.skip()
	}
	d.text = d.text[:0]
	token, err := d.next(true)
	if err != nil {
		return "", false, err
	}
	if _, nested := token.(xml.StartElement); nested {
		if err := d.skip(); err != nil {
			return "", false, err
		}
		return "", false, d.skip()
	}
	return string(d.text), true, nil
}

func (d *decoder) document() (Message, error) {
	token, err := d.next(false)
	if err != nil {
		return Message{}, err
	}
	root, ok := token.(xml.StartElement)
	if !ok || !is(root, nsSOAP, "Envelope") {
		return Message{}, fmt.Errorf("%w: its root is not a SOAP envelope", ErrMalformed)
	}
	var found []Message
	err = d.children(func(part xml.StartElement) error {
		if !is(part, nsSOAP, "Body") {
			return d.skip()
		}
		return d.children(func(call xml.StartElement) error {
			if !is(call, nsOutbound, "notifications") {
				return d.skip()
			}
			if len(found) > 0 {
				return fmt.Errorf("%w: it has two lists of notifications", ErrMalformed)
			}
			m, err := d.notifications()
			found = append(found, m)
			return err
		})
	})
	if err != nil {
		return Message{}, err
	}
	if len(found) == 0 {
		return Message{}, fmt.Errorf("%w: it has no notifications", ErrMalformed)
	}
	if _, err := d.next(false); !errors.Is(err, io.EOF) {
		if err == nil {
			err = fmt.Errorf("%w: something follows the envelope", ErrMalformed)
		}
		return Message{}, err
	}
	return found[0], nil
}

func (d *decoder) notifications() (Message, error) {
	var m Message
	err := d.children(func(e xml.StartElement) error {
		switch {
		case is(e, nsOutbound, "OrganizationId"):
			return d.id(e, &m.OrganizationID, sfid.PrefixOrganization)
		case is(e, nsOutbound, "ActionId"):
			return d.id(e, &m.ActionID, "")
		case is(e, nsOutbound, "Notification"):
			if len(m.Notifications) == MaxNotifications {
				return ErrTooMany
			}
			n, err := d.notification()
			m.Notifications = append(m.Notifications, n)
			return err
		default:
			return d.skip()
		}
	})
	switch {
	case err != nil:
		return Message{}, err
	case m.OrganizationID == "":
		return Message{}, fmt.Errorf("%w: no OrganizationId", ErrMalformed)
	case m.ActionID == "":
		return Message{}, fmt.Errorf("%w: no ActionId", ErrMalformed)
	case len(m.Notifications) == 0:
		return Message{}, fmt.Errorf("%w: no Notification", ErrMalformed)
	default:
		return m, nil
	}
}

func (d *decoder) notification() (Notification, error) {
	var n Notification
	records := 0
	err := d.children(func(e xml.StartElement) error {
		switch {
		case is(e, nsOutbound, "Id"):
			return d.id(e, &n.ID, "")
		case is(e, nsOutbound, "sObject"):
			if records++; records > 1 {
				return fmt.Errorf("%w: a notification has two records", ErrMalformed)
			}
			return d.record(e, &n)
		default:
			return d.skip()
		}
	})
	if err == nil && n.ID == "" {
		err = fmt.Errorf("%w: a notification has no Id", ErrMalformed)
	}
	return n, err
}

func (d *decoder) record(start xml.StartElement, n *Notification) error {
	if isNil(start) {
		return d.skip()
	}
	_, n.ObjectType, _ = strings.Cut(attribute(start, nsXSI, "type"), ":")
	if n.ObjectType == "" {
		n.ObjectType = attribute(start, nsXSI, "type")
	}
	if n.ObjectType != "" && !sfid.IsAPIName(n.ObjectType) {
		return fmt.Errorf("%w: the record's type is not an object's name", ErrMalformed)
	}
	n.Fields = make(map[string]string, 8)
	return d.children(func(e xml.StartElement) error {
		switch {
		case !strings.HasPrefix(e.Name.Space, nsObjects):
			return d.skip()
		case e.Name.Local == "Id":
			return d.recordID(e, n)
		case e.Name.Local == "fieldsToNull": // names null fields, which are left out anyway
			return d.skip()
		default:
			return d.field(e, n.Fields)
		}
	})
}

// recordID reads the record's id. One that is none spoils its notification only.
func (d *decoder) recordID(e xml.StartElement, n *Notification) error {
	if n.RecordID != "" || n.BadRecordID {
		return fmt.Errorf("%w: a record has two ids", ErrMalformed)
	}
	text, ok, err := d.value(e)
	if err != nil || !ok {
		return err
	}
	n.RecordID, err = sfid.Parse(strings.TrimSpace(text))
	n.BadRecordID = err != nil
	return nil
}

func (d *decoder) field(e xml.StartElement, fields map[string]string) error {
	text, ok, err := d.value(e)
	if err != nil || !ok {
		return err
	}
	if _, twice := fields[e.Name.Local]; twice || len(fields) == maxFields {
		return fmt.Errorf("%w: a record has a field twice, or too many fields", ErrMalformed)
	}
	fields[e.Name.Local] = text
	return nil
}

// id reads an id into the place for it, once.
func (d *decoder) id(e xml.StartElement, into *string, prefix string) error {
	text, ok, err := d.value(e)
	if err != nil || !ok {
		return err
	}
	if *into != "" {
		return fmt.Errorf("%w: it has %s twice", ErrMalformed, e.Name.Local)
	}
	text = strings.TrimSpace(text)
	if prefix == "" {
		*into, err = sfid.Parse(text)
	} else {
		*into, err = sfid.ParsePrefix(text, prefix)
	}
	if err != nil {
		return fmt.Errorf("%w: %s is not an id", ErrMalformed, e.Name.Local)
	}
	return nil
}

func is(e xml.StartElement, space, local string) bool {
	return e.Name.Local == local && e.Name.Space == space
}

func attribute(e xml.StartElement, space, local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local && a.Name.Space == space {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

func isNil(e xml.StartElement) bool {
	v := attribute(e, nsXSI, "nil")
	return v == "true" || v == "1"
}
