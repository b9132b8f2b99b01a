package push_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push/pushtest"
)

// These tests are about time: an invocation's own, and what Salesforce asks for.

func TestTheWaitThatSalesforceAsksForIsKept(t *testing.T) {
	const asked = 10 * time.Minute
	var logins atomic.Int64
	tests := []struct {
		name  string
		spoil func(w *world)
	}{
		{"by a call", func(w *world) {
			w.org.fault = func(int) modelFault { return faultLimit }
		}},
		{"by the token endpoint", func(w *world) {
			w.through = func(next http.RoundTripper) http.RoundTripper {
				return pushtest.RoundTripper(func(r *http.Request) (*http.Response, error) {
					if !strings.HasSuffix(r.URL.Path, "/token") {
						return next.RoundTrip(r)
					}
					logins.Add(1)
					time.Sleep(time.Second)
					return w.org.answer(r, http.StatusServiceUnavailable, "<html>down for maintenance</html>")
				})
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, time.Now)
				w.link(t, integrationID, "exp", demoCampaign)
				w.org.wait = "600"
				w.link(t, integrationID, "other", "7015g000000AbCdAAK")
				tt.spoil(w)
				w.publish("e1", "Experiment Completed", time.Now())
				w.queue.Put(event("e2", "Experiment Completed", "other", time.Now()), time.Now())
				var functions sync.WaitGroup
				for range 2 { // one waits for what the other gets from the token endpoint
					messages := w.queue.Receive(1)
					functions.Go(func() { w.queue.Delete(messages, handleBatch(t.Context(), t, w.handler(), messages)) })
				}
				functions.Wait()
				for _, d := range w.deliveries(t) {
					if d.Status != integration.StatusRetrying || time.Until(d.NextAttemptAt) < asked {
						t.Errorf("%s, tried again after %s", d.Status, time.Until(d.NextAttemptAt))
					}
				}
				if at, _ := w.queue.Next(); time.Until(at) < asked {
					t.Errorf("a message shows again after %s", time.Until(at))
				}
				if logins.Load() > 1 {
					t.Errorf("%d logins at once", logins.Load())
				}
			})
		})
	}
}

// within lets a cold function work on what is on the queue, for a time.
func (w *world) within(t testing.TB, time time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time)
	defer cancel()
	messages := w.queue.Receive(10)
	w.queue.Delete(messages, handleBatch(ctx, t, w.handler(), messages))
}

func TestAWriteIsStartedWithTimeToStoreWhatComesOfIt(t *testing.T) {
	tests := []struct {
		left time.Duration // a request may take 20 s, and storing its outcome 4 s
		code string
	}{
		{24 * time.Second, "TIMEOUT"},
		{23 * time.Second, "NOT_SENT"},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, time.Now)
				w.link(t, integrationID, "exp", demoCampaign)
				w.org.fault = func(int) modelFault { return faultSlow }
				w.publish("e1", "Experiment Completed", time.Now())
				w.within(t, tt.left)
				d := w.deliveries(t)[0]
				if d.Status != integration.StatusRetrying || d.ErrorCode != tt.code {
					t.Errorf("%s %s, code %q, wanted %s", d.Status, d.Reason, d.ErrorCode, tt.code)
				}
			})
		})
	}
}

func TestWhatIsNotSentIsNoTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.publish("e1", "Experiment Reached Significance", time.Now())
		w.within(t, 5*time.Second) // too little to send anything
		d := w.deliveries(t)[0]
		if d.Status != integration.StatusRetrying || d.ErrorCode != "NOT_SENT" || d.Attempts != 0 || w.org.calls != 0 {
			t.Fatalf("%s, code %q, %d attempts, %d calls", d.Status, d.ErrorCode, d.Attempts, w.org.calls)
		}
		w.drain(t)
		// There is nothing to look for, so it costs one call.
		d = w.deliveries(t)[0]
		if d.Status != integration.StatusDelivered || d.Attempts != 1 || w.org.calls != 1 {
			t.Errorf("%s after %d attempts and %d calls", d.Status, d.Attempts, w.org.calls)
		}
	})
}

func TestNobodyWritesWhileAFunctionsLastRequestMayBeOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		const life, onItsWay = 30 * time.Second, 9 * time.Minute
		w.org.late = func(modelFault) time.Duration { return life + onItsWay }
		w.org.fault = func(call int) modelFault {
			if call == 1 {
				return faultSlow
			}
			return faultNone
		}
		start := time.Now()
		w.publish("older", "Experiment Completed", start)
		// The function is cut off with its request under way: nobody hears of it again.
		dying := pushtest.NewMortal(1 << 30)
		ctx, cancel := context.WithTimeout(t.Context(), life)
		defer cancel()
		go func() {
			time.Sleep(time.Second)
			dying.Kill()
		}()
		handleBatch(ctx, t, w.handlerThrough(dying.Store(w.store), dying.Transport(w.org), dying.Queue(w.queue)), w.queue.Receive(10))
		time.Sleep(time.Until(start.Add(life)))
		if d := w.deliveries(t)[0]; d.Status != integration.StatusSending || !d.LeaseUntil.After(time.Now()) {
			t.Errorf("%s, leased until %s: what it stored in its last moment may be under way, too", d.Status, d.LeaseUntil)
		}
		w.publish("newer", "Experiment Rolled Back", start.Add(time.Second))
		w.drain(t)
		if statuses, _ := w.org.snapshot(); statuses[demoCampaign] != "Paused" {
			t.Errorf("status %q: the request of a function that is gone came after a newer one", statuses[demoCampaign])
		}
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "skipped superseded"}) {
			t.Errorf("deliveries: %v", got)
		}
	})
}
