package push_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
)

func TestTheRestOfTheAllowanceIsLeftToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.reserve = 20
		w.link(t, integrationID, "exp", demoCampaign)
		w.org.usage = "api-usage=81/100" // less than a fifth is left
		warm := w.handler()
		work := func() {
			messages := w.queue.Receive(10)
			w.queue.Delete(messages, handleBatch(t.Context(), t, warm, messages))
		}
		start := time.Now()
		w.publish("e1", "Experiment Completed", start)
		work() // the first answer tells how much is left
		w.publish("e2", "Experiment Rolled Back", start.Add(time.Second))
		work() // the one call that the reserve lets through
		spent := w.org.calls
		w.publish("e3", "Experiment Completed", start.Add(2*time.Second))
		w.publish("e4", "Experiment Rolled Back", start.Add(3*time.Second))
		w.publish("e5", "Experiment Reached Significance", start)
		work()
		if w.org.calls != spent {
			t.Errorf("%d calls were spent out of the reserve", w.org.calls-spent)
		}
		waiting := []string{"delivered status_written", "delivered status_written", "retrying allowance", "retrying allowance", "skipped superseded"}
		if got := w.outcomes(t); !slices.Equal(got, waiting) {
			t.Errorf("deliveries: %v", got)
		}
		for _, d := range w.deliveries(t) {
			if d.Reason == integration.ReasonAllowance && (d.Attempts != 0 || time.Until(d.NextAttemptAt) < 4*time.Minute) {
				t.Errorf("%d attempts, next %s", d.Attempts, time.Until(d.NextAttemptAt))
			}
		}
		w.org.usage = "api-usage=10/100"
		for range 100 {
			at, more := w.queue.Next()
			if !more {
				break
			}
			time.Sleep(time.Until(at))
			work()
		}
		want := []string{"delivered note_written", "delivered status_written", "delivered status_written", "delivered status_written", "skipped superseded"}
		if got := w.outcomes(t); !slices.Equal(got, want) {
			t.Errorf("in the end: %v", got)
		}
	})
}

func TestWhatWaitsForTheAllowanceForADayIsParkedUntilThereIsMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.reserve = 20
		w.link(t, integrationID, "exp", demoCampaign)
		w.org.usage = "api-usage=81/100"
		warm := w.handler()
		start := time.Now()
		w.publish("status", "Experiment Completed", start)
		w.queue.Put(event("note", "Experiment Reached Significance", "exp", start), start.Add(time.Second))
		// A status every ten minutes keeps the org's use known.
		const last = 26 * time.Hour
		for after := 10 * time.Minute; after < last; after += 10 * time.Minute {
			w.queue.Put(event("status-"+after.String(), "Experiment Completed", "exp", start.Add(after)), start.Add(after))
		}
		for time.Since(start) < last {
			at, more := w.queue.Next()
			if !more {
				break
			}
			time.Sleep(time.Until(at))
			messages := w.queue.Receive(10)
			w.queue.Delete(messages, handleBatch(t.Context(), t, warm, messages))
		}
		note := w.noteDelivery(t)
		if note.Status != integration.StatusParked || note.Reason != integration.ReasonAllowance || note.Attempts != 0 || note.ErrorCode != "" {
			t.Fatalf("the note is %s %s after %d attempts (%s)", note.Status, note.Reason, note.Attempts, note.Detail)
		}
		if waited := note.UpdatedAt.Sub(start); waited < 25*time.Hour {
			t.Errorf("parked after %s", waited)
		}
		w.org.usage = "api-usage=10/100"
		w.resume()
		w.drain(t)
		if note := w.noteDelivery(t); note.Status != integration.StatusDelivered {
			t.Errorf("with calls to spare, the note is %s %s", note.Status, note.Reason)
		}
	})
}

// noteDelivery returns the delivery of the event "note".
func (w *world) noteDelivery(t testing.TB) integration.Delivery {
	t.Helper()
	id := integration.DeliveryID(integration.Outbound, "note", integrationID, demoCampaign, "note")
	found, err := w.store.GetDeliveries(t.Context(), []string{id})
	if err != nil || len(found) != 1 {
		t.Fatalf("the note is not in the log: %v", err)
	}
	return found[id]
}
