package push_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push/pushtest"
)

func TestAnOrgThatIsDownForHoursHoldsUpNoOther(t *testing.T) {
	tests := []struct {
		name    string
		publish func(t *testing.T, w *world)
	}{
		{"an event from the queue", func(_ *testing.T, w *world) { w.publish("e1", "Experiment Completed", time.Now()) }},
		{"an event by itself", func(t *testing.T, w *world) {
			t.Helper()
			if _, err := w.handler().Handle(t.Context(), []byte(event("e1", "Experiment Completed", "exp", time.Now()))); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, time.Now)
				const other = "0195b9b0-0000-7000-8000-000000000002"
				i := w.addIntegration(t, other)
				i.InstanceURL = "https://other.my.salesforce.com"
				if _, err := w.store.UpdateIntegration(t.Context(), i); err != nil {
					t.Fatal(err)
				}
				w.link(t, integrationID, "exp", demoCampaign)
				w.link(t, other, "exp", otherCampaign)
				down, locks := true, 1
				w.through = func(next http.RoundTripper) http.RoundTripper {
					return pushtest.RoundTripper(func(r *http.Request) (*http.Response, error) {
						switch {
						case strings.HasSuffix(r.URL.Path, "/token"):
						case r.URL.Host == "other.my.salesforce.com" && down:
							pushtest.Trace(r, true)
							resp, err := w.org.answer(r, http.StatusServiceUnavailable, "<html>")
							resp.Header.Set("Retry-After", "21600")
							return resp, err
						case r.URL.Host != "other.my.salesforce.com" && locks > 0:
							locks--
							return w.org.answer(r, http.StatusOK, []any{failed("UNABLE_TO_LOCK_ROW", "x")})
						}
						return next.RoundTrip(r)
					})
				}
				start := time.Now()
				tt.publish(t, w)
				w.workUntil(t, start.Add(time.Minute))
				if statuses, _ := w.org.snapshot(); statuses[demoCampaign] != "Completed" {
					t.Error("a row lock's status waits for another org")
				}
				if n := w.queue.Len(); n != 1 {
					t.Errorf("%d messages are left, wanted one for the org that is down", n)
				}
				down = false
				w.drain(t)
				if statuses, _ := w.org.snapshot(); statuses[otherCampaign] != "Completed" || time.Since(start) < 6*time.Hour {
					t.Errorf("status %q after %s", statuses[otherCampaign], time.Since(start))
				}
			})
		})
	}
}

func TestManyThatAreRetriedHideNothingThatIsParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.link(t, integrationID, "other", otherCampaign)
		w.changeIntegration(t, func(i *integration.Integration) { i.Active = false })
		w.publish("e1", "Experiment Completed", time.Now())
		w.drain(t)
		time.Sleep(time.Minute)
		var units []integration.Unit
		for n := range 2100 {
			d := &integration.Delivery{
				ID: integration.DeliveryID(integration.Outbound, fmt.Sprint(n)), Direction: integration.Outbound, EventID: fmt.Sprint(n),
				IntegrationID: integrationID, ExperimentKey: "other", CampaignID: otherCampaign, Payload: []byte("{}"), CreatedAt: time.Now(),
			}
			if err := d.Move(time.Now(), integration.StatusRetrying, integration.ReasonFailing, "x"); err != nil {
				t.Fatal(err)
			}
			d.NextAttemptAt = time.Now().Add(24 * time.Hour)
			units = append(units, integration.Unit{Delivery: d})
		}
		if _, err := w.store.Commit(t.Context(), units); err != nil {
			t.Fatal(err)
		}
		w.changeIntegration(t, func(i *integration.Integration) { i.Active = true })
		w.resume()
		w.drain(t)
		if statuses, _ := w.org.snapshot(); statuses[demoCampaign] != "Completed" {
			t.Error("it is still parked")
		}
		if since := time.Since(units[0].Delivery.CreatedAt); since > time.Minute {
			t.Errorf("the resume went on for %s", since)
		}
	})
}

func TestMoreThanAnInvocationTakesOnComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		for e := range 6 {
			for n := range 1000 {
				w.link(t, integrationID, fmt.Sprint("exp", e), fmt.Sprintf("7015g%d000%06dAAA", e, n))
			}
			w.queue.Put(event(fmt.Sprint("e", e), "Experiment Completed", fmt.Sprint("exp", e), time.Now()), time.Now())
		}
		messages := w.queue.Receive(10)
		failures := handleBatch(t.Context(), t, w.handler(), messages)
		if len(messages) != 6 || len(failures) != 4 { // each asks for 2,000 deliveries, if notes that are not mapped count
			t.Errorf("of %d messages %d come back", len(messages), len(failures))
		}
		w.queue.Delete(messages, failures)
		w.drain(t)
		if statuses, _ := w.org.snapshot(); len(statuses) != 6000 {
			t.Errorf("%d statuses are written", len(statuses))
		}
	})
}

func TestOfStatusesThatAreSentAgainALinkedOneCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.org.fault = func(int) modelFault { return faultRefused }
		start := time.Now()
		w.publish("e2", "Experiment Completed", start)
		w.drain(t)
		if err := w.store.DeleteLink(t.Context(), integrationID, demoCampaign); err != nil {
			t.Fatal(err)
		}
		w.link(t, integrationID, "other", demoCampaign)
		w.queue.Put(event("e1", "Experiment Rolled Back", "other", start.Add(-time.Minute)), time.Now())
		w.drain(t)
		w.org.fault = nil
		var ids []string
		for _, d := range w.deliveries(t) {
			ids = append(ids, fmt.Sprintf("%q", d.ID))
		}
		w.queue.Put(`{"command":"redeliver","delivery_ids":[`+strings.Join(ids, ",")+`]}`, time.Now())
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "skipped no_link"}) {
			t.Errorf("deliveries: %v", got)
		}
	})
}

func TestAClaimIsLookedAtAgainSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.org.latency = 2 * time.Second
		start := time.Now()
		w.publish("e1", "Experiment Completed", start)
		w.publish("e2", "Experiment Rolled Back", start.Add(time.Second))
		one, two := w.queue.Receive(1), w.queue.Receive(1)
		var both sync.WaitGroup
		for n, messages := range [][]events.SQSMessage{one, two} {
			both.Go(func() {
				time.Sleep(time.Duration(n) * time.Second)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				w.queue.Delete(messages, handleBatch(ctx, t, w.handler(), messages))
			})
		}
		time.Sleep(2 * time.Second)
		if got := w.outcomes(t); !slices.Equal(got, []string{"pending trying", "sending trying"}) {
			t.Errorf("meanwhile: %v", got)
		}
		both.Wait()
		w.drain(t)
		statuses, _ := w.org.snapshot()
		if took := time.Since(start); statuses[demoCampaign] != "Paused" || took > 15*time.Second {
			t.Errorf("status %q after %s", statuses[demoCampaign], took)
		}
	})
}
