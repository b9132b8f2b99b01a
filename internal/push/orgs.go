package push

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/salesforce"
)

// OrgsConfig is what [Orgs] works with.
type OrgsConfig struct {
	Tokens       integration.TokenStore
	Integrations integration.IntegrationStore // to pin an org's id at the first connection
	Vault        integration.Vault
	Allowed      integration.AllowedOrigins
	APIVersion   string       // "" for the client's default
	HTTPClient   *http.Client // lends its Transport; nil for one of egress.NewClient
	Now          func() time.Time
	Log          *slog.Logger
}

// Orgs keeps a client for each integration while the function is warm.
type Orgs struct {
	cfg    OrgsConfig
	dialer *orgclient.Dialer

	mu      sync.Mutex
	clients map[string]*cachedClient
	retired int // calls of clients that were replaced
}

type cachedClient struct {
	client      *salesforce.Client
	tokens      salesforce.TokenSource
	version     int64  // of the credentials
	orgID       string // of the login that pinned the integration; else empty
	instanceURL string
}

// NewOrgs returns an empty set of clients.
func NewOrgs(cfg OrgsConfig) *Orgs {
	return &Orgs{cfg: cfg, clients: map[string]*cachedClient{}, dialer: orgclient.New(orgclient.Config{
		Tokens: cfg.Tokens, Vault: cfg.Vault, Allowed: cfg.Allowed, APIVersion: cfg.APIVersion, HTTPClient: cfg.HTTPClient, Now: cfg.Now,
	})}
}

// Calls returns how many Salesforce API calls were spent so far.
func (o *Orgs) Calls() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := o.retired
	for _, c := range o.clients {
		n += c.client.Calls()
	}
	return n
}

// client returns the integration's client, a new one when its credentials or its
// address have changed. Opening credentials may cost a call of the key service, so
// those of several integrations are opened beside each other.
func (o *Orgs) client(ctx context.Context, i integration.Integration) (*cachedClient, error) {
	o.mu.Lock()
	c, ok := o.clients[i.ID]
	o.mu.Unlock()
	if ok && c.fits(i) {
		return c, nil
	}
	connection, err := o.dialer.Dial(ctx, i)
	if err != nil {
		return nil, fmt.Errorf("connecting with the org: %w", err)
	}
	return o.keep(i, &cachedClient{
		client: connection.Client, tokens: connection.Tokens, version: i.CredentialsVersion, instanceURL: i.InstanceURL,
	}), nil
}

func (c *cachedClient) fits(i integration.Integration) bool {
	return c.version == i.CredentialsVersion && c.instanceURL == i.InstanceURL
}

// keep remembers a client, unless somebody was faster: then that one's is returned.
func (o *Orgs) keep(i integration.Integration, c *cachedClient) *cachedClient {
	o.mu.Lock()
	defer o.mu.Unlock()
	if before, ok := o.clients[i.ID]; ok {
		if before.fits(i) {
			return before
		}
		o.retired += before.client.Calls()
	}
	o.clients[i.ID] = c
	return c
}

// usage returns what an org last said of its allowance to this function.
func (o *Orgs) usage(id string) (salesforce.Usage, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, ok := o.clients[id]
	if !ok {
		return salesforce.Usage{}, false
	}
	return c.client.Usage()
}

// allowanceKey says whose allowance the integration's calls are of, as far as it is
// known by now: its org may have been pinned a moment ago.
func (o *Orgs) allowanceKey(i integration.Integration) integration.AllowanceKey {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c, ok := o.clients[i.ID]; ok && i.OrgID == "" {
		i.OrgID = c.orgID
	}
	return i.AllowanceKey()
}

// ask spends a call to find out what is left of an org's allowance; false: it did not
// say.
func (o *Orgs) ask(ctx context.Context, i integration.Integration) (salesforce.Usage, bool) {
	c, err := o.client(ctx, i)
	if err != nil {
		return salesforce.Usage{}, false
	}
	started := o.cfg.Now()
	if err := c.client.Ping(ctx); err != nil {
		o.cfg.Log.WarnContext(ctx, "the org does not say what is left of its allowance", "integration_id", i.ID, "error", err)
	}
	usage, ok := c.client.Usage() // a refusal says it, too
	return usage, ok && !usage.At.Before(started)
}

// pinOrg remembers which org the credentials belong to, once: from then on the
// webhook takes messages of that org only. What goes wrong here is mended by the
// next batch, so it does not fail this one.
func (o *Orgs) pinOrg(ctx context.Context, i integration.Integration, c *cachedClient) {
	if i.OrgID != "" {
		return
	}
	token, err := c.tokens.Token(ctx)
	if err != nil || token.OrgID == "" {
		return
	}
	i.OrgID = token.OrgID
	o.mu.Lock()
	c.orgID = token.OrgID
	o.mu.Unlock()
	if _, err := o.cfg.Integrations.UpdateIntegration(ctx, i); err != nil {
		o.cfg.Log.WarnContext(ctx, "the org's id is not pinned yet", "integration_id", i.ID, "error", err)
		return
	}
	o.cfg.Log.InfoContext(ctx, "the org's id is pinned", "integration_id", i.ID, "org_id", token.OrgID)
}
