package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func (s *suite) testSkippedEvents(t *testing.T) {
	t.Parallel()
	i, _, key := s.follow(t)
	unlinked := unique("experiment")
	withoutKey := exampleDetail("", time.Now())
	delete(withoutKey, "experiment_key")
	wrongResults := exampleDetail(key, time.Now())
	wrongResults["results"] = object{"lift": "a lot"}
	for _, tt := range []struct {
		name, detailType string
		detail           any
		reason, words    string
	}{
		{"nothing linked", completed, exampleDetail(unlinked, time.Now()), "no_link", unlinked},
		{"no experiment_key", completed, withoutKey, "invalid_event", "experiment_key"},
		{"an unknown type", "Experiment Started", exampleDetail(key, time.Now()), "not_mapped", "Experiment Started"},
		{"results that cannot be read", significance, wrongResults, "invalid_event", "results"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			started := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
			id := s.publish(t, tt.detailType, tt.detail)
			var found deliveryView
			eventually(t, soon, func() string {
				all := s.log(t, "event_type", tt.detailType, "direction", "outbound", "from", started)
				at := slices.IndexFunc(all, func(d deliveryView) bool { return d.EventID == id })
				if at < 0 {
					return "the log does not know the event"
				}
				found = all[at]
				return ""
			})
			if found.Status != "skipped" || found.Reason != tt.reason || !strings.Contains(found.Detail, tt.words) || found.APICalls != 0 {
				t.Errorf("the log says %+v, want it skipped (%s), with %q in its words", found, tt.reason, tt.words)
			}
		})
	}
	if calls := len(s.log(t, "integration_id", i.ID, "status", "delivered")); calls != 0 {
		t.Errorf("%d deliveries reached Salesforce", calls)
	}
}

func (s *suite) testHostileNote(t *testing.T) {
	t.Parallel()
	_, campaignID, key := s.follow(t)
	detail := exampleDetail(key, time.Now())
	detail["experiment_name"] = `Q1 & "Q2" <b onclick=alert(1)>bold</b>`
	results := detail["results"].(object)
	results["winning_variant"] = "<script>alert(1)</script>"
	results["url"] = "javascript:alert(1)"
	s.publish(t, significance, detail)

	var html, text string
	eventually(t, soon, func() string {
		notes := s.campaign(t, campaignID).Notes
		if len(notes) != 1 {
			return fmt.Sprintf("%d notes on the Campaign, want 1", len(notes))
		}
		html, text = notes[0].HTML, notes[0].Text
		return ""
	})
	for _, never := range []string{"<script", "<b onclick", "javascript:"} {
		if strings.Contains(html, never) {
			t.Errorf("the note holds %q:\n%s", never, html)
		}
	}
	for _, part := range []string{`Q1 & "Q2" <b onclick=alert(1)>bold</b>`, "<script>alert(1)</script>"} {
		if !strings.Contains(text, part) {
			t.Errorf("a person does not read %q in the note:\n%s", part, text)
		}
	}
}

// testOutOfOrder: an older event never overwrites a newer state.
func (s *suite) testOutOfOrder(t *testing.T) {
	t.Parallel()
	i, campaignID, key := s.follow(t)
	now := time.Now()
	s.publish(t, rolledBack, exampleDetail(key, now))
	s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID, "event_type", rolledBack)
	s.publish(t, completed, exampleDetail(key, now.Add(-time.Hour)))
	s.awaitDelivery(t, "skipped", "superseded", "integration_id", i.ID, "event_type", completed)
	if got := s.campaign(t, campaignID).Record["Status"]; got != "Paused" {
		t.Errorf("the Campaign is %q after an older event, want Paused", got)
	}
}

// testRevokedToken: a token that the org no longer takes is replaced, and the event does not notice.
func (s *suite) testRevokedToken(t *testing.T) {
	t.Parallel()
	i, campaignID, key := s.follow(t)
	s.publish(t, completed, exampleDetail(key, time.Now()))
	s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID, "event_type", completed)

	s.org(t, http.MethodDelete, "tokens", nil).want(t, http.StatusOK)
	s.publish(t, rolledBack, exampleDetail(key, time.Now()))
	d := s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID, "event_type", rolledBack)
	if d.Attempts != 1 || slices.Contains(d.went(), "retrying") || d.Error != nil {
		t.Errorf("the event noticed that its token was revoked: %+v", d)
	}
	if d.APICalls < 2 {
		t.Errorf("%d calls were made, want the refused one and its repetition", d.APICalls)
	}
	if got := s.campaign(t, campaignID).Record["Status"]; got != "Paused" {
		t.Errorf("the Campaign is %q, want Paused", got)
	}
}
