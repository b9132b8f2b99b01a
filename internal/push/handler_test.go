package push_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
)

const demoCampaign = "701xx000000001AAAQ"

// effectsOf says what an event file does to an org with one linked Campaign: each
// delivery's "status reason", the Campaign's status, and how many notes it has.
var effectsOf = map[string]struct {
	deliveries []string
	status     string
	notes      int
}{
	"completed.json":                 {[]string{"delivered status_written"}, "Completed", 0},
	"rolled-back.json":               {[]string{"delivered status_written"}, "Paused", 0},
	"significance.json":              {[]string{"delivered note_written"}, "", 1},
	"significance-hostile-text.json": {[]string{"delivered note_written"}, "", 1},
	"no-experiment-key.json":         {[]string{"skipped invalid_event"}, "", 0},
	"unknown-type.json":              {[]string{"skipped not_mapped"}, "", 0},
	"no-link.json":                   {[]string{"skipped no_link"}, "", 0},
	"sqs-batch-of-three.json":        {[]string{"delivered note_written", "delivered status_written", "skipped superseded"}, "Paused", 1},
	"sqs-with-poison.json":           {[]string{"delivered status_written", "skipped invalid_event"}, "Completed", 0},
	"sqs-same-event-twice.json":      {[]string{"delivered note_written"}, "", 1},
}

func TestEventFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(eventsDir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no event files: %v", err)
	}
	if len(files) != len(effectsOf) {
		t.Errorf("%d event files, %d expectations", len(files), len(effectsOf))
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			want, ok := effectsOf[name]
			if !ok {
				t.Fatal("no expectation for this file")
			}
			payload, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, time.Now)
			w.link(t, integrationID, "checkout-button-color", demoCampaign)
			// Twice, as a queue may: the second time changes nothing.
			for range 2 {
				out, err := w.handler().Handle(t.Context(), payload)
				if err != nil {
					t.Fatal(err)
				}
				if sqs, ok := out.(events.SQSEventResponse); ok && len(sqs.BatchItemFailures) > 0 {
					t.Errorf("messages come back: %v", sqs.BatchItemFailures)
				}
			}
			statuses, notes := w.org.snapshot()
			if statuses[demoCampaign] != want.status || len(notes[demoCampaign]) != want.notes {
				t.Errorf("the Campaign has status %q and %d notes, wanted %q and %d", statuses[demoCampaign], len(notes[demoCampaign]), want.status, want.notes)
			}
			if diff := cmp.Diff(want.deliveries, w.outcomes(t)); diff != "" {
				t.Errorf("deliveries (-want +got):\n%s", diff)
			}
		})
	}
}

// outcomes lists the log as "status reason", sorted.
func (w *world) outcomes(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, d := range w.deliveries(t) {
		out = append(out, string(d.Status)+" "+string(d.Reason))
	}
	slices.Sort(out)
	return out
}

func (w *world) deliveries(t testing.TB) []integration.Delivery {
	t.Helper()
	list, err := w.store.ListDeliveries(t.Context(), integration.DeliveryFilter{}, integration.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

func event(id, detailType, experiment string, at time.Time) string {
	detail, err := json.Marshal(map[string]any{"experiment_key": experiment, "occurred_at": at})
	if err != nil {
		panic(err)
	}
	return strings.Replace(envelope(detailType, string(detail)), `"id":"e1"`, `"id":"`+id+`"`, 1)
}

// one runs a single event to its first outcome and returns its delivery.
func (w *world) one(t testing.TB, body string) (integration.Delivery, push.Result) {
	t.Helper()
	out, err := w.handler().Handle(t.Context(), []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	all := w.deliveries(t)
	if len(all) != 1 {
		t.Fatalf("%d deliveries, wanted 1", len(all))
	}
	return all[0], out.(push.Result)
}

func TestFailures(t *testing.T) {
	tests := []struct {
		name      string
		fault     modelFault
		status    integration.DeliveryStatus
		code      string
		waitRange [2]time.Duration // of the next attempt
	}{
		{"a locked row is tried again soon", faultLocked, integration.StatusRetrying, "UNABLE_TO_LOCK_ROW", [2]time.Duration{time.Second, 4 * time.Second}},
		{"a used-up allowance is tried again", faultLimit, integration.StatusRetrying, "REQUEST_LIMIT_EXCEEDED", [2]time.Duration{time.Second, 4 * time.Second}},
		{"an org that cannot be reached", faultUnreached, integration.StatusRetrying, "CONNECTION_FAILED", [2]time.Duration{time.Second, 4 * time.Second}},
		{"a lost answer is given time to show", faultLostAnswer, integration.StatusRetrying, "CONNECTION_FAILED", [2]time.Duration{20 * time.Second, 22 * time.Second}},
		{"a maintenance page", faultHTML, integration.StatusRetrying, "HTTP 503", [2]time.Duration{20 * time.Second, 22 * time.Second}},
		{"a refused token is replaced unnoticed", faultRevoked, integration.StatusDelivered, "", [2]time.Duration{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, time.Now)
				w.link(t, integrationID, "exp", demoCampaign)
				w.org.fault = func(call int) modelFault {
					if call == 1 {
						return tt.fault
					}
					return faultNone
				}
				d, result := w.one(t, event("e1", "Experiment Completed", "exp", time.Now()))
				if d.Status != tt.status || d.ErrorCode != tt.code {
					t.Errorf("delivery is %s with code %q (%s)", d.Status, d.ErrorCode, d.Detail)
				}
				if result.Deliveries[0].Status != tt.status {
					t.Errorf("answered %+v", result)
				}
				if d.Status != integration.StatusRetrying {
					return
				}
				if d.Cause == "" || d.Fix == "" {
					t.Errorf("no cause or fix: %+v", d)
				}
				if wait := time.Until(d.NextAttemptAt); wait < tt.waitRange[0] || wait > tt.waitRange[1] {
					t.Errorf("tried again after %s, wanted within %v", wait, tt.waitRange)
				}
				// The bare event went to the queue, and is delivered from there.
				at, queued := w.queue.Next()
				if !queued {
					t.Fatal("nothing on the queue: the event would be lost")
				}
				time.Sleep(time.Until(at))
				messages := w.queue.Receive(10)
				w.queue.Delete(messages, handleBatch(t.Context(), t, w.handler(), messages))
				if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written"}) {
					t.Errorf("in the end: %v", got)
				}
			})
		})
	}
}

func TestAFailingOrgIsGivenUpAfterADayAndParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.org.fault = func(int) modelFault { return faultLimit }
		start := time.Now()
		w.queue.Put(event("e1", "Experiment Completed", "exp", start), start)
		for range 1000 {
			at, more := w.queue.Next()
			if !more {
				break
			}
			time.Sleep(time.Until(at))
			messages := w.queue.Receive(10)
			w.queue.Delete(messages, handleBatch(t.Context(), t, w.handler(), messages))
		}
		if got := w.outcomes(t); !slices.Equal(got, []string{"parked exhausted"}) {
			t.Fatalf("deliveries: %v", got)
		}
		if lasted := time.Since(start); lasted < 24*time.Hour || lasted > 30*time.Hour {
			t.Errorf("given up after %s", lasted)
		}
		d := w.deliveries(t)[0]
		if d.Attempts > 100 || len(d.History) > integration.MaxHistory || len(d.Payload) == 0 {
			t.Errorf("%d attempts, %d transitions kept, %d bytes of payload", d.Attempts, len(d.History), len(d.Payload))
		}
	})
}

func TestAnIntegrationThatIsSwitchedOffParks(t *testing.T) {
	w := newWorld(t, time.Now)
	w.link(t, integrationID, "exp", demoCampaign)
	i, err := w.store.GetIntegration(t.Context(), integrationID)
	if err != nil {
		t.Fatal(err)
	}
	i.Active = false
	if _, err := w.store.UpdateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	d, _ := w.one(t, event("e1", "Experiment Completed", "exp", time.Now()))
	if d.Status != integration.StatusParked || d.Reason != integration.ReasonInactive || w.org.calls+w.org.logins > 0 {
		t.Errorf("%s %s, %d calls", d.Status, d.Reason, w.org.calls)
	}
}

func TestAnEventGoesToEveryLinkedCampaignInOneCall(t *testing.T) {
	w := newWorld(t, time.Now)
	for _, c := range []string{demoCampaign, "7015g000000AbCdAAK", "7015g000000AbCeAAK"} {
		w.link(t, integrationID, "exp", c)
	}
	if _, err := w.handler().Handle(t.Context(), []byte(event("e1", "Experiment Completed", "exp", time.Now()))); err != nil {
		t.Fatal(err)
	}
	statuses, _ := w.org.snapshot()
	if len(statuses) != 3 || w.org.calls != 1 || w.org.logins != 1 {
		t.Errorf("%d campaigns in %d calls and %d logins, wanted 3, 1, 1", len(statuses), w.org.calls, w.org.logins)
	}
}

func TestTheOrgIsPinnedAtTheFirstConnection(t *testing.T) {
	w := newWorld(t, time.Now)
	w.link(t, integrationID, "exp", demoCampaign)
	w.one(t, event("e1", "Experiment Completed", "exp", time.Now()))
	i, err := w.store.GetIntegration(t.Context(), integrationID)
	if err != nil || i.OrgID != "00D5g000004XyZaEAK" {
		t.Errorf("org id %q, %v", i.OrgID, err)
	}
}

func TestAStoreThatIsAwayLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		away := true
		w.store.Before(func(context.Context, string) error {
			if away {
				return errors.New("throttled")
			}
			return nil
		})
		w.queue.Put(event("e1", "Experiment Completed", "exp", time.Now()), time.Now())
		messages := w.queue.Receive(10)
		failures := handleBatch(t.Context(), t, w.handler(), messages)
		w.queue.Delete(messages, failures)
		if len(failures) != 1 {
			t.Fatalf("%d messages come back, wanted 1", len(failures))
		}
		away = false
		at, _ := w.queue.Next()
		time.Sleep(time.Until(at))
		messages = w.queue.Receive(10)
		w.queue.Delete(messages, handleBatch(t.Context(), t, w.handler(), messages))
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written"}) {
			t.Errorf("deliveries: %v", got)
		}
		if _, err := w.handler().Handle(t.Context(), []byte(`{}`)); err == nil {
			t.Error("a payload that is neither form was taken")
		}
	})
}

func TestSecretsStayOutOfTheLog(t *testing.T) {
	var log strings.Builder
	w := newWorld(t, time.Now)
	w.log = &log
	w.link(t, integrationID, "exp", demoCampaign)
	w.org.fault = func(call int) modelFault {
		if call == 1 {
			return faultHTML
		}
		return faultRevoked
	}
	w.one(t, event("e1", "Experiment Completed", "exp", time.Now()))
	if log.Len() == 0 {
		t.Fatal("nothing was logged")
	}
	for _, secret := range []string{"s3cr3t-value", "00D!"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, log.String())
		}
	}
}
