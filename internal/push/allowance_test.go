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
