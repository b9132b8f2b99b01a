package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

// deliveries puts three into the log: an outbound one that failed, an inbound one,
// and an event that nobody followed.
func (h *harness) deliveries() {
	h.t.Helper()
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	failing := integration.Delivery{
		ID: testID(101), Direction: integration.Outbound, EventType: "Experiment Completed", EventID: "event-1",
		IntegrationID: testID(1), ExperimentKey: "checkout-button-color", CampaignID: "701xx000000001AAAQ", CampaignName: "Q1 Checkout Optimization",
		CampaignState: "Completed", OccurredAt: at, CreatedAt: at.Add(time.Second),
		ErrorCode: "UNABLE_TO_LOCK_ROW", Cause: "Another process was changing the Campaign.", Fix: "Nothing: it is tried again.",
		Attempts: 1, APICalls: 2, RecordURL: "https://your-org.my.salesforce.com/701xx000000001AAAQ", NoteID: "0695g000003JkLmEAK",
		Payload: []byte(`{"secret": "payload"}`),
	}
	inbound := integration.Delivery{
		ID: testID(102), Direction: integration.Inbound, EventType: "campaign_updated", EventID: "04l5g0000000001AAA",
		IntegrationID: testID(1), CampaignID: "701xx000000001AAAQ", OccurredAt: at, CreatedAt: at.Add(2 * time.Second),
	}
	unfollowed := integration.Delivery{
		ID: testID(103), Direction: integration.Outbound, EventType: "Experiment Rolled Back", EventID: "event-3",
		ExperimentKey: "other", CreatedAt: at.Add(3 * time.Second),
	}
	move := func(d *integration.Delivery, seconds int, s integration.DeliveryStatus, r integration.Reason, detail string) {
		if err := d.Move(at.Add(time.Duration(seconds)*time.Second), s, r, detail); err != nil {
			h.t.Fatal(err)
		}
	}
	move(&failing, 1, integration.StatusPending, "", "")
	move(&failing, 2, integration.StatusSending, "", "")
	move(&failing, 3, integration.StatusRetrying, integration.ReasonFailing, "The Campaign is locked.")
	failing.NextAttemptAt = at.Add(33 * time.Second)
	move(&inbound, 2, integration.StatusPending, "", "")
	move(&inbound, 4, integration.StatusDelivered, integration.ReasonFinalizationRequested, "The platform was asked to finalize.")
	move(&unfollowed, 3, integration.StatusSkipped, integration.ReasonNoLink, "No campaign follows this experiment.")
	results, err := h.store.Commit(h.t.Context(), []integration.Unit{{Delivery: &failing}, {Delivery: &inbound}, {Delivery: &unfollowed}})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, r := range results {
		if !r.Committed {
			h.t.Fatalf("not stored: %+v", r)
		}
	}
}

func TestOneDelivery(t *testing.T) {
	h := newHarness(t, "")
	h.deliveries()
	h.want("GET", "/api/v1/notifications/deliveries/"+testID(101), "", 200, `{
		"id": "`+testID(101)+`", "direction": "outbound", "status": "retrying", "reason": "failing", "detail": "The Campaign is locked.",
		"event_type": "Experiment Completed", "event_id": "event-1", "integration_id": "`+testID(1)+`", "experiment_key": "checkout-button-color",
		"campaign_id": "701xx000000001AAAQ", "campaign_name": "Q1 Checkout Optimization", "campaign_status": "Completed",
		"occurred_at": "2026-03-02T10:00:00Z", "created_at": "2026-03-02T10:00:01Z", "updated_at": "2026-03-02T10:00:03Z",
		"attempts": 1, "api_calls": 2, "next_attempt_at": "2026-03-02T10:00:33Z",
		"error": {"code": "UNABLE_TO_LOCK_ROW", "cause": "Another process was changing the Campaign.", "fix": "Nothing: it is tried again."},
		"record_url": "https://your-org.my.salesforce.com/701xx000000001AAAQ", "note_id": "0695g000003JkLmEAK",
		"history": [
			{"at": "2026-03-02T10:00:01Z", "status": "pending", "reason": "", "detail": ""},
			{"at": "2026-03-02T10:00:02Z", "status": "sending", "reason": "", "detail": ""},
			{"at": "2026-03-02T10:00:03Z", "status": "retrying", "reason": "failing", "detail": "The Campaign is locked."}]}`)
	h.want("GET", "/api/v1/notifications/deliveries/"+testID(103), "", 200, `{
		"id": "`+testID(103)+`", "direction": "outbound", "status": "skipped", "reason": "no_link", "detail": "No campaign follows this experiment.",
		"event_type": "Experiment Rolled Back", "event_id": "event-3", "integration_id": null, "experiment_key": "other",
		"campaign_id": null, "campaign_name": null, "campaign_status": null,
		"occurred_at": null, "created_at": "2026-03-02T10:00:03Z", "updated_at": "2026-03-02T10:00:03Z",
		"attempts": 0, "api_calls": 0, "next_attempt_at": null, "record_url": null, "note_id": null,
		"history": [{"at": "2026-03-02T10:00:03Z", "status": "skipped", "reason": "no_link", "detail": "No campaign follows this experiment."}]}`)
	h.refused(as("admin", "GET", "/api/v1/notifications/deliveries/"+testID(999), ""), 404)
	h.refused(as("admin", "GET", "/api/v1/notifications/deliveries/x", ""), 404)
}

func TestDeliveryLog(t *testing.T) {
	h := newHarness(t, "")
	h.deliveries()
	for query, want := range map[string]string{
		"":                                      "103 102 101",
		"?direction=inbound":                    "102",
		"?direction=outbound":                   "103 101",
		"?status=skipped":                       "103",
		"?status=parked":                        "",
		"?event_type=Experiment+Completed":      "101",
		"?integration_id=" + testID(1):          "102 101",
		"?experiment_key=checkout-button-color": "101",
		"?campaign_id=701xx000000001A":          "102 101",
		"?campaign_id=701xx000000001A&direction=inbound":            "102",
		"?from=2026-03-02T10:00:02Z":                                "103 102",
		"?to=2026-03-02T10:00:02Z":                                  "101",
		"?from=2026-03-02T11:00:02%2B01:00&to=2026-03-02T10:00:03Z": "102",
		"?limit=1": "103",
	} {
		status, body := h.admin("GET", "/api/v1/notifications/delivery-log"+query, "")
		items, ok := body["items"].([]any)
		if status != 200 || !ok {
			t.Errorf("%s: %d %v", query, status, body)
			continue
		}
		var got []string
		for _, item := range items {
			id := item.(map[string]any)["id"].(string)
			for n := range 200 {
				if id == testID(n) {
					got = append(got, strings.TrimPrefix(id, testID(0)[:len(testID(0))-12]))
				}
			}
		}
		var wantIDs []string
		for _, n := range strings.Fields(want) {
			wantIDs = append(wantIDs, map[string]string{"101": testID(101), "102": testID(102), "103": testID(103)}[n][24:])
		}
		if strings.Join(got, " ") != strings.Join(wantIDs, " ") {
			t.Errorf("%s: %v, want %v", query, got, wantIDs)
		}
	}
	if resp := h.send(as("viewer", "GET", "/api/v1/notifications/delivery-log", "")); strings.Contains(resp.Body, "payload") {
		t.Errorf("the log shows a payload: %s", resp.Body)
	}
}
