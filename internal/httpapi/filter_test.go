package httpapi_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

const deliveryLog = "/api/v1/notifications/delivery-log"

// TestTheFirstYearIsATime: Go's unset time is of that year, and would let everything
// through. Nor does a zone lead out of the years that are written in four digits.
func TestTheFirstYearIsATime(t *testing.T) {
	for _, tt := range []struct {
		name, value string
		found       int
	}{
		{"to", "0001-01-01T00:00:00Z", 0},
		{"to", "0001-01-01T00:00:00+05:00", 0},
		{"to", "0000-01-01T00:00:00Z", 0},
		{"to", "9999-12-31T23:59:59-05:00", 1},
		{"from", "0001-01-01T00:00:00Z", 1},
		{"from", "0000-01-01T00:00:00Z", 1},
		{"from", "9999-12-31T23:59:59-05:00", 0},
	} {
		t.Run(tt.name+" "+tt.value, func(t *testing.T) {
			h := newHarness(t, "")
			h.parked(1)
			_, listed := h.admin("GET", deliveryLog+"?"+tt.name+"="+url.QueryEscape(tt.value), "")
			if items, ok := listed["items"].([]any); !ok || len(items) != tt.found {
				t.Errorf("the log: %v", listed)
			}
			_, sent := h.admin("POST", deliveries+"/redeliver", `{"`+tt.name+`": "`+tt.value+`"}`)
			if sent["accepted"] != float64(tt.found) {
				t.Errorf("redelivered: %v", sent)
			}
		})
	}
	h := newHarness(t, "")
	h.refused(as("admin", "GET", deliveryLog+"?from=0001-01-01T00:00:00Z&to=0001-01-01T00:00:00Z", ""), 422)
	h.refused(as("admin", "POST", deliveries+"/redeliver", `{"from": "0001-01-01T00:00:00Z", "to": "0001-01-01T00:00:00Z"}`), 422)
}

func TestATypeOfEventIsOneLine(t *testing.T) {
	h := newHarness(t, "")
	for _, r := range []struct{ method, target, body, at string }{
		{"GET", deliveryLog + "?event_type=a%0D%0Ab", "", "query.event_type"},
		{"GET", deliveryLog + "/export?event_type=a%0D%0Ab", "", "query.event_type"},
		{"POST", deliveries + "/redeliver", `{"event_type": "a\r\nb"}`, "body.event_type"},
	} {
		if p, _ := h.refused(as("admin", r.method, r.target, r.body), 422); p.locations() != r.at || !strings.Contains(p.Detail, "control character") {
			t.Errorf("%s: %+v", r.target, p)
		}
	}
}

// TestTheIDOfAnIntegrationAsAFilter: its letters may be capitals, as in an address, and
// what is no id at all does not pass for one that nothing belongs to.
func TestTheIDOfAnIntegrationAsAFilter(t *testing.T) {
	for _, tt := range []struct {
		name, id string
		found    float64 // below 0: refused
	}{
		{"as it is", testID(1), 1},
		{"in capitals", strings.ToUpper(testID(1)), 1},
		{"of another", testID(2), 0},
		{"a word", "nope", -1},
		{"without hyphens", strings.ReplaceAll(testID(1), "-", ""), -1},
		{"in braces", "{" + testID(1) + "}", -1},
		{"cut off", testID(1)[:35], -1},
		{"with a blank", testID(1) + " ", -1},
		{"very long", strings.Repeat("0", 200), -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t, "")
			h.parked(1)
			query, body := "?integration_id="+url.QueryEscape(tt.id), `{"integration_id": "`+tt.id+`"}`
			if tt.found < 0 {
				for _, r := range []struct{ method, target, body, at string }{
					{"GET", deliveryLog + query, "", "query.integration_id"},
					{"GET", deliveryLog + "/export" + query, "", "query.integration_id"},
					{"POST", deliveries + "/redeliver", body, "body.integration_id"},
				} {
					if p, _ := h.refused(as("admin", r.method, r.target, r.body), 422); p.locations() != r.at || !strings.Contains(p.Detail, "not the id of an integration") {
						t.Errorf("%s: %+v", r.target, p)
					}
				}
				return
			}
			_, listed := h.admin("GET", deliveryLog+query, "")
			if items, ok := listed["items"].([]any); !ok || float64(len(items)) != tt.found {
				t.Errorf("the log: %v", listed)
			}
			if _, sent := h.admin("POST", deliveries+"/redeliver", body); sent["accepted"] != tt.found {
				t.Errorf("redelivered: %v", sent)
			}
		})
	}
}

// TestACursorGoesWithTheIDInAnyLetters: both spellings are one filter.
func TestACursorGoesWithTheIDInAnyLetters(t *testing.T) {
	h := newHarness(t, "")
	h.parked(2)
	_, first := h.admin("GET", deliveryLog+"?limit=1&integration_id="+testID(1), "")
	cursor, _ := first["next_cursor"].(string)
	status, second := h.admin("GET", deliveryLog+"?limit=1&integration_id="+strings.ToUpper(testID(1))+"&cursor="+url.QueryEscape(cursor), "")
	if items, ok := second["items"].([]any); cursor == "" || status != 200 || !ok || len(items) != 1 {
		t.Errorf("after %q: %d %v", cursor, status, second)
	}
}

// TestANameCanBeSeen compares, wherever the document's pattern changes its mind about
// a character, what is taken for a name of it alone.
func TestANameCanBeSeen(t *testing.T) {
	h := newHarness(t, "")
	_, document := h.do(as("", "GET", "/api/v1/openapi.json", ""))
	schemas := document["components"].(map[string]any)["schemas"].(map[string]any)
	stated := schemas["NewIntegration"].(map[string]any)["properties"].(map[string]any)["name"].(map[string]any)["pattern"].(string)
	// Go writes a character's number in another way, and knows blanks of ASCII only.
	pattern := regexp.MustCompile(regexp.MustCompile(`\\u([0-9a-f]{4})`).ReplaceAllString(stated, `\x{$1}`))
	compared := 0
	check := func(name string) {
		t.Helper()
		compared++
		want := 422
		if pattern.MatchString(name) {
			want = 201
		}
		resp := h.send(as("admin", "POST", base, strings.Replace(contractCreate, "Salesforce CRM Sync", name, 1)))
		if resp.StatusCode != want {
			t.Errorf("%+q: %d, the pattern wants %d: %s", name, resp.StatusCode, want, resp.Body)
		}
	}
	for r := rune(0xa1); r <= 0xffff; r++ {
		if unicode.IsSpace(r) || unicode.IsSpace(r-1) || unicode.Is(unicode.Cs, r) || unicode.Is(unicode.Cs, r-1) {
			continue
		}
		if pattern.MatchString(string(r)) != pattern.MatchString(string(r-1)) {
			check(string(r - 1))
			check(string(r))
		}
	}
	if compared < 50 {
		t.Errorf("only %d characters were compared", compared)
	}
	for _, name := range []string{"\u200b\u200d\ufeff", "\u200b \u2800", "\u200ba", "a\u200b", "\u200b a \u200b", "\U0001f469\u200d\U0001f680", "a"} {
		check(name)
	}
}
