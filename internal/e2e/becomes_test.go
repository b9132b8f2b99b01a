package e2e_test

import (
	"net/http"
	"testing"
	"time"
)

// testBecomesCompleted: the platform is asked when a Campaign becomes completed, not whenever one is.
func (s *suite) testBecomesCompleted(t *testing.T) {
	t.Parallel()
	i, campaignID, key := s.follow(t)
	bus := s.listen(t, i.ID)
	// What is from before a link made by hand counts for nothing, so the times are a little ahead, less than what is still believed.
	now := time.Now()
	says := func(status string, moment int) string {
		t.Helper()
		c := change{notificationID(t), campaignID, status, now.Add(time.Duration(moment) * 10 * time.Second)}
		tell(t, i.WebhookURL, soapMessage(orgID, c)).wantAck(t)
		for _, d := range s.log(t, "integration_id", i.ID) {
			if d.EventID == c.id {
				return d.Status + " " + d.Reason
			}
		}
		return "nothing"
	}
	for _, step := range []struct {
		status string
		moment int
		want   string
	}{
		{"Completed", -360, "skipped already_final"},
		{"In Progress", 10, "skipped ignored"},
		{"Completed", 5, "skipped superseded"},
		{"Completed", 11, "delivered finalization_requested"},
		{"Completed", 12, "skipped already_final"},
		{"In Progress", 13, "skipped ignored"},
		{"Completed", 14, "delivered finalization_requested"},
	} {
		if got := says(step.status, step.moment); got != step.want {
			t.Errorf("%s at moment %d: %s, want %s", step.status, step.moment, got, step.want)
		}
	}
	if heard := bus.await(t, 2); len(heard) != 2 || heard[0].Detail.ID == heard[1].Detail.ID || heard[0].Detail.ExperimentKey != key {
		t.Errorf("the platform was asked %+v, want twice", heard)
	}

	// Linked anew, the Campaign starts anew.
	another := unique("experiment")
	s.api(t, http.MethodDelete, "/integrations/"+i.ID+"/links/"+campaignID, nil).want(t, http.StatusNoContent)
	s.link(t, i.ID, another, campaignID)
	if got := says("Completed", 20); got != "delivered finalization_requested" {
		t.Errorf("a Campaign that is linked anew: %s", got)
	}
	if heard := bus.await(t, 3); heard[2].Detail.ExperimentKey != another {
		t.Errorf("the platform was asked %+v, want for %s at last", heard, another)
	}
}
