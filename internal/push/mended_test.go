package push_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
)

// These tests are about what is parked in the very moment in which somebody mends
// what parks it, so that the resume does not see it.

// mendsMeanwhile makes an administrator act ahead of the first call of an operation
// that the store gets. When the call goes on, the resume is over: it was at its
// second and last look.
func (w *world) mendsMeanwhile(t *testing.T, op string, mend func()) {
	w.store.Before(func(ctx context.Context, called string) error {
		if called != op {
			return nil
		}
		w.store.Before(nil)
		mend()
		_, err := w.handler().Handle(ctx, fmt.Appendf(nil, `{"command":"resume","integration_id":%q,"look":1}`, integrationID))
		return err
	})
}

func TestWhatIsParkedInTheMomentOfMending(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(t *testing.T, w *world)
		op    string // ahead of which it is mended
		mend  func(t *testing.T, w *world)
	}{
		{
			"it was switched on before the park was stored",
			func(t *testing.T, w *world) {
				w.changeIntegration(t, func(i *integration.Integration) { i.Active = false })
			}, "Commit",
			func(t *testing.T, w *world) {
				w.changeIntegration(t, func(i *integration.Integration) { i.Active = true })
			},
		},
		{
			"its credentials were replaced before it was looked at again",
			func(_ *testing.T, w *world) { w.org.lockOut(true) }, "GetIntegration",
			func(t *testing.T, w *world) { w.org.lockOut(false); w.rotate(t, "right") },
		},
		{
			"its credentials were replaced before it was marked",
			func(_ *testing.T, w *world) { w.org.lockOut(true) }, "UpdateIntegration",
			func(t *testing.T, w *world) { w.org.lockOut(false); w.rotate(t, "right") },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, time.Now)
				w.link(t, integrationID, "exp", demoCampaign)
				tt.spoil(t, w)
				w.publish("e1", "Experiment Completed", time.Now())
				w.mendsMeanwhile(t, tt.op, func() { tt.mend(t, w) })
				w.drain(t)
				if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written"}) {
					t.Errorf("deliveries: %v", got)
				}
				if i, err := w.store.GetIntegration(t.Context(), integrationID); err != nil || i.Attention != nil {
					t.Errorf("what was mended needs attention: %+v, %v", i.Attention, err)
				}
			})
		})
	}
}

// laggingIndex lists what waits as it was some time ago.
type laggingIndex struct {
	integration.Store
	lag func() time.Duration

	mu   sync.Mutex
	past []change
}

type change struct {
	at       time.Time
	delivery integration.Delivery
}

func (l *laggingIndex) Commit(ctx context.Context, units []integration.Unit) ([]integration.UnitResult, error) {
	results, err := l.Store.Commit(ctx, units)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range results {
		if r.Committed && r.Delivery != nil {
			l.past = append(l.past, change{time.Now(), *r.Delivery})
		}
	}
	return results, err
}

func (l *laggingIndex) ListWaiting(_ context.Context, id string, _ integration.Page) (integration.List[integration.Delivery], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := time.Now().Add(-l.lag())
	then := map[string]integration.Delivery{}
	for _, c := range l.past {
		if c.delivery.IntegrationID == id && !c.at.After(seen) && c.delivery.Version > then[c.delivery.ID].Version {
			then[c.delivery.ID] = c.delivery
		}
	}
	var list integration.List[integration.Delivery]
	for _, d := range then {
		if d.Waiting() {
			list.Items = append(list.Items, d)
		}
	}
	slices.SortFunc(list.Items, func(a, b integration.Delivery) int { return strings.Compare(a.ID, b.ID) })
	return list, nil
}

func TestAResumeSeesWhatTheListOfWhatWaitsLagsBehindWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		lagging := &laggingIndex{Store: w.store, lag: func() time.Duration { return 10 * time.Second }}
		function := func() *push.Handler { return w.handlerThrough(lagging, w.org) }
		w.changeIntegration(t, func(i *integration.Integration) { i.Active = false })
		if _, err := function().Handle(t.Context(), []byte(event("e1", "Experiment Completed", "exp", time.Now()))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		w.changeIntegration(t, func(i *integration.Integration) { i.Active = true })
		w.resume()
		w.drainWith(t, function)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written"}) {
			t.Errorf("deliveries: %v", got)
		}
	})
}

func TestAResumeLeavesAloneWhatIsBeingSent(t *testing.T) {
	w := newWorld(t, time.Now)
	w.link(t, integrationID, "exp", demoCampaign)
	queued := 0
	w.org.fault = func(int) modelFault {
		if _, err := w.handler().Handle(t.Context(), fmt.Appendf(nil, `{"command":"resume","integration_id":%q,"look":1}`, integrationID)); err != nil {
			t.Error(err)
		}
		queued = w.queue.Len()
		return faultNone
	}
	d, _ := w.one(t, event("e1", "Experiment Completed", "exp", time.Now()))
	if d.Status != integration.StatusDelivered || queued != 0 {
		t.Errorf("%s %s, and %d messages more on the queue", d.Status, d.Reason, queued)
	}
}

func TestAnEventThatWasTooLargeToKeepSaysSoWhenItIsResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.changeIntegration(t, func(i *integration.Integration) { i.Active = false })
		large := event("e1", "Experiment Completed", "exp", time.Now()) + strings.Repeat(" ", integration.MaxPayload)
		w.queue.Put(large, time.Now())
		w.publish("e2", "Experiment Rolled Back", time.Now().Add(-time.Second))
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"parked inactive", "parked inactive"}) {
			t.Fatalf("deliveries: %v", got)
		}
		w.changeIntegration(t, func(i *integration.Integration) { i.Active = true })
		w.resume()
		w.drain(t)
		// What cannot be sent does not hold back what is older and can be.
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "skipped invalid_event"}) {
			t.Errorf("deliveries: %v", got)
		}
		for _, d := range w.deliveries(t) {
			if d.EventID == "e1" && !strings.Contains(d.Detail, "publish it again") {
				t.Errorf("it says %q", d.Detail)
			}
		}
	})
}
