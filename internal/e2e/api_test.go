package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
)

// integrationView is an integration as the API shows it, at its creation or later.
type integrationView struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Active bool   `json:"is_active"`
	Config struct {
		InstanceURL  string `json:"instance_url"`
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
		AccessToken  string `json:"access_token"`
	} `json:"config"`
	OrgID         *string        `json:"org_id"`
	Attention     *attentionView `json:"attention"`
	WebhookURL    string         `json:"webhook_url"`
	WebhookSecret string         `json:"webhook_secret"`
}

type attentionView struct {
	Code  string `json:"code"`
	Cause string `json:"cause"`
	Fix   string `json:"fix"`
}

// deliveryView is a line of the delivery log.
type deliveryView struct {
	ID            string  `json:"id"`
	Direction     string  `json:"direction"`
	Status        string  `json:"status"`
	Reason        string  `json:"reason"`
	Detail        string  `json:"detail"`
	EventType     string  `json:"event_type"`
	EventID       string  `json:"event_id"`
	ExperimentKey string  `json:"experiment_key"`
	CampaignID    string  `json:"campaign_id"`
	CreatedAt     string  `json:"created_at"`
	Attempts      int     `json:"attempts"`
	APICalls      int     `json:"api_calls"`
	RecordURL     string  `json:"record_url"`
	NoteID        *string `json:"note_id"`
	Error         *struct {
		Code  string `json:"code"`
		Cause string `json:"cause"`
		Fix   string `json:"fix"`
	} `json:"error"`
	History []struct {
		Status string `json:"status"`
		Reason string `json:"reason"`
	} `json:"history"`
}

// went lists the states that a delivery has been in.
func (d deliveryView) went() []string {
	var states []string
	for _, step := range d.History {
		states = append(states, step.Status)
	}
	return states
}

// page is a part of a list.
type page[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor"`
}

// api calls the integrations API as an administrator.
func (s *suite) api(t *testing.T, method, path string, body any) reply {
	t.Helper()
	return send(t, request{method: method, url: s.APIURL + "/api/v1" + path, bearer: s.admin, body: body})
}

// object is a JSON object.
type object = map[string]any

// orgConfig is the config of an integration with the local org.
func (s *suite) orgConfig(secret string) object {
	return object{"instance_url": s.OrgURL, "client_id": orgClient, "client_secret": secret}
}

// connect creates an integration with the local org.
func (s *suite) connect(t *testing.T) integrationView {
	t.Helper()
	return s.create(t, object{"name": t.Name(), "integration_type": "SALESFORCE", "config": s.orgConfig(orgSecret)})
}

// create creates an integration.
func (s *suite) create(t *testing.T, body any) integrationView {
	t.Helper()
	var created integrationView
	s.api(t, http.MethodPost, "/integrations", body).want(t, http.StatusCreated).into(t, &created)
	s.secrets.add(created.WebhookSecret)
	return created
}

func (s *suite) read(t *testing.T, id string) integrationView {
	t.Helper()
	var i integrationView
	s.api(t, http.MethodGet, "/integrations/"+id, nil).want(t, http.StatusOK).into(t, &i)
	return i
}

func (s *suite) link(t *testing.T, integrationID, experimentKey, campaignID string) {
	t.Helper()
	s.api(t, http.MethodPost, "/integrations/"+integrationID+"/links",
		object{"experiment_key": experimentKey, "campaign_id": campaignID}).want(t, http.StatusCreated)
}

// follow makes what most tests start from: an integration, a Campaign of its own, and an experiment that it follows.
func (s *suite) follow(t *testing.T) (i integrationView, campaignID, experimentKey string) {
	t.Helper()
	i, campaignID, experimentKey = s.connect(t), s.newCampaign(t), unique("experiment")
	s.link(t, i.ID, experimentKey, campaignID)
	return i, campaignID, experimentKey
}

// log reads the whole delivery log as far as a filter lets it through: pairs of name and value.
func (s *suite) log(t *testing.T, filter ...string) []deliveryView {
	t.Helper()
	query := url.Values{"limit": {"100"}}
	for i := 0; i < len(filter); i += 2 {
		query.Set(filter[i], filter[i+1])
	}
	var all []deliveryView
	for {
		var part page[deliveryView]
		s.api(t, http.MethodGet, "/notifications/delivery-log?"+query.Encode(), nil).want(t, http.StatusOK).into(t, &part)
		all = append(all, part.Items...)
		if part.NextCursor == nil {
			return all
		}
		query.Set("cursor", *part.NextCursor)
	}
}

// awaitDelivery waits until the filter finds exactly one delivery, and it stands where it should.
func (s *suite) awaitDelivery(t *testing.T, status, reason string, filter ...string) deliveryView {
	t.Helper()
	var found deliveryView
	eventually(t, backedOff, func() string {
		list := s.log(t, filter...)
		if len(list) != 1 {
			return fmt.Sprintf("%d deliveries in the log for %q, want 1", len(list), filter)
		}
		found = list[0]
		if found.Status != status || found.Reason != reason {
			return fmt.Sprintf("the delivery for %q is %s (%s: %s), want %s (%s)", filter, found.Status, found.Reason, found.Detail, status, reason)
		}
		return ""
	})
	return found
}
