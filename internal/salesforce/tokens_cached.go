package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	defaultExchangeTimeout = 10 * time.Second
	// leaseMargin is what the lease outlives the exchange by, for saving its outcome.
	leaseMargin = 5 * time.Second
)

// TokensConfig says how [CachedTokens] gets its tokens. InstanceURL, ClientID and
// ClientSecret are required.
type TokensConfig struct {
	// InstanceURL is the org's My Domain URL: the grant works on no other host.
	InstanceURL  string
	ClientID     string
	ClientSecret Secret
	// Store shares tokens with other processes; nil keeps them in memory.
	Store TokenStore
	// Key names the org and its credentials in the store. It changes when they
	// do, or else a token of the old ones is used until it is refused.
	Key string
	// HTTPClient lends its Transport; one of [egress.NewClient] if nil.
	HTTPClient *http.Client
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// ExchangeTimeout bounds one exchange; 10 s if 0. A function that dies in the
	// middle of one holds up the others for it and 5 s more.
	ExchangeTimeout time.Duration
}

// CachedTokens is a [TokenSource] that does the client-credentials grant as seldom
// as can be: once for all callers in this process, and once for all processes that
// share its store. A token is used until the org refuses it.
type CachedTokens struct {
	exchange exchanger
	store    TokenStore
	key      string
	now      func() time.Time
	lease    time.Duration

	mu      sync.Mutex
	current Token
	flight  *flight // the fetch that is under way, or nil
}

// flight is one fetch that many callers wait for.
type flight struct {
	done  chan struct{}
	token Token
	err   error
}

// NewCachedTokens checks cfg and returns a source. It sends nothing.
func NewCachedTokens(cfg TokensConfig) (*CachedTokens, error) {
	x, err := newExchanger(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Store == nil {
		cfg.Store = NewMemoryTokenStore()
	}
	return &CachedTokens{exchange: x, store: cfg.Store, key: cfg.Key, now: x.now, lease: x.timeout + leaseMargin}, nil
}

// Token returns the token of this process, of the store, or of an exchange, in
// this order. Errors of the exchange are an [*Error] with the OAuth error as its
// code; none of them holds a secret.
func (t *CachedTokens) Token(ctx context.Context) (Token, error) {
	return t.get(ctx, Token{})
}

// Refresh returns a token other than stale: one that this process or another has
// got since, or a new one.
func (t *CachedTokens) Refresh(ctx context.Context, stale Token) (Token, error) {
	return t.get(ctx, stale)
}

func (t *CachedTokens) get(ctx context.Context, stale Token) (Token, error) {
	token, err := t.join(ctx, stale)
	if err == nil && !token.replaces(stale) {
		// The fetch began before stale was handed out. A second one did not.
		return t.join(ctx, stale)
	}
	return token, err
}

// join returns the token at hand, or waits for a fetch.
func (t *CachedTokens) join(ctx context.Context, stale Token) (Token, error) {
	t.mu.Lock()
	if t.current.replaces(stale) {
		token := t.current
		t.mu.Unlock()
		return token, nil
	}
	f := t.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		t.flight = f
		// Many wait for it, so it must not end with the one that came first.
		go t.fly(context.WithoutCancel(ctx), f, stale)
	}
	t.mu.Unlock()
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return Token{}, &Error{Op: opToken, Code: CodeTokenWait, Err: context.Cause(ctx)}
	}
}

// replaces reports whether t can be used where stale was refused.
func (t Token) replaces(stale Token) bool {
	return !t.IsZero() && (t.Generation != stale.Generation || t.Value != stale.Value)
}

func (t *CachedTokens) fly(ctx context.Context, f *flight, stale Token) {
	// Two leases: one that a dead function left, and our own.
	ctx, cancel := context.WithTimeout(ctx, 2*t.lease)
	defer cancel()
	f.token, f.err = t.fetch(ctx, stale)
	t.mu.Lock()
	if f.err == nil {
		t.current = f.token
	}
	t.flight = nil
	t.mu.Unlock()
	close(f.done)
}

// fetch takes a token from the store, or gets one under the lease, or waits for the
// one who has the lease. A failure that was saved meanwhile is the answer too: what
// the org just refused to one, it need not be asked fifty times.
func (t *CachedTokens) fetch(ctx context.Context, stale Token) (Token, error) {
	first, err := t.load(ctx)
	if err != nil {
		return Token{}, err
	}
	if first.Token.replaces(stale) {
		return first.Token, nil
	}
	if wait := first.braked(t.now()); wait > 0 {
		failure := *first.Failure
		failure.RetryAfter = wait
		return Token{}, &failure
	}
	seen, wait := first, backoff{}
	for {
		if !seen.LeaseUntil.After(t.now()) {
			lease := Lease{Generation: first.Generation, Now: t.now(), Until: t.now().Add(t.lease)}
			won, err := t.store.AcquireLease(ctx, t.key, lease)
			if err != nil {
				return Token{}, fmt.Errorf("salesforce: lease the exchange of a token: %w", err)
			}
			if won {
				return t.exchangeAndSave(ctx, first.Generation+1)
			}
		}
		if err := wait.sleep(ctx); err != nil {
			return Token{}, &Error{Op: opToken, Code: CodeTokenWait, Err: err}
		}
		if seen, err = t.load(ctx); err != nil {
			return Token{}, err
		}
		if seen.Generation != first.Generation {
			return seen.outcome()
		}
	}
}

func (t *CachedTokens) load(ctx context.Context) (StoredToken, error) {
	st, err := t.store.Load(ctx, t.key)
	if errors.Is(err, ErrNoToken) {
		return StoredToken{}, nil
	}
	if err != nil {
		return StoredToken{}, fmt.Errorf("salesforce: load the shared token: %w", err)
	}
	st.Token.Generation = st.Generation
	return st, nil
}

const (
	// failureGoodFor is how long a failed exchange that may be tried again speaks for
	// all: an org that is down, or that has had too many logins, is asked by one
	// function now and then, however many events there are.
	failureGoodFor = 15 * time.Second
	// maxBrake bounds what an org may ask for in this way.
	maxBrake = 5 * time.Minute
)

// braked says for how long no exchange is tried. What a person has to mend brakes
// nothing: it may be mended by now, and whoever knows so says when to try.
func (s StoredToken) braked(now time.Time) time.Duration {
	if s.Failure == nil || s.FailedAt.IsZero() || !Classify(s.Failure).Retryable {
		return 0
	}
	return s.FailedAt.Add(min(max(s.Failure.RetryAfter, failureGoodFor), maxBrake)).Sub(now)
}

func (s StoredToken) outcome() (Token, error) {
	switch {
	case !s.Token.IsZero():
		return s.Token, nil
	case s.Failure != nil:
		return Token{}, s.Failure
	default:
		return Token{}, &Error{Op: opToken, Code: CodeUnreadable, Message: "the shared token is empty"}
	}
}

func (t *CachedTokens) exchangeAndSave(ctx context.Context, generation int64) (Token, error) {
	token, failure := t.exchange.do(ctx)
	st := StoredToken{Generation: generation, Failure: failure}
	if failure != nil {
		st.FailedAt = t.now()
	} else {
		token.Generation = generation
		st.Token = token
	}
	err := t.store.Save(ctx, t.key, st)
	switch {
	case failure != nil:
		return Token{}, failure // whether the others learn of it is secondary
	case errors.Is(err, ErrTokenMoved):
		// The lease ran out and somebody else was faster. Use theirs, as all others do.
		newer, err := t.load(ctx)
		if err != nil || newer.Generation < generation {
			return token, nil //nolint:nilerr // ours is as good: nobody is known to have a newer one
		}
		return newer.outcome()
	case err != nil:
		return Token{}, fmt.Errorf("salesforce: save the token for all: %w", err)
	default:
		return token, nil
	}
}
