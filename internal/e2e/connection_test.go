package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"salesforce-integration/internal/salesforce/localorg"
)

// connectionView is what a connection test found.
type connectionView struct {
	Status  string `json:"status"`
	OrgID   string `json:"org_id"`
	Resumed bool   `json:"resumed"`
	Checks  []struct {
		Name   string  `json:"name"`
		Status string  `json:"status"`
		Cause  *string `json:"cause"`
		Fix    *string `json:"fix"`
	} `json:"checks"`
}

// testConnection: it says what is wrong before anything is saved, and pins the org once all is right.
func (s *suite) testConnection(t *testing.T) {
	t.Parallel()
	const wrong = "e2e-wrong-secret-to-test"
	s.secrets.add(wrong)
	var found connectionView
	s.api(t, http.MethodPost, "/integrations/test", object{"config": s.orgConfig(wrong)}).want(t, http.StatusOK).into(t, &found)
	if c := found.Checks; found.Status != "failed" || len(c) == 0 || c[0].Name != "token" || c[0].Status != "failed" || c[0].Cause == nil || c[0].Fix == nil {
		t.Errorf("with a wrong secret: %+v", found)
	}

	i := s.connect(t)
	found = connectionView{}
	s.api(t, http.MethodPost, "/integrations/"+i.ID+"/test", nil).want(t, http.StatusOK).into(t, &found)
	if found.Status != "ok" || found.OrgID != orgID {
		t.Errorf("with the right one: %+v", found)
	}
	if got := s.read(t, i.ID).OrgID; got == nil || *got != orgID {
		t.Errorf("the integration's org is %v, want %s", got, orgID)
	}
}

// testRefusedRecord: what Salesforce refuses for good is parked with its cause, and a person sends it again.
func (s *suite) testRefusedRecord(t *testing.T) {
	t.Parallel()
	const rule = "Campaigns are frozen this week."
	i, campaignID, key := s.follow(t)
	s.strike(t, localorg.Fault{
		Match: localorg.Match{Record: campaignID, Operation: "update"}, Times: 1,
		Effect: localorg.Effect{Kind: localorg.Validation, Message: rule},
	})
	s.publish(t, completed, exampleDetail(key, time.Now()))
	d := s.awaitDelivery(t, "parked", "refused", "integration_id", i.ID)
	if d.Error == nil || d.Error.Code != "FIELD_CUSTOM_VALIDATION_EXCEPTION" || d.Error.Cause == "" || d.Error.Fix == "" || d.Attempts != 1 {
		t.Errorf("what is parked says %+v", d)
	}

	s.api(t, http.MethodPost, "/notifications/deliveries/"+d.ID+"/redeliver", nil).want(t, http.StatusAccepted)
	s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID)
	s.awaitStatus(t, campaignID, "Completed")
	s.api(t, http.MethodPost, "/notifications/deliveries/"+d.ID+"/redeliver", nil).wantProblem(t, http.StatusConflict)
}
