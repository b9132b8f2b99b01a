package e2e_test

import (
	"net/http"
	"testing"
	"time"
)

// want changes what an integration does with messages.
func (s *suite) want(t *testing.T, integrationID string, settings object) {
	t.Helper()
	s.api(t, http.MethodPut, "/integrations/"+integrationID, object{"settings": settings}).want(t, http.StatusOK)
}

// outcome is what became of one notification.
func (s *suite) outcome(t *testing.T, integrationID, notificationID string) string {
	t.Helper()
	for _, d := range s.log(t, "integration_id", integrationID, "direction", "inbound") {
		if d.EventID == notificationID {
			return d.Status + " " + d.Reason
		}
	}
	return "nothing"
}

// testReread: a message says that the Campaign is completed, and the org is asked whether it is.
func (s *suite) testReread(t *testing.T) {
	t.Parallel()
	i, campaignID, _ := s.follow(t)
	bus := s.listen(t, i.ID)
	s.want(t, i.ID, object{"reread": true, "finalize_statuses": []string{"Completed", "Aborted"}})
	at := time.Now()
	says := func(status string, want string) {
		t.Helper()
		at = at.Add(time.Minute)
		c := change{notificationID(t), campaignID, status, at}
		tell(t, i.WebhookURL, soapMessage(orgID, c)).wantAck(t)
		if got := s.outcome(t, i.ID, c.id); got != want {
			t.Errorf("%s: %s, want %s", status, got, want)
		}
	}
	says("Completed", "skipped not_confirmed") // it is In Progress there
	at = time.Now()
	s.org(t, http.MethodPatch, "records/Campaign/"+campaignID, object{"Status": "Aborted"}).want(t, http.StatusOK)

	// An org that gives no answer gets the message back.
	secret := func(value string) {
		t.Helper()
		s.api(t, http.MethodPut, "/integrations/"+i.ID, object{"config": object{"client_secret": value}}).want(t, http.StatusOK)
	}
	const wrong = "e2e-reread-wrong-secret"
	s.secrets.add(wrong)
	c := change{notificationID(t), campaignID, "Aborted", time.Now().Add(time.Minute)}
	secret(wrong)
	tell(t, i.WebhookURL, soapMessage(orgID, c)).want(t, http.StatusServiceUnavailable)
	if got := s.outcome(t, i.ID, c.id); got != "pending " {
		t.Errorf("while the org gives no answer: %s", got)
	}
	secret(orgSecret)
	tell(t, i.WebhookURL, soapMessage(orgID, c)).wantAck(t)
	if got := s.outcome(t, i.ID, c.id); got != "delivered finalization_requested" {
		t.Errorf("once it does: %s", got)
	}
	if heard := bus.await(t, 1); len(heard) != 1 || heard[0].Detail.CampaignID != campaignID || heard[0].Detail.Status != "Aborted" {
		t.Errorf("the platform was asked %+v", heard)
	}
}

// testLookupKey: a Campaign that follows nothing follows what its field in the org says.
func (s *suite) testLookupKey(t *testing.T) {
	t.Parallel()
	i, campaignID := s.connect(t), s.newCampaign(t)
	bus := s.listen(t, i.ID)
	s.want(t, i.ID, object{"lookup_key": true})
	completed := func() change {
		return change{notificationID(t), campaignID, "Completed", time.Now()}
	}

	empty := completed()
	tell(t, i.WebhookURL, soapMessage(orgID, empty)).wantAck(t)
	if got := s.outcome(t, i.ID, empty.id); got != "skipped unknown_campaign" {
		t.Errorf("without a key there: %s", got)
	}
	key := unique("experiment")
	s.org(t, http.MethodPost, "objects", object{"name": "Campaign", "fields": []object{{"name": "Experiment_Key__c", "length": 255}}}).want(t, http.StatusNoContent)
	s.org(t, http.MethodPatch, "records/Campaign/"+campaignID, object{"Experiment_Key__c": key}).want(t, http.StatusOK)
	filled := completed()
	tell(t, i.WebhookURL, soapMessage(orgID, filled)).wantAck(t)
	if got := s.outcome(t, i.ID, filled.id); got != "delivered finalization_requested" {
		t.Errorf("with a key there: %s", got)
	}
	if heard := bus.await(t, 1); len(heard) != 1 || heard[0].Detail.ExperimentKey != key {
		t.Errorf("the platform was asked %+v, want for %s", heard, key)
	}
}
