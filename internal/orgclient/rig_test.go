package orgclient_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/salesforce"
)

const (
	integrationID = "0195b9b0-0000-7000-8000-000000000001"
	orgURL        = "https://org.my.salesforce.com"
	tokenURL      = orgURL + "/services/oauth2/token"
	orgID         = "00Dxx0000001gEREAY"
	secret        = "s3cr3t-value"
)

// rig is a table, a key service, and an org of which there is the login only.
type rig struct {
	tb      testing.TB
	store   *inmem.Store
	vault   *inmem.Vault
	allowed integration.AllowedOrigins

	mu     sync.Mutex
	logins []string      // the secrets that were sent to the org
	takes  time.Duration // that a login takes
	refuse func() *http.Response
}

func newRig(tb testing.TB) *rig {
	return &rig{tb: tb, store: inmem.New(), vault: &inmem.Vault{}}
}

// RoundTrip implements http.RoundTripper: the n-th login is answered with token-n.
func (r *rig) RoundTrip(q *http.Request) (*http.Response, error) {
	if q.URL.String() != tokenURL {
		return nil, errors.New("sent elsewhere: " + q.URL.String())
	}
	if err := q.ParseForm(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.logins = append(r.logins, q.PostForm.Get("client_secret"))
	n, takes, refuse := len(r.logins), r.takes, r.refuse
	r.mu.Unlock()
	time.Sleep(takes)
	if refuse != nil {
		return refuse(), nil
	}
	return answer(http.StatusOK, "", fmt.Sprintf(
		`{"access_token":"token-%d","instance_url":%q,"id":"https://login.salesforce.com/id/%s/005xx000001SvogAAC","issued_at":"1772445600000"}`, n, orgURL, orgID)), nil
}

// answer makes an org's answer; "" is no Retry-After.
func answer(status int, retryAfter, body string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	if retryAfter != "" {
		h.Set("Retry-After", retryAfter)
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(bytes.NewBufferString(body))}
}

// refuses makes the org's login fail from now on; with "" it works again.
func (r *rig) refuses(status int, retryAfter, body string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = nil
	if body != "" {
		r.refuse = func() *http.Response { return answer(status, retryAfter, body) }
	}
}

// loggedIn returns the secrets that were sent to the org so far.
func (r *rig) loggedIn() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.logins...)
}

// integration is one with these secrets, of this version.
func (r *rig) integration(c integration.Credentials, version int64) integration.Integration {
	r.tb.Helper()
	sealed, err := integration.SealCredentials(r.tb.Context(), r.vault, integrationID, c)
	if err != nil {
		r.tb.Fatal(err)
	}
	return integration.Integration{ID: integrationID, InstanceURL: orgURL, ClientID: "3MVG9", SealedCredentials: sealed, CredentialsVersion: version}
}

// plain is an integration with a secret and nothing else.
func (r *rig) plain() integration.Integration {
	r.tb.Helper()
	return r.integration(integration.Credentials{ClientSecret: secret}, 1)
}

// cold dials as a function does that has nothing in its memory.
func (r *rig) cold(i integration.Integration) (orgclient.Connection, error) {
	return orgclient.New(orgclient.Config{
		Tokens: r.store, Vault: r.vault, Allowed: r.allowed, HTTPClient: &http.Client{Transport: r},
	}).Dial(r.tb.Context(), i)
}

// source is the tokens of a cold function.
func (r *rig) source(i integration.Integration) salesforce.TokenSource {
	r.tb.Helper()
	c, err := r.cold(i)
	if err != nil {
		r.tb.Fatal(err)
	}
	return c.Tokens
}

// token is what a cold function works with.
func (r *rig) token(i integration.Integration) (string, error) {
	r.tb.Helper()
	t, err := r.source(i).Token(r.tb.Context())
	return t.Value.Reveal(), err
}

// wantToken is a cold function that gets on.
func (r *rig) wantToken(i integration.Integration, want string) {
	r.tb.Helper()
	if got, err := r.token(i); err != nil || got != want {
		r.tb.Errorf("token %q (%v), want %q", got, err, want)
	}
}

// wantCode is a cold function that does not.
func (r *rig) wantCode(i integration.Integration, want string) *salesforce.Error {
	r.tb.Helper()
	_, err := r.token(i)
	return wantCode(r.tb, err, want)
}

// wantCode returns the org's error in err.
func wantCode(tb testing.TB, err error, want string) *salesforce.Error {
	tb.Helper()
	e, ok := errors.AsType[*salesforce.Error](err)
	if !ok || e.Code != want {
		tb.Fatalf("error %v, want %s", err, want)
	}
	return e
}

// record is the row that all functions share.
func (r *rig) record() integration.TokenRecord {
	r.tb.Helper()
	record, err := r.store.GetToken(r.tb.Context(), integrationID)
	if err != nil {
		r.tb.Fatal(err)
	}
	return record
}

// put replaces the row.
func (r *rig) put(record integration.TokenRecord) {
	r.tb.Helper()
	record.IntegrationID = integrationID
	if old, err := r.store.GetToken(r.tb.Context(), integrationID); err == nil {
		record.Version = old.Version
	}
	if _, err := r.store.SwapToken(r.tb.Context(), record); err != nil {
		r.tb.Fatal(err)
	}
}

// before calls f once, ahead of the n-th call of that name from now on.
func (r *rig) before(op string, n int, f func()) {
	var mu sync.Mutex
	seen := 0
	r.store.Before(func(_ context.Context, called string) error {
		mu.Lock()
		if called == op {
			seen++
		}
		now := called == op && seen == n
		mu.Unlock()
		if now {
			f()
		}
		return nil
	})
}
