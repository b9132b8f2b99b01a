package orgcheck

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// Both together leave an API function, for which its gateway waits 29 s, time to
// answer.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
const (
	loginTimeout = 8 * time.Second
	callTimeout  = 12 * time.Second
)

// Config is what a [Checker] works with; its zero value will do.
type Config struct {
	APIVersion string           // "" for the client's default
	HTTPClient *http.Client     // lends its Transport; nil for one of egress.NewClient
	Now        func() time.Time // nil for time.Now
	// Inbound is what the deployment says of messages; its zero value is what it says
	// without parameters.
	Inbound integration.InboundRules
}

// Checker implements [integration.OrgChecker].
type Checker struct{ cfg Config }

var _ integration.OrgChecker = (*Checker)(nil)

// New returns a checker. It sends nothing.
func New(cfg Config) *Checker {
	if cfg.Inbound.ExperimentKeyField == "" {
		cfg.Inbound.ExperimentKeyField = integration.DefaultExperimentKeyField
	}
	if len(cfg.Inbound.FinalStatuses) == 0 {
		cfg.Inbound.FinalStatuses = []string{integration.DefaultFinalStatus}
	}
	return &Checker{cfg: cfg}
}

// CheckOrg logs in and looks around. Each check is made as far as the ones before
// it allow, and in the report in any case. The caller has checked that the address
// may be given the secret.
func (c *Checker) CheckOrg(ctx context.Context, a integration.OrgAccess) integration.OrgReport {
	r := &report{access: a, inbound: c.cfg.Inbound}
	r.APIVersion = cmp.Or(c.cfg.APIVersion, salesforce.DefaultAPIVersion)
	login, err := c.login(ctx, a)
	if err != nil {
		r.failed(integration.CheckToken, "No access token was got.", err)
		r.skipAll("It was not looked at, for want of an access token.")
		return r.OrgReport
	}
	r.ok(integration.CheckToken, "Salesforce gave a new access token for these credentials.")
	r.OrgID = login.OrgID
	if !r.org() {
		r.skipAll("It was not looked at, as it is another org.")
		return r.OrgReport
	}
	client, err := salesforce.New(salesforce.Config{
		InstanceURL: a.InstanceURL, APIVersion: r.APIVersion, Tokens: &loginTokens{checker: c, access: a, token: login.Token},
		HTTPClient: c.cfg.HTTPClient, Now: c.cfg.Now, RequestTimeout: callTimeout,
	})
	if err != nil {
		r.failed(integration.CheckAPI, "The org was not asked.", err)
		r.skipAll("It was not looked at, as the org could not be asked.")
		return r.OrgReport
	}
	found, err := client.Inspect(ctx, login.UserID)
	r.APICalls = client.Calls()
	if err != nil {
		r.unreached(ctx, client, err)
		return r.OrgReport
	}
	r.ok(integration.CheckAPI, "The org speaks API version "+r.APIVersion+".")
	r.campaigns(found.Campaign)
	r.marketingUser(found)
	r.statuses(found.Campaign)
	r.finalizing(found.Campaign)
	r.keyField(found.Campaign)
	r.notes(found)
	r.allowance(client.Usage())
	return r.OrgReport
}

func (c *Checker) login(ctx context.Context, a integration.OrgAccess) (salesforce.Login, error) {
	return salesforce.NewLogin(ctx, salesforce.TokensConfig{
		InstanceURL: a.InstanceURL, ClientID: a.ClientID, ClientSecret: salesforce.NewSecret(a.ClientSecret.Reveal()),
		HTTPClient: c.cfg.HTTPClient, Now: c.cfg.Now, ExchangeTimeout: loginTimeout,
	})
}

// loginTokens works with the one token that a test has got. It is not shared: the
// test is about the credentials, and must not pass on somebody else's token.
type loginTokens struct {
	checker *Checker
	access  integration.OrgAccess
	token   salesforce.Token
}

// Token implements [salesforce.TokenSource].
func (l *loginTokens) Token(context.Context) (salesforce.Token, error) { return l.token, nil }

// Refresh implements [salesforce.TokenSource].
func (l *loginTokens) Refresh(ctx context.Context, _ salesforce.Token) (salesforce.Token, error) {
	again, err := l.checker.login(ctx, l.access)
	return again.Token, err
}
