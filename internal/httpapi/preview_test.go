package httpapi_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const previewBody = `{"detail-type": "Experiment Completed", "source": "experimentation.platform", "detail": {"experiment_key": "checkout-button-color"}}`

func TestPreview(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.admin("POST", base+"/"+id+"/links", contractLink)
	h.store.ResetCalls()
	h.want("POST", base+"/"+id+"/preview", previewBody, 200, `{
		"event": {"id": null, "type": "Experiment Completed", "experiment_key": "checkout-button-color", "occurred_at": "2026-03-02T10:00:00Z"},
		"effects": [{"campaign_id": "701xx000000001AAAQ",
			"campaign": {"name": "Q1 Checkout Optimization", "status": "In Progress", "is_active": true, "last_modified_at": "2026-03-02T10:00:00Z"},
			"record_url": "https://your-org.my.salesforce.com/701xx000000001AAAQ", "delivery_id": null,
			"outcome": "write", "reason": "status_written", "detail": "the Campaign's Status would be set to \"Completed\"",
			"field": null, "warning": null, "until": null, "changes": [{"field": "Status", "before": "In Progress", "after": "Completed"}], "note": null}],
		"note": null, "api_calls_spent": 1, "org_problem": null, "next_cursor": null}`)
	if diff := cmp.Diff(map[string]int{"GetIntegration": 1, "LinksByExperiment": 1, "Read": 1, "GetAllowances": 1, "GetToken": 3, "SwapToken": 2}, h.store.Calls()); diff != "" {
		t.Errorf("calls of the store, the first token's included (-want +got):\n%s", diff)
	}
	if status, _ := h.admin("GET", "/api/v1/notifications/delivery-log", ""); status != 200 {
		t.Error(status)
	}

	_, body := h.admin("POST", base+"/"+id+"/preview", strings.Replace(previewBody, "Completed", "Reached Significance", 1))
	note := body["effects"].([]any)[0].(map[string]any)["note"].(map[string]any)
	text := body["note"].(map[string]any)
	if note["form"] != "content_note" || !strings.HasPrefix(note["title"].(string), "A/B test: checkout-button-color") || !strings.Contains(text["html"].(string), "<p>") || strings.Contains(text["text"].(string), "<") {
		t.Errorf("%v", body)
	}
	_, body = h.admin("POST", base+"/"+id+"/preview", strings.Replace(previewBody, ".platform", ".other", 1))
	if e := body["effects"].([]any)[0].(map[string]any); e["outcome"] != "skip" || e["field"] != "source" {
		t.Errorf("an event of another source: %v", body)
	}
	_, body = h.admin("POST", base+"/"+id+"/preview", `{"detail-type": "Experiment Completed", "detail": {}}`)
	if e := body["effects"].([]any)[0].(map[string]any); e["outcome"] != "skip" || e["reason"] != "invalid_event" || e["field"] != "detail.experiment_key" || e["campaign_id"] != nil {
		t.Errorf("an event without a key: %v", body)
	}
}

func TestPreviewsThatAreRefused(t *testing.T) {
	h := newHarness(t, "")
	preview := base + "/" + h.create() + "/preview"
	for body, want := range map[string]int{
		"":                   400,
		"{":                  400,
		"[]":                 422,
		`{"detail-type": 7}`: 422,
		`{"source": 7}`:      422,
		`{"detail-type": "x", "detail": "` + strings.Repeat("x", 310<<10) + `"}`: 413,
	} {
		e := as("admin", "POST", preview, body)
		e.MultiValueHeaders["Content-Type"] = []string{"application/json"}
		if p, _ := h.refused(e, want); want == 413 && !strings.Contains(p.Detail, "300 KB") {
			t.Errorf("detail %q", p.Detail)
		}
	}
	if status, _ := h.admin("POST", preview, `{"detail": {"experiment_key": "`+strings.Repeat("x", 200<<10)+`"}}`); status != 200 {
		t.Errorf("a long event: %d", status)
	}
	long := as("admin", "POST", preview, `{"detail": {"experiment_key": "`+strings.Repeat("x", 200<<10)+`"}}`)
	long.MultiValueHeaders["Idempotency-Key"] = []string{"a-long-event"}
	if status, body := h.do(long); status != 200 {
		t.Errorf("a long event with a key: %d %v", status, body)
	}
	for _, query := range []string{"?limit=0", "?limit=201", "?cursor=x", "?dry=true"} {
		h.refused(as("admin", "POST", preview+query, previewBody), 422)
	}
	h.refused(as("viewer", "POST", preview, previewBody), 403)
	h.refused(as("admin", "POST", base+"/"+testID(9)+"/preview", previewBody), 404)
	e := as("admin", "POST", preview, "<event/>")
	e.MultiValueHeaders["Content-Type"] = []string{"text/xml"}
	h.refused(e, 415)
}
