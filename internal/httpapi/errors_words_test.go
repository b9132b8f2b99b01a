package httpapi_test

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"salesforce-integration/internal/httpapi"
)

// foreign is what no caller should read: Go's types and layouts, and huma's words.
var foreign = regexp.MustCompile(`2006|15:04|json:|unmarshal|\bgo\b|struct|strconv|parsing|property|schema|rfc ?\d|regex|%!|expected`)

// TestEveryMessageOfHumasHasOurWords reads huma's messages out of its source, so
// that a new version of it cannot bring one in unseen.
func TestEveryMessageOfHumasHasOurWords(t *testing.T) {
	pkg, err := build.Import("github.com/danielgtaylor/huma/v2/validation", ".", build.FindOnly)
	if err != nil {
		t.Skipf("the source of huma is not here: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(pkg.Dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no source in %s: %v", pkg.Dir, err)
	}
	unknown := httpapi.Words("no such message")
	seen := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			message, err := strconv.Unquote(literal.Value)
			if err != nil || strings.HasSuffix(name, "_test.go") {
				return true
			}
			seen++
			sent := strings.NewReplacer("%d", "7", "%v", "7", "%s", "7").Replace(message)
			got := httpapi.Words(sent)
			if foreign.MatchString(got) {
				t.Errorf("%q is told as %q", message, got)
			}
			if got == unknown && !strings.Contains(message, "schema") && !strings.Contains(message, "pattern") {
				t.Logf("%q has no words of its own", message)
			}
			return true
		})
	}
	if seen < 40 {
		t.Errorf("only %d messages found", seen)
	}
}

func TestWords(t *testing.T) {
	for message, want := range map[string]string{
		"expected value to be one of \"up, down\"": "Send one of: up, down.",
		"expected number <= 100":                   "Send a number of at most 100.",
		"expected number >= 1":                     "Send a number of at least 1.",
		"expected length <= 2048":                  "It is too long: its greatest length is 2048.",
		"invalid integer":                          "Send a whole number, in digits.",
		"invalid date/time for format 2006-01-02T15:04:05.999999999Z07:00":       "Send a time like 2026-03-02T10:00:00Z: with its date, and with its zone.",
		"expected string to be RFC 3339 date-time":                               "Send a time like 2026-03-02T10:00:00Z: with its date, and with its zone.",
		"expected string to be RFC 4122 uuid: invalid UUID length: 3":            "Send a UUID, like 0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90.",
		"json: cannot unmarshal string into Go struct field X.y of type float64": "It does not have the form that it needs. The contract shows it, at /api/v1/openapi.json.",
		"": "It does not have the form that it needs. The contract shows it, at /api/v1/openapi.json.",
	} {
		if got := httpapi.Words(message); got != want {
			t.Errorf("%q is told as %q, want %q", message, got, want)
		}
	}
}

// TestNoAnswerSpeaksGo sends what is wrong in many ways, and reads all answers.
func TestNoAnswerSpeaksGo(t *testing.T) {
	log := "/api/v1/notifications/delivery-log"
	for _, r := range []struct{ method, target, body string }{
		{"GET", log + "?from=yesterday", ""},
		{"GET", log + "?from=2026-03-02T10:00:00", ""},
		{"GET", log + "?to=2026-13-02T10:00:00Z", ""},
		{"GET", log + "?direction=up", ""},
		{"GET", log + "?status=done&limit=1.5", ""},
		{"GET", log + "?limit=99999999999999999999", ""},
		{"GET", log + "?limit=0x10", ""},
		{"GET", log + "?event_type=" + strings.Repeat("x", 300), ""},
		{"GET", log + "?cursor=" + strings.Repeat("x", 3000), ""},
		{"POST", deliveries + "/redeliver", `{"from": "yesterday"}`},
		{"POST", deliveries + "/redeliver", `{"from": "2026-03-02T24:00:00Z"}`},
		{"POST", deliveries + "/redeliver", `{"from": 5, "to": {}, "limit": "7", "cursor": [], "event_type": true}`},
		{"POST", deliveries + "/redeliver", `{"limit": 1e-2}`},
		{"POST", deliveries + "/redeliver", `{"limit": 7.25}`},
		{"POST", deliveries + "/redeliver", `{"limit": 1e400}`},
		{"POST", deliveries + "/redeliver", `{"limit": 123456789012345678901234567890}`},
		{"POST", deliveries + "/redeliver", `{"limit": -0.5}`},
		{"POST", base, `{"name": 5, "integration_type": null, "config": [], "settings": "x"}`},
		{"POST", base, strings.Replace(contractCreate, `"name"`, `"settings": {"status_map": {"Experiment Completed": 7}, "note_events": {"Experiment Completed": "yes"}, "note_kind": "fax"}, "name"`, 1)},
		{"POST", base, strings.Replace(contractCreate, `"name"`, `"settings": {"status_map": []}, "name"`, 1)},
		{"PUT", base + "/" + testID(1), `{"config": {"access_token": {}}}`},
		{"PUT", base + "/" + testID(1), `{"created_at": 7, "effects": 1e999}`},
		{"POST", base + "/" + testID(1) + "/links", `{"experiment_key": "", "campaign_id": 7}`},
		{"POST", base, `{"name": tru}`},
		{"POST", base, `[1, 2`},
		{"POST", base, `"x"`},
	} {
		h := newHarness(t, "")
		h.create()
		resp := h.send(as("admin", r.method, r.target, r.body))
		if resp.StatusCode != http.StatusUnprocessableEntity && resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s %s %.60s: %d", r.method, r.target, r.body, resp.StatusCode)
		}
		if found := foreign.FindString(resp.Body); found != "" {
			t.Errorf("%s %s %.60s: the answer says %q: %s", r.method, r.target, r.body, found, resp.Body)
		}
		if _, body := h.do(as("admin", r.method, r.target, r.body)); body["errors"] == nil && resp.StatusCode == http.StatusUnprocessableEntity && r.body != `"x"` {
			t.Errorf("%s %s %.60s: no field is named: %s", r.method, r.target, r.body, resp.Body)
		}
	}
}
