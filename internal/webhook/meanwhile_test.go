package webhook_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

// TestManyEditsAtTheSameTime: each edit of a completed Campaign is a message of its
// own, and they come all at once.
func TestManyEditsAtTheSameTime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var senders sync.WaitGroup
	for n := range 8 {
		senders.Go(func() {
			e := soapEnvelope(says("Completed", fmt.Sprintf("09:50:%02d", n), "").note(n))
			r.sendUntilTaken(e)
		})
	}
	senders.Wait()
	if ids := r.bus.published(t); len(ids) != 1 {
		t.Errorf("%d finalization ids, want 1", len(ids))
	}
	for _, d := range r.deliveries() {
		if !d.Status.Final() {
			t.Errorf("delivery %s is %s", d.ID, d.Status)
		}
	}
}

// TestCrashBetweenTwoEdits kills the function at each of its calls while it deals
// with a completion; before Salesforce repeats that message, the next edit of the
// Campaign comes. Whichever of the two asks, there is one request.
func TestCrashBetweenTwoEdits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		next chapter
		ids  map[int]bool // how many requests there may be
	}{
		"the next one is completed, too":      {says("Completed", "09:55:00", ""), map[int]bool{1: true}},
		"the next one goes back":              {says("In Progress", "09:55:00", ""), map[int]bool{0: true, 1: true}},
		"the next one is older":               {says("In Progress", "09:45:00", ""), map[int]bool{1: true}},
		"the next one is completed and older": {says("Completed", "09:45:00", ""), map[int]bool{1: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, next := soapEnvelope(says("Completed", "09:50:00", "").note(1)), soapEnvelope(c.next.note(2))
			for at := 1; at <= 8; at++ {
				for _, after := range []bool{false, true} {
					r := newRig(t)
					r.kill(&killer{at: at, after: after})
					r.send(first)
					r.revive()
					for range 2 {
						r.clock.Add(int64(time.Second))
						r.send(next)
						r.send(first)
					}
					if n := len(r.bus.published(t)); !c.ids[n] {
						t.Errorf("killed at call %d, after its effect: %t: %d requests", at, after, n)
					}
					for _, d := range r.deliveries() {
						if !d.Status.Final() {
							t.Errorf("killed at call %d, after its effect: %t: %s is %s", at, after, d.EventID, d.Status)
						}
					}
				}
			}
		})
	}
}

// TestUnlinkedMeanwhile: a link that is deleted while its Campaign's message is
// dealt with leaves nothing behind that a later link would meet.
func TestUnlinkedMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.bus.before = func() error { return r.store.DeleteLink(t.Context(), integrationID, campaignID) }
	r.send(soapEnvelope(completed(1, campaignID)))
	r.bus.before = nil
	seen, err := r.store.Read(t.Context(), integration.Keys{Seen: []integration.CampaignRef{ref(campaignID)}})
	if err != nil || len(seen.Seen) != 0 {
		t.Errorf("seen = %+v (%v)", seen.Seen, err)
	}
	if d := r.deliveries()[0]; d.Reason != asks {
		t.Errorf("delivery = %s/%s", d.Status, d.Reason)
	}
	r.clock.Add(int64(time.Minute))
	r.link(campaignID, "another")
	r.tell(2, says("Completed", "09:59:00", asks))
}

// TestRequestOfAnEarlierMessage: the request that a message could not get onto the
// bus goes there with the next one, under the id that it had.
func TestRequestOfAnEarlierMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.bus.before = func() error { return errCrash }
	r.send(soapEnvelope(says("Completed", "09:50:00", "").note(1)))
	r.bus.before = nil
	r.clock.Add(int64(time.Minute))
	r.tell(2, says("Completed", "09:55:00", asks))
	r.tell(1, says("Completed", "09:50:00", asks))
	id := integration.DeliveryID(integration.Inbound, integrationID, notificationID(1))
	if len(r.bus.requests) != 1 || r.bus.requests[0].ID != id || !r.bus.requests[0].RequestedAt.Equal(start) {
		t.Errorf("requests = %+v", r.bus.requests)
	}
	for _, d := range r.deliveries() {
		if d.EventID == notificationID(2) && !strings.Contains(d.Detail, id) {
			t.Errorf("the log does not say whose request it is: %s", d.Detail)
		}
	}
}

// TestLinkMadeAnewMeanwhile: what a message stores for a link that was replaced while
// it was dealt with counts for nothing.
func TestLinkMadeAnewMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var once sync.Once
	r.store.Before(func(_ context.Context, op string) error {
		if op == "Commit" {
			once.Do(func() { //nolint:contextcheck // a rig's deeds have the test's
				r.clock.Add(int64(time.Second))
				relink(experimentKey).deed(r)
			})
		}
		return nil
	})
	r.tell(1, says("Completed", "09:50:00", asks))
	r.clock.Add(int64(time.Minute))
	r.tell(2, says("Completed", "10:00:30", asks))
	r.tell(3, says("Completed", "10:00:40", already))
}

// TestLinkMadeByTwo: somebody makes the same link while a message does; what was
// seen belongs to the link that is there.
func TestLinkMadeByTwo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	unlink().deed(r)
	var once sync.Once
	r.store.Before(func(_ context.Context, op string) error {
		if op == "CreateLinks" {
			once.Do(func() { r.link(campaignID, "both") }) //nolint:contextcheck // a rig's links have their own
		}
		return nil
	})
	r.tell(1, chapter{status: "Completed", modified: "09:50:00", key: "both", want: asks})
	r.tell(2, says("Completed", "09:55:00", already))
	if d := r.deliveries()[1]; strings.Contains(d.Detail, "was linked") {
		t.Errorf("the log says that the message made the link: %s", d.Detail)
	}
}
