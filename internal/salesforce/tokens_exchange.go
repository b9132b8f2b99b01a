package salesforce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"salesforce-integration/internal/salesforce/sfid"
)

const opToken = "get an access token"

// tokenPath is the same on every My Domain host.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
const tokenPath = "/services/oauth2/token" //nolint:gosec // an address, not a credential

// exchanger does the client-credentials grant.
type exchanger struct {
	base    string
	id      string
	secret  Secret
	http    *http.Client
	now     func() time.Time
	timeout time.Duration
}

// newExchanger checks what an exchange needs of cfg. Errors wrap [ErrArgument].
func newExchanger(cfg TokensConfig) (exchanger, error) {
	base, err := baseURL(cfg.InstanceURL)
	if err != nil {
		return exchanger{}, err
	}
	if cfg.ClientID == "" || cfg.ClientSecret.IsZero() {
		return exchanger{}, fmt.Errorf("%w: the client id or secret is missing", ErrArgument)
	}
	x := exchanger{base: base, id: cfg.ClientID, secret: cfg.ClientSecret, http: noRedirects(cfg.HTTPClient), now: cfg.Now,
		timeout: cmp.Or(cfg.ExchangeTimeout, defaultExchangeTimeout)}
	if x.now == nil {
		x.now = time.Now
	}
	return x, nil
}

// do makes one exchange.
func (x exchanger) do(ctx context.Context) (Token, *Error) {
	login, err := x.login(ctx)
	return login.Token, err
}

// login makes one exchange. The credentials go in the form, which unlike Basic needs
// no agreement about escaping.
func (x exchanger) login(ctx context.Context) (Login, *Error) {
	ctx, cancel := context.WithTimeoutCause(ctx, x.timeout, errRequestTimeout)
	defer cancel()
	cfg := clientcredentials.Config{ClientID: x.id, ClientSecret: x.secret.Reveal(), TokenURL: x.base + tokenPath,
		AuthStyle: oauth2.AuthStyleInParams}
	got, err := cfg.Token(context.WithValue(ctx, oauth2.HTTPClient, x.http))
	if err != nil {
		return Login{}, x.explain(ctx, err)
	}
	return Login{Token: x.token(got), UserID: userOfIdentity(extra(got, "id"))}, nil
}

func (x exchanger) token(got *oauth2.Token) Token {
	t := Token{Value: NewSecret(got.AccessToken), InstanceURL: extra(got, "instance_url"), IssuedAt: x.now().UTC()}
	if ms, err := strconv.ParseInt(extra(got, "issued_at"), 10, 64); err == nil {
		t.IssuedAt = time.UnixMilli(ms).UTC()
	}
	t.OrgID = orgOfIdentity(extra(got, "id"))
	return t
}

// orgOfIdentity reads the org out of https://login.salesforce.com/id/<org>/<user>.
// https://help.salesforce.com/s/articleView?id=sf.remoteaccess_using_openid.htm
func orgOfIdentity(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	rest, ok := strings.CutPrefix(u.Path, "/id/")
	if !ok {
		return ""
	}
	org, _, _ := strings.Cut(rest, "/")
	id, err := sfid.ParsePrefix(org, sfid.PrefixOrganization)
	if err != nil {
		return ""
	}
	return id
}

func extra(t *oauth2.Token, name string) string {
	s, _ := t.Extra(name).(string)
	return s
}

// explain keeps what the org said and nothing that we sent. The library's own error
// is not wrapped: it would print the answer's body.
func (x exchanger) explain(ctx context.Context, err error) *Error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if ok {
		e := &Error{Op: opToken, Status: refused.Response.StatusCode, Code: x.oauthCode(refused.ErrorCode),
			Message: oneLine(x.redact(refused.ErrorDescription)), RetryAfter: retryAfter(refused.Response.Header, x.now())}
		if e.Code == "" {
			e.Message = describeBody(reply{header: refused.Response.Header, body: refused.Body})
		}
		return e
	}
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		return networkError(ctx, call{op: opToken}, urlErr, true)
	}
	if ctx.Err() != nil {
		return &Error{Op: opToken, Code: CodeTimeout, Err: context.Cause(ctx)}
	}
	return &Error{Op: opToken, Code: CodeUnreadable, Message: "the answer has no access token"}
}

// oauthCode returns an OAuth error that looks like one, and else nothing: a code is
// shown as it is, and what an org puts there may quote what we sent.
func (x exchanger) oauthCode(s string) string {
	if !oauthErrorName.MatchString(s) || x.redact(s) != s {
		return ""
	}
	return s
}

// oauthErrorName is how the errors of the token endpoint read, such as invalid_grant;
// some of Salesforce's are in capitals.
// https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flow_errors.htm
var oauthErrorName = regexp.MustCompile(`^[A-Za-z_]{1,64}$`)

// redact takes the secret out of a text, plain and as it was in the form. It comes
// before any cut, which could leave a part of it.
func (x exchanger) redact(s string) string {
	secret := x.secret.Reveal()
	return strings.NewReplacer(secret, redacted, url.QueryEscape(secret), redacted).Replace(s)
}
