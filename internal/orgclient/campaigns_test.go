package orgclient_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/salesforce/localorg"
)

// field is a dialer beside a whole org.
type field struct {
	*rig
	org         *localorg.Org
	integration integration.Integration
	client      *http.Client
	dialer      *orgclient.Dialer
}

func newField(t *testing.T) *field {
	t.Helper()
	org, err := localorg.New(localorg.Config{})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(org)
	t.Cleanup(srv.Close)
	r := &rig{tb: t, store: inmem.New(), vault: &inmem.Vault{}, allowed: integration.AllowedOrigins{srv.URL}}
	i := r.integration(integration.Credentials{ClientSecret: localorg.DefaultClientSecret}, 1)
	i.InstanceURL, i.ClientID = srv.URL, localorg.DefaultClientID
	return &field{r, org, i, srv.Client(), orgclient.New(orgclient.Config{Tokens: r.store, Vault: r.vault, Allowed: r.allowed, HTTPClient: srv.Client()})}
}

// TestCampaigns are found each way, by one login.
func TestCampaigns(t *testing.T) {
	f := newField(t)
	const name = "Q1 Checkout Optimization"
	want := []integration.OrgCampaign{{ID: localorg.CampaignID, Name: name, Status: "In Progress", Active: true}}
	for how, find := range map[string]func() ([]integration.OrgCampaign, error){
		"by a part of the name": func() ([]integration.OrgCampaign, error) {
			return f.dialer.SearchCampaigns(t.Context(), f.integration, "checkout", 5)
		},
		"by id": func() ([]integration.OrgCampaign, error) {
			return f.dialer.CampaignsByID(t.Context(), f.integration, []string{localorg.CampaignID, "701xx000000009ZAAQ"})
		},
		"by name": func() ([]integration.OrgCampaign, error) {
			return f.dialer.CampaignsNamed(t.Context(), f.integration, []string{name, "no such"})
		},
	} {
		got, err := find()
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(integration.OrgCampaign{}, "LastModified")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", how, diff)
		}
	}
	if n := f.org.Logins(); n != 1 {
		t.Errorf("%d logins", n)
	}
}

// TestNoAnswer is told to the person who waits for it, in words and by its code.
func TestNoAnswer(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*field)
		code  integration.Code
		words string
	}{
		{"an org that is down", func(f *field) {
			if _, err := f.org.AddFault(localorg.Fault{Effect: localorg.Effect{Kind: localorg.Unavailable}}); err != nil {
				f.tb.Fatal(err)
			}
		}, integration.CodeOrgAway, "Asking Salesforce failed."},
		{"a wrong secret", func(f *field) {
			f.integration = f.rig.integration(integration.Credentials{ClientSecret: "wrong"}, 1)
			f.integration.InstanceURL, f.integration.ClientID = f.allowed[0], localorg.DefaultClientID
		}, integration.CodeConflict, "Asking Salesforce failed. The consumer secret is wrong."},
		{"an address that is not allowed any more", func(f *field) { f.integration.InstanceURL = "http://localhost:1" }, integration.CodeConflict, "AllowedSalesforceHosts"},
		{"a table that is away", func(f *field) {
			f.store.Before(func(context.Context, string) error {
				return &integration.Error{Code: integration.CodeUnavailable, Message: "the table is away"}
			})
		}, integration.CodeUnavailable, "the table is away"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newField(t)
			tt.spoil(f)
			_, err := f.dialer.SearchCampaigns(t.Context(), f.integration, "checkout", 5)
			if integration.ErrorCode(err) != tt.code || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("error %v, want %v with %q", err, tt.code, tt.words)
			}
		})
	}
}

// TestFixNow: nobody who waits for an answer is told to wait for an event.
func TestFixNow(t *testing.T) {
	for fix, want := range map[string]string{
		"Nothing: it is sent again by itself.":                          "Try again in a moment.",
		"Nothing: it is sent again by itself. If it stays, look there.": "Try again in a moment. If it stays, look there.",
		"Give the user the right.":                                      "Give the user the right.",
	} {
		if got := orgclient.FixNow(fix); got != want {
			t.Errorf("%q: %q", fix, got)
		}
	}
}
