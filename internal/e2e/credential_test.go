package e2e_test

import (
	"net/http"
	"testing"
	"time"
)

// testWrongCredential: it stops the integration, says what to mend, and once mended all goes out by itself, collapsed.
func (s *suite) testWrongCredential(t *testing.T) {
	t.Parallel()
	const wrong = "e2e-wrong-client-secret"
	s.secrets.add(wrong)
	i := s.create(t, object{"name": t.Name(), "integration_type": "SALESFORCE", "config": s.orgConfig(wrong)})
	campaignID, key := s.newCampaign(t), unique("experiment")
	s.link(t, i.ID, key, campaignID)
	bus := s.listen(t, i.ID)

	now := time.Now()
	s.publish(t, completed, exampleDetail(key, now))
	d := s.awaitDelivery(t, "parked", "needs_attention", "integration_id", i.ID, "event_type", completed)
	if d.Error == nil || d.Error.Code == "" || d.Error.Cause == "" || d.Error.Fix == "" {
		t.Errorf("what is parked does not say why and what to do: %+v", d)
	}
	if a := s.read(t, i.ID).Attention; a == nil || a.Code != "invalid_client" || a.Cause == "" || a.Fix == "" {
		t.Errorf("the integration does not say what to mend: %+v", a)
	}
	if heard := bus.await(t, 1); heard[0].DetailType != "Integration Needs Attention" || heard[0].Detail.Fix == "" {
		t.Errorf("the platform was told %+v", heard[0])
	}

	// The next event costs no login.
	s.publish(t, rolledBack, exampleDetail(key, now.Add(time.Second)))
	if d := s.awaitDelivery(t, "parked", "needs_attention", "integration_id", i.ID, "event_type", rolledBack); d.Attempts != 0 {
		t.Errorf("an event of an integration that needs attention was tried: %+v", d)
	}

	s.api(t, http.MethodPut, "/integrations/"+i.ID, object{"config": object{"client_secret": orgSecret}}).want(t, http.StatusOK)
	s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID, "event_type", rolledBack)
	s.awaitDelivery(t, "skipped", "superseded", "integration_id", i.ID, "event_type", completed)
	s.awaitStatus(t, campaignID, "Paused")
	if a := s.read(t, i.ID).Attention; a != nil {
		t.Errorf("the integration still needs attention: %+v", a)
	}
	if heard := bus.await(t, 2); heard[1].DetailType != "Integration Recovered" {
		t.Errorf("the platform was told %+v", heard[1])
	}
}
