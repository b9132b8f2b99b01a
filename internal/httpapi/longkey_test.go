package httpapi_test

import (
	"net/url"
	"strings"
	"testing"
)

// TestKeysAreAsLongAsTheDocumentSays: a schema counts characters, and so do we, in
// whatever script.
func TestKeysAreAsLongAsTheDocumentSays(t *testing.T) {
	for name, tt := range map[string]struct {
		key         string
		link, lists int
	}{
		"the longest":        {strings.Repeat("k", 256), 201, 200},
		"of two bytes each":  {strings.Repeat("é", 200), 201, 200},
		"of four bytes each": {strings.Repeat("🙂", 256), 201, 200},
		"one too long":       {strings.Repeat("é", 257), 422, 422},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, "")
			links := base + "/" + h.create() + "/links"
			if status, body := h.admin("POST", links, `{"experiment_key": "`+tt.key+`", "campaign_id": "701xx000000001AAAQ"}`); status != tt.link {
				t.Errorf("a link: %d %v", status, body)
			}
			for _, list := range []string{links, "/api/v1/notifications/delivery-log"} {
				if status, body := h.admin("GET", list+"?experiment_key="+url.QueryEscape(tt.key), ""); status != tt.lists {
					t.Errorf("%s: %d %v", list, status, body)
				}
			}
		})
	}
}
