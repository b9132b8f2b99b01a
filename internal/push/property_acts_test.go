package push_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

// finished is what an experiment's completion makes of a Campaign by other settings.
const finished = "Finished"

// changeSettings lets some runs begin with another form of notes, and some change the
// form, and what a completed experiment makes of its Campaign, on the way.
func (s *scenario) changeSettings() {
	kinds := []integration.NoteKind{integration.NoteContent, integration.NoteFeedItem}
	if s.chance(50) {
		s.act(0, func(t *testing.T) {
			s.change(t, func(i *integration.Integration) { i.Settings.NoteKind = integration.NoteFeedItem })
		})
	}
	for range s.rng64(4) {
		kind := kinds[s.rng64(2)]
		s.act(s.soon(), func(t *testing.T) {
			s.change(t, func(i *integration.Integration) { i.Settings.NoteKind = kind })
		})
	}
	if s.chance(30) {
		s.act(s.soon(), func(t *testing.T) {
			s.changed = time.Now()
			s.change(t, func(i *integration.Integration) {
				i.Settings.StatusMap = map[integration.EventType]string{integration.EventCompleted: finished}
			})
		})
	}
}

// unlink lets some runs lose a link on the way.
func (s *scenario) unlink(t *testing.T) {
	if !s.chance(30) {
		return
	}
	s.act(s.soon(), func(t *testing.T) {
		if err := s.world.store.DeleteLink(t.Context(), integrationID, looseCampaign); err != nil {
			t.Error(err)
		}
		s.sweep()
	})
}

func (s *scenario) sweep() {
	s.world.queue.Put(fmt.Sprintf(`{"command":"sweep","integration_id":%q}`, integrationID), time.Now())
}

// command gives commands that nobody needs.
func (s *scenario) command() {
	for range s.rng64(4) {
		s.act(s.soon(), func(t *testing.T) {
			switch s.rng64(3) {
			case 0:
				s.sweep()
			case 1:
				s.world.resume()
			default:
				s.sendAgain(s.world.deliveries(t))
			}
		})
	}
}

func (s *scenario) sendAgain(all []integration.Delivery) {
	var ids []string
	for _, d := range all {
		ids = append(ids, fmt.Sprintf("%q", d.ID))
	}
	s.world.queue.Put(fmt.Sprintf(`{"command":"redeliver","delivery_ids":[%s]}`, strings.Join(ids, ",")), time.Now())
}

// redeliver is what a person does in the end: send again what Salesforce refused. It
// says whether there was anything.
func (s *scenario) redeliver(t *testing.T) bool {
	var refused []integration.Delivery
	for _, d := range s.world.deliveries(t) {
		if d.Status == integration.StatusParked && d.Reason == integration.ReasonRefused {
			refused = append(refused, d)
		}
	}
	if len(refused) == 0 {
		return false
	}
	s.sendAgain(refused)
	return true
}

// runLow lets the org's allowance be nearly used up for a while.
func (s *scenario) runLow() {
	if !s.chance(20) {
		return
	}
	s.world.reserve = 20
	s.act(s.soon(), func(*testing.T) { s.world.org.use("api-usage=81/100") })
	s.act(5*time.Minute+time.Duration(s.rng64(int64(2*time.Hour))), func(*testing.T) { s.world.org.use("api-usage=1/100") })
}
