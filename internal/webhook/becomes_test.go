package webhook_test

import (
	"net/http"
	"strings"
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

// TestUndatedOrder: of notifications without a time, the later place in a message is
// the later state.
func TestUndatedOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(soapEnvelope(says("Completed", "", "").note(1), says("In Progress", "", "").note(2)))
	r.clock.Add(int64(time.Minute))
	r.tell(3, says("Completed", "", asks))
}
