package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"salesforce-integration/internal/salesforce/localorg"
)

// newConnection is the contract's own configuration, not saved yet.
const newConnection = `{"config": {"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": "` + contractSecret + `"}}`

// checks lists a test's checks as 'name subject: status'.
func checks(t *testing.T, body map[string]any) map[string]map[string]any {
	t.Helper()
	list, ok := body["checks"].([]any)
	if !ok {
		t.Fatalf("no checks in %v", body)
	}
	found := map[string]map[string]any{}
	for _, item := range list {
		c := item.(map[string]any)
		name := c["name"].(string)
		if subject, ok := c["subject"].(string); ok {
			name += " " + subject
		}
		found[name] = c
	}
	return found
}

func TestAConnectionBeforeItIsSaved(t *testing.T) {
	h := newHarness(t, "")
	status, body := h.admin("POST", base+"/test", newConnection)
	if status != 200 || body["status"] != "ok" || body["org_id"] != localorg.DefaultOrgID || body["api_version"] != "v66.0" || body["api_calls_spent"] != 1.0 || body["resumed"] != false {
		t.Errorf("%d %v", status, body)
	}
	for _, name := range []string{"token", "org_id", "api_version", "campaigns", "marketing_user", "status Completed", "status Paused", "finalize_status Completed", "notes", "allowance"} {
		c := checks(t, body)[name]
		if c["status"] != "ok" || c["cause"] != nil || c["fix"] != nil || c["code"] != nil || c["detail"] == "" {
			t.Errorf("%s: %v", name, c)
		}
	}
	if n := h.store.Calls(); len(n) != 0 {
		t.Errorf("the store was called: %v", n)
	}
	_, body = h.admin("POST", base+"/test", strings.TrimSuffix(newConnection, "}")+`, "settings": {"status_map": {"Experiment Started": "Running"}}}`)
	if c := checks(t, body)["status Running"]; body["status"] != "warning" || c["status"] != "warning" || c["fix"] == nil {
		t.Errorf("%v", body)
	}
	_, body = h.admin("POST", base+"/test", strings.TrimSuffix(newConnection, "}")+`, "settings": {"finalize_statuses": ["Completed", "Done"], "lookup_key": true}}`)
	found := checks(t, body)
	if c := found["finalize_status Done"]; c["status"] != "warning" || c["fix"] == nil {
		t.Errorf("finalize_status: %v", c)
	}
	if c := found["key_field Experiment_Key__c"]; body["status"] != "failed" || c["status"] != "failed" || c["cause"] == nil || c["fix"] == nil {
		t.Errorf("key_field: %v", c)
	}
	resp := h.send(as("admin", "POST", base+"/test", strings.Replace(newConnection, contractSecret, "wrong-secret", 1)))
	if resp.StatusCode != http.StatusOK || !strings.Contains(resp.Body, `"code":"invalid_client"`) || strings.Contains(resp.Body, "wrong-secret") || strings.Contains(h.log.String(), "wrong-secret") {
		t.Errorf("%d %s", resp.StatusCode, resp.Body)
	}
	h.refused(as("admin", "POST", base+"/test", `{"config": {"instance_url": "https://evil.example", "client_id": "c", "client_secret": "s"}}`), 422)
	h.refused(as("admin", "POST", base+"/test", `{}`), 422)
	h.refused(as("viewer", "POST", base+"/test", newConnection), 403)
}

func TestAStoredConnection(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.refuseOrg(id)
	target := base + "/" + id
	h.refused(as("viewer", "POST", target+"/test", ""), 403)
	h.refused(as("admin", "POST", base+"/"+testID(9)+"/test", ""), 404)
	h.refused(as("admin", "POST", base+"/x/test", ""), 404)

	// It does not work: nothing changes.
	if err := h.org.UpdateSettings(func(s *localorg.Settings) { s.TokenProblem = "no_run_as_user" }); err != nil {
		t.Fatal(err)
	}
	status, body := h.admin("POST", target+"/test", "")
	if c := checks(t, body)["token"]; status != 200 || body["status"] != "failed" || body["resumed"] != false || c["fix"] != "Set the Run-As user in the app's policies in Salesforce." {
		t.Errorf("%d %v", status, body)
	}
	if _, read := h.admin("GET", target, ""); read["attention"] == nil || read["org_id"] != nil || h.queue.kinds() != "" {
		t.Errorf("%v", read)
	}

	// It is mended in Salesforce: the org is pinned, and what waited goes out.
	if err := h.org.UpdateSettings(func(s *localorg.Settings) { s.TokenProblem = "" }); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if status, body := h.admin("POST", target+"/test", ""); status != 200 || body["status"] != "ok" || body["resumed"] != true || h.queue.kinds() != "resume" {
			t.Errorf("%d %v", status, body)
		}
		if _, read := h.admin("GET", target, ""); read["attention"] != nil || read["org_id"] != localorg.DefaultOrgID {
			t.Errorf("%v", read)
		}
	}
	if log := h.log.String(); !strings.Contains(log, `"action":"connection tested","subject":"ada","role":"admin","integration_id":"`+id+`","status":"ok"`) {
		t.Error("the audit trail lacks the test")
	}
}

func TestATestIsDoneWhenTheQueueFails(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.refuseOrg(id)
	h.queue.err = exploded{}
	if p, _ := h.refused(as("admin", "POST", base+"/"+id+"/test", ""), 503); !strings.Contains(p.Detail, "again") {
		t.Errorf("detail %q", p.Detail)
	}
	h.queue.err = nil
	if status, body := h.admin("POST", base+"/"+id+"/test", ""); status != 200 || body["resumed"] != true || h.queue.kinds() != "resume" {
		t.Errorf("again: %d %v", status, body)
	}
}
