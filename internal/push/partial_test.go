package push_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
)

var errAway = errors.New("throttled")

// failsOnce makes the nth call of an operation fail.
func (w *world) failsOnce(op string, nth int) {
	calls := 0
	w.store.Before(func(_ context.Context, called string) error {
		if called != op {
			return nil
		}
		if calls++; calls == nth {
			return errAway
		}
		return nil
	})
}

func TestOnlyWhatIsNotStoredComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.link(t, integrationID, "done", "7015g000000AbCdAAK")
		done := event("e1", "Experiment Completed", "done", time.Now())
		if _, err := w.handler().Handle(t.Context(), []byte(done)); err != nil {
			t.Fatal(err)
		}
		w.queue.Put(done, time.Now()) // it comes a second time
		w.queue.Put(event("e2", "Experiment Completed", "exp", time.Now()), time.Now())
		w.failsOnce("Commit", 2) // what came of the writes is not stored
		messages := w.queue.Receive(10)
		failures := handleBatch(t.Context(), t, w.handler(), messages)
		if len(failures) != 1 || failures[0].ItemIdentifier != messages[1].MessageId {
			t.Errorf("these come back: %v, wanted only the one that was being written", failures)
		}
		w.queue.Delete(messages, failures)
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "delivered status_written"}) {
			t.Errorf("deliveries: %v", got)
		}
	})
}

func TestWhatIsParkedBlindlyComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.changeIntegration(t, func(i *integration.Integration) { i.Active = false })
		w.publish("e1", "Experiment Completed", time.Now())
		w.failsOnce("GetIntegrations", 2) // whether it was mended meanwhile
		messages := w.queue.Receive(10)
		failures := handleBatch(t.Context(), t, w.handler(), messages)
		if len(failures) != 1 {
			t.Errorf("%d messages come back, wanted the one that was parked", len(failures))
		}
		w.queue.Delete(messages, failures)
		// It was mended meanwhile, and nobody resumes it.
		w.changeIntegration(t, func(i *integration.Integration) { i.Active = true })
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written"}) {
			t.Errorf("deliveries: %v", got)
		}
	})
}
