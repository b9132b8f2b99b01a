package push_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"salesforce-integration/internal/integration"
)

// TestASweepTellsAnAttentionThatWasNeverTold: the function that marked the integration
// was gone before it told the platform, and no event has come since.
func TestASweepTellsAnAttentionThatWasNeverTold(t *testing.T) {
	for name, command := range map[string]string{
		"all integrations": `{"command":"sweep"}`,
		"this one":         `{"command":"sweep","integration_id":"` + integrationID + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, time.Now)
				since := time.Now()
				w.changeIntegration(t, func(i *integration.Integration) {
					i.Attention = &integration.Attention{Code: "invalid_client", Cause: "a wrong secret", Fix: "mend it", Since: since}
				})
				w.bus.Fail(errors.New("the bus is away"))
				w.queue.Put(command, time.Now())
				w.work(t)
				if got := w.noticeTypes(); len(got) > 0 {
					t.Fatalf("told by a bus that is away: %v", got)
				}
				w.bus.Fail(nil)
				w.drain(t) // the command came back
				w.queue.Put(command, time.Now())
				w.drain(t)
				want := integration.Notice{
					Type: integration.EventNeedsAttention, IntegrationID: integrationID, IntegrationName: "CRM", At: since,
					Code: "invalid_client", Cause: "a wrong secret", Fix: "mend it",
				}
				if diff := cmp.Diff([]integration.Notice{want}, w.bus.Notices(), cmpopts.IgnoreFields(integration.Notice{}, "ID")); diff != "" {
					t.Errorf("told (-want +got):\n%s", diff)
				}
				if i, err := w.store.GetIntegration(t.Context(), integrationID); err != nil || i.Attention == nil || !i.Attention.Announced {
					t.Errorf("what was told is not remembered: %+v, %v", i.Attention, err)
				}
			})
		})
	}
}

// TestASweepTakesUpWhatWaitedForTheAllowance: a note was parked after a day without calls
// to spare. The sweep reads what is known of the org, and asks it nothing.
func TestASweepTakesUpWhatWaitedForTheAllowance(t *testing.T) {
	tests := []struct {
		name   string
		usage  string
		active bool
		want   string
	}{
		{"enough is left again", "api-usage=10/100", true, "delivered note_written"},
		{"little is left", "api-usage=81/100", true, "parked allowance"},
		{"enough is left, but the integration is switched off", "api-usage=10/100", false, "parked allowance"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := scarce(t)
				start := time.Now()
				w.publish("e1", "Experiment Completed", start)
				w.work(t)
				w.publish("e2", "Experiment Reached Significance", start)
				w.workUntil(t, start.Add(26*time.Hour))
				if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "parked allowance"}) {
					t.Fatalf("deliveries: %v", got)
				}
				w.org.usage = tt.usage
				w.publish("e3", "Experiment Rolled Back", start.Add(time.Hour)) // its answer says what is left
				w.drain(t)
				w.changeIntegration(t, func(i *integration.Integration) { i.Active = tt.active })
				time.Sleep(2 * time.Hour)
				spent := w.org.calls
				w.queue.Put(`{"command":"sweep"}`, time.Now())
				w.work(t)
				if got := w.org.calls - spent; got != 0 {
					t.Errorf("the sweep itself spent %d calls", got)
				}
				w.drain(t)
				want := []string{"delivered status_written", "delivered status_written", tt.want}
				slices.Sort(want)
				if got := w.outcomes(t); !slices.Equal(got, want) {
					t.Errorf("deliveries: %v, wanted %v", got, want)
				}
				for _, d := range w.deliveries(t) {
					if d.Status == integration.StatusParked && !d.ResumedAt.IsZero() {
						t.Error("it was taken up, to wait for another day")
					}
				}
			})
		})
	}
}

// TestASweepTakesUpWhatWaitedWhenNothingIsKnownAnyMore: nothing was written to the org
// since the note was parked, so nobody has heard of its allowance, which is a day's.
func TestASweepTakesUpWhatWaitedWhenNothingIsKnownAnyMore(t *testing.T) {
	for usage, want := range map[string]string{"api-usage=10/100": "delivered note_written", "api-usage=81/100": "retrying allowance"} {
		t.Run(usage, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := scarce(t)
				start := time.Now()
				w.publish("e1", "Experiment Completed", start)
				w.work(t)
				w.publish("e2", "Experiment Reached Significance", start)
				w.workUntil(t, start.Add(26*time.Hour))
				w.org.usage = usage
				i, err := w.store.GetIntegration(t.Context(), integrationID)
				if err != nil {
					t.Fatal(err)
				}
				known, err := w.store.GetAllowances(t.Context(), []integration.AllowanceKey{i.AllowanceKey()})
				if err != nil || !known[i.AllowanceKey()].Low(20) {
					t.Fatalf("the allowance is %+v, %v", known, err)
				}
				spent := w.org.calls
				sweepAt := func(at time.Time) []string {
					time.Sleep(time.Until(at))
					w.queue.Put(`{"command":"sweep"}`, time.Now())
					w.workUntil(t, at.Add(time.Minute))
					return w.outcomes(t)
				}
				dayAfter := known[i.AllowanceKey()].At.Add(integration.AllowanceDay)
				if got := sweepAt(dayAfter.Add(-time.Hour)); !slices.Equal(got, []string{"delivered status_written", "parked allowance"}) || w.org.calls != spent {
					t.Errorf("within the day: %v, %d calls", got, w.org.calls-spent)
				}
				wanted := []string{"delivered status_written", want}
				slices.Sort(wanted)
				if got := sweepAt(dayAfter); !slices.Equal(got, wanted) {
					t.Errorf("a day later: %v, wanted %v", got, wanted)
				}
				if want == "retrying allowance" && w.org.calls != spent+1 {
					t.Errorf("%d calls to find out", w.org.calls-spent)
				}
			})
		})
	}
}
