package httpapi_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"salesforce-integration/internal/integration"
)

func TestLinkAsInTheContract(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	links := base + "/" + id + "/links"
	link := `{"integration_id": "` + id + `", "experiment_key": "checkout-button-color", "campaign_id": "701xx000000001AAAQ",
		"source": "manual", "created_at": "2026-03-02T10:00:00Z"}`
	h.want("POST", links, contractLink, 201, link)
	h.want("POST", links, contractLink, 200, link)
	h.want("POST", links, `{"experiment_key": "checkout-button-color", "campaign_id": "701xx000000001A"}`, 200, link)
	h.want("GET", links, "", 200, `{"items": [`+link+`], "next_cursor": null}`)

	p, _ := h.refused(as("admin", "POST", links, `{"experiment_key": "another", "campaign_id": "701xx000000001A"}`), 409)
	if !strings.Contains(p.Detail, `"checkout-button-color"`) || p.locations() != "body.campaign_id" {
		t.Errorf("the conflict does not name the other experiment: %+v", p)
	}

	h.want("DELETE", links+"/701xx000000001A", "", 204, "")
	h.refused(as("admin", "DELETE", links+"/701xx000000001AAAQ", ""), 404)
	h.want("GET", links, "", 200, `{"items": [], "next_cursor": null}`)
}

func TestLinksOfNobody(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	for _, unknown := range []string{testID(9), "nonsense"} {
		links := base + "/" + unknown + "/links"
		h.refused(as("admin", "POST", links, contractLink), 404)
		h.refused(as("admin", "GET", links, ""), 404)
		h.refused(as("admin", "DELETE", links+"/701xx000000001AAAQ", ""), 404)
	}
	h.refused(as("admin", "DELETE", base+"/"+id+"/links/nonsense", ""), 404)
	h.refused(as("admin", "PUT", base+"/"+testID(9), `{}`), 404)
	h.refused(as("admin", "DELETE", base+"/"+testID(9), ""), 404)
}

func TestFiltersOfLinks(t *testing.T) {
	h := newHarness(t, "")
	links := base + "/" + h.create() + "/links"
	for i := range 5 {
		h.admin("POST", links, fmt.Sprintf(`{"experiment_key": "e%d", "campaign_id": "70150000000000%d"}`, i%2, i))
	}
	for query, want := range map[string]int{
		"":                                5,
		"?experiment_key=e0":              3,
		"?experiment_key=e1":              2,
		"?experiment_key=none":            0,
		"?campaign_id=701500000000003":    1,
		"?campaign_id=701500000000003AAA": 1,
		"?campaign_id=701500000000003&experiment_key=e0": 0,
		"?limit=2":                             2,
		"?limit=100&experiment_key=e0":         3,
		"?limit=1&campaign_id=701500000000001": 1,
	} {
		status, body := h.admin("GET", links+query, "")
		if items, _ := body["items"].([]any); status != 200 || len(items) != want {
			t.Errorf("%s: %d, %d items, want %d", query, status, len(items), want)
		}
	}
}

func TestAnExperimentHasOnlySoManyCampaigns(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	for i := range integration.MaxLinksPerExperiment {
		_, _, err := h.store.CreateLink(t.Context(), integration.Link{
			IntegrationID: id, ExperimentKey: "checkout-button-color", CampaignID: fmt.Sprintf("7015000%08dAAA", i), Source: integration.LinkManual, CreatedAt: h.now,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	p, _ := h.refused(as("admin", "POST", base+"/"+id+"/links", contractLink), 409)
	if !strings.Contains(p.Detail, "1000") {
		t.Errorf("detail %q", p.Detail)
	}
}

func TestLinkByName(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	links := base + "/" + id + "/links"
	h.asked()
	link := `{"integration_id": "` + id + `", "experiment_key": "checkout-button-color", "campaign_id": "701xx000000001AAAQ",
		"source": "manual", "created_at": "2026-03-02T10:00:00Z"}`
	byName := func(name string) string {
		return `{"experiment_key": "checkout-button-color", "campaign_name": ` + strconv.Quote(name) + `}`
	}
	h.want("POST", links, byName("Q1 Checkout Optimization"), 201, link)
	h.want("POST", links, byName("  q1 checkout OPTIMIZATION "), 200, link)
	h.want("POST", links, `{"experiment_key": "checkout-button-color", "campaign_name": null, "campaign_id": "701xx000000001A"}`, 200, link)
	if calls, logins := h.asked(); calls != 2 || logins != 1 {
		t.Errorf("%d calls and %d logins for two names", calls, logins)
	}

	first, second := h.campaign("Spring Sale"), h.campaign("SPRING sale")
	h.campaign("O'Hara's 100% \\ sale")
	tests := []struct {
		name, body, at string
		says           []string
	}{
		{"several of the name", byName("Spring sale"), "body.campaign_name", []string{first, second}},
		{"none of it", byName("Spring"), "body.campaign_name", []string{"no Campaign"}},
		{"a name that is a query", byName("x') OR Name LIKE ('%"), "body.campaign_name", []string{"no Campaign"}},
		{"a pattern", byName("Spring%"), "body.campaign_name", []string{"no Campaign"}},
		{"both", `{"experiment_key": "e", "campaign_name": "Spring", "campaign_id": "701xx000000001A"}`, "body.campaign_name", []string{"not both"}},
		{"neither", `{"experiment_key": "e"}`, "body.campaign_id", []string{"campaign_name"}},
		{"empty ones", `{"experiment_key": "e", "campaign_id": "", "campaign_name": ""}`, "body.campaign_id body.campaign_name", []string{"campaign_name"}},
		{"a blank name", byName("   "), "body.campaign_name", []string{"empty"}},
		{"a long name", byName(strings.Repeat("x", 81)), "body.campaign_name", []string{"80"}},
		{"a control character", `{"experiment_key": "e", "campaign_name": "a\u0000b"}`, "body.campaign_name", []string{"control"}},
	}
	for _, tt := range tests {
		p, _ := h.refused(as("admin", "POST", links, tt.body), 422)
		if p.locations() != tt.at {
			t.Errorf("%s: at fault is %q, want %q", tt.name, p.locations(), tt.at)
		}
		for _, says := range tt.says {
			if !strings.Contains(p.Detail, says) {
				t.Errorf("%s: detail %q does not say %q", tt.name, p.Detail, says)
			}
		}
	}
	if status, body := h.admin("POST", links, byName("o'hara's 100% \\ SALE")); status != 201 {
		t.Errorf("a name with quotes: %d %v", status, body)
	}
	h.refused(as("admin", "POST", base+"/"+testID(9)+"/links", byName("Spring")), 404)
}

func TestLinkByNameInAnOrgThatRefuses(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	links := base + "/" + id + "/links"
	h.admin("PUT", base+"/"+id, `{"config": {"client_secret": "another-secret"}}`)
	p, _ := h.refused(as("admin", "POST", links, `{"experiment_key": "e", "campaign_name": "Spring"}`), 409)
	if !strings.Contains(p.Detail, "consumer secret is wrong") {
		t.Errorf("detail %q", p.Detail)
	}
	if status, _ := h.admin("POST", links, contractLink); status != 201 {
		t.Errorf("by id: %d", status)
	}
}
