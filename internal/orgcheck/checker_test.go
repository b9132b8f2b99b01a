package orgcheck_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgcheck"
	"salesforce-integration/internal/salesforce"
	"salesforce-integration/internal/salesforce/localorg"
)

var update = flag.Bool("update", false, "write the golden files")

// bench is an org, and the access to it that a test changes.
type bench struct {
	t      *testing.T
	org    *localorg.Org
	access integration.OrgAccess
	cfg    orgcheck.Config
}

func newBench(t *testing.T) *bench {
	t.Helper()
	org, err := localorg.New(localorg.Config{})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(org)
	t.Cleanup(srv.Close)
	return &bench{
		t: t, org: org, cfg: orgcheck.Config{HTTPClient: srv.Client()},
		access: integration.OrgAccess{
			InstanceURL: srv.URL, ClientID: localorg.DefaultClientID, ClientSecret: localorg.DefaultClientSecret,
		},
	}
}

func (b *bench) set(change func(*localorg.Settings)) {
	b.t.Helper()
	if err := b.org.UpdateSettings(func(s *localorg.Settings) { change(s) }); err != nil {
		b.t.Fatal(err)
	}
}

// define adds to the org's objects.
func (b *bench) define(definition string) {
	b.t.Helper()
	if err := b.org.Define([]byte(definition)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) check() integration.OrgReport {
	return orgcheck.New(b.cfg).CheckOrg(b.t.Context(), b.access)
}

// cases are the states of an org that a connection test has to tell apart. The
// reports lie in testdata.
func cases() map[string]struct {
	change func(*bench)
	status integration.CheckStatus
	works  bool
} {
	type c = struct {
		change func(*bench)
		status integration.CheckStatus
		works  bool
	}
	set := func(change func(*localorg.Settings)) func(*bench) {
		return func(b *bench) { b.set(change) }
	}
	return map[string]c{
		"all_well":      {func(*bench) {}, integration.CheckOK, true},
		"all_well_then": {func(b *bench) { b.access.OrgID = localorg.DefaultOrgID }, integration.CheckOK, true},

		"wrong_secret":   {func(b *bench) { b.access.ClientSecret = "wrong-and-secret" }, integration.CheckFailed, false},
		"unknown_client": {func(b *bench) { b.access.ClientID = "nobody" }, integration.CheckFailed, false},
		"no_run_as_user": {set(func(s *localorg.Settings) { s.TokenProblem = "no_run_as_user" }), integration.CheckFailed, false},
		"no_org":         {func(b *bench) { b.access.InstanceURL = "http://127.0.0.1:1" }, integration.CheckFailed, false},
		"another_org":    {func(b *bench) { b.access.OrgID = "00D5g000004XyZaEAK" }, integration.CheckFailed, false},

		"no_api_scope":   {set(func(s *localorg.Settings) { s.Scope = "id" }), integration.CheckFailed, false},
		"no_user_api":    {set(func(s *localorg.Settings) { s.UserAPI = false }), integration.CheckFailed, false},
		"old_org":        {set(func(s *localorg.Settings) { s.APIVersionMax = 60 }), integration.CheckFailed, false},
		"org_is_down":    {fault(localorg.Effect{Kind: localorg.Unavailable}), integration.CheckFailed, false},
		"token_is_gone":  {fault(localorg.Effect{Kind: localorg.RevokeToken}), integration.CheckOK, true},
		"allowance_used": {func(b *bench) { b.org.SetAPIUsage(100_000) }, integration.CheckFailed, false},
		"allowance_low":  {func(b *bench) { b.org.SetAPIUsage(80_001) }, integration.CheckWarning, true},

		"no_marketing_user": {func(b *bench) {
			b.set(func(s *localorg.Settings) { s.MarketingUser = false })
			if err := b.org.Change("User", localorg.RunAsUserID, map[string]any{"UserPermissionsMarketingUser": false}); err != nil {
				b.t.Fatal(err)
			}
		}, integration.CheckFailed, false},
		"marketing_user_unread": {set(hide("User.UserPermissionsMarketingUser", "hidden")), integration.CheckWarning, true},
		"status_read_only":      {set(hide("Campaign.Status", "read")), integration.CheckFailed, false},
		"status_hidden":         {set(hide("Campaign.Status", "hidden")), integration.CheckFailed, false},

		"stock_picklist":      {set(func(s *localorg.Settings) { s.StatusPicklist = "stock" }), integration.CheckWarning, true},
		"restricted_picklist": {set(func(s *localorg.Settings) { s.StatusPicklist, s.RestrictStatus = "stock", true }), integration.CheckFailed, true},
		"mapped_picklist": {func(b *bench) {
			b.set(func(s *localorg.Settings) { s.StatusPicklist, s.RestrictStatus = "stock", true })
			b.access.Settings.StatusMap = map[integration.EventType]string{"Experiment Rolled Back": "Aborted", "Experiment Started": "in progress"}
		}, integration.CheckFailed, true},

		"no_final_status": {func(b *bench) {
			b.set(func(s *localorg.Settings) { s.RestrictStatus = true })
			b.access.Settings.FinalizeStatuses = []string{"Done", "Closed"}
		}, integration.CheckFailed, true},
		"final_status_open_picklist": {func(b *bench) { b.access.Settings.FinalizeStatuses = []string{"Done"} }, integration.CheckWarning, true},
		"one_final_status_missing": {func(b *bench) {
			b.set(func(s *localorg.Settings) { s.RestrictStatus = true })
			b.access.Settings.FinalizeStatuses = []string{"completed", "Done"}
		}, integration.CheckWarning, true},
		"one_of_the_deployments_final": {func(b *bench) { b.cfg.Inbound.FinalStatuses = []string{"Abgeschlossen", "ABORTED"} }, integration.CheckOK, true},
		"none_of_the_deployments_final": {func(b *bench) {
			b.set(func(s *localorg.Settings) { s.RestrictStatus = true })
			b.cfg.Inbound.FinalStatuses = []string{"Abgeschlossen"}
		}, integration.CheckFailed, true},

		"key_field": {func(b *bench) {
			b.define(`{"name":"Campaign","fields":[{"name":"Experiment_Key__c","length":255}]}`)
			b.access.Settings.LookupKey = true
		}, integration.CheckOK, true},
		"key_field_of_another_name": {func(b *bench) {
			b.define(`{"name":"Campaign","fields":[{"name":"Versuch__c","length":255}]}`)
			b.access.Settings.LookupKey, b.cfg.Inbound.ExperimentKeyField = true, "versuch__C"
		}, integration.CheckOK, true},
		"no_key_field": {func(b *bench) { b.access.Settings.LookupKey = true }, integration.CheckFailed, true},
		"key_field_hidden": {func(b *bench) {
			b.define(`{"name":"Campaign","fields":[{"name":"Experiment_Key__c","length":255}]}`)
			b.set(hide("Campaign.Experiment_Key__c", "hidden"))
			b.access.Settings.LookupKey = true
		}, integration.CheckFailed, true},

		"notes_off":    {set(func(s *localorg.Settings) { s.Notes = false }), integration.CheckFailed, true},
		"no_notes_way": {set(func(s *localorg.Settings) { s.Notes, s.Chatter = false, false }), integration.CheckFailed, true},
		"posts": {func(b *bench) {
			b.set(func(s *localorg.Settings) { s.Notes = false })
			b.access.Settings.NoteKind = integration.NoteFeedItem
		}, integration.CheckOK, true},
		"posts_off": {func(b *bench) {
			b.set(func(s *localorg.Settings) { s.Chatter = false })
			b.access.Settings.NoteKind = integration.NoteFeedItem
		}, integration.CheckFailed, true},
		"notes_unwanted": {func(b *bench) {
			b.set(func(s *localorg.Settings) { s.Notes = false })
			b.access.Settings.NoteEvents = map[integration.EventType]bool{integration.EventSignificance: false}
		}, integration.CheckOK, true},
	}
}

func hide(field, level string) func(*localorg.Settings) {
	return func(s *localorg.Settings) { s.FieldSecurity = map[string]string{field: level} }
}

// fault strikes the one API call of a test.
func fault(e localorg.Effect) func(*bench) {
	return func(b *bench) {
		b.t.Helper()
		if _, err := b.org.AddFault(localorg.Fault{Match: localorg.Match{Route: "composite"}, Effect: e, Times: 1}); err != nil {
			b.t.Fatal(err)
		}
	}
}

func TestCheckOrg(t *testing.T) {
	for name, tt := range cases() {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			tt.change(b)
			used := b.org.APIUsage()
			got := b.check()
			if got.Status() != tt.status || got.Works() != tt.works {
				t.Errorf("status %s, works %t; want %s, %t", got.Status(), got.Works(), tt.status, tt.works)
			}
			if got.APICalls > 2 || got.APICalls < b.org.APIUsage()-used {
				t.Errorf("%d calls told, the org counted %d", got.APICalls, b.org.APIUsage()-used)
			}
			for _, c := range got.Checks {
				bad := c.Status == integration.CheckFailed || c.Status == integration.CheckWarning
				if c.Detail == "" || bad != (c.Cause != "") || bad != (c.Fix != "") {
					t.Errorf("%s %s: detail, cause or fix is missing, or too much: %+v", c.Name, c.Status, c)
				}
				if strings.Contains(fmt.Sprint(c), b.access.ClientSecret.Reveal()) && b.access.ClientSecret != localorg.DefaultClientSecret {
					t.Errorf("%s shows the secret", c.Name)
				}
			}
			compareWithGolden(t, name, got)
		})
	}
}

func TestEveryCheckIsInEveryReport(t *testing.T) {
	want := []string{"token", "org_id", "api_version", "campaigns", "marketing_user", "status", "finalize_status", "key_field", "notes", "allowance"}
	for name, tt := range cases() {
		b := newBench(t)
		tt.change(b)
		seen := map[string]int{}
		for _, c := range b.check().Checks {
			seen[c.Name+" "+c.Subject]++
			seen[c.Name] = 1
		}
		for _, check := range want {
			if seen[check] == 0 {
				t.Errorf("%s: no check %s", name, check)
			}
		}
		for _, status := range b.access.Settings.Statuses() {
			if seen["status "+status] != 1 {
				t.Errorf("%s: status %s is checked %d times", name, status, seen["status "+status])
			}
		}
	}
}

func TestATestSpendsOneLoginAndOneCall(t *testing.T) {
	b := newBench(t)
	if got := b.check(); got.APICalls != 1 || b.org.APIUsage() != 1 || b.org.Logins() != 1 {
		t.Errorf("%d calls, the org counted %d and %d logins", got.APICalls, b.org.APIUsage(), b.org.Logins())
	}
}

func TestNothingIsWritten(t *testing.T) {
	b := newBench(t)
	b.check()
	for _, entry := range b.org.Journal() {
		if entry.Method != http.MethodPost || entry.Route != "composite" && entry.Route != "token" {
			t.Errorf("%s %s", entry.Method, entry.Route)
		}
	}
	if rec, err := b.org.Record("Campaign", localorg.CampaignID); err != nil || rec["Status"] != "In Progress" {
		t.Errorf("%v, %v", rec, err)
	}
}

// TestNoFixPromisesThatATestIsRepeated holds the table of errors against what a
// tester is told.
func TestNoFixPromisesThatATestIsRepeated(t *testing.T) {
	for _, row := range salesforce.Table() {
		if row.Code == "" || row.Contains != "" {
			continue
		}
		b := newBench(t)
		if _, err := b.org.AddFault(localorg.Fault{Match: localorg.Match{Route: "composite"}, Effect: localorg.Effect{
			Kind: localorg.CustomAnswer, Status: http.StatusBadRequest, Body: fmt.Sprintf(`[{"errorCode":%q,"message":"m"}]`, row.Code)}}); err != nil {
			t.Fatal(err)
		}
		for _, c := range b.check().Checks {
			if strings.Contains(c.Fix, "sent again") {
				t.Errorf("%s: %s: %s", row.Code, c.Name, c.Fix)
			}
		}
	}
}

// compareWithGolden shows a report as a person would read it.
func compareWithGolden(t *testing.T, name string, r integration.OrgReport) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s, org %q, API %s, %d calls\n", r.Status(), r.OrgID, r.APIVersion, r.APICalls)
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "\n%s %s: %s\n  %s\n", c.Name, c.Subject, c.Status, c.Detail)
		if c.Cause != "" {
			fmt.Fprintf(&b, "  cause: %s %s\n  fix:   %s\n", c.Code, c.Cause, c.Fix)
		}
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
