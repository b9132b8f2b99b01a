package outbound

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/sfid"
)

// Namespaces of a message.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_wsdl.htm
const (
	nsEnvelope = "http://schemas.xmlsoap.org/soap/envelope/"
	nsOutbound = "http://soap.sforce.com/2005/09/outbound"
	nsSObject  = "urn:sobject.enterprise.soap.sforce.com"
)

// message is what one POST carries.
type message struct {
	orgID, base, session string
	rule                 Rule
	notes                []part
	nilNulls             bool
	idLen                int
}

type part struct {
	id  string
	rec *records.Record // nil: the record is gone
	rid string
}

// xml writes the envelope in the shape that captures of real ones have.
func (m message) xml() []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<soapenv:Envelope xmlns:soapenv="` + nsEnvelope + `" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` + "\n" +
		" <soapenv:Body>\n" + `  <notifications xmlns="` + nsOutbound + `">` + "\n")
	element(&b, "   ", "OrganizationId", m.orgID)
	element(&b, "   ", "ActionId", m.rule.ID)
	if m.session == "" {
		b.WriteString("   <SessionId xsi:nil=\"true\"/>\n")
	} else {
		element(&b, "   ", "SessionId", m.session)
	}
	element(&b, "   ", "EnterpriseUrl", m.base+"/services/Soap/c/"+m.rule.APIVersion+"/"+sfid.Short(m.orgID))
	element(&b, "   ", "PartnerUrl", m.base+"/services/Soap/u/"+m.rule.APIVersion+"/"+sfid.Short(m.orgID))
	for _, n := range m.notes {
		m.notification(&b, n)
	}
	b.WriteString("  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>\n")
	return b.Bytes()
}

func (m message) notification(b *bytes.Buffer, n part) {
	b.WriteString("   <Notification>\n")
	element(b, "    ", "Id", n.id)
	fmt.Fprintf(b, "    <sObject xsi:type=\"sf:%s\" xmlns:sf=\"%s\">\n", m.rule.Object, nsSObject)
	element(b, "     ", "sf:Id", m.shorten(n.rid))
	if n.rec != nil {
		for _, name := range slices.Sorted(slices.Values(m.rule.Fields)) {
			m.field(b, n.rec, name)
		}
	}
	b.WriteString("    </sObject>\n   </Notification>\n")
}

func (m message) field(b *bytes.Buffer, rec *records.Record, name string) {
	f, ok := rec.Object.Field(name)
	if !ok || f.Type == schema.TypeID {
		return
	}
	v := rec.Get(name)
	if v == nil {
		if m.nilNulls {
			fmt.Fprintf(b, "     <sf:%s xsi:nil=\"true\"/>\n", name)
		}
		return
	}
	text := soapText(f, v)
	if f.IsID() {
		text = m.shorten(text)
	}
	element(b, "     ", "sf:"+name, text)
}

func (m message) shorten(id string) string { return id[:min(len(id), m.idLen)] }

// soapText writes a value as XML Schema types do.
func soapText(f *schema.Field, v any) string {
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.000Z")
	case float64:
		if f.Type != schema.TypeInt {
			return records.FormatDouble(v)
		}
	}
	return records.Display(v)
}

func element(b *bytes.Buffer, indent, name, text string) {
	b.WriteString(indent + "<" + name + ">")
	_ = xml.EscapeText(b, []byte(text)) // a bytes.Buffer takes everything
	b.WriteString("</" + name + ">\n")
}

// errNotAcknowledged is why a message is sent again.
var errNotAcknowledged = errors.New("not acknowledged")

// readAck looks for <Ack>true</Ack> by namespace and name, whatever the prefixes, in
// an answer that is whole.
func readAck(body io.Reader) error {
	dec := xml.NewDecoder(body)
	var path []xml.Name
	acknowledged := false
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) && acknowledged {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: the answer has no Ack", errNotAcknowledged)
		}
		if err != nil {
			return fmt.Errorf("%w: the answer is not XML: %w", errNotAcknowledged, err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			path = append(path, t.Name)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if !isAck(path) || strings.TrimSpace(string(t)) == "" {
				continue
			}
			if v := strings.TrimSpace(string(t)); v != "true" && v != "1" {
				return fmt.Errorf("%w: Ack is %q", errNotAcknowledged, v)
			}
			acknowledged = true
		}
	}
}

func isAck(path []xml.Name) bool {
	want := []xml.Name{{Space: nsEnvelope, Local: "Envelope"}, {Space: nsEnvelope, Local: "Body"}, {Space: nsOutbound, Local: "notificationsResponse"}, {Space: nsOutbound, Local: "Ack"}}
	return slices.Equal(path, want)
}
