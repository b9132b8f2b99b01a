package httpapi_test

import (
	"strings"
	"testing"
)

// TestNoPreviewSpeaksGo: what is wrong with an event is in the preview in the words of
// the log, which are for people; and whatever it is, the answer can be read.
func TestNoPreviewSpeaksGo(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.admin("POST", base+"/"+id+"/links", contractLink)
	completed := func(more string) string {
		return `{"detail-type": "Experiment Completed", "detail": {"experiment_key": "checkout-button-color", ` + more + `}}`
	}
	results := func(r string) string {
		return `{"detail-type": "Experiment Reached Significance", "detail": {"experiment_key": "checkout-button-color", "results": ` + r + `}}`
	}
	for _, tt := range []struct{ body, field, words string }{
		{`{"detail-type": "x", "time": "yesterday", "detail": {}}`, "time", "such as 2026-03-02T10:00:00Z"},
		{`{"detail-type": "x", "time": "9999-12-31T23:59:59-05:00", "detail": {}}`, "time", "of the years 1 to 9999"},
		{`{"detail-type": "x", "time": "0000-01-01T00:00:00Z", "detail": {}}`, "time", "of the years 1 to 9999"},
		{completed(`"occurred_at": "yesterday"`), "detail.occurred_at", "such as 2026-03-02T10:00:00Z"},
		{completed(`"occurred_at": ""`), "detail.occurred_at", "such as 2026-03-02T10:00:00Z"},
		{completed(`"occurred_at": 7`), "detail.occurred_at", "such as 2026-03-02T10:00:00Z"},
		{completed(`"occurred_at": {}`), "detail.occurred_at", "such as 2026-03-02T10:00:00Z"},
		{completed(`"occurred_at": "2026-03-02T10:00:00"`), "detail.occurred_at", "such as 2026-03-02T10:00:00Z"},
		{completed(`"occurred_at": "9999-12-31T23:59:59-05:00"`), "detail.occurred_at", "of the years 1 to 9999"},
		{completed(`"occurred_at": "0000-01-01T00:00:00+05:00"`), "detail.occurred_at", "of the years 1 to 9999"},
		{`{"detail-type": "Experiment Completed", "detail": "x"}`, "detail", "wanted an object"},
		{`{"detail-type": "Experiment Completed", "detail": []}`, "detail", "it is a list, wanted an object"},
		{`{"detail-type": "Experiment Completed", "detail": null}`, "detail.experiment_key", "has no experiment_key"},
		{`{"detail-type": "Experiment Completed"}`, "detail", "has no detail"},
		{`{"detail-type": "Experiment Completed", "detail": {"experiment_key": {}}}`, "detail.experiment_key", "an object, wanted a string"},
		{`{"detail-type": "Experiment Completed", "detail": {"experiment_key": true}}`, "detail.experiment_key", "true or false, wanted a string"},
		{results(`"x"`), "detail.results", "wanted an object"},
		{results(`{"lift": "x"}`), "detail.results", "lift is a string, wanted a number"},
		{results(`{"sample_size": 7.5}`), "detail.results", "wanted a whole number"},
		{results(`{"variants": {}}`), "detail.results", "variants is an object, wanted a list"},
		{results(`{"confidence_interval": [true, 1]}`), "detail.results", "wanted a number"},
	} {
		resp := h.send(as("admin", "POST", base+"/"+id+"/preview", tt.body))
		if found := foreign.FindString(strings.ReplaceAll(resp.Body, "2026-03-02", "")); found != "" {
			t.Errorf("%s: the preview says %q: %s", tt.body, found, resp.Body)
		}
		status, body := h.admin("POST", base+"/"+id+"/preview", tt.body)
		effects, _ := body["effects"].([]any)
		if status != 200 || len(effects) != 1 {
			t.Errorf("%s: %d %v", tt.body, status, body)
			continue
		}
		e := effects[0].(map[string]any)
		if detail, _ := e["detail"].(string); e["reason"] != "invalid_event" || e["field"] != tt.field || !strings.Contains(detail, tt.words) {
			t.Errorf("%s: %v", tt.body, e)
		}
	}
}
