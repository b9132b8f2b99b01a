package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"salesforce-integration/internal/salesforce/localorg"
)

const mask = "***REDACTED***"

// The examples of the contract, to the letter.
const (
	createExample = `{"name": "Salesforce CRM Sync", "integration_type": "SALESFORCE", "description": "Syncs experiment completion to Salesforce campaigns",
 "config": {"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": "1234567890ABCDEF..."}}`
	linkExample    = `{"experiment_key": "checkout-button-color", "campaign_id": "701xx000000001AAAQ"}`
	webhookExample = `{"event_type": "campaign_updated", "campaign_id": "701xx000000001AAAQ", "campaign_name": "Q1 Checkout Optimization",
 "status": "Completed", "experiment_key": "checkout-button-color"}`
	eventExample = `{"experiment_key": "checkout-button-color", "experiment_name": "Checkout button colour", "occurred_at": "2026-03-02T10:00:00Z",
 "results": {"primary_metric": "conversion_rate", "winning_variant": "green", "lift": 0.042, "p_value": 0.003,
             "confidence_interval": [0.011, 0.073], "sample_size": 48210,
             "variants": [{"key": "control", "users": 24090, "conversions": 2409}, {"key": "green", "users": 24120, "conversions": 2513}],
             "url": "https://platform.example/experiments/checkout-button-color"},
 "reason": "guardrail metric regressed"}`
	exampleKey = "checkout-button-color"
)

// raw sends a JSON text as it is, as an administrator.
func (s *suite) raw(t *testing.T, method, path, body string) reply {
	t.Helper()
	return send(t, request{method: method, url: s.APIURL + "/api/v1" + path, bearer: s.admin, body: body,
		header: map[string]string{"Content-Type": "application/json"}})
}

func (s *suite) testContractOfTheAPI(t *testing.T) {
	before := time.Now().Add(-2 * time.Second)
	answer := s.raw(t, http.MethodPost, "/integrations", createExample).want(t, http.StatusCreated)
	var got object
	answer.into(t, &got)
	for field, want := range map[string]any{"name": "Salesforce CRM Sync", "integration_type": "SALESFORCE", "is_active": true} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	var created integrationView
	answer.into(t, &created)
	s.secrets.add(created.WebhookSecret, "1234567890ABCDEF...")
	if _, err := uuid.Parse(created.ID); err != nil {
		t.Errorf("the id %q is no UUID", created.ID)
	}
	if at, err := time.Parse("2006-01-02T15:04:05Z", got["created_at"].(string)); err != nil || at.Before(before) || at.After(time.Now()) {
		t.Errorf("created_at is %v", got["created_at"])
	}
	if created.WebhookURL != s.APIURL+"/api/v1/integrations/"+created.ID+"/webhook/salesforce?token="+created.WebhookSecret || len(created.WebhookSecret) < 32 {
		t.Error("webhook_url is not ready to paste")
	}

	read := s.api(t, http.MethodGet, "/integrations/"+created.ID, nil).want(t, http.StatusOK)
	got = nil
	read.into(t, &got)
	want := object{"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": mask}
	if diff := cmp.Diff(want, got["config"]); diff != "" {
		t.Errorf("the config as read (-want +got):\n%s", diff)
	}
	if got["webhook_url"] != nil || got["webhook_secret"] != nil {
		t.Error("the webhook's secret is shown a second time")
	}
	var list page[integrationView]
	s.api(t, http.MethodGet, "/integrations", nil).want(t, http.StatusOK).into(t, &list)
	if len(list.Items) == 0 || list.Items[0].ID != created.ID || list.Items[0].Config.ClientSecret != mask {
		t.Error("the list does not begin with the newest integration, masked")
	}

	var link object
	s.raw(t, http.MethodPost, "/integrations/"+created.ID+"/links", linkExample).want(t, http.StatusCreated).into(t, &link)
	if link["experiment_key"] != exampleKey || link["campaign_id"] != localorg.CampaignID || link["source"] != "manual" || link["created_at"] == nil {
		t.Errorf("the link is %v", link)
	}

	s.api(t, http.MethodDelete, "/integrations/"+created.ID, nil).want(t, http.StatusNoContent)
	s.api(t, http.MethodGet, "/integrations/"+created.ID, nil).wantProblem(t, http.StatusNotFound)
}

func (s *suite) testContractOfTheWebhook(t *testing.T) {
	i := s.connect(t)
	defer s.api(t, http.MethodDelete, "/integrations/"+i.ID, nil)
	bus := s.listen(t, i.ID)
	address, _, _ := strings.Cut(i.WebhookURL, "?") // without the secret: the local stack lets it be

	answer := send(t, request{method: http.MethodPost, url: address, body: webhookExample, header: map[string]string{"Content-Type": "application/json"}}).want(t, http.StatusOK)
	if string(answer.body) != `{"processed": true}` {
		t.Errorf("the answer is %s", answer.body)
	}
	heard := bus.await(t, 1)
	detail := heard[0].Detail
	if heard[0].Source != "experimentation.salesforce" || heard[0].DetailType != finalization || detail.ExperimentKey != exampleKey ||
		detail.IntegrationID != i.ID || detail.CampaignID != localorg.CampaignID || detail.CampaignName != "Q1 Checkout Optimization" ||
		detail.Status != "Completed" || detail.RequestedAt == "" || detail.ID == "" {
		t.Errorf("the platform was asked: %+v", heard[0])
	}
	d := s.awaitDelivery(t, "delivered", "finalization_requested", "integration_id", i.ID)
	if d.ID != detail.ID || d.Direction != "inbound" || d.EventType != "campaign_updated" {
		t.Errorf("the log says %+v", d)
	}
	var links page[object]
	s.api(t, http.MethodGet, "/integrations/"+i.ID+"/links", nil).want(t, http.StatusOK).into(t, &links)
	if len(links.Items) != 1 || links.Items[0]["source"] != "webhook" || links.Items[0]["experiment_key"] != exampleKey {
		t.Errorf("the message left the links %v", links.Items)
	}
}

func (s *suite) testContractOfTheEvents(t *testing.T) {
	i := s.connect(t)
	defer s.api(t, http.MethodDelete, "/integrations/"+i.ID, nil)
	s.link(t, i.ID, exampleKey, localorg.CampaignID)

	s.publish(t, significance, json.RawMessage(eventExample))
	d := s.awaitDelivery(t, "delivered", "note_written", "integration_id", i.ID, "event_type", significance)
	notes := s.campaign(t, localorg.CampaignID).Notes
	if len(notes) == 0 || d.NoteID == nil || notes[len(notes)-1].ID != *d.NoteID {
		t.Fatalf("the Campaign's notes are %+v", notes)
	}
	note := notes[len(notes)-1]
	for _, part := range []string{
		"Checkout button colour", "green", "+4.2 %", "+1.1 % to +7.3 %", "conversion rate", "0.003", "48,210",
		"control: 24,090 users, 2,409 conversions", "green: 24,120 users, 2,513 conversions",
	} {
		if !strings.Contains(note.Text, part) {
			t.Errorf("the note does not say %q:\n%s", part, note.Text)
		}
	}
	if !strings.Contains(note.HTML, `<a href="https://platform.example/experiments/checkout-button-color">`) {
		t.Errorf("the note has no link to the experiment:\n%s", note.HTML)
	}

	s.publish(t, completed, json.RawMessage(eventExample))
	s.awaitStatus(t, localorg.CampaignID, "Completed")
	s.publish(t, rolledBack, json.RawMessage(strings.Replace(eventExample, "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z", 1)))
	s.awaitStatus(t, localorg.CampaignID, "Paused")

	d = s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID, "event_type", rolledBack)
	if d.Direction != "outbound" || d.Attempts != 1 || d.APICalls != 1 || d.RecordURL != s.OrgURL+"/"+localorg.CampaignID || d.Error != nil {
		t.Errorf("the log says %+v", d)
	}
}
