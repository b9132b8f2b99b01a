package httpapi_test

import (
	"strings"
	"testing"
)

// TestAnotherAddressKeepsTheCredentials: a PUT of the address alone leaves the
// app as it is, and lets go of all that was learnt of the org before.
func TestAnotherAddressKeepsTheCredentials(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.admin("POST", base+"/"+id+"/test", "")
	before, err := h.store.GetIntegration(t.Context(), id)
	if err != nil || before.OrgID == "" {
		t.Fatalf("no org is pinned: %v", err)
	}
	h.log.Reset()
	status, got := h.admin("PUT", base+"/"+id, `{"config": {"instance_url": "https://another.my.salesforce.com"}}`)
	config, _ := got["config"].(map[string]any)
	if status != 200 || got["org_id"] != nil || config["client_id"] != "3MVG9..." || config["instance_url"] != "https://another.my.salesforce.com" {
		t.Errorf("%d %v", status, got)
	}
	after, err := h.store.GetIntegration(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if openCredentials(t, h, after) != openCredentials(t, h, before) {
		t.Error("the credentials are others")
	}
	if after.CredentialsVersion <= before.CredentialsVersion {
		t.Error("a token of the old org would go to the new one")
	}
	if line := h.log.String(); !strings.Contains(line, `"instance_url":"https://another.my.salesforce.com"`) || !strings.Contains(line, `"subject":"ada"`) || strings.Contains(line, contractSecret) {
		t.Errorf("the audit trail says %s", line)
	}

	h.log.Reset()
	for _, host := range []string{"https://another.my.salesforce.com.evil.example", "http://another.my.salesforce.com", "https://login.salesforce.com"} {
		h.refused(as("admin", "PUT", base+"/"+id, `{"config": {"instance_url": "`+host+`"}}`), 422)
	}
	if last, err := h.store.GetIntegration(t.Context(), id); err != nil || last.Version != after.Version {
		t.Errorf("a host that is refused changed something: %v", err)
	}
}
