package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"salesforce-integration/internal/salesforce/localorg"
)

// testFailingOrg: an org that answers with pages of HTML is tried again; the log shows that, and in the end it has worked.
func (s *suite) testFailingOrg(t *testing.T) {
	t.Parallel()
	i, campaignID, key := s.follow(t)
	s.strike(t, localorg.Fault{Match: localorg.Match{Record: campaignID}, Times: 2, Effect: localorg.Effect{Kind: localorg.Unavailable}})
	s.publish(t, completed, exampleDetail(key, time.Now()))

	eventually(t, soon, func() string {
		waiting := s.log(t, "integration_id", i.ID, "status", "retrying")
		if len(waiting) != 1 {
			return "the log shows nothing that is tried again"
		}
		d := waiting[0]
		if d.Reason != "failing" || d.Error == nil || d.Error.Cause == "" || d.Error.Fix == "" || d.Detail == "" {
			t.Errorf("what is tried again says %+v", d)
		}
		return ""
	})
	d := s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID)
	if d.Attempts != 3 || d.Error != nil {
		t.Errorf("the log says %+v, want 3 attempts and no error", d)
	}
	s.awaitStatus(t, campaignID, "Completed")
}

// testLockedRow: a locked Campaign is tried again by itself; that of its neighbour, in the same call, is written.
func (s *suite) testLockedRow(t *testing.T) {
	t.Parallel()
	i, locked, key := s.follow(t)
	neighbour := s.newCampaign(t)
	s.link(t, i.ID, key, neighbour)
	s.strike(t, localorg.Fault{Match: localorg.Match{Record: locked, Operation: "update"}, Times: 1, Effect: localorg.Effect{Kind: localorg.LockRow}})
	s.publish(t, completed, exampleDetail(key, time.Now()))

	d := s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID, "campaign_id", locked)
	if d.Attempts != 2 || !slices.Contains(d.went(), "retrying") {
		t.Errorf("the locked Campaign: %+v", d)
	}
	d = s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID, "campaign_id", neighbour)
	if d.Attempts != 1 {
		t.Errorf("its neighbour: %+v", d)
	}
}

// testLostAnswer: Salesforce has committed the note, and the connection breaks before it says so.
func (s *suite) testLostAnswer(t *testing.T) {
	t.Parallel()
	i, campaignID, key := s.follow(t)
	s.strike(t, localorg.Fault{
		Match: localorg.Match{Method: http.MethodPost, Record: campaignID}, Times: 1, Effect: localorg.Effect{Kind: localorg.LostAnswer},
	})
	s.publish(t, significance, exampleDetail(key, time.Now()))

	eventually(t, soon, func() string {
		if n := len(s.campaign(t, campaignID).Notes); n != 1 {
			return fmt.Sprintf("%d notes on the Campaign, want the one whose answer was lost", n)
		}
		return ""
	})
	d := s.awaitDelivery(t, "delivered", "note_found", "integration_id", i.ID)
	notes := s.campaign(t, campaignID).Notes
	if len(notes) != 1 || d.NoteID == nil || notes[0].ID != *d.NoteID {
		t.Errorf("%d notes on the Campaign, want exactly one: %+v", len(notes), d)
	}
}
