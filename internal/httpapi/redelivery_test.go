package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
)

const deliveries = "/api/v1/notifications/deliveries"

// parked puts n parked deliveries into the log, 201 and on.
func (h *harness) parked(n int) {
	h.t.Helper()
	at := time.Date(2026, 3, 2, 11, 0, 0, 0, time.UTC)
	for k := range n {
		d := integration.Delivery{
			ID: testID(201 + k), Direction: integration.Outbound, EventType: "Experiment Completed", EventID: "event-9",
			IntegrationID: testID(1), ExperimentKey: "checkout-button-color", CampaignID: "701xx000000001AAAQ", CampaignState: "Completed",
			OccurredAt: at, CreatedAt: at.Add(time.Duration(k) * time.Second),
			ErrorCode: "invalid_client", Cause: "The consumer secret is wrong.", Fix: "Check it.",
		}
		if err := d.Move(d.CreatedAt, integration.StatusParked, integration.ReasonAttention, "Salesforce refuses the integration."); err != nil {
			h.t.Fatal(err)
		}
		if results, err := h.store.Commit(h.t.Context(), []integration.Unit{{Delivery: &d}}); err != nil || !results[0].Committed {
			h.t.Fatalf("%+v, %v", results, err)
		}
	}
}

func TestOneDeliveryIsSentAgain(t *testing.T) {
	h := newHarness(t, "")
	h.deliveries()
	h.parked(1)
	h.want("POST", deliveries+"/"+testID(201)+"/redeliver", "", 202, `{"accepted": 1, "id": "`+testID(201)+`"}`)
	want := []integration.Command{{Kind: integration.CommandRedeliver, DeliveryIDs: []string{testID(201)}, RequestedBy: "ada"}}
	if diff := cmp.Diff(want, h.queue.taken); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if log := h.log.String(); !strings.Contains(log, `"action":"delivery redelivered","subject":"ada","role":"admin","integration_id":"`+testID(1)+`","delivery_id":"`+testID(201)+`"`) {
		t.Error("the audit trail lacks the redelivery")
	}
	for id, words := range map[string]string{testID(101): "being tried", testID(102): "came from Salesforce", testID(103): "skipped"} {
		if p, _ := h.refused(as("admin", "POST", deliveries+"/"+id+"/redeliver", ""), 409); !strings.Contains(p.Detail, words) {
			t.Errorf("%s: %s", id, p.Detail)
		}
	}
	h.refused(as("admin", "POST", deliveries+"/"+testID(999)+"/redeliver", ""), 404)
	h.refused(as("viewer", "POST", deliveries+"/"+testID(201)+"/redeliver", ""), 403)
	h.queue.err = exploded{}
	h.refused(as("admin", "POST", deliveries+"/"+testID(201)+"/redeliver", ""), 503)
	if len(h.queue.taken) != 1 {
		t.Errorf("commands %+v", h.queue.taken)
	}
}

func TestManyDeliveriesAreSentAgain(t *testing.T) {
	h := newHarness(t, "")
	h.deliveries()
	h.parked(120)
	h.want("POST", deliveries+"/redeliver", `{"integration_id": "`+testID(1)+`", "experiment_key": "checkout-button-color", "campaign_id": "701xx000000001A",
		"event_type": "Experiment Completed", "from": "2026-03-02T11:00:00Z", "to": "2026-03-02T12:00:00Z", "limit": 1000}`, 202, `{"accepted": 120, "next_cursor": null}`)
	var sizes []int
	for _, c := range h.queue.taken {
		sizes = append(sizes, len(c.DeliveryIDs))
	}
	if diff := cmp.Diff([]int{100, 20}, sizes); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	h.want("POST", deliveries+"/redeliver", `{"integration_id": "`+testID(7)+`"}`, 202, `{"accepted": 0, "next_cursor": null}`)
	h.want("POST", deliveries+"/redeliver", `{"limit": null, "cursor": null, "campaign_id": "701xx000000002"}`, 422, `{
		"title": "Unprocessable Entity", "status": 422, "request_id": "`+requestID+`",
		"detail": "campaign_id: It is not the id of a Campaign: it has 14 characters, an id has 15 or 18. The id is the part of the Campaign's address that starts with 701 and has 15 or 18 characters.",
		"errors": [{"location": "body.campaign_id", "message": "It is not the id of a Campaign: it has 14 characters, an id has 15 or 18. The id is the part of the Campaign's address that starts with 701 and has 15 or 18 characters."}]}`)

	_, first := h.admin("POST", deliveries+"/redeliver", `{"limit": 30}`)
	_, second := h.admin("POST", deliveries+"/redeliver", `{"limit": 1000, "cursor": "`+first["next_cursor"].(string)+`"}`)
	if first["accepted"] != 30.0 || second["accepted"] != 90.0 || second["next_cursor"] != nil {
		t.Errorf("%v, then %v", first, second)
	}
}

func TestBulkRedeliveriesThatAreRefused(t *testing.T) {
	h := newHarness(t, "")
	h.parked(1)
	for _, filter := range []string{"integration_id", "experiment_key", "campaign_id", "event_type", "from", "to"} {
		p, _ := h.refused(as("admin", "POST", deliveries+"/redeliver", `{"`+filter+`": null}`), 422)
		if p.locations() != "body."+filter || !strings.Contains(p.Detail, "leave the field out") {
			t.Errorf("%s: null is answered with %+v", filter, p)
		}
	}
	for body, location := range map[string]string{
		`{"limit": 0}`:             "body.limit",
		`{"limit": 1001}`:          "body.limit",
		`{"status": "parked"}`:     "body.status",
		`{"from": "yesterday"}`:    "body.from",
		`{"cursor": "x"}`:          "body.cursor",
		`{"campaign_id": "x"}`:     "body.campaign_id",
		`{"integration_id": true}`: "body.integration_id",
	} {
		if p, _ := h.refused(as("admin", "POST", deliveries+"/redeliver", body), 422); p.locations() != location {
			t.Errorf("%s: %s, want %s", body, p.locations(), location)
		}
	}
	h.refused(as("viewer", "POST", deliveries+"/redeliver", `{}`), 403)
	h.refused(as("admin", "POST", deliveries+"/redeliver", ""), 400)
	if len(h.queue.taken) != 0 {
		t.Errorf("commands %+v", h.queue.taken)
	}
}
