package salesforce_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/salesforce"
)

func TestARefusedSecretIsTriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &login{delay: time.Second, answer: func(int64) (int, string) {
			return http.StatusBadRequest, `{"error":"invalid_client","error_description":"invalid client credentials"}`
		}}
		_, errs := many(sources(t, 50, l, salesforce.NewMemoryTokenStore()), 2,
			func(s *salesforce.CachedTokens) (salesforce.Token, error) { return s.Token(t.Context()) })
		if len(errs) != 100 {
			t.Errorf("%d errors, want 100", len(errs))
		}
		for _, err := range errs {
			if d := salesforce.Classify(err); d.Class != salesforce.ClassCredential || d.Code != "invalid_client" || d.Retryable {
				t.Errorf("%v is %+v", err, d)
			}
		}
		if n := l.exchanges.Load(); n != 1 {
			t.Errorf("%d exchanges, want 1", n)
		}
	})
}

func TestAFailureIsKeptForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &login{answer: func(n int64) (int, string) {
			if n == 1 {
				return http.StatusServiceUnavailable, `<html>down</html>`
			}
			return http.StatusOK, tokenAnswer(n)
		}}
		tokens := cached(t, l, salesforce.NewMemoryTokenStore())
		if _, err := tokens.Token(t.Context()); salesforce.Classify(err).Class != salesforce.ClassOutage {
			t.Errorf("first: %v", err)
		}
		for range 10 { // other events, before the org can be back
			time.Sleep(time.Second)
			_, err := tokens.Token(t.Context())
			if e, ok := errors.AsType[*salesforce.Error](err); !ok || e.RetryAfter <= 0 || e.RetryAfter > 15*time.Second || l.exchanges.Load() != 1 {
				t.Fatalf("%v after %d exchanges", err, l.exchanges.Load())
			}
		}
		time.Sleep(5 * time.Second)
		if got, err := tokens.Token(t.Context()); err != nil || got.Generation != 2 {
			t.Errorf("second: %+v, %v", got, err)
		}
	})
}

func TestARefusedCredentialBrakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &login{answer: func(n int64) (int, string) {
			if n == 1 {
				return http.StatusBadRequest, `{"error":"invalid_client"}`
			}
			return http.StatusOK, tokenAnswer(n)
		}}
		tokens := cached(t, l, salesforce.NewMemoryTokenStore())
		if _, err := tokens.Token(t.Context()); salesforce.Classify(err).Class != salesforce.ClassCredential {
			t.Errorf("first: %v", err)
		}
		// Whoever asks again does so because somebody has mended it.
		if got, err := tokens.Token(t.Context()); err != nil || got.Generation != 2 {
			t.Errorf("second: %+v, %v", got, err)
		}
	})
}

func TestExchangeTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := cached(t, &login{delay: time.Hour}, nil).Token(t.Context())
		if d := salesforce.Classify(err); d.Code != salesforce.CodeTimeout || !d.Retryable {
			t.Errorf("%v is %+v", err, d)
		}
	})
}

func TestAStoreThatRefusesWithoutReason(t *testing.T) {
	store := &brokenStore{MemoryTokenStore: salesforce.NewMemoryTokenStore(), save: salesforce.ErrTokenMoved}
	if got, err := cached(t, &login{}, store).Token(t.Context()); err != nil || got.IsZero() {
		t.Errorf("the token that was got is thrown away: %v", err)
	}
}

func TestTokenErrors(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		err    error
		code   string
		class  salesforce.Class
		retry  bool
		fix    string
	}{
		{name: "unknown key", status: 400, body: `{"error":"invalid_client_id","error_description":"client identifier invalid"}`, code: "invalid_client_id", class: salesforce.ClassCredential, fix: "consumer key"},
		{name: "wrong host", status: 400, body: `{"error":"invalid_grant","error_description":"request not supported on this domain"}`, code: "invalid_grant", class: salesforce.ClassCredential, fix: "My Domain"},
		{name: "no Run-As user", status: 400, body: `{"error":"invalid_grant","error_description":"no client credentials user enabled"}`, code: "invalid_grant", class: salesforce.ClassCredential, fix: "Run-As user"},
		{name: "too many logins", status: 400, body: `{"error":"invalid_grant","error_description":"Login rate exceeded"}`, code: "invalid_grant", class: salesforce.ClassLimit, retry: true},
		{name: "anything else of the kind", status: 400, body: `{"error":"invalid_grant","error_description":"authentication failure"}`, code: "invalid_grant", class: salesforce.ClassCredential, fix: "Login History"},
		{name: "an error with 200", status: 200, body: `{"error":"invalid_client","error_description":"invalid client credentials"}`, code: "invalid_client", class: salesforce.ClassCredential},
		{name: "the secret in the text", status: 400, body: `{"error":"invalid_client","error_description":"bad ` + consumerSecret + `"}`, code: "invalid_client", class: salesforce.ClassCredential},
		{name: "the secret as the code", status: 400, body: `{"error":"` + consumerSecret + `","error_description":"no"}`, code: "HTTP 400", class: salesforce.ClassUnknown, retry: true},
		{name: "the secret in the code", status: 400, body: `{"error":"client_secret ` + consumerSecret + ` is wrong"}`, code: "HTTP 400", class: salesforce.ClassUnknown, retry: true},
		{name: "a code in capitals", status: 400, body: `{"error":"OAUTH_APP_BLOCKED","error_description":"this app is blocked"}`, code: "OAUTH_APP_BLOCKED", class: salesforce.ClassUnknown, retry: true},
		{name: "the secret where a long text is cut", status: 400, body: `{"error":"invalid_client","error_description":"` + strings.Repeat("x", 1000-len(consumerSecret)/2-1) + consumerSecret + `"}`, code: "invalid_client", class: salesforce.ClassCredential},
		{name: "a page", status: 503, body: `<html>` + consumerSecret + `</html>`, code: "HTTP 503", class: salesforce.ClassOutage, retry: true},
		{name: "sent elsewhere for now", status: 302, body: ``, code: "HTTP 302", class: salesforce.ClassOutage, fix: "My Domain", retry: true},
		{name: "moved", status: 301, body: ``, code: "HTTP 301", class: salesforce.ClassCredential, fix: "My Domain"},
		{name: "not JSON", status: 200, body: `<html>` + consumerSecret + `</html>`, code: salesforce.CodeUnreadable, class: salesforce.ClassUnknown, retry: true},
		{name: "no token", status: 200, body: `{}`, code: salesforce.CodeUnreadable, class: salesforce.ClassUnknown, retry: true},
		{name: "no connection", err: errors.New("connection refused"), code: salesforce.CodeNetwork, class: salesforce.ClassOutage, retry: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := &login{err: tt.err, answer: func(int64) (int, string) { return tt.status, tt.body }}
			_, err := cached(t, l, nil).Token(t.Context())
			d := salesforce.Classify(err)
			if d.Code != tt.code || d.Class != tt.class || d.Retryable != tt.retry || !strings.Contains(d.Fix, tt.fix) {
				t.Errorf("%v is %+v", err, d)
			}
			shown := fmt.Sprintf("%v %+v %+v", err, err, d)
			if strings.Contains(shown, consumerSecret[:len(consumerSecret)/2]) {
				t.Errorf("the secret is in the error: %s", shown)
			}
			if salesforce.Uncertain(err) {
				t.Error("a token changes nothing in the org")
			}
		})
	}
}

// brokenStore fails where it is told to.
type brokenStore struct {
	*salesforce.MemoryTokenStore
	load, lease, save error
}

func (b *brokenStore) Load(ctx context.Context, key string) (salesforce.StoredToken, error) {
	if b.load != nil {
		return salesforce.StoredToken{}, b.load
	}
	return b.MemoryTokenStore.Load(ctx, key)
}

func (b *brokenStore) AcquireLease(ctx context.Context, key string, lease salesforce.Lease) (bool, error) {
	if b.lease != nil {
		return false, b.lease
	}
	return b.MemoryTokenStore.AcquireLease(ctx, key, lease)
}

func (b *brokenStore) Save(ctx context.Context, key string, st salesforce.StoredToken) error {
	if b.save != nil {
		return b.save
	}
	return b.MemoryTokenStore.Save(ctx, key, st)
}

func TestABrokenStoreIsAnError(t *testing.T) {
	broken := errors.New("the table is throttled")
	tests := map[string]*brokenStore{"load": {load: broken}, "lease": {lease: broken}, "save": {save: broken}}
	for name, store := range tests {
		t.Run(name, func(t *testing.T) {
			store.MemoryTokenStore = salesforce.NewMemoryTokenStore()
			_, err := cached(t, &login{}, store).Token(t.Context())
			if !errors.Is(err, broken) || !salesforce.Classify(err).Retryable {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestNewCachedTokensRefuses(t *testing.T) {
	good := salesforce.TokensConfig{InstanceURL: "https://a.my.salesforce.com", ClientID: "id", ClientSecret: salesforce.NewSecret("s")}
	tests := map[string]func(*salesforce.TokensConfig){
		"no URL":      func(c *salesforce.TokensConfig) { c.InstanceURL = "" },
		"a path":      func(c *salesforce.TokensConfig) { c.InstanceURL += "/services" },
		"a user":      func(c *salesforce.TokensConfig) { c.InstanceURL = "https://u:p@a.my.salesforce.com" },
		"no id":       func(c *salesforce.TokensConfig) { c.ClientID = "" },
		"no secret":   func(c *salesforce.TokensConfig) { c.ClientSecret = salesforce.Secret{} },
		"not a URL":   func(c *salesforce.TokensConfig) { c.InstanceURL = "https://a b" },
		"not for web": func(c *salesforce.TokensConfig) { c.InstanceURL = "ftp://a.my.salesforce.com" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := good
			change(&cfg)
			if _, err := salesforce.NewCachedTokens(cfg); !errors.Is(err, salesforce.ErrArgument) {
				t.Errorf("err = %v", err)
			}
		})
	}
}
