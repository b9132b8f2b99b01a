package outbound

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// ContentType is what both answers are sent with. Salesforce takes an answer with
// a status other than 200 as a refusal, whatever it says.
const ContentType = "text/xml; charset=utf-8"

const envelope = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="` + nsSOAP + `"><soapenv:Body>%s</soapenv:Body></soapenv:Envelope>
`

// Ack is the answer to a message: true means that all its notifications are in
// safe keeping, false that all are to be sent again.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_listener.htm
func Ack(ok bool) []byte {
	return fmt.Appendf(nil, envelope, fmt.Sprintf(
		`<notificationsResponse xmlns="%s"><Ack>%t</Ack></notificationsResponse>`, nsOutbound, ok))
}

// FaultCode says whose fault a [Fault] is.
// https://www.w3.org/TR/2000/NOTE-SOAP-20000508/#_Toc478383510
type FaultCode string

// FaultClient says that it is the message: the same one will be refused again. A fault
// of the receiver is a negative [Ack].
const FaultClient FaultCode = "Client"

// Fault is the answer to a message that could not be taken. The org shows its text
// to an administrator under Outbound Messages, so it holds nothing internal.
func Fault(code FaultCode, text string) []byte {
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(text)) // a buffer takes everything
	return fmt.Appendf(nil, envelope, fmt.Sprintf(
		`<soapenv:Fault><faultcode>soapenv:%s</faultcode><faultstring>%s</faultstring></soapenv:Fault>`, code, escaped.String()))
}
