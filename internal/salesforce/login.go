package salesforce

import (
	"context"
	"net/url"
	"path"

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
	x, err := newExchanger(cfg)
	if err != nil {
		return Login{}, err
	}
	login, refused := x.login(ctx)
	if refused != nil {
		return Login{}, refused
	}
	return login, nil
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
