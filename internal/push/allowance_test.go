package push_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgclient"
)

// scarce is a world whose org has less than a fifth of its calls left.
func scarce(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, time.Now)
	w.reserve = 20
	w.link(t, integrationID, "exp", demoCampaign)
	w.org.usage = "api-usage=81/100"
	return w
}

// workUntil lets cold functions work until a time, and returns the calls they spent.
func (w *world) workUntil(t *testing.T, end time.Time) int {
	t.Helper()
	before := w.org.calls
	for {
		at, more := w.queue.Next()
		if !more || at.After(end) {
			time.Sleep(time.Until(end))
			return w.org.calls - before
		}
		time.Sleep(time.Until(at))
		w.work(t)
	}
}

func TestTheRestOfTheAllowanceIsLeftToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := scarce(t)
		start := time.Now()
		w.publish("e1", "Experiment Completed", start)
		w.work(t) // the first answer tells how much is left
		spent := w.org.calls
		w.publish("e2", "Experiment Rolled Back", start.Add(time.Second))
		w.work(t)
		w.publish("e3", "Experiment Completed", start.Add(2*time.Second))
		w.publish("e4", "Experiment Rolled Back", start.Add(3*time.Second))
		w.publish("e5", "Experiment Reached Significance", start)
		w.work(t)
		if w.org.calls != spent {
			t.Errorf("%d calls were spent out of the reserve", w.org.calls-spent)
		}
		waiting := []string{"delivered status_written", "retrying allowance", "retrying allowance", "retrying allowance", "retrying allowance"}
		if got := w.outcomes(t); !slices.Equal(got, waiting) {
			t.Errorf("deliveries: %v", got)
		}
		for _, d := range w.deliveries(t) {
			if d.Reason == integration.ReasonAllowance && (d.Attempts != 0 || time.Until(d.NextAttemptAt) < 4*time.Minute) {
				t.Errorf("%d attempts, next %s", d.Attempts, time.Until(d.NextAttemptAt))
			}
		}
		if got := w.workUntil(t, start.Add(14*time.Minute)); got != 1 {
			t.Errorf("%d calls for the statuses that waited, wanted one", got)
		}
		waiting = []string{"delivered status_written", "delivered status_written", "retrying allowance", "skipped superseded", "skipped superseded"}
		if got := w.outcomes(t); !slices.Equal(got, waiting) {
			t.Errorf("then: %v", got)
		}
		w.org.usage = "api-usage=10/100"
		w.workUntil(t, start.Add(time.Hour))
		want := []string{"delivered note_written", "delivered status_written", "delivered status_written", "skipped superseded", "skipped superseded"}
		if got := w.outcomes(t); !slices.Equal(got, want) {
			t.Errorf("in the end: %v", got)
		}
		spent = w.org.calls
		w.publish("e6", "Experiment Completed", start.Add(4*time.Second))
		w.publish("e7", "Experiment Reached Significance", start)
		w.work(t)
		if got := w.org.calls - spent; got != 2 {
			t.Errorf("%d calls with enough left again, wanted one for the status and one for the note", got)
		}
	})
}

func TestALowAllowanceIsSparedByAllFunctionsTogether(t *testing.T) {
	tests := []struct {
		name, detailType string
		calls            int // in six hours, at most
	}{
		{"statuses", "Experiment Completed", 6 * 60 / 5},
		{"notes", "Experiment Reached Significance", 6 * 60 / 15},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := scarce(t)
				w.org.latency = 50 * time.Millisecond
				start := time.Now()
				w.publish("first", "Experiment Completed", start.Add(-time.Hour))
				w.work(t)
				for n := range 6 * 60 {
					at := start.Add(time.Duration(n) * time.Minute)
					w.queue.Put(event(fmt.Sprintf("e%03d", n), tt.detailType, "exp", at), at)
				}
				if got := w.workUntil(t, start.Add(6*time.Hour)); got > tt.calls || got < tt.calls/2 {
					t.Errorf("%d calls in six hours, wanted %d at most, and not far fewer", got, tt.calls)
				}
				if _, notes := w.org.snapshot(); len(notes[demoCampaign]) > 0 {
					t.Errorf("%d notes were written out of the reserve", len(notes[demoCampaign]))
				}
				w.org.usage = "api-usage=10/100"
				w.workUntil(t, start.Add(7*time.Hour))
				for _, o := range w.outcomes(t) {
					if o != "delivered status_written" && o != "delivered note_written" && o != "skipped superseded" {
						t.Fatalf("with enough left again: %v", w.outcomes(t))
					}
				}
			})
		})
	}
}

func TestOfTwoFunctionsOneTakesTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := scarce(t)
		w.publish("e1", "Experiment Completed", time.Now())
		w.work(t)
		time.Sleep(6 * time.Minute)
		spent := w.org.calls
		// Both have read that it is time before either takes the turn.
		var both, done sync.WaitGroup
		both.Add(2)
		var takers atomic.Int32
		w.store.Before(func(_ context.Context, op string) error {
			if op == "SwapAllowance" && takers.Add(1) <= 2 {
				both.Done()
				both.Wait()
			}
			return nil
		})
		for n, campaign := range []string{demoCampaign, "7015g000000AbCeAAK"} {
			experiment := []string{"exp", "other"}[n]
			if n > 0 {
				w.link(t, integrationID, experiment, campaign)
			}
			body := event(fmt.Sprint("both", n), "Experiment Rolled Back", experiment, time.Now())
			done.Go(func() {
				if _, err := w.handler().Handle(t.Context(), []byte(body)); err != nil {
					t.Error(err)
				}
			})
		}
		done.Wait()
		if got := w.org.calls - spent; got != 1 {
			t.Errorf("%d calls at a time, wanted one", got)
		}
	})
}

func TestWhatWaitsADayForTheAllowanceIsParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := scarce(t)
		start := time.Now()
		w.publish("e1", "Experiment Completed", start)
		w.work(t)
		w.publish("e2", "Experiment Reached Significance", start)
		w.workUntil(t, start.Add(24*time.Hour))
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "retrying allowance"}) {
			t.Errorf("for a day: %v", got)
		}
		w.workUntil(t, start.Add(26*time.Hour))
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "parked allowance"}) {
			t.Errorf("after a day: %v", got)
		}
		w.org.usage = "api-usage=10/100"
		w.resume()
		w.workUntil(t, start.Add(28*time.Hour))
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered note_written", "delivered status_written"}) {
			t.Errorf("resumed: %v", got)
		}
	})
}

func TestTheAnswerToTheStatusesHoldsTheNotesOfTheirBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := scarce(t)
		w.org.latency = 50 * time.Millisecond
		w.publish("e1", "Experiment Completed", time.Now())
		w.publish("e2", "Experiment Reached Significance", time.Now())
		w.work(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "retrying allowance"}) || w.org.calls != 1 {
			t.Errorf("%d calls: %v", w.org.calls, got)
		}
	})
}

func TestAnAmpleAllowanceCostsNoWrite(t *testing.T) {
	w := scarce(t)
	w.org.usage = "api-usage=79/100"
	w.store.Before(func(_ context.Context, op string) error {
		if op == "SwapAllowance" {
			t.Error("what is left was stored, though it is enough")
		}
		return nil
	})
	if d, _ := w.one(t, event("e1", "Experiment Completed", "exp", time.Now())); d.Status != integration.StatusDelivered {
		t.Errorf("%s %s", d.Status, d.Reason)
	}
}

func TestANoteDoesNotWaitForAStatusThatIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := scarce(t)
		w.changeIntegration(t, func(i *integration.Integration) {
			i.Settings.NoteEvents = map[integration.EventType]bool{integration.EventCompleted: true}
		})
		start := time.Now()
		w.publish("e1", "Experiment Completed", start) // one message for both
		w.work(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "retrying allowance"}) {
			t.Fatalf("deliveries: %v", got)
		}
		w.org.usage = "api-usage=10/100"
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered note_written", "delivered status_written"}) {
			t.Errorf("with calls to spare: %v", got)
		}
		if waited := time.Since(start); waited > time.Hour {
			t.Errorf("the note waited for %s", waited)
		}
	})
}

// TestAPersonsQuestionKeepsNoStatusWaiting: asked before a status is due, while push
// takes its turn, or by its answer.
func TestAPersonsQuestionKeepsNoStatusWaiting(t *testing.T) {
	for _, tt := range []struct {
		name string
		ask  func(w *world, question func())
	}{
		{"before", func(_ *world, question func()) { question() }},
		{"while push takes its turn", func(w *world, question func()) {
			swaps := 0
			w.store.Before(func(_ context.Context, op string) error {
				if op == "SwapAllowance" {
					if swaps++; swaps == 1 {
						question()
					}
				}
				return nil
			})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := scarce(t)
				w.publish("e1", "Experiment Completed", time.Now())
				w.work(t)
				time.Sleep(time.Hour)
				spent, asked := w.org.calls, 0
				i, err := w.store.GetIntegration(t.Context(), integrationID)
				if err != nil {
					t.Fatal(err)
				}
				tt.ask(w, func() {
					asked++
					people := orgclient.New(orgclient.Config{Tokens: w.store, Vault: w.vault, Allowances: w.store, ReservePercent: 20})
					if _, err := people.Spare(t.Context(), i); err != nil {
						t.Errorf("the question is refused: %v", err)
					}
				})
				w.publish("e2", "Experiment Rolled Back", time.Now())
				w.work(t)
				if got := w.outcomes(t); asked != 1 || w.org.calls != spent+1 || slices.Contains(got, "retrying allowance") {
					t.Errorf("%d questions, %d calls: %v", asked, w.org.calls-spent, got)
				}
			})
		})
	}
}

// TestNotesWaitWhileSomebodyCalls: a call that was begun says how things stand, though
// what is known is old.
func TestNotesWaitWhileSomebodyCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := scarce(t)
		w.publish("e1", "Experiment Completed", time.Now())
		w.work(t)
		time.Sleep(time.Hour)
		i, err := w.store.GetIntegration(t.Context(), integrationID)
		if err != nil {
			t.Fatal(err)
		}
		key := i.AllowanceKey()
		known, err := w.store.GetAllowances(t.Context(), []integration.AllowanceKey{key})
		if err != nil || len(known) != 1 {
			t.Fatalf("known: %v (%v)", known, err)
		}
		if _, err := w.store.SwapAllowance(t.Context(), known[key].Called(time.Now())); err != nil {
			t.Fatal(err)
		}
		spent := w.org.calls
		w.publish("e2", "Experiment Reached Significance", time.Now())
		w.work(t)
		if got := w.outcomes(t); w.org.calls != spent || !slices.Contains(got, "retrying allowance") {
			t.Errorf("%d calls: %v", w.org.calls-spent, got)
		}
	})
}
