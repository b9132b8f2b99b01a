package push_test

import (
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

// check looks at the world when the dust has settled.
func (s *scenario) check(t *testing.T) {
	time.Sleep(10 * time.Minute) // late commits
	statuses, notes := s.world.org.snapshot()
	for experiment, campaigns := range propertyCampaigns {
		newest, markers := s.expect(experiment)
		for _, c := range campaigns {
			if want := s.status(t, newest, c); statuses[c] != want {
				t.Errorf("campaign %s has status %q, its newest event says %q", c, statuses[c], want)
			}
			if len(notes[c]) != markers {
				t.Errorf("campaign %s has %d notes, wanted %d: %q", c, len(notes[c]), markers, notes[c])
			}
		}
	}
	written := map[string]bool{}
	for _, title := range notes[looseCampaign] {
		marker := title[strings.LastIndex(title, "[#"):]
		marker = marker[:strings.Index(marker, "]")]
		if written[marker] {
			t.Errorf("campaign %s has a note twice: %q", looseCampaign, notes[looseCampaign])
		}
		written[marker] = true
	}
	if len(s.world.org.twice) > 0 {
		t.Errorf("a call held two records of %q", s.world.org.twice)
	}
	for _, d := range s.world.deliveries(t) {
		if !d.Status.Final() {
			t.Errorf("delivery %s of %s on %s is left behind as %s (%s), with an empty queue", d.ID, d.EventID, d.CampaignID, d.Status, d.Detail)
		}
	}
	for _, e := range s.events {
		for _, c := range propertyCampaigns[e.experiment] {
			if d := s.delivery(t, e, c); !d.Status.Final() {
				t.Errorf("event %s on %s ended as %q (%s)", e.id, c, d.Status, d.Detail)
			}
		}
	}
}

// delivery returns what the log says of an event on a campaign.
func (s *scenario) delivery(t *testing.T, e scenarioEvent, campaign string) integration.Delivery {
	parts := []string{e.id, integrationID, campaign}
	if e.note() {
		parts = append(parts, "note")
	}
	id := integration.DeliveryID(integration.Outbound, parts...)
	found, err := s.world.store.GetDeliveries(t.Context(), []string{id})
	if err != nil {
		t.Fatal(err)
	}
	return found[id]
}

func (e scenarioEvent) note() bool { return strings.HasSuffix(e.detailType, "Significance") }

// status is what an event makes of a campaign, by the settings at the time of the try
// that did it.
func (s *scenario) status(t *testing.T, e scenarioEvent, campaign string) string {
	switch e.detailType {
	case "Experiment Rolled Back":
		return "Paused"
	case "Experiment Completed":
		var tried time.Time
		d := s.delivery(t, e, campaign)
		for _, step := range d.History {
			if step.Status == integration.StatusSending {
				tried = step.At
			}
		}
		switch {
		case s.changed.IsZero() || tried.Before(s.changed):
			return "Completed"
		case tried.After(s.changed):
			return finished
		default: // in the same moment, and either is right
			return d.CampaignState
		}
	default:
		return ""
	}
}

// expect returns an experiment's newest event that makes a status, and how many
// notes it asks for.
func (s *scenario) expect(experiment string) (newest scenarioEvent, notes int) {
	for _, e := range s.events {
		switch {
		case e.experiment != experiment:
		case e.note():
			notes++
		case e.at.After(newest.at) || e.at.Equal(newest.at) && e.id > newest.id:
			newest = e
		}
	}
	return newest, notes
}

// tell shows what the log says of a world that went wrong.
func (s *scenario) tell(t *testing.T) {
	for _, d := range s.world.deliveries(t) {
		t.Logf("%s %s on %s", d.EventID, d.EventType, d.CampaignID)
		for _, step := range d.History {
			t.Logf("    %s %s %s: %s", step.At.Format(time.TimeOnly), step.Status, step.Reason, step.Detail)
		}
	}
}
