package orgclient

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// Config is what a [Dialer] works with. Tokens and Vault are needed.
type Config struct {
	Tokens     integration.TokenStore
	Vault      integration.Vault
	Allowed    integration.AllowedOrigins // origins that may be given secrets beside Salesforce's
	APIVersion string                     // "" for the client's default
	HTTPClient *http.Client               // lends its Transport; nil for one of egress.NewClient
	Now        func() time.Time           // nil for time.Now
	// Allowances tells what orgs have left, and ReservePercent how much of it is not
	// for questions of people; nil for a dialer that nobody asks some.
	Allowances     integration.AllowanceStore
	ReservePercent int
	Log            *slog.Logger // nil for none
}

// Dialer connects integrations with their orgs.
type Dialer struct{ cfg Config }

// New returns a dialer. It reaches for nothing yet.
func New(cfg Config) *Dialer { return &Dialer{cfg: cfg} }

// Connection is a client of one org, and the tokens that it works with.
type Connection struct {
	Client *salesforce.Client
	Tokens salesforce.TokenSource
}

const opPrepare = "prepare the org's client"

// Dial opens an integration's credentials and makes a client of its org; nothing
// is sent to the org before the client's first call. Errors that stand for a cause
// are a [*salesforce.Error].
func (d *Dialer) Dial(ctx context.Context, i integration.Integration) (Connection, error) {
	// The address was checked when it was saved; the operator's list may have
	// changed since, and secrets go only where it allows today.
	instanceURL, err := integration.ParseInstanceURL(i.InstanceURL, d.cfg.Allowed)
	if err != nil {
		return Connection{}, &salesforce.Error{Op: opPrepare, Code: salesforce.CodeInstanceURL, Err: err}
	}
	credentials, err := integration.OpenCredentials(ctx, d.cfg.Vault, i)
	switch {
	case integration.ErrorCode(err) == integration.CodeUnavailable, ctx.Err() != nil:
		return Connection{}, &salesforce.Error{Op: opPrepare, Code: salesforce.CodeVault, Err: err}
	case err != nil:
		return Connection{}, &salesforce.Error{Op: opPrepare, Code: salesforce.CodeSealed, Err: err}
	}
	tokens, err := salesforce.NewCachedTokens(salesforce.TokensConfig{
		InstanceURL:  instanceURL,
		ClientID:     i.ClientID,
		ClientSecret: salesforce.NewSecret(credentials.ClientSecret.Reveal()),
		Key:          i.ID,
		Store:        &sharedTokens{store: d.cfg.Tokens, vault: d.cfg.Vault, integration: i, initial: credentials.AccessToken, now: d.now},
		HTTPClient:   d.cfg.HTTPClient,
		Now:          d.cfg.Now,
	})
	if err != nil {
		return Connection{}, fmt.Errorf("preparing the org's tokens: %w", err)
	}
	client, err := salesforce.New(salesforce.Config{
		InstanceURL: instanceURL, APIVersion: d.cfg.APIVersion, Tokens: tokens, HTTPClient: d.cfg.HTTPClient, Now: d.cfg.Now,
	})
	if err != nil {
		return Connection{}, fmt.Errorf("preparing the org's client: %w", err)
	}
	return Connection{Client: client, Tokens: tokens}, nil
}
