package salesforce_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce"
)

const consumerSecret = "1234567890ABCDEF"

// login is the token endpoint of an org without a network.
type login struct {
	exchanges atomic.Int64
	delay     time.Duration
	answer    func(n int64) (int, string) // nil: a token
	err       error
}

func (l *login) RoundTrip(r *http.Request) (*http.Response, error) {
	n := l.exchanges.Add(1)
	select {
	case <-time.After(l.delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if l.err != nil {
		return nil, l.err
	}
	if l.answer != nil {
		status, body := l.answer(n)
		return jsonResponse(status, body), nil
	}
	return jsonResponse(http.StatusOK, tokenAnswer(n)), nil
}

func tokenAnswer(n int64) string {
	return fmt.Sprintf(`{"access_token":"00D5g000004XyZa!token-%d","signature":"iPM=","scope":"api","instance_url":"https://mydomain.my.salesforce.com",
 "id":"https://login.salesforce.com/id/00D5g000004XyZaEAK/0055g000006MnOpAAK","token_type":"Bearer","issued_at":"1667600739962"}`, n)
}

func cached(t testing.TB, l *login, store salesforce.TokenStore) *salesforce.CachedTokens {
	t.Helper()
	tokens, err := salesforce.NewCachedTokens(salesforce.TokensConfig{
		InstanceURL: "https://mydomain.my.salesforce.com", ClientID: "3MVG9", ClientSecret: salesforce.NewSecret(consumerSecret),
		Store: store, Key: "org", HTTPClient: &http.Client{Transport: l}})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// many asks n sources at once, each by several callers, and returns what they got.
func many(sources []*salesforce.CachedTokens, callers int, ask func(*salesforce.CachedTokens) (salesforce.Token, error)) (values map[string]int, errs []error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	values = make(map[string]int)
	for _, s := range sources {
		for range callers {
			wg.Go(func() {
				token, err := ask(s)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					errs = append(errs, err)
					return
				}
				values[token.Value.Reveal()]++
			})
		}
	}
	wg.Wait()
	return values, errs
}

func sources(t testing.TB, n int, l *login, store salesforce.TokenStore) []*salesforce.CachedTokens {
	t.Helper()
	all := make([]*salesforce.CachedTokens, n)
	for i := range all {
		all[i] = cached(t, l, store)
	}
	return all
}

func TestFiftyColdFunctionsMakeOneExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &login{delay: 2 * time.Second}
		all := sources(t, 50, l, salesforce.NewMemoryTokenStore())
		values, errs := many(all, 50, func(s *salesforce.CachedTokens) (salesforce.Token, error) { return s.Token(t.Context()) })
		if diff := cmp.Diff(map[string]int{"00D5g000004XyZa!token-1": 2500}, values); diff != "" || len(errs) > 0 {
			t.Errorf("tokens differ:\n%s%v", diff, errs)
		}
		if n := l.exchanges.Load(); n != 1 {
			t.Errorf("%d exchanges, want 1", n)
		}
	})
}

// countingStore counts what a process asks of the table.
type countingStore struct {
	*salesforce.MemoryTokenStore
	loads, leases atomic.Int64
}

func (c *countingStore) Load(ctx context.Context, key string) (salesforce.StoredToken, error) {
	c.loads.Add(1)
	return c.MemoryTokenStore.Load(ctx, key)
}

func (c *countingStore) AcquireLease(ctx context.Context, key string, lease salesforce.Lease) (bool, error) {
	c.leases.Add(1)
	return c.MemoryTokenStore.AcquireLease(ctx, key, lease)
}

func TestOneProcessAsksTheStoreOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{MemoryTokenStore: salesforce.NewMemoryTokenStore()}
		one := sources(t, 1, &login{delay: time.Second}, store)
		if values, errs := many(one, 50, func(s *salesforce.CachedTokens) (salesforce.Token, error) { return s.Token(t.Context()) }); len(values) != 1 || len(errs) > 0 {
			t.Fatal(values, errs)
		}
		if _, err := one[0].Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		if store.loads.Load() != 1 || store.leases.Load() != 1 {
			t.Errorf("%d loads and %d leases, want one of each", store.loads.Load(), store.leases.Load())
		}
	})
}

func TestWaitersGoEasyOnTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{MemoryTokenStore: salesforce.NewMemoryTokenStore()}
		many(sources(t, 50, &login{delay: 2 * time.Second}, store), 1,
			func(s *salesforce.CachedTokens) (salesforce.Token, error) { return s.Token(t.Context()) })
		if store.loads.Load() > 50*10 || store.leases.Load() > 50 {
			t.Errorf("%d loads and %d leases by 50 processes in 2 s", store.loads.Load(), store.leases.Load())
		}
	})
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &login{delay: 300 * time.Millisecond}
		all := sources(t, 50, l, salesforce.NewMemoryTokenStore())
		stale, err := all[0].Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		values, errs := many(all, 50, func(s *salesforce.CachedTokens) (salesforce.Token, error) {
			if _, err := s.Token(t.Context()); err != nil {
				return salesforce.Token{}, err
			}
			return s.Refresh(t.Context(), stale)
		})
		if diff := cmp.Diff(map[string]int{"00D5g000004XyZa!token-2": 2500}, values); diff != "" || len(errs) > 0 {
			t.Errorf("tokens differ:\n%s%v", diff, errs)
		}
		if n := l.exchanges.Load(); n != 2 {
			t.Errorf("%d exchanges, want 2", n)
		}
	})
}

func TestADeadLeaseHolderOnlyCostsTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, l := salesforce.NewMemoryTokenStore(), &login{}
		start := time.Now()
		held, err := store.AcquireLease(t.Context(), "org", salesforce.Lease{Now: start, Until: start.Add(15 * time.Second)})
		if !held || err != nil {
			t.Fatal(held, err)
		}
		values, errs := many(sources(t, 10, l, store), 1, func(s *salesforce.CachedTokens) (salesforce.Token, error) { return s.Token(t.Context()) })
		if len(values) != 1 || len(errs) > 0 || l.exchanges.Load() != 1 {
			t.Errorf("%v, %v, %d exchanges", values, errs, l.exchanges.Load())
		}
		if took := time.Since(start); took < 15*time.Second || took > 18*time.Second {
			t.Errorf("it took %v, want little more than the lease's 15 s", took)
		}
	})
}

func TestALateLeaseHolderTakesTheOthersToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := salesforce.NewMemoryTokenStore()
		l := &login{delay: time.Second}
		go func() {
			time.Sleep(500 * time.Millisecond)
			other := salesforce.StoredToken{Generation: 1, Token: salesforce.Token{Value: salesforce.NewSecret("of another")}}
			if err := store.Save(t.Context(), "org", other); err != nil {
				t.Error(err)
			}
		}()
		got, err := cached(t, l, store).Token(t.Context())
		if err != nil || got.Value.Reveal() != "of another" || got.Generation != 1 {
			t.Errorf("got generation %d, %v", got.Generation, err)
		}
	})
}

func TestACallerThatLeavesDoesNotStopTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &login{delay: time.Second}
		tokens := cached(t, l, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := tokens.Token(ctx); !errors.Is(err, context.DeadlineExceeded) || salesforce.Classify(err).Code != salesforce.CodeTokenWait {
			t.Errorf("the one that left: %v", err)
		}
		if _, err := tokens.Token(t.Context()); err != nil || l.exchanges.Load() != 1 {
			t.Errorf("the one that stayed: %v, %d exchanges", err, l.exchanges.Load())
		}
	})
}

// givenToken is a store that an administrator put a token in, before any exchange.
type givenToken struct{ salesforce.TokenStore }

func (g givenToken) Load(ctx context.Context, key string) (salesforce.StoredToken, error) {
	st, err := g.TokenStore.Load(ctx, key)
	if st.Generation == 0 && (err == nil || errors.Is(err, salesforce.ErrNoToken)) {
		st.Token, err = salesforce.Token{Value: salesforce.NewSecret("given")}, nil
	}
	return st, err
}

func TestInitialToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, store := &login{}, salesforce.NewMemoryTokenStore()
		tokens := cached(t, l, givenToken{store})
		first, err := tokens.Token(t.Context())
		if err != nil || first.Value.Reveal() != "given" || l.exchanges.Load() != 0 {
			t.Fatalf("the given token is not used first: %v, %d exchanges", err, l.exchanges.Load())
		}
		second, err := tokens.Refresh(t.Context(), first)
		if err != nil || second.Generation != 1 {
			t.Fatalf("generation %d, %v", second.Generation, err)
		}
		// Another process does not go back to the token that was refused.
		third, err := cached(t, l, givenToken{store}).Token(t.Context())
		if err != nil || third.Generation != 1 || l.exchanges.Load() != 1 {
			t.Errorf("generation %d, %v, %d exchanges", third.Generation, err, l.exchanges.Load())
		}
	})
}

func TestAnInitialTokenIsNotGoneBackTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &login{answer: func(n int64) (int, string) {
			if n == 1 {
				return http.StatusServiceUnavailable, ""
			}
			return http.StatusOK, tokenAnswer(n)
		}}
		store := salesforce.NewMemoryTokenStore()
		tokens := cached(t, l, givenToken{store})
		first, err := tokens.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tokens.Refresh(t.Context(), first); err == nil {
			t.Fatal("the exchange did not fail")
		}
		time.Sleep(time.Minute)
		if got, err := cached(t, l, givenToken{store}).Token(t.Context()); err != nil || got.Generation != 2 {
			t.Errorf("another process: generation %d, %v", got.Generation, err)
		}
	})
}

// slowStore takes a second for each look.
type slowStore struct{ *salesforce.MemoryTokenStore }

func (s slowStore) Load(ctx context.Context, key string) (salesforce.StoredToken, error) {
	st, err := s.MemoryTokenStore.Load(ctx, key)
	time.Sleep(time.Second)
	return st, err
}

func TestARefusedTokenThatIsJustComingIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, store := &login{}, salesforce.NewMemoryTokenStore()
		refused, err := cached(t, l, store).Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tokens := cached(t, l, slowStore{store})
		go tokens.Token(t.Context()) // on its way to fetch the very token
		synctest.Wait()
		if got, err := tokens.Refresh(t.Context(), refused); err != nil || got.Generation != 2 {
			t.Errorf("generation %d, %v", got.Generation, err)
		}
	})
}

func TestTheSameTokenAgainCountsAsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &login{answer: func(int64) (int, string) { return http.StatusOK, tokenAnswer(7) }}
		store := salesforce.NewMemoryTokenStore()
		a, b := cached(t, l, store), cached(t, l, store)
		first, err := a.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Refresh(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Refresh(t.Context(), first); err != nil || l.exchanges.Load() != 2 {
			t.Errorf("%v, %d exchanges, want 2", err, l.exchanges.Load())
		}
	})
}

func TestExchangeRequestAndAnswer(t *testing.T) {
	var form url.Values
	o := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ = url.ParseQuery(string(body))
		if r.Method+" "+r.URL.RequestURI() != "POST /services/oauth2/token" || r.Header.Get("Authorization") != "" {
			t.Errorf("asked %s %s", r.Method, r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, tokenAnswer(1))
	})
	srv := newHandler(t, o)
	tokens, err := salesforce.NewCachedTokens(salesforce.TokensConfig{InstanceURL: srv, ClientID: "3MVG9", ClientSecret: salesforce.NewSecret(consumerSecret), HTTPClient: listed(srv)})
	if err != nil {
		t.Fatal(err)
	}
	got, err := tokens.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantForm := url.Values{"grant_type": {"client_credentials"}, "client_id": {"3MVG9"}, "client_secret": {consumerSecret}}
	if diff := cmp.Diff(wantForm, form); diff != "" {
		t.Errorf("form:\n%s", diff)
	}
	want := salesforce.Token{Value: salesforce.NewSecret("00D5g000004XyZa!token-1"), InstanceURL: "https://mydomain.my.salesforce.com",
		OrgID: "00D5g000004XyZaEAK", IssuedAt: time.UnixMilli(1667600739962).UTC(), Generation: 1}
	if got != want {
		t.Errorf("token = %+v, want %+v", got, want)
	}
}
