package httpapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce/localorg"
)

// campaign makes a Campaign in the org, as a person there does.
func (h *harness) campaign(name string) string {
	h.t.Helper()
	id, err := h.org.Create("Campaign", map[string]any{"Name": name, "Status": "Planned", "IsActive": true})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// asked counts the API calls that reached the org since the last time, and the
// token exchanges.
func (h *harness) asked() (calls, logins int) {
	h.t.Helper()
	for _, e := range h.org.Journal() {
		if e.Path == "/services/oauth2/token" {
			logins++
		} else {
			calls++
		}
	}
	h.org.ClearJournal()
	return calls, logins
}

func (h *harness) search(id, text string) (names []string) {
	h.t.Helper()
	status, body := h.do(as("admin", "GET", base+"/"+id+"/campaigns?search="+url.QueryEscape(text), ""))
	if status != 200 {
		h.t.Errorf("search %q: %d %v", text, status, body)
	}
	for _, item := range body["items"].([]any) {
		names = append(names, item.(map[string]any)["name"].(string))
	}
	return names
}

// TestOnlyAdminsSpendCalls: a search asks the org, so it is not for who reads only.
func TestOnlyAdminsSpendCalls(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.asked()
	for _, method := range []string{"GET", "HEAD"} {
		if resp := h.send(as("viewer", method, base+"/"+id+"/campaigns?search=checkout", "")); resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: a viewer's search: %d", method, resp.StatusCode)
		}
	}
	if calls, logins := h.asked(); calls+logins != 0 {
		t.Errorf("a viewer spent %d calls and %d logins", calls, logins)
	}
}

// TestWhatIsKeptForOthers: below the reserve the org is not asked for a person, in no
// way, and the person is told when to come back.
func TestWhatIsKeptForOthers(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	if err := h.org.UpdateSettings(func(o *localorg.Settings) { o.DailyAPIRequests = 100 }); err != nil {
		t.Fatal(err)
	}
	h.org.SetAPIUsage(85)
	search := as("admin", "GET", base+"/"+id+"/campaigns?search=checkout", "")
	if status, body := h.do(search); status != 200 { // its answer is what tells
		t.Fatalf("%d %v", status, body)
	}
	h.asked()
	byName := `{"experiment_key": "e", "campaign_name": "Q1 Checkout Optimization"}`
	for name, e := range map[string]events.APIGatewayProxyRequest{
		"a search":       search,
		"a search by id": as("admin", "GET", base+"/"+id+"/campaigns?search="+localorg.CampaignID, ""),
		"a link by name": as("admin", "POST", base+"/"+id+"/links", byName),
	} {
		p, resp := h.refused(e, 503)
		if header(resp, "Retry-After") != "900" || !strings.Contains(p.Detail, "86 of its 100 API calls") {
			t.Errorf("%s: Retry-After %q, %q", name, header(resp, "Retry-After"), p.Detail)
		}
	}
	_, bulk := h.admin("POST", base+"/"+id+"/links/bulk", "["+byName+"]")
	if got := fmt.Sprint(bulk); !strings.Contains(got, "86 of its 100 API calls") {
		t.Errorf("many links: %s", got)
	}
	h.admin("POST", base+"/"+id+"/links", contractLink) // by id: asks nobody
	if status, body := h.admin("POST", base+"/"+id+"/preview", `{"detail-type": "Experiment Completed", "detail": {"experiment_key": "checkout-button-color"}}`); status != 200 || !strings.Contains(fmt.Sprint(body), "ALLOWANCE_RESERVED") {
		t.Errorf("a preview: %d %v", status, body)
	}
	if calls, logins := h.asked(); calls+logins != 0 {
		t.Errorf("below the reserve, %d calls and %d logins were spent", calls, logins)
	}
	// A quarter of an hour later one of them finds out how things stand.
	h.org.SetAPIUsage(10)
	h.now = h.now.Add(integration.AllowanceGoodFor)
	for range 2 {
		if status, body := h.do(search); status != 200 {
			t.Errorf("the org has enough again: %d %v", status, body)
		}
	}
}

func TestCampaignsToLink(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.admin("POST", base+"/"+id+"/links", contractLink)
	h.asked()
	status, body := h.do(as("admin", "GET", base+"/"+id+"/campaigns?search=checkOUT", ""))
	if status != 200 || body["more"] != false {
		t.Fatalf("%d %v %s", status, body, h.log)
	}
	item := body["items"].([]any)[0].(map[string]any)
	delete(item, "last_modified_at")
	want := map[string]any{"id": "701xx000000001AAAQ", "name": "Q1 Checkout Optimization", "status": "In Progress", "is_active": true,
		"linked": true, "experiment_key": "checkout-button-color", "record_url": "https://your-org.my.salesforce.com/701xx000000001AAAQ"}
	if diff := cmp.Diff(want, item); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if calls, logins := h.asked(); calls != 1 || logins != 1 {
		t.Errorf("%d calls and %d logins, want one each", calls, logins)
	}

	h.campaign("Checkout of Q2")
	_, body = h.admin("GET", base+"/"+id+"/campaigns?search=701xx000000001A", "")
	if items := body["items"].([]any); len(items) != 1 || items[0].(map[string]any)["id"] != "701xx000000001AAAQ" {
		t.Errorf("by id: %v", body)
	}
	_, body = h.admin("GET", base+"/"+id+"/campaigns?search=checkout&limit=1", "")
	if items := body["items"].([]any); len(items) != 1 || body["more"] != true {
		t.Errorf("one of two: %v", body)
	}
	if calls, logins := h.asked(); calls != 2 || logins != 0 {
		t.Errorf("%d calls and %d logins; the token is shared", calls, logins)
	}
	if got := h.search(id, "nothing of that name"); len(got) != 0 {
		t.Errorf("found %q", got)
	}
}

// TestHostileSearches: whatever is searched for is text, and nothing else.
func TestHostileSearches(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	names := []string{`100% sure`, `under_score`, `O'Neil's "quoted"`, `back\slash`, `x') OR (Name LIKE '%`, `%%`, `__`, `\'`, `\%`, `Ünïcode 🎉`, `a FROM User`, `--`, "&limit=200#"}
	for _, name := range names {
		h.campaign(name)
	}
	for _, name := range names {
		if strings.TrimSpace(name) == "" {
			continue
		}
		if diff := cmp.Diff([]string{name}, h.search(id, name)); diff != "" {
			t.Errorf("search %q (-want +got):\n%s", name, diff)
		}
	}
	for _, none := range []string{"%'", "' OR Name != '", "'' OR Id != ''", "%' OR Name LIKE '%", "'; DELETE", "x' LIMIT 1 --", "\\' OR Name LIKE \\'", `\\`, `\_`, `\\%`} {
		if got := h.search(id, none); len(got) != 0 {
			t.Errorf("search %q found %q", none, got)
		}
	}
}

func TestSearchesThatAreRefused(t *testing.T) {
	h := newHarness(t, "")
	campaigns := base + "/" + h.create() + "/campaigns"
	for _, query := range []string{"", "?search=", "?search=a", "?search=+a+", "?search=" + strings.Repeat("a", 81), "?search=a%00b", "?search=a%0Ab", "?search=ab&limit=0", "?search=ab&limit=101", "?search=ab&offset=3"} {
		p, _ := h.refused(as("admin", "GET", campaigns+query, ""), 422)
		if !strings.HasPrefix(p.locations(), "query.") {
			t.Errorf("%s: at fault is %q", query, p.locations())
		}
	}
	if calls, logins := h.asked(); calls+logins != 0 {
		t.Errorf("the org was asked %d times", calls+logins)
	}
	h.refused(as("admin", "GET", base+"/"+testID(9)+"/campaigns?search=ab", ""), 404)
}

func TestAnOrgThatDoesNotAnswerASearch(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	search := as("admin", "GET", base+"/"+id+"/campaigns?search=checkout", "")
	if _, err := h.org.AddFault(localorg.Fault{Match: localorg.Match{Route: "query"}, Effect: localorg.Effect{Kind: localorg.RequestLimit}}); err != nil {
		t.Fatal(err)
	}
	p, resp := h.refused(search, 503)
	if !strings.Contains(p.Detail, "Salesforce") || header(resp, "Retry-After") == "" {
		t.Errorf("an org whose calls are used up: %+v", p)
	}
	h.org.ClearFaults()

	h.admin("PUT", base+"/"+id, `{"config": {"client_secret": "another-secret"}}`)
	p, _ = h.refused(search, 409)
	if !strings.Contains(p.Detail, "consumer secret is wrong") || strings.Contains(p.Detail, "another-secret") {
		t.Errorf("a wrong secret: %q", p.Detail)
	}

	i, err := h.store.GetIntegration(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	i.Attention = &integration.Attention{Since: h.now, Code: "invalid_client", Cause: "The secret is wrong.", Fix: "Replace it."}
	if _, err := h.store.UpdateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	h.asked()
	if p, _ = h.refused(search, 409); !strings.Contains(p.Detail, "Replace it.") {
		t.Errorf("an integration that needs attention: %q", p.Detail)
	}
	if calls, logins := h.asked(); calls+logins != 0 {
		t.Errorf("its org was asked %d times", calls+logins)
	}
}
