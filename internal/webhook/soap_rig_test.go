package webhook_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// note is one notification of an outbound message.
type note struct {
	id     int
	record string
	fields map[string]string
}

// notificationID makes the n-th notification's id.
func notificationID(n int) string { return fmt.Sprintf("04l5g00000%05dAAA", n) }

func soapEnvelope(notes ...note) events.APIGatewayProxyRequest {
	return envelope("text/xml; charset=UTF-8", soapBody(orgID, notes...))
}

func soapBody(org string, notes ...note) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
<notifications xmlns="http://soap.sforce.com/2005/09/outbound">
<OrganizationId>%s</OrganizationId><ActionId>04k5g000000PcQrAAK</ActionId><SessionId>00Dsession!secret</SessionId>
`, org)
	for _, n := range notes {
		fmt.Fprintf(&b, `<Notification><Id>%s</Id><sObject xsi:type="sf:Campaign" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>%s</sf:Id>`,
			notificationID(n.id), n.record)
		for _, name := range slices.Sorted(maps.Keys(n.fields)) {
			fmt.Fprintf(&b, `<sf:%[1]s>%[2]s</sf:%[1]s>`, name, n.fields[name])
		}
		b.WriteString("</sObject></Notification>\n")
	}
	b.WriteString("</notifications></soapenv:Body></soapenv:Envelope>")
	return b.String()
}

func completed(id int, record string) note {
	return note{id, record, map[string]string{"Name": "Q1", "Status": "Completed", "LastModifiedDate": "2026-03-02T09:59:58.000Z"}}
}

// linking is completed with the experiment's key in the Campaign's field.
func linking(id int, record, key string) note {
	n := completed(id, record)
	n.fields["Experiment_Key__c"] = key
	return n
}
