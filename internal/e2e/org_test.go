package e2e_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"salesforce-integration/internal/salesforce/localorg"
)

// The credentials of the local org.
const (
	orgClient = localorg.DefaultClientID
	orgSecret = localorg.DefaultClientSecret
	orgID     = localorg.DefaultOrgID
)

// org calls the local org's control API.
func (s *suite) org(t *testing.T, method, path string, body any) reply {
	t.Helper()
	return send(t, request{method: method, url: s.OrgURL + "/local/" + path, body: body})
}

// newCampaign makes a Campaign, as a person in Salesforce does.
func (s *suite) newCampaign(t *testing.T) string {
	t.Helper()
	var made struct {
		ID string `json:"id"`
	}
	s.org(t, http.MethodPost, "records/Campaign", object{"Name": unique("Campaign"), "Status": "In Progress"}).want(t, http.StatusOK).into(t, &made)
	return made.ID
}

// campaign reads a Campaign as a person sees it.
func (s *suite) campaign(t *testing.T, id string) localorg.View {
	t.Helper()
	var v localorg.View
	s.org(t, http.MethodGet, "records/Campaign/"+id, nil).want(t, http.StatusOK).into(t, &v)
	return v
}

// awaitStatus waits for a Campaign's status.
func (s *suite) awaitStatus(t *testing.T, campaignID, status string) {
	t.Helper()
	eventually(t, soon, func() string {
		if got := s.campaign(t, campaignID).Record["Status"]; got != status {
			return fmt.Sprintf("the Campaign is %q, want %q", got, status)
		}
		return ""
	})
}

// strike makes the org misbehave, until the test is over or stop is called.
func (s *suite) strike(t *testing.T, f localorg.Fault) (stop func()) {
	t.Helper()
	var armed struct {
		ID string `json:"id"`
	}
	s.org(t, http.MethodPost, "faults", f).want(t, http.StatusOK).into(t, &armed)
	stop = sync.OnceFunc(func() { s.org(t, http.MethodDelete, "faults/"+armed.ID, nil) })
	t.Cleanup(stop)
	return stop
}

// sendChanges sets the org up to send one Campaign's changes to a webhook, until the test is over.
func (s *suite) sendChanges(t *testing.T, campaignID, webhookURL string) {
	t.Helper()
	name := unique("Rule")
	s.org(t, http.MethodPut, "outbound/rules/"+name, localorg.Rule{
		Name: name, Object: "Campaign", Fields: []string{"Name", "Status", "LastModifiedDate"}, EndpointURL: webhookURL,
		Criteria: []localorg.Criterion{{Field: "Name", Operator: "equals", Value: fmt.Sprint(s.campaign(t, campaignID).Record["Name"])}},
	}).want(t, http.StatusOK)
	t.Cleanup(func() { s.org(t, http.MethodDelete, "outbound/rules/"+name, nil) })
}

// awaitAcknowledged waits until the org got rid of as many messages about a Campaign, each at its first try.
func (s *suite) awaitAcknowledged(t *testing.T, campaignID string, messages int) {
	t.Helper()
	eventually(t, soon, func() string {
		var all []localorg.Notification
		s.org(t, http.MethodGet, "outbound/deliveries", nil).want(t, http.StatusOK).into(t, &all)
		acknowledged := 0
		for _, n := range all {
			if n.RecordID != campaignID {
				continue
			}
			if n.Status != "delivered" || n.Attempts != 1 {
				return fmt.Sprintf("the org's message is %s after %d tries: %s", n.Status, n.Attempts, n.LastError)
			}
			acknowledged++
		}
		if acknowledged != messages {
			return fmt.Sprintf("%d messages were acknowledged, want %d", acknowledged, messages)
		}
		return ""
	})
}
