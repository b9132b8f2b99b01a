package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
)

var errCrash = errors.New("the function was killed")

// killer fails the n-th outside call, before or after its effect, and every one
// that follows: as a function that was killed there would.
type killer struct {
	mu    sync.Mutex
	at    int
	after bool
	calls []string
	dead  bool
}

func (k *killer) before(_ context.Context, op string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls = append(k.calls, op)
	if k.dead || len(k.calls) == k.at && !k.after {
		k.dead = true
		return errCrash
	}
	return nil
}

// afterwards runs when a call has had its effect. Calls run beside each other, so
// the n-th is not always the one that is after its effect; dying at any of them
// is as good.
func (k *killer) afterwards(context.Context, string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dead || k.after && len(k.calls) >= k.at {
		k.dead = true
		return errCrash
	}
	return nil
}

func (r *rig) kill(k *killer) {
	r.store.Before(k.before)
	r.store.After(k.afterwards)
	r.bus.before = func() error { return k.before(context.Background(), "Publish") }
	r.bus.after = func() error { return k.afterwards(context.Background(), "Publish") }
}

func (r *rig) revive() {
	r.store.Before(nil)
	r.store.After(nil)
	r.bus.before, r.bus.after = nil, nil
}

// TestCrashAnywhere kills the function before and after each of its outside calls,
// lets Salesforce send the message again, and again, and wants each effect to be
// there with one id.
func TestCrashAnywhere(t *testing.T) {
	t.Parallel()
	messages := map[string]struct {
		envelope  events.APIGatewayProxyRequest
		finalizes []string // experiment keys
		log       map[string]int
	}{
		"SOAP, linked": {
			soapEnvelope(completed(1, campaignID)),
			[]string{experimentKey},
			map[string]int{"delivered/finalization_requested": 1},
		},
		"SOAP, makes its link": {
			soapEnvelope(linking(1, unlinkedID, "new-experiment")),
			[]string{"new-experiment"},
			map[string]int{"delivered/finalization_requested": 1},
		},
		"SOAP, a batch of everything": {
			soapEnvelope(completed(1, campaignID), linking(2, unlinkedID, "new-experiment"), linking(3, echoID, "third"),
				note{4, "701xx000000004DAAQ", nil}, linking(5, "701xx000000005EAAQ", "fifth")),
			[]string{experimentKey, "fifth", "new-experiment"},
			map[string]int{"delivered/finalization_requested": 3, "skipped/link_conflict": 1, "skipped/unknown_campaign": 1},
		},
		"JSON with a key": {
			with(jsonEnvelope(call{CampaignID: unlinkedID, Status: "Completed", ExperimentKey: "new-experiment"}.json()), "Idempotency-Key", "k1"),
			[]string{"new-experiment"},
			map[string]int{"delivered/finalization_requested": 1},
		},
		"SOAP, makes a link only": {
			soapEnvelope(note{1, unlinkedID, map[string]string{"Status": "Planned", "Experiment_Key__c": "new-experiment"}}),
			nil,
			map[string]int{"delivered/linked": 1},
		},
	}
	for name, m := range messages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := &killer{}
			r := newRig(t)
			r.kill(whole)
			if got := r.send(m.envelope); got.StatusCode != http.StatusOK {
				t.Fatalf("without a crash: %d %s", got.StatusCode, got.Body)
			}
			calls := len(whole.calls)
			if calls < 4 {
				t.Fatalf("only %d outside calls: %v", calls, whole.calls)
			}
			for at := 1; at <= calls; at++ {
				for _, after := range []bool{false, true} {
					where := fmt.Sprintf("killed at call %d of %v, after its effect: %t", at, whole.calls, after)
					r := newRig(t)
					k := &killer{at: at, after: after}
					r.kill(k)
					if got := r.send(m.envelope); got.StatusCode == http.StatusOK || strings.Contains(got.Body, "<Ack>true") {
						t.Errorf("%s: it answered %d %s", where, got.StatusCode, got.Body)
					}
					r.revive()
					for range 2 {
						r.clock.Add(int64(5e9))
						if got := r.send(m.envelope); got.StatusCode != http.StatusOK {
							t.Errorf("%s: sent again: %d %s", where, got.StatusCode, got.Body)
						}
					}
					published := r.bus.published(t)
					var keys []string
					for _, request := range published {
						keys = append(keys, request.ExperimentKey)
					}
					slices.Sort(keys)
					if diff := cmp.Diff(m.finalizes, keys); diff != "" {
						t.Errorf("%s: finalizations (-want +got):\n%s", where, diff)
					}
					if diff := cmp.Diff(m.log, r.reasons()); diff != "" {
						t.Errorf("%s: log (-want +got):\n%s", where, diff)
					}
				}
			}
		})
	}
}

// TestSameMessageAtTheSameTime: Salesforce lost patience and sends again while the
// first try still runs.
func TestSameMessageAtTheSameTime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	e := soapEnvelope(completed(1, campaignID), linking(2, unlinkedID, "new-experiment"))
	var senders sync.WaitGroup
	for range 20 {
		senders.Go(func() {
			r.sendUntilTaken(e)
		})
	}
	senders.Wait()
	if n := len(r.bus.published(t)); n != 2 {
		t.Errorf("%d finalization ids, want 2", n)
	}
	if diff := cmp.Diff(map[string]int{"delivered/finalization_requested": 2}, r.reasons()); diff != "" {
		t.Error(diff)
	}
}

// TestDuplicates: what was dealt with is acknowledged and not done again.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	keyed := with(jsonEnvelope(call{CampaignID: campaignID, Status: "Completed"}.json()), "Idempotency-Key", "k1")
	for name, c := range map[string]struct {
		first, again events.APIGatewayProxyRequest
		ids, log     int
		repeats      int // that the log tells of
	}{
		"the same SOAP message": {soapEnvelope(completed(1, campaignID)), soapEnvelope(completed(1, campaignID)), 1, 1, 1},
		"in another batch":      {soapEnvelope(completed(1, campaignID)), soapEnvelope(completed(2, unlinkedID), completed(1, campaignID)), 1, 2, 1},
		"twice in one message":  {soapEnvelope(completed(1, campaignID), completed(1, campaignID)), soapEnvelope(completed(1, campaignID)), 1, 1, 1},
		"the same key":          {keyed, keyed, 1, 1, 1},
		"no key, so not the same": {
			jsonEnvelope(call{CampaignID: campaignID, Status: "Completed"}.json()),
			jsonEnvelope(call{CampaignID: campaignID, Status: "Completed"}.json()), 1, 2, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			for _, e := range []events.APIGatewayProxyRequest{c.first, c.again} {
				if got := r.send(e); got.StatusCode != http.StatusOK {
					t.Errorf("status = %d: %s", got.StatusCode, got.Body)
				}
			}
			if n := len(r.bus.requests); n != c.ids {
				t.Errorf("%d requests were published, want %d", n, c.ids)
			}
			if n := len(r.deliveries()); n != c.log {
				t.Errorf("%d deliveries, want %d", n, c.log)
			}
			repeats := 0 // within one message only what is stored by then counts
			for _, d := range r.deliveries() {
				for _, step := range d.History {
					if step.Reason == integration.ReasonDuplicate {
						repeats++
					}
				}
				if d.Reason == integration.ReasonDuplicate {
					t.Errorf("a duplicate took the place of what was done: %+v", d)
				}
			}
			if repeats != c.repeats {
				t.Errorf("the log tells of %d repeats, want %d", repeats, c.repeats)
			}
		})
	}
}

// TestDuplicateDoesNotLinkAgain: a person deleted the link that a message had made;
// the same message, sent once more, does not bring it back.
func TestDuplicateDoesNotLinkAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	e := soapEnvelope(linking(1, unlinkedID, "new-experiment"))
	r.send(e)
	if err := r.store.DeleteLink(t.Context(), integrationID, unlinkedID); err != nil {
		t.Fatal(err)
	}
	r.send(e)
	if key := r.follows(unlinkedID); key != "" {
		t.Errorf("the campaign follows %q again", key)
	}
}

// TestIdempotencyKeyAndIDs: a key stands for the calls that bear it, whatever else has
// an id of the same characters, and for each place of an array.
func TestIdempotencyKeyAndIDs(t *testing.T) {
	t.Parallel()
	done := call{CampaignID: campaignID, Status: "Completed"}
	other := call{CampaignID: unlinkedID, Status: "Planned"}
	for name, messages := range map[string][]events.APIGatewayProxyRequest{
		"a notification's id as a key": {
			with(jsonEnvelope(other.json()), "Idempotency-Key", notificationID(7)), soapEnvelope(completed(7, campaignID)),
		},
		"an array":                          {with(jsonEnvelope("["+other.json()+","+done.json()+"]"), "Idempotency-Key", "k")},
		"an array behind a byte order mark": {with(jsonEnvelope("\xef\xbb\xbf["+other.json()+","+done.json()+"]"), "Idempotency-Key", "k")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			for _, e := range messages {
				if got := r.send(e); got.StatusCode != http.StatusOK {
					t.Errorf("answer = %d %s", got.StatusCode, got.Body)
				}
			}
			if log, asked := len(r.deliveries()), len(r.bus.requests); log != 2 || asked != 1 {
				t.Errorf("%d deliveries and %d requests, want 2 and 1", log, asked)
			}
		})
	}
}

func TestReusedIdempotencyKey(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(with(jsonEnvelope(call{CampaignID: campaignID, Status: "Planned"}.json()), "Idempotency-Key", "k1"))
	got := r.send(with(jsonEnvelope(call{CampaignID: campaignID, Status: "Completed"}.json()), "Idempotency-Key", "k1"))
	if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "header.Idempotency-Key") {
		t.Errorf("answer = %d %s", got.StatusCode, got.Body)
	}
	if n := len(r.bus.requests); n != 0 {
		t.Errorf("%d requests were published", n)
	}
}

// TestPartialPublish: what the bus took is settled, what it refused waits for the
// message to come again and goes out then, under its first id.
func TestPartialPublish(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.link(unlinkedID, "second-experiment")
	e := soapEnvelope(completed(1, campaignID), completed(2, unlinkedID))
	r.bus.refuse = func(_ integration.FinalizationRequest, n int) error {
		if n == 1 {
			return errors.New("ThrottlingException")
		}
		return nil
	}
	if got := r.send(e); got.StatusCode != http.StatusServiceUnavailable || !strings.Contains(got.Body, "<Ack>false</Ack>") {
		t.Errorf("answer = %d %s", got.StatusCode, got.Body)
	}
	if diff := cmp.Diff(map[string]int{"delivered/finalization_requested": 1, "pending/": 1}, r.reasons()); diff != "" {
		t.Error(diff)
	}
	r.bus.refuse = nil
	if got := r.send(e); got.StatusCode != http.StatusOK {
		t.Errorf("answer = %d %s", got.StatusCode, got.Body)
	}
	if len(r.bus.requests) != 2 || len(r.bus.published(t)) != 2 {
		t.Errorf("requests = %+v", r.bus.requests)
	}
	if diff := cmp.Diff(map[string]int{"delivered/finalization_requested": 2}, r.reasons()); diff != "" {
		t.Error(diff)
	}
}

// TestFailuresAreNeverAcknowledged fails each operation of the store by itself.
func TestFailuresAreNeverAcknowledged(t *testing.T) {
	t.Parallel()
	for _, failing := range []string{"GetIntegration", "Commit", "Read", "CreateLinks"} {
		for name, e := range map[string]events.APIGatewayProxyRequest{
			"SOAP": soapEnvelope(linking(1, unlinkedID, "new-experiment")),
			"JSON": jsonEnvelope(call{CampaignID: unlinkedID, Status: "Completed", ExperimentKey: "new-experiment"}.json()),
		} {
			t.Run(failing+"/"+name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t)
				r.store.Before(func(_ context.Context, op string) error {
					if op == failing {
						return errors.New("table row of tenant 42: i/o timeout")
					}
					return nil
				})
				got := r.send(e)
				if got.StatusCode != http.StatusServiceUnavailable || got.Headers["Retry-After"] == "" {
					t.Errorf("answer = %d, Retry-After %q", got.StatusCode, got.Headers["Retry-After"])
				}
				if strings.Contains(got.Body, "tenant") || strings.Contains(got.Body, "true") {
					t.Errorf("body = %s", got.Body)
				}
				if len(r.bus.requests) != 0 {
					t.Errorf("published: %+v", r.bus.requests)
				}
				if !strings.Contains(r.log.String(), "i/o timeout") {
					t.Errorf("the log does not say why: %s", r.log)
				}
			})
		}
	}
}

// TestOutOfTime: a function whose time is up starts nothing.
func TestOutOfTime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := r.Handle(ctx, soapEnvelope(completed(1, campaignID)))
	if err != nil || got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("answer = %d (%v)", got.StatusCode, err)
	}
	if calls := slices.Collect(maps.Keys(r.store.Calls())); len(calls) > 1 {
		t.Errorf("calls = %v", calls)
	}
}

// TestChangedWhileAtIt: somebody else stored another state of a notification that
// is being dealt with. Unless that one is final, nobody knows what it is about, so
// the message has to come again.
func TestChangedWhileAtIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		final  bool
		status int
	}{
		"still pending": {false, http.StatusServiceUnavailable},
		"settled":       {true, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.bus.before = func() error {
				d := r.deliveries()[0]
				if c.final {
					if err := d.Move(start, integration.StatusDelivered, integration.ReasonFinalizationRequested, ""); err != nil {
						return err
					}
				}
				_, err := r.store.Commit(t.Context(), []integration.Unit{{Delivery: &d}})
				return err
			}
			if got := r.send(soapEnvelope(completed(1, campaignID))); got.StatusCode != c.status {
				t.Errorf("status = %d, want %d", got.StatusCode, c.status)
			}
		})
	}
}

// mute is a publisher that answers for nothing.
type mute struct{}

func (mute) Publish(context.Context, []integration.FinalizationRequest) []error { return nil }

func TestPublisherWithoutAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.publishWith(mute{})
	if got := r.send(soapEnvelope(completed(1, campaignID))); got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status = %d", got.StatusCode)
	}
}
