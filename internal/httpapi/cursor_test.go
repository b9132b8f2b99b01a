package httpapi_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestCursorsOfAnotherList: a cursor is good for the list and the filter that it
// came with. Elsewhere it would leave something out, and nobody would notice.
func TestCursorsOfAnotherList(t *testing.T) {
	const log = "/api/v1/notifications/delivery-log"
	h := newHarness(t, "")
	first, second := h.create(), h.create()
	for n := range 3 {
		for _, id := range []string{first, second} {
			h.admin("POST", base+"/"+id+"/links", fmt.Sprintf(`{"experiment_key": "a", "campaign_id": "701xx00000000%02d"}`, n+10))
		}
	}
	h.parked(3)
	links := base + "/" + first + "/links"
	form := h.formOf("GET "+log, "cursor")
	cursor := func(target string) string {
		t.Helper()
		status, body := h.admin("GET", target, "")
		next, ok := body["next_cursor"].(string)
		if status != 200 || !ok {
			t.Fatalf("%s: %d %v", target, status, body)
		}
		if !form.MatchString(next) {
			t.Errorf("%s gives the cursor %q, and the document allows %s", target, next, form)
		}
		return url.QueryEscape(next)
	}
	ofIntegrations, ofLinks, ofA, ofLog, ofParked := cursor(base+"?limit=1"), cursor(links+"?limit=1"), cursor(links+"?limit=1&experiment_key=a"), cursor(log+"?limit=1"), cursor(log+"?limit=1&status=parked")
	flipped := func(c string) string {
		last := c[len(c)-1]
		return c[:len(c)-1] + string(map[bool]byte{true: 'B', false: 'A'}[last == 'A'])
	}
	tests := []struct {
		name, target, cursor string
		ok                   bool
	}{
		{"integrations", base + "?limit=1", ofIntegrations, true},
		{"integrations, another limit", base + "?limit=7", ofIntegrations, true},
		{"links", links + "?limit=1", ofLinks, true},
		{"links of an experiment", links + "?experiment_key=a", ofA, true},
		{"the log", log + "?limit=1", ofLog, true},
		{"the parked", log + "?status=parked", ofParked, true},
		{"the log, a range that moves", log + "?from=2020-01-01T00:00:00Z&to=2030-01-01T00:00:00Z", ofLog, true},

		{"of links, for integrations", base + "?limit=1", ofLinks, false},
		{"of the log, for integrations", base + "?limit=1", ofLog, false},
		{"of integrations, for links", links + "?limit=1", ofIntegrations, false},
		{"of integrations, for the log", log + "?limit=1", ofIntegrations, false},
		{"of links, for the log", log + "?limit=1", ofLinks, false},
		{"of another integration's links", base + "/" + second + "/links?limit=1", ofLinks, false},
		{"of all links, for an experiment", links + "?experiment_key=a", ofLinks, false},
		{"of an experiment, for all links", links + "?limit=1", ofA, false},
		{"of an experiment, for a campaign", links + "?campaign_id=701xx0000000010", ofA, false},
		{"of the whole log, for the parked", log + "?status=parked", ofLog, false},
		{"of the parked, for the whole log", log + "?limit=1", ofParked, false},
		{"of the parked, for outbound ones", log + "?status=parked&direction=outbound", ofParked, false},

		{"tampered with", links + "?limit=1", flipped(ofLinks), false},
		{"cut off", log + "?limit=1", ofLog[:len(ofLog)-3], false},
		{"its mark cut off", log + "?limit=1", ofLog[:strings.LastIndexByte(ofLog, '.')], false},
		{"only its mark", log + "?limit=1", ofLog[strings.LastIndexByte(ofLog, '.'):], false},
		{"another place behind its mark", log + "?limit=1", "abc" + ofLog[strings.LastIndexByte(ofLog, '.'):], false},
		{"with something behind", base + "?limit=1", ofIntegrations + ".x", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := as("admin", "GET", tt.target+"&cursor="+tt.cursor, "")
			if tt.ok {
				if status, body := h.do(e); status != 200 {
					t.Errorf("%d %v", status, body)
				}
				return
			}
			if p, _ := h.refused(e, 422); p.locations() != "query.cursor" {
				t.Errorf("%+v", p)
			}
		})
	}
}

// formOf is the pattern that the document has for a parameter.
func (h *harness) formOf(operation, parameter string) *regexp.Regexp {
	h.t.Helper()
	var form *regexp.Regexp
	operations(h.document(), func(name string, op map[string]any) {
		parameters, _ := op["parameters"].([]any)
		for _, p := range parameters {
			if p := p.(map[string]any); name == operation && p["name"] == parameter {
				form = regexp.MustCompile(p["schema"].(map[string]any)["pattern"].(string))
			}
		}
	})
	if form == nil {
		h.t.Fatalf("%s has no %s with a pattern", operation, parameter)
	}
	return form
}
