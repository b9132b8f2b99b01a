package httpapi_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestThePageShowsEveryOperationToAnybody: and each of its links leads somewhere.
func TestThePageShowsEveryOperationToAnybody(t *testing.T) {
	h := newHarness(t, "")
	e := as("", "GET", "/api/v1/docs", "")
	resp := h.send(e)
	if resp.StatusCode != http.StatusOK || header(resp, "Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %s", resp.StatusCode, header(resp, "Content-Type"))
	}
	if policy := header(resp, "Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("policy %q", policy)
	}
	operations(h.document(), func(name string, op map[string]any) {
		if !strings.Contains(resp.Body, `<article id="`+op["operationId"].(string)+`"`) {
			t.Errorf("the page lacks %s", name)
		}
	})
	if want := "BASE=https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod\n"; !strings.Contains(resp.Body, want) {
		t.Errorf("the commands do not go to this deployment: %s", want)
	}
	var ids []string
	for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(resp.Body, -1) {
		ids = append(ids, id[1])
	}
	slices.Sort(ids)
	if len(ids) < 30 || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("an id is there twice: %q", ids)
	}
	for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(resp.Body, -1) {
		if !slices.Contains(ids, link[1]) {
			t.Errorf("a link leads to #%s, which is not there", link[1])
		}
	}
	e.HTTPMethod = "POST"
	h.refused(e, 405)
}

// TestThePageIsRenderedOnce: it is open to anybody, so it must cost next to nothing.
func TestThePageIsRenderedOnce(t *testing.T) {
	h := newHarness(t, "")
	e := as("", "GET", "/api/v1/docs", "")
	first := h.send(e)
	allocs := testing.AllocsPerRun(5, func() {
		if h.send(e).Body != first.Body {
			t.Error("another page")
		}
	})
	if allocs > 1000 {
		t.Errorf("%.0f allocations for a page that is known", allocs)
	}
}
