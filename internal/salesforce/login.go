package salesforce

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"path"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"salesforce-integration/internal/salesforce/sfid"
)

// Login is one exchange of credentials for a token, past every cache: it tells
// whether the credentials work now, and whose they are.
type Login struct {
	Token
	UserID string // of the Run-As user, 18 characters; empty when the answer had none
}

// NewLogin makes an exchange with the credentials of cfg; its store is not
// used. Errors are an [*Error] with the OAuth error as its code, or
// wrap [ErrArgument]; none of them holds a secret.
func NewLogin(ctx context.Context, cfg TokensConfig) (Login, error) {
	base, err := baseURL(cfg.InstanceURL)
	if err != nil {
		return Login{}, err
	}
	if cfg.ClientID == "" || cfg.ClientSecret.IsZero() {
		return Login{}, fmt.Errorf("%w: the client id or secret is missing", ErrArgument)
	}
	x := exchanger{base: base, id: cfg.ClientID, secret: cfg.ClientSecret, http: noRedirects(cfg.HTTPClient), now: cfg.Now,
		timeout: cmp.Or(cfg.ExchangeTimeout, defaultExchangeTimeout)}
	if x.now == nil {
		x.now = time.Now
	}
	ctx, cancel := context.WithTimeoutCause(ctx, x.timeout, errRequestTimeout)
	defer cancel()
	grant := clientcredentials.Config{ClientID: x.id, ClientSecret: x.secret.Reveal(), TokenURL: x.base + tokenPath, AuthStyle: oauth2.AuthStyleInParams}
	got, err := grant.Token(context.WithValue(ctx, oauth2.HTTPClient, x.http))
	if err != nil {
		return Login{}, x.explain(ctx, err)
	}
	return Login{Token: x.token(got), UserID: userOfIdentity(extra(got, "id"))}, nil
}

// userOfIdentity reads the user out of https://login.salesforce.com/id/<org>/<user>.
// https://help.salesforce.com/s/articleView?id=sf.remoteaccess_using_openid.htm
func userOfIdentity(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || orgOfIdentity(raw) == "" {
		return ""
	}
	id, err := sfid.ParsePrefix(path.Base(u.Path), sfid.PrefixUser)
	if err != nil {
		return ""
	}
	return id
}
