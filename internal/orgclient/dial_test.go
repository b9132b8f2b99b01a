package orgclient_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/salesforce"
)

// TestDialRefuses: nothing goes to the org, and the words hold no secret.
func TestDialRefuses(t *testing.T) {
	away := &integration.Error{Code: integration.CodeUnavailable, Message: "the key service did not answer"}
	tests := []struct {
		name  string
		spoil func(r *rig, i *integration.Integration)
		code  string // "": no cause of its own
		opens int    // of the credentials
	}{
		{"an instance_url that is not allowed any more", func(_ *rig, i *integration.Integration) { i.InstanceURL = "http://localhost:8001" }, salesforce.CodeInstanceURL, 0},
		{"another one that the operator lists", func(r *rig, i *integration.Integration) {
			r.allowed = integration.AllowedOrigins{"http://localhost:8002"}
			i.InstanceURL = "http://localhost:8001"
		}, salesforce.CodeInstanceURL, 0},
		{"credentials of another integration", func(r *rig, i *integration.Integration) {
			sealed, err := integration.SealCredentials(r.tb.Context(), r.vault, "another", integration.Credentials{ClientSecret: secret})
			if err != nil {
				r.tb.Fatal(err)
			}
			i.SealedCredentials = sealed
		}, salesforce.CodeSealed, 1},
		{"credentials that are none", func(r *rig, i *integration.Integration) {
			sealed, err := r.vault.Seal(r.tb.Context(), integrationID, integration.PurposeCredentials, []byte(secret))
			if err != nil {
				r.tb.Fatal(err)
			}
			i.SealedCredentials = sealed
		}, salesforce.CodeSealed, 1},
		{"no credentials", func(_ *rig, i *integration.Integration) { i.SealedCredentials = nil }, salesforce.CodeSealed, 1},
		{"a vault that is away", func(r *rig, _ *integration.Integration) { r.vault.Fail(away) }, salesforce.CodeVault, 1},
		{"no consumer key", func(_ *rig, i *integration.Integration) { i.ClientID = "" }, "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			i := r.plain()
			tt.spoil(r, &i)
			_, err := r.cold(i)
			if tt.code != "" {
				wantCode(t, err, tt.code)
			} else if !errors.Is(err, salesforce.ErrArgument) {
				t.Errorf("error %v", err)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the secret is in %v", err)
			}
			if _, opens := r.vault.Calls(); opens != tt.opens || len(r.loggedIn()) != 0 || len(r.store.Calls()) != 0 {
				t.Errorf("opened %d times, %d logins, store %v", opens, len(r.loggedIn()), r.store.Calls())
			}
		})
	}
}

// TestDialAllows what the operator lists, and reaches for nothing.
func TestDialAllows(t *testing.T) {
	r := newRig(t)
	r.allowed = integration.AllowedOrigins{"http://localhost:8001"}
	i := r.plain()
	i.InstanceURL = "http://localhost:8001"
	if c, err := r.cold(i); err != nil || c.Client == nil || c.Tokens == nil {
		t.Errorf("%+v, %v", c, err)
	}
	if len(r.loggedIn()) != 0 || len(r.store.Calls()) != 0 {
		t.Errorf("%d logins, store %v", len(r.loggedIn()), r.store.Calls())
	}
}

// endedVault is one that notices that nobody waits any more.
type endedVault struct{ integration.Vault }

func (endedVault) Open(ctx context.Context, _ string, _ integration.Purpose, _ integration.Sealed) ([]byte, error) {
	return nil, ctx.Err()
}

// TestDialIsCutOff: that is no word about the credentials.
func TestDialIsCutOff(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := orgclient.New(orgclient.Config{Tokens: r.store, Vault: endedVault{r.vault}}).Dial(ctx, r.plain())
	wantCode(t, err, salesforce.CodeVault)
}
