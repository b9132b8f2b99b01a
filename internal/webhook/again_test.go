package webhook_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/webhook"
)

// TestAskedButThenNot kills the function after the bus took its request. Before
// Salesforce repeats the message something changes, and the log must not deny what an
// earlier try may have done.
func TestAskedButThenNot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		between chapter
		again   chapter
	}{
		"switched off":                    {switched(false), says("Completed", "09:50:00", ignored)},
		"the status finishes no more":     {finishesBy("Aborted"), says("Completed", "09:50:00", ignored)},
		"the Campaign went back":          {deed(func(*rig) {}), says("In Progress", "09:55:00", ignored)},
		"the Campaign went back, undated": {deed(func(*rig) {}), says("In Progress", "", ignored)},
		"a key of another experiment":     {deed(func(*rig) {}), names("another", "Completed", "09:50:00", conflicts)},
		"a key that is none":              {deed(func(*rig) {}), names(strings.Repeat("k", 257), "Completed", "09:50:00", ignored)},
		"linked to nothing":               {unlink(), says("Completed", "09:50:00", integration.ReasonUnknownCampaign)},
		"linked anew":                     {relink("another"), says("Completed", "09:50:00", already)},
		"linked anew, without a time":     {relink("another"), says("Completed", "", already)},
		"rolled back":                     {wrote("Paused", "09:55:00"), says("Completed", "09:50:00", asks)},
		"a newer state":                   {deed(func(r *rig) { r.tell(2, says("In Progress", "09:55:00", ignored)) }), says("Completed", "09:50:00", superseded)},
		"not confirmed": {deed(func(r *rig) {
			r.settings(integration.Settings{Reread: true})
			r.inOrg(map[string]webhook.OrgCampaign{campaignID: {Status: "In Progress"}})
		}), says("Completed", "09:50:00", integration.ReasonNotConfirmed)},
		"nothing": {deed(func(*rig) {}), says("Completed", "09:50:00", asks)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.bus.after = func() error { return errCrash }
			if got := r.send(soapEnvelope(says("Completed", "09:50:00", "").note(1))); got.StatusCode != http.StatusServiceUnavailable {
				t.Fatalf("answer = %d", got.StatusCode)
			}
			r.bus.after = nil
			r.clock.Add(int64(time.Minute))
			c.between.deed(r)
			r.tell(1, c.again)
			if n := len(r.bus.published(t)); n != 1 {
				t.Errorf("%d finalization ids, want 1", n)
			}
			for _, d := range r.deliveries() {
				if d.EventID != notificationID(1) {
					continue
				}
				const words = `An earlier try of this message may have asked the platform to finish experiment "checkout-button-color".`
				if says := strings.Contains(d.Detail, words); says != (c.again.want != asks) {
					t.Errorf("the log says %q", d.Detail)
				}
			}
		})
	}
}

// TestLinkMadeByTwoMessages: two completions of a Campaign that follows nothing yet
// come at the same time, and both make its link. The one whose link it is not claims
// its request anew, by the link that is there.
func TestLinkMadeByTwoMessages(t *testing.T) {
	t.Parallel()
	both := names("both", "Completed", "09:50:00", "")
	r := newRig(t)
	unlink().deed(r)
	var first sync.Once
	var began atomic.Bool
	claimed := make(chan struct{})
	r.store.After(func(_ context.Context, op string) error {
		if op == "Commit" {
			first.Do(func() { close(claimed) })
		}
		return nil
	})
	r.store.Before(func(_ context.Context, op string) error {
		if op == "CreateLinks" && began.CompareAndSwap(false, true) {
			<-claimed // the first message's request; its link is not made
			r.clock.Add(int64(time.Second))
			r.send(soapEnvelope(both.note(2))) //nolint:contextcheck // a rig's messages have their own
		}
		return nil
	})
	r.send(soapEnvelope(both.note(1)))
	if n := len(r.bus.published(t)); n != 1 {
		t.Errorf("%d finalization ids, want 1: %+v", n, r.bus.requests)
	}
	for _, d := range r.deliveries() {
		if d.Status != integration.StatusDelivered && d.Reason != already || strings.Contains(d.Detail, "earlier try") {
			t.Errorf("delivery = %s/%s: %s", d.Status, d.Reason, d.Detail)
		}
	}
}

// TestManyMessagesLinkAtOnce is the same without a script.
func TestManyMessagesLinkAtOnce(t *testing.T) {
	t.Parallel()
	for range 50 {
		r := newRig(t)
		unlink().deed(r)
		var senders sync.WaitGroup
		for n := range 4 {
			senders.Go(func() {
				r.clock.Add(int64(time.Millisecond))
				e := soapEnvelope(names("both", "Completed", "09:50:00", "").note(n))
				r.sendUntilTaken(e)
			})
		}
		senders.Wait()
		if n := len(r.bus.published(t)); n != 1 {
			t.Errorf("%d finalization ids, want 1", n)
		}
	}
}
