package localorg_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"salesforce-integration/internal/salesforce/localorg"
)

var credentials = url.Values{"grant_type": {"client_credentials"}, "client_id": {"local-client"}, "client_secret": {"local-secret"}}

func TestTokenLooksLikeSalesforces(t *testing.T) {
	h := newHarness(t)
	res := h.token(credentials).want(http.StatusOK, "token_type", "Bearer", "scope", "api", "instance_url", h.URL)
	if token := res.get("access_token").(string); !regexp.MustCompile(`^00Dxx0000001gER![A-Za-z0-9._]{80,}$`).MatchString(token) {
		t.Errorf("token %q", token)
	}
	if strings.Contains(res.text, "expires_in") {
		t.Error("Salesforce sends no expires_in")
	}
	issued := res.get("issued_at").(string)
	if want := strconv.FormatInt(h.Now().UnixMilli(), 10); issued != want {
		t.Errorf("issued_at %q, want %q", issued, want)
	}
	mac := hmac.New(sha256.New, []byte("local-secret"))
	mac.Write([]byte(res.get("id").(string) + issued))
	if res.get("signature") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		t.Error("the signature does not fit")
	}
	if res.header.Get("Cache-Control") == "" || !strings.HasPrefix(res.header.Get("Content-Type"), "application/json") {
		t.Errorf("headers %v", res.header)
	}
}

func TestTokenRefusals(t *testing.T) {
	with := func(pairs ...string) url.Values {
		form := url.Values{}
		for k, v := range credentials {
			form[k] = v
		}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return form
	}
	tests := map[string]struct {
		set         func(*localorg.Settings)
		form        url.Values
		headers     []string
		status      int
		code, cause string
	}{
		"unknown client":    {form: with("client_id", "x"), status: 400, code: "invalid_client_id", cause: "client identifier invalid"},
		"wrong secret":      {form: with("client_secret", "x"), status: 400, code: "invalid_client", cause: "invalid client credentials"},
		"wrong secret, 401": {set: func(s *localorg.Settings) { s.Disputed.WrongSecretStatus = 401 }, form: with("client_secret", "x"), status: 401, code: "invalid_client", cause: "invalid client credentials"},
		"wrong Basic":       {form: url.Values{"grant_type": {"client_credentials"}}, headers: []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("local-client:x"))}, status: 400, code: "invalid_client", cause: "invalid client credentials"},
		"wrong grant":       {form: with("grant_type", "client_credential"), status: 400, code: "unsupported_grant_type", cause: "grant type not supported"},
		"password grant":    {form: with("grant_type", "password"), status: 400, code: "invalid_grant", cause: "authentication failure"},
		"refresh grant":     {form: with("grant_type", "refresh_token"), status: 400, code: "invalid_grant", cause: "expired access/refresh token"},
		"not My Domain":     {set: func(s *localorg.Settings) { s.MyDomain = "acme.my.salesforce.com" }, form: credentials, headers: []string{"Host", "login.salesforce.com"}, status: 400, code: "invalid_grant", cause: "request not supported on this domain"},
		"no Run-As user":    {set: func(s *localorg.Settings) { s.TokenProblem = "no_run_as_user" }, form: credentials, status: 400, code: "invalid_grant", cause: "no client credentials user enabled"},
		"inactive org":      {set: func(s *localorg.Settings) { s.TokenProblem = "inactive_org" }, form: credentials, status: 400, code: "inactive_org", cause: "organization is inactive"},
		"login rate":        {set: func(s *localorg.Settings) { s.LoginsPerHour = 1 }, form: credentials, status: 400, code: "rate_limit_exceeded", cause: "login rate exceeded"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			if tt.set != nil {
				h.set(tt.set)
			}
			before := h.Logins()
			h.token(tt.form, tt.headers...).want(tt.status, "error", tt.code, "error_description", tt.cause)
			if h.Logins() != before {
				t.Error("a refused login was counted")
			}
		})
	}
}

func TestEveryTokenProblemCanBeHad(t *testing.T) {
	h := newHarness(t)
	var names []string
	res := h.call(http.MethodGet, "/local/token-problems", "")
	for i := range strings.Count(res.text, `"`) / 2 {
		names = append(names, strings.Split(res.text, `"`)[2*i+1])
	}
	if len(names) < 20 {
		t.Fatalf("only %d problems: %s", len(names), res.text)
	}
	for _, name := range names {
		h.set(func(s *localorg.Settings) { s.TokenProblem = name })
		if res := h.token(credentials); res.status != 400 || res.get("error") == "" || res.get("error_description") == "" {
			t.Errorf("%s: %d %s", name, res.status, res.text)
		}
	}
}

func TestLoginByBasicCountsAndMyDomainWorks(t *testing.T) {
	h := newHarness(t)
	h.set(func(s *localorg.Settings) { s.MyDomain = "acme.my.salesforce.com" })
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("local-client:local-secret"))
	res := h.token(url.Values{"grant_type": {"client_credentials"}}, "Authorization", basic, "Host", "acme.my.salesforce.com")
	res.want(http.StatusOK, "instance_url", "http://acme.my.salesforce.com")
	if h.Logins() != 2 {
		t.Errorf("%d logins, want 2", h.Logins())
	}
	h.Token = res.get("access_token").(string)
	h.call(http.MethodGet, "limits", "", "Host", "acme.my.salesforce.com").want(http.StatusOK)
	h.call(http.MethodGet, "limits", "").want(http.StatusUnauthorized, "0.errorCode", "INVALID_SESSION_ID")
}

func TestSessions(t *testing.T) {
	h := newHarness(t)
	limits := func() reply { return h.call(http.MethodGet, "limits", "") }
	limits().want(http.StatusOK)

	h.pass(119 * time.Minute)
	limits().want(http.StatusOK) // and the time-out slides
	h.pass(119 * time.Minute)
	limits().want(http.StatusOK)
	h.pass(2 * time.Hour)
	limits().want(http.StatusUnauthorized, "0.errorCode", "INVALID_SESSION_ID", "0.message", "Session expired or invalid")

	h.login()
	h.form("/services/oauth2/introspect", url.Values{"token": {h.Token}, "client_id": {"local-client"}, "client_secret": {"local-secret"}}).
		want(http.StatusOK, "active", true, "client_id", "local-client", "username", localorg.RunAsUsername, "iat", int(h.Now().Unix()))
	h.call(http.MethodGet, "/services/oauth2/userinfo", "").want(http.StatusOK, "organization_id", h.OrgID(), "user_id", localorg.RunAsUserID, "preferred_username", localorg.RunAsUsername)
	h.form("/services/oauth2/revoke", url.Values{"token": {h.Token}}).want(http.StatusOK)
	limits().want(http.StatusUnauthorized)
	h.form("/services/oauth2/revoke", url.Values{"token": {h.Token}}).want(http.StatusBadRequest, "error", "invalid_token")
	h.form("/services/oauth2/introspect", url.Values{"token": {h.Token}, "client_id": {"local-client"}, "client_secret": {"local-secret"}}).want(http.StatusOK, "active", false)
	h.call(http.MethodGet, "/services/oauth2/userinfo", "").want(http.StatusForbidden)

	h.login()
	if n := h.RevokeAllTokens(); n < 1 {
		t.Errorf("%d tokens were revoked", n)
	}
	limits().want(http.StatusUnauthorized)
}

func TestRightsOfTheAPI(t *testing.T) {
	tests := map[string]struct {
		set    func(*localorg.Settings)
		header string
		status int
		code   string
		text   string
	}{
		"no api scope":    {set: func(s *localorg.Settings) { s.Scope = "openid" }, status: 401, code: "INVALID_SESSION_ID", text: "This session is not valid for use with the REST API"},
		"org without API": {set: func(s *localorg.Settings) { s.RESTAPI = false }, status: 403, code: "API_DISABLED_FOR_ORG", text: "The REST API is not enabled for this Organization."},
		"user without":    {set: func(s *localorg.Settings) { s.UserAPI = false }, status: 403, code: "API_CURRENTLY_DISABLED", text: "API is disabled for this User"},
		"wrong scheme":    {header: "Token x", status: 401, code: "INVALID_AUTH_HEADER", text: "INVALID_HEADER_TYPE"},
		"allowance spent": {set: func(s *localorg.Settings) { s.DailyAPIRequests = 0 }, status: 403, code: "REQUEST_LIMIT_EXCEEDED", text: "TotalRequests Limit exceeded."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			if tt.set != nil {
				h.set(tt.set)
				h.login()
			}
			var headers []string
			if tt.header != "" {
				headers = []string{"Authorization", tt.header}
			}
			h.call(http.MethodGet, "sobjects", "", headers...).want(tt.status, "0.errorCode", tt.code, "0.message", tt.text)
		})
	}
}

func TestJWTBearer(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	h := newHarness(t, func(c *localorg.Config) { c.JWTKey = &key.PublicKey })
	claims := func(pairs ...any) jwt.MapClaims {
		c := jwt.MapClaims{"iss": "local-client", "sub": localorg.RunAsUsername, "aud": "https://login.salesforce.com", "exp": h.Now().Add(3 * time.Minute).Unix()}
		for i := 0; i < len(pairs); i += 2 {
			c[pairs[i].(string)] = pairs[i+1]
		}
		return c
	}
	tests := map[string]struct {
		claims jwt.MapClaims
		key    *rsa.PrivateKey
		code   string
		cause  string
	}{
		"good":                 {claims: claims(), key: key},
		"exp as a string":      {claims: claims("exp", strconv.FormatInt(h.Now().Add(time.Minute).Unix(), 10)), key: key},
		"the org as audience":  {claims: claims("aud", h.URL), key: key},
		"unknown consumer":     {claims: claims("iss", "x"), key: key, code: "invalid_client_id", cause: "client identifier invalid"},
		"wrong audience":       {claims: claims("aud", "https://example.com"), key: key, code: "invalid_grant", cause: "audience is invalid"},
		"expired":              {claims: claims("exp", h.Now().Add(-time.Minute).Unix()), key: key, code: "invalid_grant", cause: "expired authorization code"},
		"too far ahead":        {claims: claims("exp", h.Now().Add(time.Hour).Unix()), key: key, code: "invalid_grant", cause: "expired authorization code"},
		"user not approved":    {claims: claims("sub", "someone@example.com"), key: key, code: "invalid_grant", cause: "user hasn't approved this consumer"},
		"signed by somebody":   {claims: claims(), key: other, code: "invalid_grant", cause: "invalid assertion"},
		"no expiry in it":      {claims: claims("exp", nil), key: key, code: "invalid_grant", cause: "expired authorization code"},
		"no assertion at all":  {code: "invalid_grant", cause: "invalid assertion"},
		"several audiences":    {claims: claims("aud", []string{"https://login.salesforce.com", "x"}), key: key, code: "invalid_grant", cause: "audience is invalid"},
		"a sandbox's audience": {claims: claims("aud", "https://test.salesforce.com"), key: key},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assertion := "x"
			if tt.key != nil {
				assertion, err = jwt.NewWithClaims(jwt.SigningMethodRS256, tt.claims).SignedString(tt.key)
				if err != nil {
					t.Fatal(err)
				}
			}
			res := h.token(url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}})
			if tt.code == "" {
				res.want(http.StatusOK, "token_type", "Bearer")
				return
			}
			res.want(http.StatusBadRequest, "error", tt.code, "error_description", tt.cause)
		})
	}
}
