package e2e_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"
)

func (s *suite) testChanges(t *testing.T) {
	t.Parallel()
	const firstToken = "00Dxx0000001gER!given-by-an-administrator"
	config := s.orgConfig(orgSecret)
	config["access_token"] = firstToken
	s.secrets.add(firstToken)
	i := s.create(t, object{"name": t.Name(), "integration_type": "SALESFORCE", "config": config})
	path := "/integrations/" + i.ID
	if got := s.read(t, i.ID).Config; got.AccessToken != mask || got.ClientSecret != mask {
		t.Error("a secret is not masked")
	}
	put := func(body any) integrationView {
		t.Helper()
		var changed integrationView
		s.api(t, http.MethodPut, path, body).want(t, http.StatusOK).into(t, &changed)
		return changed
	}

	sealed := s.row(t, i.ID, "sealed_credentials")
	if got := put(object{"name": "Another name"}); got.Name != "Another name" || got.Config.ClientID != orgClient {
		t.Errorf("after a change of the name: %+v", got)
	}
	put(object{"config": object{"client_secret": mask, "access_token": mask}})
	var whole object
	s.api(t, http.MethodGet, path, nil).want(t, http.StatusOK).into(t, &whole)
	put(whole)
	if !bytes.Equal(sealed, s.row(t, i.ID, "sealed_credentials")) {
		t.Error("what changes no credential, and the mask, changed the sealed credentials")
	}

	// With only a config it rotates the credentials, and leaves all else.
	const rotated = "e2e-rotated-client-secret"
	s.secrets.add(rotated)
	if got := put(object{"config": object{"client_secret": rotated}}); got.Name != "Another name" || got.Config.ClientSecret != mask || got.Config.InstanceURL != s.OrgURL {
		t.Errorf("after a rotation: %+v", got)
	}
	if bytes.Equal(sealed, s.row(t, i.ID, "sealed_credentials")) {
		t.Error("a rotation left the sealed credentials as they were")
	}
	if got := put(object{"config": object{"access_token": nil}}); got.Config.AccessToken != "" {
		t.Error("a token that was taken away is still there")
	}

	s.api(t, http.MethodDelete, path, nil).want(t, http.StatusNoContent)
	for method, body := range map[string]any{http.MethodGet: nil, http.MethodPut: object{"name": "x"}, http.MethodDelete: nil} {
		s.api(t, method, path, body).wantProblem(t, http.StatusNotFound)
	}
	send(t, request{method: http.MethodPost, url: i.WebhookURL, body: object{"event_type": "campaign_updated"}}).wantProblem(t, http.StatusUnauthorized)
}

func (s *suite) testInvalidIntegrations(t *testing.T) {
	t.Parallel()
	with := func(change func(body, config object)) object {
		config := s.orgConfig(orgSecret)
		body := object{"name": t.Name(), "integration_type": "SALESFORCE", "config": config}
		change(body, config)
		return body
	}
	for _, tt := range []struct {
		name  string
		body  object
		field string
	}{
		{"no name", with(func(b, _ object) { delete(b, "name") }), "name"},
		{"no secret", with(func(_, c object) { delete(c, "client_secret") }), "client_secret"},
		{"no instance_url", with(func(_, c object) { delete(c, "instance_url") }), "instance_url"},
		{"an unknown field", with(func(_, c object) { c["client_secert"] = "x" }), "client_secert"},
		{"an unknown type", with(func(b, _ object) { b["integration_type"] = "HUBSPOT" }), "integration_type"},
		{"http", with(func(_, c object) { c["instance_url"] = "http://your-org.my.salesforce.com" }), "instance_url"},
		{"a foreign host", with(func(_, c object) { c["instance_url"] = "https://your-org.my.salesforce.com.example.com" }), "instance_url"},
		{"the mask of nothing", with(func(_, c object) { c["client_secret"] = mask }), "client_secret"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := s.api(t, http.MethodPost, "/integrations", tt.body).wantProblem(t, http.StatusUnprocessableEntity)
			if len(p.Errors) != 1 || !strings.HasSuffix(p.Errors[0].Location, tt.field) || !strings.Contains(p.Detail, tt.field) {
				t.Errorf("the field at fault is told as %+v", p)
			}
		})
	}
}

// testSwitchedOff: what happens meanwhile is not lost, and goes out collapsed.
func (s *suite) testSwitchedOff(t *testing.T) {
	t.Parallel()
	i, campaignID, key := s.follow(t)
	path := "/integrations/" + i.ID
	s.api(t, http.MethodPut, path, object{"is_active": false}).want(t, http.StatusOK)

	now := time.Now()
	s.publish(t, completed, exampleDetail(key, now))
	s.awaitDelivery(t, "parked", "inactive", "integration_id", i.ID, "event_type", completed)
	s.publish(t, rolledBack, exampleDetail(key, now.Add(time.Second)))
	s.awaitDelivery(t, "parked", "inactive", "integration_id", i.ID, "event_type", rolledBack)
	send(t, request{method: http.MethodPost, url: i.WebhookURL, body: object{"event_type": "campaign_updated", "campaign_id": campaignID, "status": "Completed"}}).want(t, http.StatusOK)
	s.awaitDelivery(t, "skipped", "ignored", "integration_id", i.ID, "direction", "inbound")
	if got := s.campaign(t, campaignID).Record["Status"]; got != "In Progress" {
		t.Fatalf("the Campaign is %q while the integration is switched off", got)
	}

	s.api(t, http.MethodPut, path, object{"is_active": true}).want(t, http.StatusOK)
	s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID, "event_type", rolledBack)
	s.awaitDelivery(t, "skipped", "superseded", "integration_id", i.ID, "event_type", completed)
	s.awaitStatus(t, campaignID, "Paused")
}
