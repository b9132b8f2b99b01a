package webhook_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
	"salesforce-integration/internal/webhook"
)

var errOrgDown = &salesforce.Error{Op: "query campaigns", Status: 503, Code: "SERVER_UNAVAILABLE"}

// TestSettingsOfAnIntegration: its statuses take the place of the deployment's.
func TestSettingsOfAnIntegration(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.settings(integration.Settings{FinalizeStatuses: []string{"Abgeschlossen", "Aborted"}})
	r.tell(1, says("Completed", "09:50:00", ignored))
	r.tell(2, says("abgeschlossen", "09:51:00", asks))
	r.tell(3, says("Aborted", "09:52:00", already))
	if len(r.org.asked) != 0 {
		t.Errorf("the org was asked: %v", r.org.asked)
	}
}

// TestReread: what a message says is looked up before the platform is asked.
func TestReread(t *testing.T) {
	t.Parallel()
	is := func(status string) map[string]webhook.OrgCampaign {
		return map[string]webhook.OrgCampaign{campaignID: {Status: status, ModifiedAt: clock(t, "09:58:00")}}
	}
	for name, c := range map[string]struct {
		org    map[string]webhook.OrgCampaign
		status string
		want   integration.Reason
		words  string
		looks  int
	}{
		"it still is":                 {is("Completed"), "Completed", asks, "", 1},
		"it still is, in other words": {is("COMPLETED"), "Completed", asks, "", 1},
		"it is not any more":          {is("In Progress"), "Completed", integration.ReasonNotConfirmed, `the Campaign is "In Progress"`, 1},
		"it has no status any more":   {is(""), "Completed", integration.ReasonNotConfirmed, "does not finish an experiment", 1},
		"it is not there any more":    {nil, "Completed", integration.ReasonNotConfirmed, "Run-As user may not see it", 1},
		"what asks for nothing":       {is("Completed"), "In Progress", ignored, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.settings(integration.Settings{Reread: true})
			r.inOrg(c.org)
			r.tell(1, says(c.status, "09:50:00", c.want))
			d := r.deliveries()[0]
			if !strings.Contains(d.Detail, c.words) || d.APICalls != c.looks || len(r.org.asked) != c.looks {
				t.Errorf("%d looks, delivery %+v", len(r.org.asked), d)
			}
			if asked := len(r.bus.requests) == 1; asked != (c.want == asks) {
				t.Errorf("requests = %+v", r.bus.requests)
			}
		})
	}
}

// TestRereadIsAState: what the org says counts as seen.
func TestRereadIsAState(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.settings(integration.Settings{Reread: true})
	r.inOrg(map[string]webhook.OrgCampaign{campaignID: {Status: "In Progress", ModifiedAt: clock(t, "09:55:00")}})
	r.tell(1, says("Completed", "09:50:00", integration.ReasonNotConfirmed))
	r.tell(2, says("Completed", "09:54:00", superseded))
	r.inOrg(map[string]webhook.OrgCampaign{campaignID: {Status: "Completed", ModifiedAt: clock(t, "09:56:00")}})
	r.tell(3, says("Completed", "09:56:00", asks))
	r.tell(4, says("Completed", "09:57:00", already))
	if len(r.org.asked) != 2 {
		t.Errorf("the org was asked %d times: %v", len(r.org.asked), r.org.asked)
	}
}

// TestOneLookForAMessage: whatever a message wants to know is one question.
func TestOneLookForAMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.settings(integration.Settings{Reread: true, LookupKey: true})
	org := map[string]webhook.OrgCampaign{}
	var notes []note
	for n := range 100 {
		id := fmt.Sprintf("7015g00000%05dAAA", n)
		org[id] = webhook.OrgCampaign{Status: "Completed"}
		if n%2 == 0 {
			r.link(id, fmt.Sprint("experiment-", n))
		} else {
			org[id] = webhook.OrgCampaign{Status: "Completed", Key: fmt.Sprint("experiment-", n)}
		}
		notes = append(notes, note{n, id, map[string]string{"Status": "Completed"}})
	}
	r.inOrg(org)
	r.send(soapEnvelope(notes...))
	if len(r.org.asked) != 1 || len(r.org.asked[0].ids) != 100 || r.org.asked[0].field != "Experiment_Key__c" {
		t.Errorf("the org was asked %d times: %v", len(r.org.asked), r.org.asked)
	}
	if diff := cmp.Diff(map[string]int{"delivered/finalization_requested": 100}, r.reasons()); diff != "" {
		t.Error(diff)
	}
}

// TestOrgDown: nothing is asked, the rest of the message gets through, and the
// message comes again.
func TestOrgDown(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]integration.Settings{
		"reread": {Reread: true}, "lookup": {LookupKey: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.settings(settings)
			r.org.before = func() error { return errOrgDown }
			record := map[bool]string{true: campaignID, false: unlinkedID}[settings.Reread]
			e := soapEnvelope(note{1, record, map[string]string{"Status": "Completed"}}, note{2, echoID, map[string]string{"Status": "Planned"}})
			if got := r.send(e); got.StatusCode != http.StatusServiceUnavailable || !strings.Contains(got.Body, "<Ack>false</Ack>") {
				t.Errorf("answer = %d %s", got.StatusCode, got.Body)
			}
			if diff := cmp.Diff(map[string]int{"pending/": 1, "skipped/ignored": 1}, r.reasons()); diff != "" {
				t.Error(diff)
			}
			for _, d := range r.deliveries() {
				if d.Status == integration.StatusPending && (d.ErrorCode != "SERVER_UNAVAILABLE" || d.Cause == "" || d.Fix == "" || d.APICalls != 1) {
					t.Errorf("the log does not say why: %+v", d)
				}
			}
			if len(r.bus.requests) != 0 {
				t.Errorf("requests = %+v", r.bus.requests)
			}
			r.org.before = nil
			r.inOrg(map[string]webhook.OrgCampaign{campaignID: {Status: "Completed"}, unlinkedID: {Status: "Completed", Key: "found"}})
			if got := r.send(e); got.StatusCode != http.StatusOK {
				t.Errorf("answer = %d %s", got.StatusCode, got.Body)
			}
			if diff := cmp.Diff(map[string]int{"delivered/finalization_requested": 1, "skipped/ignored": 1}, r.reasons()); diff != "" {
				t.Error(diff)
			}
			for _, d := range r.deliveries() {
				if d.ErrorCode != "" || d.Cause != "" || d.Fix != "" {
					t.Errorf("an old error is left: %+v", d)
				}
			}
		})
	}
}

// TestLookupKey: a Campaign that follows nothing follows what its field says.
func TestLookupKey(t *testing.T) {
	t.Parallel()
	const unknown = integration.ReasonUnknownCampaign
	has := func(key string) map[string]webhook.OrgCampaign {
		return map[string]webhook.OrgCampaign{unlinkedID: {Status: "In Progress", Key: key}}
	}
	for name, c := range map[string]struct {
		org     map[string]webhook.OrgCampaign
		noField bool
		note    note
		want    integration.Reason
		words   string
		follows string
		looks   int
	}{
		"a key":                        {has("found"), false, note{1, unlinkedID, map[string]string{"Status": "Planned"}}, integration.ReasonLinked, "whose key is on it", "found", 1},
		"a key, and completed":         {has(" found "), false, note{1, unlinkedID, map[string]string{"Status": "Completed"}}, asks, `was linked to experiment "found"`, "found", 1},
		"the message has one":          {has("found"), false, linking(1, unlinkedID, "carried"), asks, "", "carried", 0},
		"no key":                       {has(" "), false, completed(1, unlinkedID), unknown, "field Experiment_Key__c is empty", "", 1},
		"a key that is none":           {has(strings.Repeat("k", 257)), false, completed(1, unlinkedID), ignored, "holds no experiment key", "", 1},
		"no such Campaign":             {nil, false, completed(1, unlinkedID), unknown, "no such Campaign", "", 1},
		"no such field":                {has("found"), true, completed(1, unlinkedID), unknown, "has no field Experiment_Key__c", "", 1},
		"it follows something already": {map[string]webhook.OrgCampaign{campaignID: {Key: "found"}}, false, completed(1, campaignID), asks, "", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.settings(integration.Settings{LookupKey: true})
			r.inOrg(c.org)
			r.org.noField = c.noField
			for range 2 { // the second time it is a duplicate
				if got := r.send(soapEnvelope(c.note)); got.StatusCode != http.StatusOK {
					t.Fatalf("answer = %d %s", got.StatusCode, got.Body)
				}
			}
			d := r.deliveries()[0]
			if d.Reason != c.want || !strings.Contains(d.Detail, c.words) || len(r.org.asked) != c.looks {
				t.Errorf("%d looks, %s/%s: %s", len(r.org.asked), d.Status, d.Reason, d.Detail)
			}
			if got := r.follows(unlinkedID); got != c.follows {
				t.Errorf("the campaign follows %q, want %q", got, c.follows)
			}
		})
	}
}

// TestLookupMeetsAnotherLink: somebody links the Campaign while the org is asked.
func TestLookupMeetsAnotherLink(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.settings(integration.Settings{LookupKey: true})
	r.inOrg(map[string]webhook.OrgCampaign{unlinkedID: {Status: "Completed", Key: "found"}})
	r.org.before = func() error { r.link(unlinkedID, "by-hand"); return nil }
	r.send(soapEnvelope(completed(1, unlinkedID)))
	if d := r.deliveries()[0]; d.Reason != conflicts || !strings.Contains(d.Detail, "by-hand") {
		t.Errorf("%s/%s: %s", d.Status, d.Reason, d.Detail)
	}
	if got := r.follows(unlinkedID); got != "by-hand" || len(r.bus.requests) != 0 {
		t.Errorf("the campaign follows %q, requests %v", got, r.bus.requests)
	}
}

// TestNoLookUnlessWanted: the org is not asked where no setting wants it.
func TestNoLookUnlessWanted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.org.before = func() error { return errors.New("it was asked") }
	r.send(soapEnvelope(completed(1, campaignID), completed(2, unlinkedID)))
	if diff := cmp.Diff(map[string]int{"delivered/finalization_requested": 1, "skipped/unknown_campaign": 1}, r.reasons()); diff != "" {
		t.Error(diff)
	}
}

// TestCrashAroundALook kills the function anywhere, with both settings on.
func TestCrashAroundALook(t *testing.T) {
	t.Parallel()
	message := soapEnvelope(completed(1, campaignID), note{2, unlinkedID, map[string]string{"Status": "Completed"}})
	for at := 1; at <= 10; at++ {
		for _, after := range []bool{false, true} {
			r := newRig(t)
			r.settings(integration.Settings{Reread: true, LookupKey: true})
			r.inOrg(map[string]webhook.OrgCampaign{campaignID: {Status: "Completed"}, unlinkedID: {Status: "Completed", Key: "found"}})
			k := &killer{at: at, after: after}
			r.kill(k)
			r.org.before = func() error { return k.before(t.Context(), "Campaigns") }
			r.send(message)
			r.revive()
			r.org.before = nil
			r.clock.Add(int64(time.Second))
			for range 2 {
				r.send(message)
			}
			if n := len(r.bus.published(t)); n != 2 {
				t.Errorf("killed at call %d, after its effect: %t: %d requests", at, after, n)
			}
			if diff := cmp.Diff(map[string]int{"delivered/finalization_requested": 2}, r.reasons()); diff != "" {
				t.Errorf("killed at call %d, after its effect: %t:\n%s", at, after, diff)
			}
		}
	}
}

// TestALookThatTheDeploymentForbids: what is stored wants one all the same. Nothing
// is finished unconfirmed, the message is not repeated for it, and once it is mended
// the same state counts.
func TestALookThatTheDeploymentForbids(t *testing.T) {
	t.Parallel()
	forbids := func(c *webhook.Config) { c.ReadsSalesforce = false }
	for name, c := range map[string]struct {
		note  note
		want  integration.Reason
		words []string
		links string // what the Campaign follows then
	}{
		"a completion that was to be confirmed": {completed(1, campaignID), integration.ReasonNotConfirmed, []string{"reread", "WebhookReadsSalesforce", "to another status and back"}, experimentKey},
		"one that links":                        {linking(1, unlinkedID, "carried"), integration.ReasonNotConfirmed, []string{`was linked to experiment "carried"`, "WebhookReadsSalesforce"}, "carried"},
		"a key that was to be read":             {completed(1, unlinkedID), integration.ReasonUnknownCampaign, []string{"lookup_key", "WebhookReadsSalesforce", "Experiment_Key__c"}, ""},
		"a state that asks for nothing":         {note{1, campaignID, map[string]string{"Status": "In Progress"}}, ignored, nil, experimentKey},
		"our own write":                         {note{1, echoID, map[string]string{"Status": "Completed", "LastModifiedDate": "2026-03-02T09:00:00.000Z"}}, integration.ReasonEcho, nil, echoKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, forbids)
			r.settings(integration.Settings{Reread: true, LookupKey: true})
			if got := r.send(soapEnvelope(c.note)); got.StatusCode != http.StatusOK || !strings.Contains(got.Body, "<Ack>true</Ack>") {
				t.Errorf("answer = %d %s", got.StatusCode, got.Body)
			}
			d := r.deliveries()[0]
			if d.Reason != c.want || !d.Status.Final() || d.APICalls != 0 {
				t.Errorf("%s/%s: %s", d.Status, d.Reason, d.Detail)
			}
			for _, words := range c.words {
				if !strings.Contains(d.Detail, words) {
					t.Errorf("%q is not in: %s", words, d.Detail)
				}
			}
			if got := r.follows(d.CampaignID); got != c.links {
				t.Errorf("the campaign follows %q, want %q", got, c.links)
			}
			if len(r.org.asked) != 0 || len(r.bus.requests) != 0 {
				t.Errorf("the org was asked %v, the platform %v", r.org.asked, r.bus.requests)
			}
		})
	}
	for name, mend := range map[string]func(*rig){
		"the operator allows it":   func(r *rig) { r.ReadsSalesforce = true; r.publishWith(r.bus) },
		"reread is off":            func(r *rig) { r.settings(integration.Settings{}) },
		"reread is off, lookup on": func(r *rig) { r.settings(integration.Settings{LookupKey: true}) },
	} {
		t.Run("mended: "+name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, forbids)
			r.settings(integration.Settings{Reread: true})
			r.inOrg(map[string]webhook.OrgCampaign{campaignID: {Status: "Completed"}})
			r.tell(1, says("Completed", "09:50:00", integration.ReasonNotConfirmed))
			r.tell(2, says("Completed", "09:51:00", integration.ReasonNotConfirmed))
			mend(r)
			r.tell(3, says("Completed", "09:52:00", asks))
			r.tell(4, says("Completed", "09:53:00", already))
			if want := integration.DeliveryID(integration.Inbound, integrationID, notificationID(3)); len(r.bus.requests) != 1 || r.bus.requests[0].ID != want {
				t.Errorf("requests = %+v, want one of %s", r.bus.requests, want)
			}
		})
	}
}

// TestNoOrgIsNeededWhereNoneMayBeAsked, and one is where it may.
func TestNoOrgIsNeededWhereNoneMayBeAsked(t *testing.T) {
	t.Parallel()
	for _, may := range []bool{false, true} {
		c := webhook.FromEnv(env())
		c.ReadsSalesforce = may
		_, err := webhook.New(c, webhook.Deps{})
		if got := strings.Contains(err.Error(), "Org is missing"); got != may {
			t.Errorf("may: %t: %v", may, err)
		}
	}
}

// TestAnOrgThatNeedsAttention: nothing is sent to it, and nothing is finished without.
// What needs no look goes on, and so does the message once the cause is mended.
func TestAnOrgThatNeedsAttention(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.settings(integration.Settings{Reread: true, LookupKey: true})
	r.inOrg(map[string]webhook.OrgCampaign{campaignID: {Status: "Completed"}, unlinkedID: {Status: "Completed", Key: "k"}})
	r.change(func(i *integration.Integration) {
		i.Attention = &integration.Attention{Code: "invalid_client", Cause: "The secret is wrong.", Fix: "Enter the new one."}
	})
	e := soapEnvelope(completed(1, campaignID), completed(2, unlinkedID), note{3, echoID, map[string]string{"Status": "Planned"}})
	if got := r.send(e); got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("answer = %d %s", got.StatusCode, got.Body)
	}
	if diff := cmp.Diff(map[string]int{"pending/": 2, "skipped/ignored": 1}, r.reasons()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	for _, d := range r.deliveries() {
		if d.Status == integration.StatusPending && (d.ErrorCode != "invalid_client" || d.Fix != "Enter the new one." || d.APICalls != 0) {
			t.Errorf("delivery = %+v", d)
		}
	}
	if len(r.org.asked) != 0 || len(r.bus.requests) != 0 {
		t.Errorf("the org was asked %v, the platform %v", r.org.asked, r.bus.requests)
	}
	r.change(func(i *integration.Integration) { i.Attention = nil })
	if got := r.send(e); got.StatusCode != http.StatusOK || len(r.org.asked) != 1 || len(r.bus.requests) != 2 {
		t.Errorf("mended: answer = %d, the org was asked %v, the platform %v", got.StatusCode, r.org.asked, r.bus.requests)
	}
}

// TestCallsOfALook: the log has as many API calls as the look took.
func TestCallsOfALook(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.settings(integration.Settings{LookupKey: true})
	r.org.noField, r.org.calls = true, 2
	r.send(soapEnvelope(completed(1, unlinkedID)))
	if d := r.deliveries()[0]; d.APICalls != 2 {
		t.Errorf("%d API calls, want 2", d.APICalls)
	}
}
