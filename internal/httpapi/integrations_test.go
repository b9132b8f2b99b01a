package httpapi_test

import (
	"strings"
	"testing"
	"time"
)

// asCreated is what every new integration's answer says.
const asCreated = `"settings": {"status_map": {}, "note_events": {}, "note_kind": "content_note", "finalize_statuses": [], "reread": false, "lookup_key": false}, "attention": null, "effects": {
			"Experiment Completed": {"status": "Completed", "note": false},
			"Experiment Reached Significance": {"status": null, "note": true},
			"Experiment Rolled Back": {"status": "Paused", "note": false}},
		"org_id": null, "webhook_secret_issued_at": "2026-03-02T10:00:00Z", "previous_webhook_secret_valid_until": null,
		"created_at": "2026-03-02T10:00:00Z", "updated_at": "2026-03-02T10:00:00Z"`

func TestCreateAsInTheContract(t *testing.T) {
	h := newHarness(t, "")
	id := testID(1)
	h.want("POST", base, contractCreate, 201, `{
		"id": "`+id+`", "name": "Salesforce CRM Sync", "integration_type": "SALESFORCE",
		"description": "Syncs experiment completion to Salesforce campaigns", "is_active": true,
		"config": {"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": "***REDACTED***"},
		`+asCreated+`,
		"webhook_url": "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod/api/v1/integrations/`+id+`/webhook/salesforce?token=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
		"webhook_secret": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}`)

	read := `{
		"id": "` + id + `", "name": "Salesforce CRM Sync", "integration_type": "SALESFORCE",
		"description": "Syncs experiment completion to Salesforce campaigns", "is_active": true,
		"config": {"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": "***REDACTED***"},
		` + asCreated + `}`
	h.want("GET", base+"/"+id, "", 200, read)
	h.want("GET", base+"/"+strings.ToUpper(id), "", 200, read)
	h.want("GET", base, "", 200, `{"items": [`+read+`], "next_cursor": null}`)
	h.want("DELETE", base+"/"+id, "", 204, "")
	status, _ := h.admin("GET", base+"/"+id, "")
	if status != 404 {
		t.Errorf("after DELETE: %d", status)
	}
}

func TestCreateOptions(t *testing.T) {
	h := newHarness(t, "http://localhost:8000/")
	_, created := h.admin("POST", base, `{"name": "  n ", "integration_type": "SALESFORCE", "is_active": false, "description": null,
		"config": {"instance_url": "http://localhost:8001", "client_id": " id\n", "client_secret": " secret\n", "access_token": "token"}}`)
	id := testID(1)
	if got, want := created["webhook_url"], "http://localhost:8000/api/v1/integrations/"+id+"/webhook/salesforce?token="; !strings.HasPrefix(got.(string), want) {
		t.Errorf("webhook_url = %v, want %s…", got, want)
	}
	h.want("GET", base+"/"+id, "", 200, `{
		"id": "`+id+`", "name": "n", "integration_type": "SALESFORCE", "description": "", "is_active": false,
		"config": {"instance_url": "http://localhost:8001", "client_id": "id", "client_secret": "***REDACTED***", "access_token": "***REDACTED***"},
		`+asCreated+`}`)
}

func TestUpdate(t *testing.T) {
	tests := []struct {
		name        string
		body        string
		wantField   string // a field of the answer …
		want        any    // … and its value
		wantVersion int64  // of the credentials
		wantSecret  string
		wantToken   string
		wantOrg     string
	}{
		{"nothing", `{}`, "name", "Salesforce CRM Sync", 1, contractSecret, "", "00D"},
		{"the name", `{"name": "New"}`, "name", "New", 1, contractSecret, "", "00D"},
		{"nulls change nothing", `{"name": null, "is_active": null, "description": null}`, "name", "Salesforce CRM Sync", 1, contractSecret, "", "00D"},
		{"the description away", `{"description": ""}`, "description", "", 1, contractSecret, "", "00D"},
		{"switch off", `{"is_active": false}`, "is_active", false, 1, contractSecret, "", "00D"},
		{"config alone rotates", `{"config": {"client_secret": "new"}}`, "name", "Salesforce CRM Sync", 2, "new", "", ""},
		{"whole config", `{"config": {"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": "new"}}`, "is_active", true, 2, "new", "", ""},
		{"the mask keeps the secret", `{"config": {"client_secret": "***REDACTED***"}}`, "is_active", true, 1, contractSecret, "", "00D"},
		{"the same secret is no rotation", `{"config": {"client_secret": "` + contractSecret + `"}}`, "is_active", true, 1, contractSecret, "", "00D"},
		{"another app", `{"config": {"client_id": "other", "client_secret": "***REDACTED***"}}`, "is_active", true, 2, contractSecret, "", ""},
		{"another org is pinned anew", `{"config": {"instance_url": "https://other.my.salesforce.com"}}`, "org_id", nil, 2, contractSecret, "", ""},
		{"a token", `{"config": {"access_token": "t"}}`, "is_active", true, 2, contractSecret, "t", "00D"},
		{"no token to forget", `{"config": {"access_token": null}}`, "is_active", true, 1, contractSecret, "", "00D"},
		{"the type repeated", `{"integration_type": "SALESFORCE"}`, "is_active", true, 1, contractSecret, "", "00D"},
		{"what was read, sent back whole", `{"id": "` + testID(1) + `", "name": "Renamed", "integration_type": "SALESFORCE", "description": "d", "is_active": true,
			"config": {"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": "***REDACTED***"},
			` + asCreated + `}`, "name", "Renamed", 1, contractSecret, "", "00D"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t, "")
			id := h.create()
			stored, _ := h.store.GetIntegration(t.Context(), id)
			stored.OrgID = "00D"
			if _, err := h.store.UpdateIntegration(t.Context(), stored); err != nil {
				t.Fatal(err)
			}
			status, got := h.admin("PUT", base+"/"+id, tt.body)
			if status != 200 || got[tt.wantField] != tt.want {
				t.Errorf("PUT: %d, %s = %v, want %v", status, tt.wantField, got[tt.wantField], tt.want)
			}
			after, err := h.store.GetIntegration(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			secrets := openCredentials(t, h, after)
			if after.CredentialsVersion != tt.wantVersion || secrets.ClientSecret.Reveal() != tt.wantSecret || secrets.AccessToken.Reveal() != tt.wantToken || after.OrgID != tt.wantOrg {
				t.Errorf("stored: version %d, secret %q, token %q, org %q; want %d, %q, %q, %q", after.CredentialsVersion,
					secrets.ClientSecret.Reveal(), secrets.AccessToken.Reveal(), after.OrgID, tt.wantVersion, tt.wantSecret, tt.wantToken, tt.wantOrg)
			}
		})
	}
}

func TestAnAccessTokenCanBeForgotten(t *testing.T) {
	for _, none := range []string{`null`, `""`} {
		h := newHarness(t, "")
		id := h.create()
		_, body := h.admin("PUT", base+"/"+id, `{"config": {"access_token": "t"}}`)
		if got := body["config"].(map[string]any)["access_token"]; got != "***REDACTED***" {
			t.Errorf("with a token: access_token = %v", got)
		}
		_, body = h.admin("PUT", base+"/"+id, `{"config": {"access_token": `+none+`}}`)
		if got, ok := body["config"].(map[string]any)["access_token"]; ok {
			t.Errorf("forgotten by %s: access_token = %v", none, got)
		}
		i, _ := h.store.GetIntegration(t.Context(), id)
		if got := openCredentials(t, h, i).AccessToken; got != "" || i.CredentialsVersion != 3 {
			t.Errorf("forgotten by %s: version %d, token there: %t", none, i.CredentialsVersion, got != "")
		}
	}
}

func TestUpdatedAtMovesWithAChangeOnly(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.now = h.now.Add(time.Hour)
	if _, body := h.admin("PUT", base+"/"+id, `{"name": "Salesforce CRM Sync"}`); body["updated_at"] != "2026-03-02T10:00:00Z" {
		t.Errorf("unchanged: %v", body["updated_at"])
	}
	if _, body := h.admin("PUT", base+"/"+id, `{"name": "Other"}`); body["updated_at"] != "2026-03-02T11:00:00Z" || body["created_at"] != "2026-03-02T10:00:00Z" {
		t.Errorf("changed: %v, created %v", body["updated_at"], body["created_at"])
	}
}

func TestPagingWalksAllIntegrationsNewestFirst(t *testing.T) {
	h := newHarness(t, "")
	for range 5 {
		h.create()
	}
	var got []string
	target := base + "?limit=2"
	for pages := 0; ; pages++ {
		status, body := h.admin("GET", target, "")
		if status != 200 || pages > 3 {
			t.Fatalf("page %d: %d %v", pages, status, body)
		}
		for _, item := range body["items"].([]any) {
			got = append(got, item.(map[string]any)["id"].(string))
		}
		cursor, more := body["next_cursor"].(string)
		if !more {
			break
		}
		target = base + "?limit=2&cursor=" + cursor
	}
	if want := []string{testID(5), testID(4), testID(3), testID(2), testID(1)}; strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("ids = %v, want %v", got, want)
	}
}

func TestWebhookURL(t *testing.T) {
	tests := []struct {
		name         string
		public       string
		domain, path string
		want         string
	}{
		{"the API's own address", "", "a1.execute-api.eu-central-1.amazonaws.com", "/prod/api/v1/integrations", "https://a1.execute-api.eu-central-1.amazonaws.com/prod"},
		{"in China", "", "a1.execute-api.cn-north-1.amazonaws.com.cn", "/prod/api/v1/integrations", "https://a1.execute-api.cn-north-1.amazonaws.com.cn/prod"},
		{"a context without the stage in its path", "", "a1.execute-api.eu-central-1.amazonaws.com", "/api/v1/integrations", "https://a1.execute-api.eu-central-1.amazonaws.com/prod"},
		{"a custom domain", "", "api.example.com", "/api/v1/integrations", "https://api.example.com"},
		{"a custom domain with a base path", "", "api.example.com", "/crm/api/v1/integrations", "https://api.example.com/crm"},
		{"configured", "https://public.example.com/base", "api.example.com", "/api/v1/integrations", "https://public.example.com/base"},
		{"configured with the API's path", "https://public.example.com/api/v1/", "api.example.com", "/x", "https://public.example.com"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t, tt.public)
			e := as("admin", "POST", base, contractCreate)
			e.RequestContext.DomainName, e.RequestContext.Path = tt.domain, tt.path
			_, body := h.do(e)
			if want := tt.want + base + "/" + testID(1) + "/webhook/salesforce?token="; !strings.HasPrefix(body["webhook_url"].(string), want) {
				t.Errorf("webhook_url = %v, want %s…", body["webhook_url"], want)
			}
		})
	}
}

func TestAuditTrail(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.admin("PUT", base+"/"+id, `{"name": "Other", "config": {"client_secret": "brand-new-secret", "access_token": "brand-new-token"}}`)
	h.admin("POST", base+"/"+id+"/links", contractLink)
	h.admin("POST", base+"/"+id+"/links", contractLink)
	h.admin("DELETE", base+"/"+id+"/links/701xx000000001A", "")
	h.admin("DELETE", base+"/"+id, "")

	log := h.log.String()
	for _, want := range []string{
		`"action":"integration created","subject":"ada","role":"admin","integration_id":"` + id + `"`,
		`"action":"integration updated","subject":"ada","role":"admin","integration_id":"` + id + `","name":"Other","client_secret":"changed","access_token":"changed"`,
		`"action":"link created"`, `"action":"link deleted"`, `"action":"integration deleted"`,
		`"request_id":"` + requestID + `"`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	if n := strings.Count(log, `"action":"link created"`); n != 1 {
		t.Errorf("one link was made and %d were recorded", n)
	}
	for _, secret := range []string{contractSecret, "brand-new-secret", "brand-new-token", "AAECAwQF"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds a secret (%s…)", secret[:4])
		}
	}
}
