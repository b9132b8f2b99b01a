package localorg_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce/localorg"
)

func TestControlAPI(t *testing.T) {
	h, e := newHarness(t), newEndpoint(t)
	h.Token = "" // it needs no credentials
	do := func(method, path, body string) reply { t.Helper(); return h.call(method, "/local/"+path, body) }

	do("GET", "org", "").want(200, "organizationId", h.OrgID(), "records.Campaign", 1, "tokens.logins", 1)
	do("PUT", "outbound/rules/Status", `{"object":"Campaign","fields":["Status"],"endpointUrl":"`+e.URL+`"}`).want(200, "name", "Status", "trigger", "onAllChanges")
	do("PUT", "outbound/rules/Bad", `{"object":"Nope","endpointUrl":"`+e.URL+`"}`).want(400)
	do("GET", "outbound/rules", "").want(200, "0.name", "Status")
	do("PATCH", "records/Campaign/"+localorg.CampaignID, `{"Status":"Completed"}`).want(200, "record.Status", "Completed", "record.LastModifiedById", localorg.PersonID)
	do("GET", "outbound/deliveries", "").want(200, "0.status", "pending", "0.recordId", localorg.CampaignID)
	do("POST", "outbound/deliver", "").want(200, "acknowledged", 1)
	do("GET", "outbound/deliveries", "").want(200, "0.status", "delivered", "0.attempts", 1)
	do("PUT", "outbound/behaviour", `{"hold":true}`).want(200, "hold", true)
	do("POST", "outbound/retry", "").want(200, "due", 0)
	do("DELETE", "outbound/deliveries", "").want(204)
	do("DELETE", "outbound/rules/Status", "").want(204)
	do("DELETE", "outbound/rules/Status", "").want(404)
	do("PUT", "outbound/rules", `[{"name":"A","object":"Campaign","endpointUrl":"`+e.URL+`"}]`).want(200, "0.name", "A")

	id := do("POST", "records/Account", `{"Name":"x"}`).want(200).get("id").(string)
	do("GET", "records/Account", "").want(200, "0.Id", id)
	do("POST", "records/Account", `{"Nope":"x"}`).want(400)
	do("DELETE", "records/Account/"+id, "").want(204)
	do("GET", "records/Account/"+id, "").want(404)
	do("GET", "records/Nope", "").want(404)

	do("PATCH", "settings", `{"restrictStatus":true,"disputed":{"lockStatus":500}}`).want(200, "restrictStatus", true, "disputed.lockStatus", 500, "disputed.accessStatus", 403, "marketingUser", true)
	do("PATCH", "settings", `{"restrictStatuss":true}`).want(400)
	do("PATCH", "settings", `{"statusPicklist":"pink"}`).want(400)
	do("PATCH", "settings", `{"tokenProblem":"bad mood"}`).want(400)
	do("PATCH", "settings", `{"fieldSecurity":{"Campaign.Status":"hidden"}}`).want(200)
	do("PATCH", "settings", `{"fieldSecurity":{"Campaign.Status":""}}`).want(200)
	do("GET", "settings", "").want(200, "statusPicklist", "paused", "tokenLifetime", "2h0m0s")
	do("PUT", "picklists/Campaign/Type", `{"values":["A","B"],"restricted":true}`).want(204)
	do("PATCH", "records/Campaign/"+localorg.CampaignID, `{"Type":"C"}`).want(400)
	do("PUT", "picklists/Campaign/Name", `{"values":[]}`).want(404)
	do("POST", "objects", `{"name":"Campaign","fields":[{"name":"Key__c"}]}`).want(204)
	do("POST", "objects", `{"name":"Campaign","fields":[{"name":"Key2__c","type":"x"}]}`).want(400)
	do("PATCH", "records/Campaign/"+localorg.CampaignID, `{"Key__c":"k"}`).want(200, "record.Key__c", "k")

	do("PUT", "limits", `{"used":10,"max":20}`).want(200, "used", 10, "max", 20)
	do("DELETE", "tokens", "").want(200, "revoked", 1)
	do("GET", "tokens", "").want(200, "logins", 1, "alive", 0, "revoked", 1)
	fault := do("POST", "faults", `{"match":{"route":"limits"},"effect":{"kind":"slow","delay":"1ms"}}`).want(200).get("id").(string)
	do("POST", "faults", `{"match":{"rout":"limits"}}`).want(400)
	do("GET", "faults", "").want(200, "0.effect.kind", "slow", "0.effect.delay", "1ms")
	do("DELETE", "faults/"+fault, "").want(204)
	do("DELETE", "faults", "").want(204)
	do("POST", "clock", `{"advance":"2h"}`).want(200, "now", "2026-03-02T12:00:00Z")
	do("PUT", "jwt-certificate", "x").want(400)
	do("GET", "journal?route=token&last=1", "").want(200, "0.path", "/services/oauth2/token", "0.status", 200)
	do("GET", "journal?last=x", "").want(400)
	do("DELETE", "journal", "").want(204)
	do("GET", "nope", "").want(404)
	if list := do("GET", "", ""); !strings.Contains(list.text, "GET /local/journal") {
		t.Errorf("the list of calls is %s", list.text)
	}
	do("POST", "reset", "").want(204)
	do("GET", "records/Campaign/"+localorg.CampaignID, "").want(200, "record.Status", "In Progress")
	do("GET", "org", "").want(200, "apiUsage", 0, "rules", 0, "settings.restrictStatus", false)
}

func TestControlAPIIsForThisMachine(t *testing.T) {
	for name, tt := range map[string]struct {
		anywhere       bool
		remote, origin string
		want           int
	}{
		"loopback":           {remote: "127.0.0.1:9", want: 200},
		"IPv6 loopback":      {remote: "[::1]:9", want: 200},
		"elsewhere":          {remote: "192.0.2.1:9", want: 403},
		"elsewhere, allowed": {anywhere: true, remote: "192.0.2.1:9", want: 200},
		"a local page":       {remote: "127.0.0.1:9", origin: "http://localhost:8000", want: 200},
		"somebody's page":    {remote: "127.0.0.1:9", origin: "https://example.com", want: 403},
	} {
		t.Run(name, func(t *testing.T) {
			org, err := localorg.New(localorg.Config{ControlFromAnywhere: tt.anywhere})
			if err != nil {
				t.Fatal(err)
			}
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/local/org", nil)
			req.RemoteAddr = tt.remote
			if tt.origin != "" {
				req.Header.Set("Origin", tt.origin)
			}
			w := httptest.NewRecorder()
			org.ServeHTTP(w, req)
			if w.Code != tt.want {
				t.Errorf("%d, want %d", w.Code, tt.want)
			}
		})
	}
}

func TestJournalHoldsNoSecrets(t *testing.T) {
	h := newHarness(t)
	h.token(credentials)
	h.call(http.MethodGet, "/services/oauth2/revoke?token="+h.Token, "")
	h.login()
	h.call(http.MethodPatch, campaign, `{"Status":"Completed"}`)
	raw, err := json.Marshal(h.Journal())
	if err != nil {
		t.Fatal(err)
	}
	if text := string(raw); strings.Contains(text, "local-secret") || strings.Contains(text, h.Token) || strings.Contains(text, "00Dxx0000001gER!") {
		t.Errorf("a secret is in the journal: %s", text)
	}
	entries := h.Journal()
	last := entries[len(entries)-1]
	want := localorg.Entry{N: last.N, Time: h.Now(), Method: "PATCH", Path: "/services/data/v66.0/" + campaign, Route: "row", Request: `{"Status":"Completed"}`, Status: 204, APICalls: 1, Micros: last.Micros}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	if entries[0].Request != "client_id=local-client&client_secret=***&grant_type=client_credentials" {
		t.Errorf("the login reads %q", entries[0].Request)
	}
}

func TestStateFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	cfg := func(c *localorg.Config) { c.StateFile = file }
	h := newHarness(t, cfg)
	e := newEndpoint(t)
	if err := h.Define([]byte(keyed)); err != nil {
		t.Fatal(err)
	}
	h.rule(statusRule(e))
	h.set(func(s *localorg.Settings) { s.RestrictStatus = true })
	if err := h.SetPicklist("Campaign", "Type", []string{"A"}, true); err != nil {
		t.Fatal(err)
	}
	h.change("Completed")
	note := h.create("ContentNote", `{"Title":"N","Content":"eA=="}`)
	h.create("ContentDocumentLink", `{"ContentDocumentId":"`+note+`","LinkedEntityId":"`+localorg.CampaignID+`"}`)
	gone := h.create("Campaign", `{"Name":"gone","Flag_Key__c":"k"}`)
	h.call(http.MethodDelete, "sobjects/Campaign/"+gone, "").want(http.StatusNoContent)
	used := h.APIUsage()
	if err := h.Save(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(raw), h.Token) || strings.Contains(string(raw), "local-secret") {
		t.Fatalf("the state file holds a secret, or: %v", err)
	}

	again := newHarness(t, cfg)
	if again.status() != "Completed" || len(again.Notes(localorg.CampaignID)) != 1 || again.APIUsage() != used || len(again.Rules()) != 1 || len(again.Deliveries()) != 1 {
		t.Errorf("status %v, notes %v, usage %d, rules %v, deliveries %v", again.status(), again.Notes(localorg.CampaignID), again.APIUsage(), again.Rules(), again.Deliveries())
	}
	if !again.Settings().RestrictStatus {
		t.Error("the switches were not kept")
	}
	again.call(http.MethodPatch, campaign, `{"Type":"B"}`).want(http.StatusBadRequest)
	again.call(http.MethodGet, "sobjects/Campaign/"+gone, "").want(http.StatusNotFound, "0.errorCode", "ENTITY_IS_DELETED")
	if id := again.create("Campaign", `{"Name":"new","Flag_Key__c":"k2"}`); id == gone {
		t.Error("an id was given twice")
	}
	if again.Deliver(t.Context()) != 1 {
		t.Error("what was queued is lost")
	}

	if err := os.WriteFile(file, []byte(`{"format":99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := localorg.New(localorg.Config{StateFile: file}); err == nil {
		t.Error("a file of another format was taken")
	}
	if _, err := localorg.New(localorg.Config{StateFile: filepath.Join(t.TempDir(), "nowhere", "state.json")}); err == nil {
		t.Error("a place that cannot be written was taken")
	}
}

func TestParseKey(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	got, err := localorg.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	if err != nil || !got.Equal(&key.PublicKey) {
		t.Errorf("%v %v", got, err)
	}
	if _, err := localorg.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")})); err == nil {
		t.Error("garbage was taken")
	}
}

func TestMisspeltNamesAreRefused(t *testing.T) {
	org, err := localorg.New(localorg.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Campaign.Statuss", "Kampagne.Status", "Campaign"} {
		if err := org.UpdateSettings(func(s *localorg.Settings) { s.FieldSecurity = map[string]string{name: "read"} }); err == nil {
			t.Errorf("field security for %s was taken", name)
		}
	}
	if _, err := org.AddFault(localorg.Fault{Match: localorg.Match{Object: "Nope"}, Effect: localorg.Effect{Kind: localorg.LockRow}}); err == nil {
		t.Error("a fault of an unknown object was taken")
	}
}
