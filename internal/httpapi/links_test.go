package httpapi_test

import (
	"fmt"
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
