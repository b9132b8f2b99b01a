package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
)

// TestOutcome sends one notification, as JSON and, where that can say it, as SOAP,
// and looks at what is recorded, linked and requested.
func TestOutcome(t *testing.T) {
	t.Parallel()
	const (
		finalize = integration.ReasonFinalizationRequested
		pending  = integration.StatusPending
	)
	for name, c := range map[string]struct {
		call    call
		reason  integration.Reason
		detail  string // a part of it
		follows string // the campaign's experiment afterwards
		asks    string // the experiment that is to be finished
	}{
		"completed and linked": {
			call{CampaignID: campaignID, Status: "Completed"},
			finalize, `asked to finish experiment "checkout-button-color"`, experimentKey, experimentKey,
		},
		"short id": {
			call{CampaignID: campaignID[:15], Status: "Completed"},
			finalize, "", experimentKey, experimentKey,
		},
		"completed in other letters": {
			call{CampaignID: campaignID, Status: " completed "},
			finalize, "", experimentKey, experimentKey,
		},
		"completed, and names its experiment": {
			call{CampaignID: campaignID, Status: "Completed", ExperimentKey: experimentKey},
			finalize, "", experimentKey, experimentKey,
		},
		"completed, and links": {
			call{CampaignID: unlinkedID, Status: "Completed", ExperimentKey: "new"},
			finalize, `was linked to experiment "new". The platform was asked`, "new", "new",
		},
		"links": {
			call{CampaignID: unlinkedID, Status: "Planned", ExperimentKey: "new"},
			integration.ReasonLinked, `was linked to experiment "new"`, "new", "",
		},
		"links without a status": {
			call{CampaignID: unlinkedID, ExperimentKey: "new"},
			integration.ReasonLinked, "", "new", "",
		},
		"another experiment, completed": {
			call{CampaignID: campaignID, Status: "Completed", ExperimentKey: "other"},
			integration.ReasonConflict, `names experiment "other", but the Campaign follows "checkout-button-color"`, experimentKey, "",
		},
		"another experiment, in progress": {
			call{CampaignID: campaignID, Status: "In Progress", ExperimentKey: "other"},
			integration.ReasonConflict, "", experimentKey, "",
		},
		"in progress": {
			call{CampaignID: campaignID, Status: "In Progress"},
			integration.ReasonIgnored, `"In Progress" does not finish an experiment; these do: Completed`, experimentKey, "",
		},
		"no status": {
			call{CampaignID: campaignID},
			integration.ReasonIgnored, "Add the field Status", experimentKey, "",
		},
		"nothing linked": {
			call{CampaignID: unlinkedID, Status: "Completed"},
			integration.ReasonUnknownCampaign, "field Experiment_Key__c", "", "",
		},
		"our own write": {
			call{CampaignID: echoID, Status: "Completed", ModifiedAt: "2026-03-02T09:00:00Z"},
			integration.ReasonEcho, "echo of our own write", echoKey, "",
		},
		"a person after our write": {
			call{CampaignID: echoID, Status: "Completed", ModifiedAt: "2026-03-02T09:00:03Z"},
			integration.ReasonAlreadyFinal, "we completed it ourselves", echoKey, "",
		},
	} {
		soap := note{1, c.call.CampaignID, map[string]string{}}
		for field, value := range map[string]string{"Status": c.call.Status, "Experiment_Key__c": c.call.ExperimentKey, "LastModifiedDate": c.call.ModifiedAt} {
			if value != "" {
				soap.fields[field] = value
			}
		}
		for form, e := range map[string]events.APIGatewayProxyRequest{"JSON": jsonEnvelope(c.call.json()), "SOAP": soapEnvelope(soap)} {
			t.Run(name+"/"+form, func(t *testing.T) {
				t.Parallel()
				r := newRig(t)
				if got := r.send(e); got.StatusCode != http.StatusOK {
					t.Fatalf("answer = %d %s", got.StatusCode, got.Body)
				}
				log := r.deliveries()
				if len(log) != 1 {
					t.Fatalf("%d deliveries", len(log))
				}
				d := log[0]
				if d.Reason != c.reason || !strings.Contains(d.Detail, c.detail) {
					t.Errorf("outcome = %s/%s: %s", d.Status, d.Reason, d.Detail)
				}
				if d.Direction != integration.Inbound || !d.Status.Final() || d.ExpiresAt.IsZero() || d.History[0].Status != pending {
					t.Errorf("delivery = %+v", d)
				}
				if got := r.follows(d.CampaignID); got != c.follows {
					t.Errorf("the campaign follows %q, want %q", got, c.follows)
				}
				asked := ""
				for _, request := range r.bus.requests {
					asked += request.ExperimentKey
				}
				if asked != c.asks {
					t.Errorf("asked to finish %q, want %q", asked, c.asks)
				}
			})
		}
	}
}

// TestRequestIsTheContract checks every field of what the platform gets, and what
// the log keeps of it.
func TestRequestIsTheContract(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(soapEnvelope(linking(1, unlinkedID, "new-experiment")))
	id := integration.DeliveryID(integration.Inbound, integrationID, notificationID(1))
	want := []integration.FinalizationRequest{{
		ID:            id,
		ExperimentKey: "new-experiment",
		IntegrationID: integrationID,
		CampaignID:    unlinkedID,
		CampaignName:  "Q1",
		Status:        "Completed",
		RequestedAt:   start,
	}}
	if diff := cmp.Diff(want, r.bus.requests); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	d := r.deliveries()[0]
	got := map[string]string{
		"id": d.ID, "event": d.EventType + " " + d.EventID, "campaign": d.CampaignID + " " + d.CampaignName + " " + d.CampaignState,
		"experiment": d.ExperimentKey, "occurred": d.OccurredAt.Format(time.RFC3339), "url": d.RecordURL, "payload": string(d.Payload),
		"expires": d.ExpiresAt.Format(time.RFC3339),
	}
	if diff := cmp.Diff(map[string]string{
		"id":         id,
		"event":      "campaign_updated " + notificationID(1),
		"campaign":   unlinkedID + " Q1 Completed",
		"experiment": "new-experiment",
		"occurred":   "2026-03-02T09:59:58Z",
		"url":        "https://example.my.salesforce.com/" + unlinkedID,
		"payload": `{"event_type":"campaign_updated","campaign_id":"701xx000000002BAAQ","campaign_name":"Q1","status":"Completed",` +
			`"experiment_key":"new-experiment","last_modified_date":"2026-03-02T09:59:58Z"}`,
		"expires": "2026-05-31T10:00:00Z",
	}, got); diff != "" {
		t.Errorf("delivery (-want +got):\n%s", diff)
	}
}

func TestInactiveIntegration(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	e := soapEnvelope(linking(1, unlinkedID, "new"))
	e.PathParameters = map[string]string{"integration_id": inactiveID}
	if got := r.send(e); got.StatusCode != http.StatusOK || !strings.Contains(got.Body, "<Ack>true</Ack>") {
		t.Errorf("answer = %d %s", got.StatusCode, got.Body)
	}
	if diff := cmp.Diff(one("skipped/ignored"), r.reasons()); diff != "" {
		t.Error(diff)
	}
	if len(r.bus.requests) != 0 || r.store.Calls()["CreateLink"] != 0 {
		t.Errorf("an inactive integration acted: %+v, %v", r.bus.requests, r.store.Calls())
	}
}

// TestWithinOneMessage looks at notifications that have to do with each other.
func TestWithinOneMessage(t *testing.T) {
	t.Parallel()
	at := func(id int, status, modified string) note {
		return note{id, campaignID, map[string]string{"Status": status, "LastModifiedDate": modified}}
	}
	const early, late = "2026-03-02T09:00:00.000Z", "2026-03-02T09:30:00.000Z"
	for name, c := range map[string]struct {
		notes []note
		log   map[string]int
		asks  int
	}{
		"a newer state first": {
			[]note{at(1, "In Progress", late), at(2, "Completed", early)},
			map[string]int{"skipped/ignored": 1, "skipped/superseded": 1}, 0,
		},
		"a newer state last": {
			[]note{at(1, "Completed", early), at(2, "In Progress", late)},
			map[string]int{"skipped/ignored": 1, "skipped/superseded": 1}, 0,
		},
		"completed last": {
			[]note{at(1, "In Progress", early), at(2, "Completed", late)},
			map[string]int{"delivered/finalization_requested": 1, "skipped/superseded": 1}, 1,
		},
		"saved twice while completed": {
			[]note{at(1, "Completed", early), at(2, "Completed", late)},
			map[string]int{"delivered/finalization_requested": 1, "skipped/superseded": 1}, 1,
		},
		"saved twice in one second": {
			[]note{at(1, "Completed", late), at(2, "Completed", late)},
			map[string]int{"delivered/finalization_requested": 1, "skipped/superseded": 1}, 1,
		},
		"two experiments for one campaign": {
			[]note{
				{1, unlinkedID, map[string]string{"Experiment_Key__c": "first", "Status": "Completed"}},
				{2, unlinkedID, map[string]string{"Experiment_Key__c": "second", "Status": "Completed"}},
			},
			map[string]int{"delivered/finalization_requested": 1, "skipped/link_conflict": 1}, 1,
		},
		"one links, the other finalizes": {
			[]note{
				{1, unlinkedID, map[string]string{"Status": "Completed"}},
				{2, unlinkedID, map[string]string{"Experiment_Key__c": "first"}},
			},
			map[string]int{"delivered/finalization_requested": 1, "delivered/linked": 1}, 1,
		},
		"one bad record's id among good ones": {
			[]note{completed(1, campaignID), completed(2, "701xx0000000")},
			map[string]int{"delivered/finalization_requested": 1, "skipped/ignored": 1}, 1,
		},
		"one bad key among good ones": {
			[]note{
				completed(1, campaignID),
				{2, unlinkedID, map[string]string{"Status": "Completed", "Experiment_Key__c": strings.Repeat("k", 257)}},
			},
			map[string]int{"delivered/finalization_requested": 1, "skipped/ignored": 1}, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if got := r.send(soapEnvelope(c.notes...)); got.StatusCode != http.StatusOK {
				t.Fatalf("answer = %d %s", got.StatusCode, got.Body)
			}
			if diff := cmp.Diff(c.log, r.reasons()); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if n := len(r.bus.requests); n != c.asks {
				t.Errorf("%d requests, want %d", n, c.asks)
			}
		})
	}
}

// TestNewerValuesOfAPendingNotification: a try failed, the Campaign went back, and
// Salesforce fills the notification with what the record says now.
func TestNewerValuesOfAPendingNotification(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.bus.before = func() error { return errCrash }
	r.send(soapEnvelope(completed(1, campaignID)))
	r.bus.before = nil
	r.send(soapEnvelope(note{1, campaignID, map[string]string{"Status": "In Progress"}}))
	if len(r.bus.requests) != 0 {
		t.Errorf("requests = %+v", r.bus.requests)
	}
	d := r.deliveries()[0]
	if d.Reason != integration.ReasonIgnored || d.CampaignState != "In Progress" || d.Cause != "" || !strings.Contains(string(d.Payload), "In Progress") {
		t.Errorf("delivery = %+v", d)
	}
}
