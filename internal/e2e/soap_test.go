package e2e_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/salesforce/sfid"
)

// change is one notification of an outbound message.
type change struct {
	id, campaignID, status string
	at                     time.Time
}

// notificationID makes an id as Salesforce gives them.
func notificationID(t *testing.T) string {
	t.Helper()
	id, err := sfid.ParsePrefix("04lxx"+rand.Text()[:10], "04l")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// soapMessage writes an outbound message as Salesforce does.
func soapMessage(organizationID string, changes ...change) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">
  <OrganizationId>%s</OrganizationId><ActionId>04k5g000000PcQrAAK</ActionId><SessionId xsi:nil="true"/>
`, organizationID)
	for _, c := range changes {
		modified := ""
		if !c.at.IsZero() {
			modified = "<sf:LastModifiedDate>" + c.at.UTC().Format("2006-01-02T15:04:05.000Z") + "</sf:LastModifiedDate>"
		}
		fmt.Fprintf(&b, `  <Notification><Id>%s</Id><sObject xsi:type="sf:Campaign" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>%s</sf:Id>%s<sf:Status>%s</sf:Status></sObject></Notification>
`, c.id, c.campaignID, modified, c.status)
	}
	b.WriteString(" </notifications></soapenv:Body>\n</soapenv:Envelope>\n")
	return b.String()
}

// tell posts an outbound message.
func tell(t *testing.T, webhookURL, message string) reply {
	t.Helper()
	return send(t, request{method: http.MethodPost, url: webhookURL, body: message, header: map[string]string{"Content-Type": "text/xml; charset=UTF-8"}})
}

// wantAck checks the answer that lets Salesforce forget a message.
func (r reply) wantAck(t *testing.T) {
	t.Helper()
	if r.want(t, http.StatusOK); !strings.Contains(string(r.body), "<Ack>true</Ack>") {
		t.Fatalf("the answer is no Ack: %s", r.body)
	}
}

// testOutboundMessage: a person completes the Campaign, the org tells, and the platform is asked exactly once.
func (s *suite) testOutboundMessage(t *testing.T) {
	t.Parallel()
	i, campaignID, key := s.follow(t)
	bus := s.listen(t, i.ID)
	s.sendChanges(t, campaignID, i.WebhookURL)
	s.org(t, http.MethodPatch, "records/Campaign/"+campaignID, object{"Status": "Completed"}).want(t, http.StatusOK)

	heard := bus.await(t, 1)[0]
	name := s.campaign(t, campaignID).Record["Name"]
	if heard.DetailType != finalization || heard.Detail.ExperimentKey != key || heard.Detail.CampaignID != campaignID || heard.Detail.CampaignName != name || heard.Detail.Status != "Completed" {
		t.Errorf("the platform was asked %+v", heard)
	}
	s.awaitAcknowledged(t, campaignID, 1)

	// A second change, of something else, asks for nothing. Its record tells that all was dealt with.
	s.org(t, http.MethodPatch, "records/Campaign/"+campaignID, object{"Status": "Aborted"}).want(t, http.StatusOK)
	s.awaitAcknowledged(t, campaignID, 2)
	s.awaitDelivery(t, "skipped", "ignored", "integration_id", i.ID, "status", "skipped")
	if all := bus.all(t); len(all) != 1 {
		t.Errorf("the platform was asked %d times, want once: %+v", len(all), all)
	}
}

// testEcho: our own write comes back as an outbound message, and asks for nothing. Neither does a person's later edit of the
// Campaign that is completed by then; to complete it once more does.
func (s *suite) testEcho(t *testing.T) {
	t.Parallel()
	i, campaignID, key := s.follow(t)
	bus := s.listen(t, i.ID)
	s.sendChanges(t, campaignID, i.WebhookURL)
	s.publish(t, completed, exampleDetail(key, time.Now()))

	s.awaitDelivery(t, "skipped", "echo", "integration_id", i.ID, "direction", "inbound")
	s.awaitAcknowledged(t, campaignID, 1)
	if all := bus.all(t); len(all) != 0 {
		t.Errorf("our own write asked the platform: %+v", all)
	}

	at := time.Now().Add(time.Minute)
	tell(t, i.WebhookURL, soapMessage(orgID, change{notificationID(t), campaignID, "Completed", at})).wantAck(t)
	if newest := s.log(t, "integration_id", i.ID, "direction", "inbound")[0]; newest.Reason != "already_final" {
		t.Errorf("an edit of a completed Campaign: %+v", newest)
	}
	tell(t, i.WebhookURL, soapMessage(orgID, change{notificationID(t), campaignID, "In Progress", at.Add(time.Second)})).wantAck(t)
	tell(t, i.WebhookURL, soapMessage(orgID, change{notificationID(t), campaignID, "Completed", at.Add(2 * time.Second)})).wantAck(t)
	if heard := bus.await(t, 1); len(heard) != 1 || heard[0].Detail.CampaignID != campaignID {
		t.Errorf("a person's change asked the platform: %+v", heard)
	}
}

// testAnotherOrg: once the org is known, a message of another one is refused, the right secret notwithstanding.
func (s *suite) testAnotherOrg(t *testing.T) {
	t.Parallel()
	const another = "00D5g000004XyZaEAK"
	i, campaignID, key := s.follow(t)
	aborted := func() change { return change{notificationID(t), campaignID, "Aborted", time.Time{}} }
	tell(t, i.WebhookURL, soapMessage(another, aborted())).wantAck(t) // nobody knows yet

	s.publish(t, completed, exampleDetail(key, time.Now()))
	s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID, "direction", "outbound")
	if got := s.read(t, i.ID).OrgID; got == nil || *got != orgID {
		t.Fatalf("the integration's org is %v, want %s", got, orgID)
	}
	got := tell(t, i.WebhookURL, soapMessage(another, aborted())).want(t, http.StatusUnauthorized)
	if string(got.body) != `{"detail": "Webhook authentication failed"}` {
		t.Errorf("the refusal is %s", got.body)
	}
	tell(t, i.WebhookURL, soapMessage(orgID, aborted())).wantAck(t)
	tell(t, i.WebhookURL, soapMessage(sfid.Short(orgID), aborted())).wantAck(t)
	if got := len(s.log(t, "integration_id", i.ID, "direction", "inbound")); got != 3 {
		t.Errorf("%d messages in the log, want 3", got)
	}
}

// testRepeatedMessage: what Salesforce sends again counts once, also when a part of it is new.
func (s *suite) testRepeatedMessage(t *testing.T) {
	t.Parallel()
	i, first, key := s.follow(t)
	second := s.newCampaign(t)
	s.link(t, i.ID, key, second)
	bus := s.listen(t, i.ID)
	one := change{notificationID(t), first, "Completed", time.Now()}
	two := change{notificationID(t), second, "Completed", time.Now()}

	tell(t, i.WebhookURL, soapMessage(orgID, one)).wantAck(t)
	tell(t, i.WebhookURL, soapMessage(orgID, one)).wantAck(t)
	tell(t, i.WebhookURL, soapMessage(orgID, two, one)).wantAck(t)
	heard := bus.await(t, 2)
	if len(heard) != 2 || heard[0].Detail.CampaignID == heard[1].Detail.CampaignID || heard[0].Detail.ID == heard[1].Detail.ID {
		t.Errorf("the platform was asked %+v, want once for each Campaign", heard)
	}
	if got := len(s.log(t, "integration_id", i.ID)); got != 2 {
		t.Errorf("%d messages in the log, want 2", got)
	}

	// A JSON call names itself by a header.
	body, header := object{"event_type": "campaign_updated", "campaign_id": first, "status": "Aborted"}, map[string]string{"Idempotency-Key": unique("call")}
	for range 2 {
		send(t, request{method: http.MethodPost, url: i.WebhookURL, body: body, header: header}).want(t, http.StatusOK)
	}
	if got := len(s.log(t, "integration_id", i.ID)); got != 3 {
		t.Errorf("%d messages in the log, want 3", got)
	}
}
