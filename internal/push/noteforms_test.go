package push_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
)

func TestNotesOfOneCampaignGoInDifferentCalls(t *testing.T) {
	for _, kind := range []integration.NoteKind{integration.NoteContent, integration.NoteFeedItem} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, time.Now)
			w.link(t, integrationID, "exp", demoCampaign)
			w.changeIntegration(t, func(i *integration.Integration) { i.Settings.NoteKind = kind })
			for _, id := range []string{"e1", "e2", "e3"} {
				w.publish(id, "Experiment Reached Significance", time.Now())
			}
			w.work(t)
			if _, notes := w.org.snapshot(); len(notes[demoCampaign]) != 3 || len(w.org.twice) > 0 {
				t.Errorf("%d notes, and calls that held two records of %q", len(notes[demoCampaign]), w.org.twice)
			}
		})
	}
}

func TestANoteKeepsTheFormOfItsFirstTry(t *testing.T) {
	tests := []struct {
		name        string
		fault       modelFault
		first, then integration.NoteKind
		want        string
	}{
		{"a note that was written", faultLostAnswer, integration.NoteContent, integration.NoteFeedItem, "delivered note_found"},
		{"a note that was not", faultHTML, integration.NoteContent, integration.NoteFeedItem, "delivered note_written"},
		{"a post that was written", faultLostAnswer, integration.NoteFeedItem, integration.NoteContent, "delivered note_found"},
		{"a post that was not", faultHTML, integration.NoteFeedItem, integration.NoteContent, "delivered note_written"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, time.Now)
				w.link(t, integrationID, "exp", demoCampaign)
				w.changeIntegration(t, func(i *integration.Integration) { i.Settings.NoteKind = tt.first })
				w.org.fault = func(call int) modelFault {
					if call == 1 {
						return tt.fault
					}
					return faultNone
				}
				w.publish("e1", "Experiment Reached Significance", time.Now())
				w.work(t)
				w.changeIntegration(t, func(i *integration.Integration) { i.Settings.NoteKind = tt.then })
				w.drain(t)
				if got := w.outcomes(t); !slices.Equal(got, []string{tt.want}) {
					t.Errorf("deliveries: %v", got)
				}
				written := map[integration.NoteKind]int{
					integration.NoteContent: len(w.org.notes[demoCampaign]), integration.NoteFeedItem: len(w.org.posts[demoCampaign]),
				}
				if written[tt.first] != 1 || written[tt.then] != 0 {
					t.Errorf("written: %v", written)
				}
			})
		})
	}
}
