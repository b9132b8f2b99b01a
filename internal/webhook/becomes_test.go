package webhook_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
)

// Reasons, as short as a story needs them.
const (
	asks       = integration.ReasonFinalizationRequested
	already    = integration.ReasonAlreadyFinal
	superseded = integration.ReasonSuperseded
	ignored    = integration.ReasonIgnored
	echo       = integration.ReasonEcho
	conflicts  = integration.ReasonConflict
)

// chapter is something that happens to the rig's Campaign: a message with one
// notification, or a deed.
type chapter struct {
	status   string
	modified string // such as 09:30:00; empty: the message does not say
	key      string
	want     integration.Reason
	deed     func(*rig)
}

func says(status, modified string, want integration.Reason) chapter {
	return chapter{status: status, modified: modified, want: want}
}

func deed(f func(*rig)) chapter { return chapter{deed: f} }

// wrote is push's: what it wrote at that time.
func wrote(status, at string) chapter {
	return deed(func(r *rig) {
		found, err := r.store.Read(r.tb.Context(), integration.Keys{Campaigns: []integration.CampaignRef{ref(campaignID)}})
		if err != nil {
			r.tb.Fatal(err)
		}
		c := found.Campaigns[ref(campaignID)]
		c.CampaignRef, c.ExperimentKey, c.WrittenStatus, c.WrittenAt = ref(campaignID), experimentKey, status, clock(r.tb, at)
		r.campaign(c)
	})
}

func relink(key string) chapter {
	return deed(func(r *rig) {
		unlink().deed(r)
		l := integration.Link{IntegrationID: integrationID, CampaignID: campaignID, ExperimentKey: key, Source: integration.LinkManual, CreatedAt: r.now()}
		if _, _, err := r.store.CreateLink(r.tb.Context(), l); err != nil {
			r.tb.Fatal(err)
		}
	})
}

// switched sets whether the integration is on.
func switched(on bool) chapter {
	return deed(func(r *rig) { r.change(func(i *integration.Integration) { i.Active = on }) })
}

// finishesBy sets the statuses that finish an experiment, of the integration itself.
func finishesBy(statuses ...string) chapter {
	return deed(func(r *rig) { r.settings(integration.Settings{FinalizeStatuses: statuses}) })
}

// names is a message with an experiment's key.
func names(key, status, modified string, want integration.Reason) chapter {
	return chapter{status: status, modified: modified, key: key, want: want}
}

func unlink() chapter {
	return deed(func(r *rig) {
		if err := r.store.DeleteLink(r.tb.Context(), integrationID, campaignID); err != nil {
			r.tb.Fatal(err)
		}
	})
}

func clock(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, "2026-03-02T"+s+"Z")
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// TestBecomesCompleted tells stories of one Campaign, each message a minute after
// the one before, and wants the reason of each.
func TestBecomesCompleted(t *testing.T) {
	t.Parallel()
	for name, story := range map[string][]chapter{
		"completed, and edited":                    {says("Completed", "09:50:00", asks), says("Completed", "09:55:00", already), says("Completed", "09:56:00", already)},
		"completed, and edited, without times":     {says("Completed", "", asks), says("Completed", "", already)},
		"another status that finishes as well":     {says("Completed", "09:50:00", asks), says("Aborted", "09:55:00", already)},
		"back and forth":                           {says("Completed", "09:50:00", asks), says("In Progress", "09:51:00", ignored), says("Completed", "09:52:00", asks), says("Completed", "09:53:00", already)},
		"back and forth, without times":            {says("Completed", "", asks), says("In Progress", "", ignored), says("Completed", "", asks)},
		"an old completion after a newer state":    {says("In Progress", "09:50:00", ignored), says("Completed", "09:40:00", superseded)},
		"an old completion after a newer, undated": {says("In Progress", "", ignored), says("Completed", "09:40:00", superseded)},
		"an old state after a completion":          {says("Completed", "09:50:00", asks), says("In Progress", "09:40:00", superseded), says("Completed", "09:51:00", already)},
		"an old completion after the newer one":    {says("Completed", "09:50:00", asks), says("Completed", "09:40:00", superseded)},
		"a first status in between":                {says("Planned", "09:30:00", ignored), says("In Progress", "09:35:00", ignored), says("Completed", "09:40:00", asks)},
		"two changes in one second, completed last": {
			says("In Progress", "09:50:00", ignored), says("Completed", "09:50:00", asks), says("Completed", "09:55:00", already),
		},
		"two changes in one second, the other way": {
			says("Completed", "09:50:00", asks), says("In Progress", "09:50:00", ignored), says("Completed", "09:55:00", already),
		},
		"our echo, then an edit":      {wrote("Completed", "09:50:00"), says("Completed", "09:50:00", echo), says("Completed", "09:55:00", already)},
		"our write, then an edit":     {wrote("Completed", "09:50:00"), says("Completed", "09:55:00", already)},
		"our echo, back and forth":    {wrote("Completed", "09:50:00"), says("Completed", "09:50:00", echo), says("In Progress", "09:55:00", ignored), says("Completed", "09:56:00", asks)},
		"our write, back and forth":   {wrote("Completed", "09:50:00"), says("In Progress", "09:55:00", ignored), says("Completed", "09:56:00", asks)},
		"rolled back in between":      {says("Completed", "09:50:00", asks), wrote("Paused", "09:52:00"), says("Completed", "09:55:00", asks), says("Completed", "09:56:00", already)},
		"rolled back, an old message": {says("Completed", "09:50:00", asks), wrote("Paused", "09:52:00"), says("Completed", "09:51:00", superseded), says("Completed", "09:55:00", asks)},
		"completed, then by us":       {says("Completed", "09:50:00", asks), wrote("Completed", "09:52:00"), says("Completed", "09:52:00", echo), says("Completed", "09:55:00", already)},
		"a write from before the link does not count": {
			wrote("Completed", "08:00:00"), says("Completed", "09:50:00", asks),
		},
		"a message without a status changes nothing": {says("Completed", "09:50:00", asks), says("", "09:55:00", ignored), says("Completed", "09:56:00", already)},
		"a conflict is not accounted for": {
			{status: "Completed", modified: "09:50:00", key: "another", want: conflicts}, says("Completed", "09:55:00", asks),
		},
		"undated, then completed in the same second": {
			deed(func(r *rig) { r.clock.Add(int64(900 * time.Millisecond)) }), says("In Progress", "", ignored), says("Completed", "10:02:00", asks), says("Completed", "10:03:00", already),
		},
		"our write, by a clock a second behind Salesforce's": {
			says("In Progress", "09:50:01", ignored), wrote("Completed", "09:50:00"), says("Completed", "09:55:00", already),
		},
		"our write, then back": {
			wrote("Completed", "09:50:00"), says("In Progress", "09:50:03", ignored), says("Completed", "09:55:00", asks),
		},
		"back while off": {
			says("Completed", "09:50:00", asks), switched(false), says("In Progress", "09:51:00", ignored), switched(true), says("Completed", "09:52:00", asks),
		},
		"completed while off, then edited": {
			says("In Progress", "09:50:00", ignored), switched(false), says("Completed", "09:51:00", ignored), switched(true), says("Completed", "09:55:00", already),
		},
		"completed while off, back and forth": {
			switched(false), says("Completed", "09:51:00", ignored), switched(true), says("In Progress", "09:55:00", ignored), says("Completed", "09:56:00", asks),
		},
		"completed, and edited while off": {
			says("Completed", "09:50:00", asks), switched(false), says("Completed", "09:51:00", ignored), switched(true), says("Completed", "09:55:00", already),
		},
		"an old state while off": {
			says("Completed", "09:50:00", asks), switched(false), says("In Progress", "09:45:00", ignored), switched(true), says("Completed", "09:55:00", already),
		},
		"back in a conflict": {
			says("Completed", "09:50:00", asks), names("typo", "In Progress", "09:51:00", conflicts), says("Completed", "09:52:00", asks),
		},
		"edited in a conflict": {
			says("Completed", "09:50:00", asks), names("typo", "Completed", "09:51:00", conflicts), names(experimentKey, "Completed", "09:52:00", already),
		},
		"back with a key that is none": {
			says("Completed", "09:50:00", asks), names(strings.Repeat("k", 257), "In Progress", "09:51:00", ignored), says("Completed", "09:52:00", asks),
		},
		"a status begins to finish, then an edit": {
			says("Paused", "09:50:00", ignored), finishesBy("Completed", "Paused"), says("Paused", "09:55:00", already), says("Paused", "09:56:00", already),
		},
		"a status begins to finish, then another one": {
			says("Paused", "09:50:00", ignored), finishesBy("Completed", "Paused"), says("Paused", "09:55:00", already), says("Completed", "09:56:00", asks),
		},
		"a status begins to finish, back and forth": {
			says("Paused", "09:50:00", ignored), finishesBy("Paused"), says("Planned", "09:55:00", ignored), says("Paused", "09:56:00", asks),
		},
		"linked to another experiment": {says("Completed", "09:50:00", asks), relink("another"), says("Completed", "10:02:30", asks)},
		"linked anew to the same":      {says("Completed", "09:50:00", asks), relink(experimentKey), says("Completed", "10:02:30", asks)},
		"linked to another experiment, an old completion": {
			says("Completed", "09:50:00", asks), relink("another"), says("Completed", "09:50:00", already), says("Completed", "10:02:30", already),
			says("In Progress", "10:03:00", ignored), says("Completed", "10:04:00", asks),
		},
		"completed before it was linked": {
			says("Completed", "08:30:00", already), says("Completed", "09:30:00", already),
		},
		"completed right before it was linked, or after": { // the clocks may differ
			relink(experimentKey), says("Completed", "10:00:58", asks),
		},
		"completed before it was linked, without a time": {relink(experimentKey), says("Completed", "", asks)},
		"an old state from before the link":              {says("In Progress", "08:30:00", ignored), says("Completed", "08:40:00", already)},
		"completed before a late message linked it": {
			unlink(), names("k", "Planned", "09:40:00", integration.ReasonLinked), says("Completed", "09:50:00", asks),
		},
		"a time far in the future does not shut out what follows": {
			says("In Progress", "23:00:00", ignored), says("Completed", "", asks),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, finishing("Completed", "Aborted"))
			asked := 0
			for n, c := range story {
				r.clock.Add(int64(time.Minute))
				if c.deed != nil {
					c.deed(r)
					continue
				}
				r.tell(n, c)
				if c.want == asks {
					asked++
				}
			}
			if ids := r.bus.published(t); len(ids) != asked || len(r.bus.requests) != asked {
				t.Errorf("%d requests with %d ids, want %d", len(r.bus.requests), len(ids), asked)
			}
		})
	}
}

// tell sends a chapter's message and checks what became of it.
func (r *rig) tell(n int, c chapter) {
	r.tb.Helper()
	if got := r.send(soapEnvelope(c.note(n))); got.StatusCode != http.StatusOK {
		r.tb.Fatalf("message %d: %d %s", n, got.StatusCode, got.Body)
	}
	r.became(n, c)
}

// became checks what became of the n-th message.
func (r *rig) became(n int, c chapter) {
	r.tb.Helper()
	id := integration.DeliveryID(integration.Inbound, integrationID, notificationID(n))
	stored, err := r.store.GetDeliveries(r.tb.Context(), []string{id})
	if err != nil {
		r.tb.Fatal(err)
	}
	if d := stored[id]; d.Reason != c.want {
		r.tb.Errorf("message %d: %q at %s is %s/%s (%s), want %s", n, c.status, c.modified, d.Status, d.Reason, d.Detail, c.want)
	}
}

func (c chapter) note(n int) note {
	fields := map[string]string{}
	if c.status != "" {
		fields["Status"] = c.status
	}
	if c.modified != "" {
		fields["LastModifiedDate"] = "2026-03-02T" + c.modified + ".000Z"
	}
	if c.key != "" {
		fields["Experiment_Key__c"] = c.key
	}
	return note{n, campaignID, fields}
}

// TestBecomesCompletedWithinOneMessage: the order within a message is that of the
// times, and each state counts.
func TestBecomesCompletedWithinOneMessage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		message []chapter
		want    []integration.Reason
		ids     int // of requests, the one before included
	}{
		"edited twice":                      {[]chapter{says("Completed", "09:55:00", ""), says("Completed", "09:56:00", "")}, []integration.Reason{superseded, already}, 1},
		"back and forth":                    {[]chapter{says("In Progress", "09:55:00", ""), says("Completed", "09:56:00", "")}, []integration.Reason{superseded, asks}, 2},
		"back and forth, the newest first":  {[]chapter{says("Completed", "09:56:00", ""), says("In Progress", "09:55:00", "")}, []integration.Reason{asks, superseded}, 2},
		"back, but long ago":                {[]chapter{says("In Progress", "09:45:00", ""), says("Completed", "09:56:00", "")}, []integration.Reason{superseded, already}, 1},
		"far in the future, back and forth": {[]chapter{says("In Progress", "23:00:00", ""), says("Completed", "22:00:00", "")}, []integration.Reason{superseded, asks}, 2},
		"undated, back and forth":           {[]chapter{says("In Progress", "", ""), says("Completed", "", ""), says("Completed", "", "")}, []integration.Reason{ignored, asks, already}, 2},
		"undated, forth and back":           {[]chapter{says("Completed", "", ""), says("In Progress", "", "")}, []integration.Reason{already, ignored}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.tell(99, says("Completed", "09:50:00", asks))
			r.clock.Add(int64(time.Minute))
			var notes []note
			for n, m := range c.message {
				notes = append(notes, m.note(n))
			}
			for range 2 { // the second time all are duplicates
				r.send(soapEnvelope(notes...))
			}
			var got []integration.Reason
			for n := range c.message {
				id := integration.DeliveryID(integration.Inbound, integrationID, notificationID(n))
				stored, err := r.store.GetDeliveries(t.Context(), []string{id})
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, stored[id].Reason)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
			if n := len(r.bus.published(t)); n != c.ids {
				t.Errorf("%d requests, want %d", n, c.ids)
			}
		})
	}
}

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

// TestUndatedOrder: of notifications without a time, the later place in a message is
// the later state.
func TestUndatedOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(soapEnvelope(says("Completed", "", "").note(1), says("In Progress", "", "").note(2)))
	r.clock.Add(int64(time.Minute))
	r.tell(3, says("Completed", "", asks))
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
