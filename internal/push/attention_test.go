package push_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
)

// drain lets functions work until the queue is empty.
func (w *world) drain(t testing.TB) {
	t.Helper()
	w.drainWith(t, w.handler)
}

// drainWith is drain with functions of another make.
func (w *world) drainWith(t testing.TB, function func() *push.Handler) {
	t.Helper()
	for range 1000 {
		at, more := w.queue.Next()
		if !more {
			return
		}
		time.Sleep(time.Until(at))
		messages := w.queue.Receive(10)
		w.queue.Delete(messages, handleBatch(t.Context(), t, function(), messages))
	}
	t.Fatal("the queue does not get empty")
}

func (w *world) publish(id, detailType string, at time.Time) {
	w.queue.Put(event(id, detailType, "exp", at), w.now())
}

func (w *world) changeIntegration(t testing.TB, change func(*integration.Integration)) {
	t.Helper()
	i, err := w.store.GetIntegration(t.Context(), integrationID)
	if err != nil {
		t.Fatal(err)
	}
	change(&i)
	if _, err := w.store.UpdateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
}

func (w *world) resume() {
	w.queue.Put(fmt.Sprintf(`{"command":"resume","integration_id":%q}`, integrationID), w.now())
}

func (w *world) noticeTypes() []string {
	var types []string
	for _, n := range w.bus.Notices() {
		types = append(types, n.Type)
	}
	return types
}

func TestAWrongCredentialStopsTheIntegrationUntilItIsMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.org.lockOut(true)
		start := time.Now()
		w.publish("e1", "Experiment Completed", start)
		w.publish("e2", "Experiment Reached Significance", start)
		w.drain(t)
		i, err := w.store.GetIntegration(t.Context(), integrationID)
		if err != nil || i.Attention == nil {
			t.Fatalf("attention %v, %v", i.Attention, err)
		}
		if a := i.Attention; a.Code != "invalid_client" || a.Cause == "" || a.Fix == "" || !a.Announced || !a.Since.Equal(start) {
			t.Errorf("attention: %+v", a)
		}
		if got := w.outcomes(t); !slices.Equal(got, []string{"parked needs_attention", "parked needs_attention"}) {
			t.Errorf("deliveries: %v", got)
		}
		logins := w.org.logins
		w.publish("e3", "Experiment Rolled Back", start.Add(time.Minute))
		w.drain(t)
		if w.org.logins != logins || w.org.calls != 0 {
			t.Errorf("the org was asked again: %d logins more", w.org.logins-logins)
		}
		if got := w.noticeTypes(); !slices.Equal(got, []string{integration.EventNeedsAttention}) {
			t.Errorf("notices: %v", got)
		}

		w.org.lockOut(false)
		w.changeIntegration(t, func(i *integration.Integration) { i.CredentialsVersion++; i.Attention = nil; i.Recovering = true })
		w.resume()
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered note_written", "delivered status_written", "skipped superseded"}) {
			t.Errorf("deliveries in the end: %v", got)
		}
		if statuses, _ := w.org.snapshot(); statuses[demoCampaign] != "Paused" {
			t.Errorf("status %q, wanted that of the newest event", statuses[demoCampaign])
		}
		if got := w.noticeTypes(); !slices.Equal(got, []string{integration.EventNeedsAttention, integration.EventRecovered}) {
			t.Errorf("notices in the end: %v", got)
		}
	})
}

func TestAnIntegrationThatIsMendedInTheMomentOfParking(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(t *testing.T, w *world)
		// The moment in which the administrator acts: ahead of the nth Commit.
		commit int
		mend   func(t *testing.T, w *world)
	}{
		{
			"switched on",
			func(t *testing.T, w *world) {
				w.changeIntegration(t, func(i *integration.Integration) { i.Active = false })
			},
			1,
			func(t *testing.T, w *world) {
				w.changeIntegration(t, func(i *integration.Integration) { i.Active = true })
			},
		},
		{
			"given new credentials before it was marked",
			func(_ *testing.T, w *world) { w.org.lockOut(true) },
			1,
			func(t *testing.T, w *world) {
				w.changeIntegration(t, func(i *integration.Integration) { i.CredentialsVersion++ })
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, time.Now)
				w.link(t, integrationID, "exp", demoCampaign)
				tt.spoil(t, w)
				commits := 0
				w.store.Before(func(ctx context.Context, op string) error {
					if op == "Commit" {
						if commits++; commits == tt.commit {
							tt.mend(t, w)
							// Its resume comes too early to see what is parked now.
							messages := `{"command":"resume","integration_id":"` + integrationID + `"}`
							if _, err := w.handler().Handle(ctx, []byte(messages)); err != nil {
								t.Error(err)
							}
						}
						if commits == tt.commit+1 {
							w.org.lockOut(false)
						}
					}
					return nil
				})
				w.publish("e1", "Experiment Completed", time.Now())
				w.drain(t)
				if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written"}) {
					t.Errorf("deliveries: %v", got)
				}
			})
		})
	}
}

func TestSettingsDecideWhatAnEventDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.changeIntegration(t, func(i *integration.Integration) {
			i.Settings = integration.Settings{
				StatusMap:  map[integration.EventType]string{"Experiment Started": "In Progress", integration.EventRolledBack: ""},
				NoteEvents: map[integration.EventType]bool{integration.EventCompleted: true, integration.EventSignificance: false},
			}
		})
		start := time.Now()
		for i, detailType := range []string{"Experiment Started", "Experiment Reached Significance", "Experiment Completed", "Experiment Rolled Back"} {
			w.publish(fmt.Sprintf("e%d", i), detailType, start.Add(time.Duration(i)*time.Second))
			w.drain(t)
		}
		want := []string{"delivered note_written", "delivered status_written", "delivered status_written", "skipped not_mapped", "skipped not_mapped"}
		if got := w.outcomes(t); !slices.Equal(got, want) {
			t.Errorf("deliveries: %v", got)
		}
		statuses, notes := w.org.snapshot()
		if statuses[demoCampaign] != "Completed" || len(notes[demoCampaign]) != 1 {
			t.Errorf("status %q, notes %q", statuses[demoCampaign], notes[demoCampaign])
		}
	})
}

func TestRedeliver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.org.fault = func(int) modelFault { return faultLimit }
		w.publish("e1", "Experiment Completed", time.Now())
		w.drain(t)
		d := w.deliveries(t)[0]
		if d.Status != integration.StatusParked || d.Resumable() {
			t.Fatalf("%s %s", d.Status, d.Reason)
		}
		w.resume()
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"parked exhausted"}) {
			t.Errorf("a resume is not for it: %v", got)
		}
		failing := 2 // a passing failure after so long must not give it up at once
		w.org.fault = func(int) modelFault {
			if failing--; failing >= 0 {
				return faultLimit
			}
			return faultNone
		}
		w.queue.Put(fmt.Sprintf(`{"command":"redeliver","delivery_ids":[%q,"unknown"],"requested_by":"somebody"}`, d.ID), time.Now())
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written"}) {
			t.Errorf("deliveries: %v (%s)", got, w.deliveries(t)[0].Detail)
		}
		w.queue.Put(`{"command":"dance"}`, time.Now())
		w.drain(t)
	})
}
