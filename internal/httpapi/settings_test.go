package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
)

const fullSettings = `{"status_map": {"Experiment Completed": "Completed", "Experiment Started": "In Progress", "Experiment Rolled Back": null},
	"note_events": {"Experiment Completed": true}, "note_kind": "feed_item",
	"finalize_statuses": ["Completed", " completed", "Done "], "reread": true}`

// settings picks them out of an answer.
func settings(t *testing.T, body map[string]any) map[string]any {
	t.Helper()
	s, ok := body["settings"].(map[string]any)
	if !ok {
		t.Fatalf("no settings in %v", body)
	}
	return s
}

func TestSettingsAreCreatedReadAndReplacedByTheirParts(t *testing.T) {
	h := newHarness(t, "")
	_, created := h.admin("POST", base, strings.TrimSuffix(contractCreate, "}")+`, "settings": `+fullSettings+`}`)
	target := base + "/" + created["id"].(string)
	want := map[string]any{
		"status_map":  map[string]any{"Experiment Completed": "Completed", "Experiment Started": "In Progress", "Experiment Rolled Back": nil},
		"note_events": map[string]any{"Experiment Completed": true},
		"note_kind":   "feed_item",

		"finalize_statuses": []any{"Completed", "Done"},
		"reread":            true,
		"lookup_key":        false,
	}
	_, read := h.admin("GET", target, "")
	for _, body := range []map[string]any{created, read} {
		if diff := cmp.Diff(want, settings(t, body)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	wantEffects := map[string]any{
		"Experiment Completed":            map[string]any{"status": "Completed", "note": true},
		"Experiment Started":              map[string]any{"status": "In Progress", "note": false},
		"Experiment Rolled Back":          map[string]any{"status": nil, "note": false},
		"Experiment Reached Significance": map[string]any{"status": nil, "note": true},
	}
	if diff := cmp.Diff(wantEffects, read["effects"]); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	steps := []struct {
		name, body string
		part       string
		want       any
	}{
		{"nothing given", `{"settings": {}}`, "", nil},
		{"nulls", `{"settings": {"status_map": null, "note_events": null, "note_kind": null, "finalize_statuses": null, "reread": null, "lookup_key": null}}`, "", nil},
		{"no settings", `{"settings": null}`, "", nil},
		{"the map as a whole", `{"settings": {"status_map": {"Experiment Paused": "", "Experiment Completed": " Done "}}}`, "status_map", map[string]any{"Experiment Paused": nil, "Experiment Completed": "Done"}},
		{"the defaults again", `{"settings": {"status_map": {}}}`, "status_map", map[string]any{}},
		{"the notes", `{"settings": {"note_events": {"Experiment Reached Significance": false}}}`, "note_events", map[string]any{"Experiment Reached Significance": false}},
		{"the kind of note", `{"settings": {"note_kind": "content_note"}}`, "note_kind", "content_note"},
		{"the statuses", `{"settings": {"finalize_statuses": ["Aborted"]}}`, "finalize_statuses", []any{"Aborted"}},
		{"the deployment's statuses again", `{"settings": {"finalize_statuses": []}}`, "finalize_statuses", []any{}},
		{"no second look", `{"settings": {"reread": false}}`, "reread", false},
		{"a look for the key", `{"settings": {"lookup_key": true}}`, "lookup_key", true},
	}
	for _, step := range steps {
		if step.part != "" {
			want[step.part] = step.want
		}
		status, body := h.admin("PUT", target, step.body)
		if status != 200 {
			t.Errorf("%s: %d %v", step.name, status, body)
			continue
		}
		if diff := cmp.Diff(want, settings(t, body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

func TestSettingsThatAreNotTaken(t *testing.T) {
	tests := []struct{ name, settings, location string }{
		{"an unknown field", `{"status": {}}`, "body.settings.status"},
		{"another kind of note", `{"note_kind": "letter"}`, "body.settings.note_kind"},
		{"a number", `{"status_map": {"Experiment Completed": 7}}`, "body.settings.status_map.Experiment Completed"},
		{"no truth", `{"note_events": {"Experiment Completed": null}}`, "body.settings.note_events.Experiment Completed"},
		{"a long status", `{"status_map": {"Experiment Completed": "` + strings.Repeat("x", 41) + `"}}`, "body.settings.status_map"},
		{"another event", `{"note_events": {"Order Placed": true}}`, "body.settings.note_events"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t, "")
			target := base + "/" + h.create()
			for _, e := range []struct{ method, target, body string }{
				{"POST", base, strings.TrimSuffix(contractCreate, "}") + `, "settings": ` + tt.settings + `}`},
				{"PUT", target, `{"settings": ` + tt.settings + `}`},
				{"POST", base + "/test", `{"config": {"instance_url": "https://a.my.salesforce.com", "client_id": "c", "client_secret": "s"}, "settings": ` + tt.settings + `}`},
			} {
				if p, _ := h.refused(as("admin", e.method, e.target, e.body), 422); p.locations() != tt.location {
					t.Errorf("%s %s: %s, want %s", e.method, e.target, p.locations(), tt.location)
				}
			}
		})
	}
}

// refuseOrg marks the integration as one that Salesforce refuses.
func (h *harness) refuseOrg(id string) {
	h.t.Helper()
	i, err := h.store.GetIntegration(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	i.Attention = &integration.Attention{Since: time.Date(2026, 3, 2, 9, 30, 0, 5, time.UTC), Code: "invalid_client", Cause: "The consumer secret is wrong.", Fix: "Check it.", Announced: true}
	if _, err := h.store.UpdateIntegration(h.t.Context(), i); err != nil {
		h.t.Fatal(err)
	}
}

func TestAttentionIsShownUntilSomethingIsMended(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.refuseOrg(id)
	want := map[string]any{"since": "2026-03-02T09:30:00Z", "code": "invalid_client", "cause": "The consumer secret is wrong.", "fix": "Check it."}
	_, read := h.admin("GET", base+"/"+id, "")
	_, list := h.admin("GET", base, "")
	for _, body := range []map[string]any{read, list["items"].([]any)[0].(map[string]any)} {
		if diff := cmp.Diff(want, body["attention"]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if _, body := h.admin("PUT", base+"/"+id, `{"name": "Other", "attention": null, "effects": {}}`); body["attention"] == nil || h.queue.kinds() != "" {
		t.Errorf("another name takes it away: %v", body["attention"])
	}
	if _, body := h.admin("PUT", base+"/"+id, `{"config": {"client_secret": "right"}}`); body["attention"] != nil || h.queue.kinds() != "resume" {
		t.Errorf("new credentials leave it: %v", body["attention"])
	}
}

func TestAChangeIsKeptWhenTheQueueFails(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.refuseOrg(id)
	h.queue.err = exploded{}
	p, resp := h.refused(as("admin", "PUT", base+"/"+id, `{"is_active": true, "config": {"client_secret": "right"}}`), 503)
	if !strings.Contains(p.Detail, "stored") || !strings.Contains(p.Detail, "again") || header(resp, "Retry-After") == "" {
		t.Errorf("detail %q, Retry-After %q", p.Detail, header(resp, "Retry-After"))
	}
	if strings.Contains(resp.Body, "exploded") || !strings.Contains(h.log.String(), "exploded") {
		t.Errorf("the cause belongs into the log, and not to the caller: %s", resp.Body)
	}
	h.queue.err = nil
	if status, body := h.admin("PUT", base+"/"+id, `{"is_active": true, "config": {"client_secret": "right"}}`); status != 200 || body["attention"] != nil || h.queue.kinds() != "resume" {
		t.Errorf("again: %d, attention %v", status, body["attention"])
	}
}

type exploded struct{}

func (exploded) Error() string { return "the queue exploded" }
