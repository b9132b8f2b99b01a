package orgcheck_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgcheck"
)

// TestAValueThatIsMeantIsNamed uses an org whose picklist was translated and
// partly switched off, which the local one cannot be.
func TestAValueThatIsMeantIsNamed(t *testing.T) {
	const inspection = `{"compositeResponse":[{"referenceId":"campaign","httpStatusCode":200,"body":{"name":"Campaign","updateable":true,"fields":[
		{"name":"Status","type":"picklist","updateable":true,"restrictedPicklist":true,"picklistValues":[
			{"value":"Completed","label":"Abgeschlossen","active":true},{"value":"Paused","label":"Pausiert","active":false},
			{"value":"In_Progress","label":"In Progress","active":true}]}]}}]}`
	mux := http.NewServeMux()
	mux.HandleFunc("POST /services/oauth2/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"t","token_type":"Bearer"}`))
	})
	mux.HandleFunc("POST /services/data/v65.0/composite", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(inspection))
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	got := orgcheck.New(orgcheck.Config{APIVersion: "v65.0", HTTPClient: srv.Client()}).CheckOrg(t.Context(), integration.OrgAccess{
		InstanceURL: srv.URL, ClientID: "id", ClientSecret: "s",
		Settings: integration.Settings{
			StatusMap:        map[integration.EventType]string{"Experiment Started": "In Progress"},
			FinalizeStatuses: []string{" completed", "abgeschlossen", "paused", "none"},
		},
	})
	want := map[string]struct {
		status integration.CheckStatus
		hint   string
	}{
		"Completed":   {integration.CheckOK, ""},
		"Paused":      {integration.CheckFailed, "switched off"},
		"In Progress": {integration.CheckFailed, `"In_Progress"`},
	}
	finals := map[string]string{" completed": "", "abgeschlossen": `"Completed"`, "paused": "switch this one on", "none": "by their API names."}
	seen := 0
	for _, c := range got.Checks {
		switch w := want[c.Subject]; {
		case c.Name == integration.CheckFinalize:
			hint, wanted := finals[c.Subject]
			delete(finals, c.Subject)
			if good := hint == ""; !wanted || good != (c.Status == integration.CheckOK) || !strings.Contains(c.Fix, hint) {
				t.Errorf("%s: %s, fix %q", c.Subject, c.Status, c.Fix)
			}
		case c.Name == integration.CheckPicklist:
			seen++
			if c.Status != w.status || !strings.Contains(c.Fix, w.hint) {
				t.Errorf("%s: %s, fix %q", c.Subject, c.Status, c.Fix)
			}
		case c.Name == integration.CheckOrg && c.Status != integration.CheckWarning,
			c.Name == integration.CheckMarketingUser && c.Status != integration.CheckWarning,
			c.Name == integration.CheckAllowance && c.Status != integration.CheckSkipped,
			c.Name == integration.CheckNotes && c.Status != integration.CheckFailed:
			t.Errorf("%s, of which the org said nothing: %s", c.Name, c.Status)
		}
	}
	if len(finals) > 0 {
		t.Errorf("not looked at: %v", finals)
	}
	if seen != len(want) {
		t.Errorf("%d statuses were looked at, want %d", seen, len(want))
	}
}
