package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestATypeOfBodyIsReadInOneWay: what one reader takes for JSON, no other may take
// for something else; a type's case says nothing.
func TestATypeOfBodyIsReadInOneWay(t *testing.T) {
	twice := `{"experiment_key": "a", "campaign_id": "701xx000000001A", "experiment_key": "b"}`
	for _, tt := range []struct {
		contentType string
		single      int // for the body of one link, with a field twice
		many        int
	}{
		{"", 422, 422},
		{"application/json", 422, 422},
		{"Application/JSON; Charset=UTF-8", 422, 422},
		{"application/problem+JSON", 422, 422},
		{"x/application+json", 422, 422},
		{"x+application/json", 415, 415},
		{"x;y+application/json", 415, 415},
		{"application/json; charset=us-ascii", 422, 422},
		{`application/json; charset="utf8"`, 422, 422},
		{"application/json; charset=latin1", 415, 415},
		{"application/problem+json; charset=utf-16", 415, 415},
		{"text/csv; charset=latin1", 415, 415},
		{"application/json; charset", 415, 415},
		{"application/json; charset=utf-8; charset=x", 415, 415},
		{"json", 415, 415},
		{"+json", 415, 415},
		{"text/json", 415, 415},
		{"TEXT/csv", 415, 422},
		{"text/csv; charset=UTF-8; charset=latin1", 415, 415},
	} {
		t.Run(tt.contentType, func(t *testing.T) {
			h := newHarness(t, "")
			id := h.create()
			e := as("admin", "POST", base+"/"+id+"/links", twice)
			e.MultiValueHeaders["Content-Type"] = []string{tt.contentType}
			h.refused(e, tt.single)
			h.refused(bulk(id, tt.contentType, "["+twice+"]"), tt.many)
			if tt.single == 422 {
				e.Body = contractLink
				if resp := h.send(e); resp.StatusCode != http.StatusCreated {
					t.Errorf("%d %s", resp.StatusCode, resp.Body)
				}
				h.rows(bulk(id, tt.contentType, "["+contractLink+"]"))
			}
		})
	}
}

// TestAPackedBodyIsRefused: it is not read as what its type says.
func TestAPackedBodyIsRefused(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	for _, codings := range [][]string{{"gzip"}, {"identity, br"}, {"identity", "GZIP"}} {
		for _, contentType := range []string{"application/json", "text/csv"} {
			e := bulk(id, contentType, "["+contractLink+"]")
			e.MultiValueHeaders["Content-Encoding"] = codings
			if p, _ := h.refused(e, 415); !strings.Contains(p.Detail, "Content-Encoding") {
				t.Errorf("%s, %s: %s", codings, contentType, p.Detail)
			}
		}
	}
	e := bulk(id, "application/json", "["+contractLink+"]")
	e.MultiValueHeaders["Content-Encoding"] = []string{"Identity"}
	h.rows(e)
}

// TestTwoTypesOfBodyAreNone: of two lines one reader takes the first, and another the
// last.
func TestTwoTypesOfBodyAreNone(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	for _, types := range [][]string{{"application/json", "text/csv"}, {"text/csv", "application/json"}, {"application/json", "application/json"}} {
		e := as("admin", "POST", base+"/"+id+"/links", contractLink)
		e.MultiValueHeaders["Content-Type"] = types
		h.refused(e, 415)
		e = bulk(id, "", "["+contractLink+"]")
		e.MultiValueHeaders["Content-Type"] = types
		h.refused(e, 415)
	}
}

// TestWholeNumbers: JSON Schema takes every number without a fraction for one.
func TestWholeNumbers(t *testing.T) {
	h := newHarness(t, "")
	target := deliveries + "/redeliver"
	for number, want := range map[string]int{"7": 202, "7.0": 202, "7.000e0": 202, "70E-1": 202, "1e2": 202, "7.5": 422, "1e-1": 422, "1e300": 422, "0.0": 422, "1001.0": 422, "-0.0": 422, "9007199254740993.0": 422} {
		for _, body := range []string{`{"limit": N}`, ` {"experiment_key":"a","limit":N,"event_type":"N"} `} {
			if resp := h.send(as("admin", "POST", target, strings.ReplaceAll(body, "N", number))); resp.StatusCode != want {
				t.Errorf("%s: %d %s", number, resp.StatusCode, resp.Body)
			}
		}
	}
}

// TestADeepEventIsPreviewed: one as deep as push reads, and nothing of it is held in
// words.
func TestADeepEventIsPreviewed(t *testing.T) {
	h := newHarness(t, "")
	target := base + "/" + h.create() + "/preview"
	deep := func(n int, more string) string {
		return `{"detail-type": "Experiment Completed", "detail": {"experiment_key": "a", "x": ` + strings.Repeat(`{"name of a field":`, n) + `[` + more + `]` + strings.Repeat(`}`, n) + `}}`
	}
	for _, n := range []int{20, 9_900} {
		if status, body := h.admin("POST", target, deep(n, "1")); status != 200 || body["event"].(map[string]any)["experiment_key"] != "a" {
			t.Errorf("%d deep: %d %.300v", n, status, body)
		}
		p, resp := h.refused(as("admin", "POST", target, deep(n, `{"b": 1, "b": 2}`)), 422)
		if len(resp.Body) > 2000 || !strings.HasPrefix(p.locations(), "body.detail.x.name of a field.") {
			t.Errorf("%d deep: %.300s", n, resp.Body)
		}
	}
	h.refused(as("admin", "POST", target, deep(10_000, "1")), 400)
}
