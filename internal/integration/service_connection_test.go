package integration_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

func report(checks ...string) integration.OrgReport {
	r := integration.OrgReport{OrgID: "00D5g000004XyZaEAK"}
	for n := 0; n < len(checks); n += 2 {
		r.Checks = append(r.Checks, integration.Check{Name: checks[n], Status: integration.CheckStatus(checks[n+1])})
	}
	return r
}

func TestWhatAReportComesTo(t *testing.T) {
	tests := []struct {
		name   string
		report integration.OrgReport
		status integration.CheckStatus
		works  bool
	}{
		{"all well", report("token", "ok", "org_id", "ok"), integration.CheckOK, true},
		{"something is skipped", report("token", "ok", "notes", "skipped"), integration.CheckOK, true},
		{"a warning", report("token", "ok", "marketing_user", "warning", "allowance", "ok"), integration.CheckWarning, true},
		{"a failure after a warning", report("marketing_user", "warning", "token", "failed"), integration.CheckFailed, false},
		{"a warning after a failure", report("token", "failed", "marketing_user", "warning"), integration.CheckFailed, false},
		{"only a status is missing", report("token", "ok", "status", "failed"), integration.CheckFailed, true},
		{"only notes are off", report("token", "ok", "notes", "failed"), integration.CheckFailed, true},
		{"another org", report("token", "ok", "org_id", "failed"), integration.CheckFailed, false},
		{"no right", report("token", "ok", "campaigns", "failed"), integration.CheckFailed, false},
		{"nothing was looked at", report(), integration.CheckOK, false},
	}
	for _, tt := range tests {
		if got := tt.report.Status(); got != tt.status || tt.report.Works() != tt.works {
			t.Errorf("%s: %s, works %t; want %s, %t", tt.name, got, tt.report.Works(), tt.status, tt.works)
		}
	}
}

// needsAttention makes the integration one that Salesforce refuses.
func (b bench) needsAttention(t *testing.T, change func(*integration.Integration)) {
	t.Helper()
	if _, err := b.service.Create(t.Context(), ada, good()); err != nil {
		t.Fatal(err)
	}
	i := b.read(t)
	i.Attention = &integration.Attention{Since: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Code: "invalid_client", Cause: "c", Fix: "f"}
	if change != nil {
		change(&i)
	}
	if _, err := b.store.UpdateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
}

func (b bench) read(t *testing.T) integration.Integration {
	t.Helper()
	i, err := b.store.GetIntegration(t.Context(), someID)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// resumed says whether push was told, once, to send what waits.
func (b bench) resumed(t *testing.T) bool {
	t.Helper()
	if len(b.queue.taken) == 0 {
		return false
	}
	want := integration.Command{Kind: integration.CommandResume, IntegrationID: someID, RequestedBy: "ada"}
	if got := b.queue.taken[0]; len(b.queue.taken) != 1 || got.Kind != want.Kind || got.IntegrationID != want.IntegrationID || got.RequestedBy != want.RequestedBy || got.DeliveryIDs != nil {
		t.Errorf("commands %+v", b.queue.taken)
	}
	return true
}

func TestATestedConnection(t *testing.T) {
	works, broken := report("token", "ok", "status", "failed"), report("token", "failed")
	tests := []struct {
		name          string
		report        integration.OrgReport
		before        func(*integration.Integration)
		wantAttention bool
		wantOrg       string
		wantResume    bool
	}{
		{"works", works, nil, false, "00D5g000004XyZaEAK", true},
		{"works again", works, func(i *integration.Integration) { i.OrgID = "00D5g000004XyZaEAK" }, false, "00D5g000004XyZaEAK", true},
		{"was never broken", works, func(i *integration.Integration) { i.Attention, i.OrgID = nil, "00D5g000004XyZaEAK" }, false, "00D5g000004XyZaEAK", true},
		{"is switched off", works, func(i *integration.Integration) { i.Active = false }, false, "00D5g000004XyZaEAK", false},
		{"is broken", broken, nil, true, "", false},
		{"its org is not known", integration.OrgReport{Checks: works.Checks}, nil, false, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, nil)
			b.needsAttention(t, tt.before)
			before := b.read(t)
			b.org.report = tt.report
			got, err := b.service.TestConnection(t.Context(), ada, someID)
			if err != nil || got.Resumed != tt.wantResume || b.resumed(t) != tt.wantResume {
				t.Errorf("resumed %t, want %t; %v", got.Resumed, tt.wantResume, err)
			}
			after := b.read(t)
			if (after.Attention != nil) != tt.wantAttention || after.OrgID != tt.wantOrg {
				t.Errorf("attention %+v, org %q", after.Attention, after.OrgID)
			}
			if mended := before.Attention != nil && !tt.wantAttention; after.Recovering != mended {
				t.Errorf("recovering %t, want %t", after.Recovering, mended)
			}
			if !after.UpdatedAt.Equal(before.UpdatedAt) || after.CredentialsVersion != before.CredentialsVersion {
				t.Errorf("a test changed more than it may: %+v", after)
			}
			a := b.org.asked[0]
			if a.ClientSecret.Reveal() != "first" || a.ClientID != "id" || a.InstanceURL != "https://your-org.my.salesforce.com" || a.OrgID != before.OrgID {
				t.Errorf("asked with %+v", a)
			}
		})
	}
}

// TestATestOfOldCredentialsSaysNothingOfNewOnes: they are rotated while it runs.
func TestATestOfOldCredentialsSaysNothingOfNewOnes(t *testing.T) {
	b := newBench(t, nil)
	b.needsAttention(t, nil)
	b.org.report = report("token", "ok")
	b.org.during = func() {
		i := b.read(t)
		i.CredentialsVersion++
		if _, err := b.store.UpdateIntegration(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	got, err := b.service.TestConnection(t.Context(), ada, someID)
	if err != nil || got.Resumed || b.resumed(t) {
		t.Errorf("resumed %t, %v", got.Resumed, err)
	}
	if after := b.read(t); after.Attention == nil || after.OrgID != "" {
		t.Errorf("attention %+v, org %q", after.Attention, after.OrgID)
	}
}

func TestATestedConnectionIsStoredAfterAnotherChange(t *testing.T) {
	b := newBench(t, nil)
	b.needsAttention(t, nil)
	b.org.report = report("token", "ok")
	b.store.Before(func(ctx context.Context, op string) error {
		if op != "UpdateIntegration" {
			return nil
		}
		b.store.Before(nil)
		i, err := b.store.GetIntegration(ctx, someID)
		if err != nil {
			return err
		}
		i.Description = "by somebody else"
		_, err = b.store.UpdateIntegration(ctx, i)
		return err
	})
	if _, err := b.service.TestConnection(t.Context(), ada, someID); err != nil {
		t.Fatal(err)
	}
	if after := b.read(t); after.Attention != nil || after.Description != "by somebody else" {
		t.Errorf("%+v", after)
	}
}

func TestATestWhoseCommandIsNotTaken(t *testing.T) {
	b := newBench(t, func(c *integration.ServiceConfig) { c.Commands = failing{} })
	b.needsAttention(t, nil)
	b.org.report = report("token", "ok")
	if _, err := b.service.TestConnection(t.Context(), ada, someID); integration.ErrorCode(err) != integration.CodeStored {
		t.Errorf("error %v, want %s", err, integration.CodeStored)
	}
	if after := b.read(t); after.Attention != nil {
		t.Errorf("attention %+v", after.Attention)
	}
}

type failing struct{}

func (failing) Dispatch(context.Context, integration.Command) error {
	return &integration.Error{Code: integration.CodeUnavailable, Message: "away"}
}

func TestASecretGoesNowhereThatIsNotAllowedToday(t *testing.T) {
	b := newBench(t, nil)
	b.needsAttention(t, func(i *integration.Integration) { i.InstanceURL = "https://once-allowed.example" })
	if _, err := b.service.TestConnection(t.Context(), ada, someID); integration.ErrorCode(err) != integration.CodeConflict || len(b.org.asked) != 0 {
		t.Errorf("error %v, asked %d times", err, len(b.org.asked))
	}
	n := integration.NewConnection{InstanceURL: "https://evil.example", ClientID: "id", Credentials: integration.Credentials{ClientSecret: "s"}}
	if _, err := b.service.TestNewConnection(t.Context(), ada, n); integration.ErrorCode(err) != integration.CodeInvalid || len(b.org.asked) != 0 {
		t.Errorf("error %v, asked %d times", err, len(b.org.asked))
	}
}

func TestANewConnectionIsTestedAndNotSaved(t *testing.T) {
	b := newBench(t, nil)
	b.org.report = report("token", "ok")
	g := good()
	got, err := b.service.TestNewConnection(t.Context(), ada, integration.NewConnection{
		InstanceURL: g.InstanceURL + "/", ClientID: " id ", Credentials: g.Credentials,
		Settings: integration.Settings{StatusMap: map[integration.EventType]string{"Experiment Started": " In Progress "}},
	})
	if err != nil || got.Status() != integration.CheckOK || got.Resumed || b.resumed(t) {
		t.Errorf("%+v, %v", got, err)
	}
	a := b.org.asked[0]
	if a.InstanceURL != g.InstanceURL || a.ClientID != "id" || a.ClientSecret.Reveal() != "first" || a.OrgID != "" ||
		!slices.Equal(a.Settings.Statuses(), []string{"Completed", "In Progress", "Paused"}) {
		t.Errorf("asked with %+v", a)
	}
	if calls := b.store.Calls(); len(calls) != 0 {
		t.Errorf("the store was called: %v", calls)
	}
}
