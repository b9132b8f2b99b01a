package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
)

// goodConfig is the inside of a config that is taken.
const goodConfig = `"instance_url": "https://your-org.my.salesforce.com", "client_id": "i", "client_secret": "s"`

func TestBodiesThatAreReadDifferentlyElsewhere(t *testing.T) {
	create := func(more string) string {
		return `{"name": "n", "integration_type": "SALESFORCE", "config": {` + goodConfig + `}` + more + `}`
	}
	tests := []struct {
		name          string
		body          string
		wantStatus    int
		wantLocations string
		wantWords     string
	}{
		{"a field twice", create(`, "name": "m"`), 422, "body.name", "twice"},
		{"a secret twice", create(`, "description": "d"`)[:1] + `"config": {"client_secret": "hunter2", ` + goodConfig + `}, "name": "n", "integration_type": "SALESFORCE"}`, 422, "body.config.client_secret", "twice"},
		{"twice by an escape", create(`, "n\u0061me": "m"`), 422, "body.name", "twice"},
		{"an entry of a map twice", create(`, "settings": {"status_map": {"Experiment A": "x", "Experiment A": "y"}}`), 422, "body.settings.status_map.Experiment A", "twice"},
		{"other letters", strings.Replace(create(""), `"client_secret"`, `"Client_Secret"`, 1), 422, "body.config.Client_Secret", "client_secret"},
		{"other letters on top", strings.Replace(create(""), `"name"`, `"NAME"`, 1), 422, "body.NAME", "name"},
		{"letters that fold", strings.Replace(create(""), `"instance_url"`, `"in\u017ftance_url"`, 1), 422, "body.config.in\u017ftance_url", "instance_url"},
		{"both writings", create(`, "Name": "m"`), 422, "body.Name", "name"},
		{"a byte order mark", "\xef\xbb\xbf" + create(""), 400, "", "byte order mark"},
		{"UTF-16", "\xff\xfe{\x00}\x00", 400, "", "byte order mark"},
		{"broken UTF-8", create(`, "description": "` + "\xc3" + `"`), 400, "", "UTF-8"},
		{"what was lost at the gateway", create(`, "description": "` + "a\ufffdb" + `"`), 400, "", `\\ufffd`},
		{"half a character", create(`, "description": "\ud83d"`), 400, "", "half of a character"},
		{"the other half", create(`, "description": "\ude00"`), 400, "", "half of a character"},
		{"halves back to front", create(`, "description": "\ude00\ud83d"`), 400, "", "half of a character"},
		{"something behind it", create("") + "x", 400, "", "line 1, character"},
		{"another object behind it", create("") + "\n{}", 400, "", "line 2, character 1 "},
		{"a comma too many", create(`,`), 400, "", "not JSON"},
		{"a raw control character", create(`, "description": "` + "\x01" + `"`), 400, "", "not JSON"},
		{"NUL in the name", strings.Replace(create(""), `"n"`, `"a\u0000b"`, 1), 422, "body.name", "control character"},
		{"a line break in the name", strings.Replace(create(""), `"n"`, `"a\nb"`, 1), 422, "body.name", "control character"},
		{"DEL in the description", create(`, "description": "\u007f"`), 422, "body.description", "control character"},
		{"NUL in a status", create(`, "settings": {"status_map": {"Experiment A": "\u0000"}}`), 422, "body.settings.status_map", "control character"},
		{"NUL in a type of event", create(`, "settings": {"note_events": {"Experiment \u0000": true}}`), 422, "body.settings.note_events", "control character"},
		{"too deep", create(`, "description": ` + strings.Repeat("[", 20) + strings.Repeat("]", 20)), 400, "", "deep"},
		{"far too deep", strings.Repeat("[", 60_000), 400, "", ""},
		{"a number that is none in float64", create(`, "description": 1e400`), 422, "body.description", "too large"},
		{"packed", "\x1f\ufffd\x08\x00", 400, "", "gzip"},
		{"CSV", "name\nn\n", 400, "", "Send one JSON object."},
		{"only spaces", "  \n ", 400, "", "not JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t, "")
			p, resp := h.refused(as("admin", "POST", base, tt.body), tt.wantStatus)
			want := strings.ReplaceAll(tt.wantLocations, `\u017f`, "\u017f")
			if got := p.locations(); got != want {
				t.Errorf("locations %q, want %q: %+v", got, want, p)
			}
			if !strings.Contains(resp.Body, tt.wantWords) || strings.Contains(resp.Body+h.log.String(), "hunter2") {
				t.Errorf("answer %s", resp.Body)
			}
			if h.integrations() != 0 {
				t.Error("something was created")
			}
		})
	}
}

func TestBodiesThatAreUnusualAndGood(t *testing.T) {
	for name, body := range map[string]string{
		"white space around it":       "\r\n\t " + contractCreate + " \n",
		"an emoji in halves":          strings.Replace(contractCreate, "CRM", `\ud83d\ude00`, 1),
		"an escaped backslash before": strings.Replace(contractCreate, "CRM", `\\ud800`, 1),
		"an emoji":                    strings.Replace(contractCreate, "CRM", "\U0001f642", 1),
		"escaped names":               strings.Replace(contractCreate, `"name"`, `"n\u0061me"`, 1),
		"the replacement character":   strings.Replace(contractCreate, "CRM", `\ufffd`, 1),
		"types of events by case":     strings.Replace(contractCreate, `"name"`, `"settings": {"status_map": {"Experiment A": "x", "Experiment a": "y"}}, "name"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			if resp := newHarness(t, "").send(as("admin", "POST", base, body)); resp.StatusCode != http.StatusCreated {
				t.Errorf("%d %s", resp.StatusCode, resp.Body)
			}
		})
	}
}

func TestAParameterThatIsThereTwice(t *testing.T) {
	h := newHarness(t, "")
	p, _ := h.refused(as("admin", "GET", base+"?limit=1&limit=2", ""), 422)
	if p.locations() != "query.limit" || !strings.Contains(p.Detail, "twice") {
		t.Errorf("%+v", p)
	}
}

// TestAParameterWithoutAName: it is told as what it is, and not under its empty name.
func TestAParameterWithoutAName(t *testing.T) {
	h := newHarness(t, "")
	for _, query := range []string{"?=1", "?limit=1&=", "?=1&=2"} {
		p, _ := h.refused(as("admin", "GET", base+query, ""), 422)
		if p.locations() != "query" || !strings.HasPrefix(p.Detail, "query: A parameter has no name.") {
			t.Errorf("%s: %+v", query, p)
		}
	}
}

// FuzzStrictBody: whatever is sent is answered in the one shape, and what is taken
// means the same to a parser that knows no leniency.
func FuzzStrictBody(f *testing.F) {
	f.Add(contractCreate)
	f.Add(`{"name": "a", "name": "b"}`)
	f.Add(`{"name": "\ud800", "config": [[[]]]}`)
	f.Add("\xef\xbb\xbf{}")
	f.Fuzz(func(t *testing.T, body string) {
		h := newHarness(t, "")
		e := as("admin", "POST", base, body)
		if resp := h.send(e); resp.StatusCode != http.StatusCreated {
			if resp.StatusCode < 400 || resp.StatusCode >= 500 {
				t.Fatalf("%q: %d %s", body, resp.StatusCode, resp.Body)
			}
			h.refused(e, resp.StatusCode)
		}
	})
}
