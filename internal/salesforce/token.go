package salesforce

import (
	"context"
	"errors"
	"time"
)

// Token is an access token of an org. No lifetime comes with it: Salesforce's
// answer to the client-credentials grant has no expires_in, so it is good until
// the org refuses it.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
type Token struct {
	Value       Secret
	InstanceURL string    // as the org gave it; only for showing, see [Config.InstanceURL]
	OrgID       string    // 18 characters, from the identity URL; empty when the answer had none
	IssuedAt    time.Time // as the org gave it, or when the answer came

	// Generation numbers the exchanges made under one store key, so that a
	// caller with a refused token can tell whether it was already replaced.
	// A token that a person typed in has 0.
	Generation int64
}

// IsZero reports whether there is no token.
func (t Token) IsZero() bool { return t.Value.IsZero() }

// TokenSource gives the access tokens that a [Client] works with.
// It must be safe for concurrent use.
type TokenSource interface {
	// Token returns a token that is believed good.
	Token(ctx context.Context) (Token, error)
	// Refresh replaces a token that the org refused. When stale was already
	// replaced, it returns the newer token without asking the org.
	Refresh(ctx context.Context, stale Token) (Token, error)
}

// Errors of a [TokenStore].
var (
	// ErrNoToken says that nothing was ever kept under the key.
	ErrNoToken = errors.New("salesforce: no token is stored")
	// ErrTokenMoved says that somebody else saved an exchange first.
	ErrTokenMoved = errors.New("salesforce: a newer token is stored")
)

// StoredToken is what a [TokenStore] keeps under a key: the outcome of the newest
// exchange, which is a token or a failure, and the lease on the next one.
type StoredToken struct {
	// Generation counts finished exchanges, failed ones included. 0 means none.
	Generation int64
	// Token is zero when the newest exchange failed, or none was made yet. A
	// store seals it; its Generation field need not be kept.
	Token Token
	// Failure says why the newest exchange failed. It holds no secret.
	Failure *Error
	// FailedAt is when it failed: for a moment nobody tries again.
	FailedAt time.Time
	// LeaseUntil is when the current lease ends; zero or past: nobody holds it.
	LeaseUntil time.Time
}

// Lease is the right to make the next exchange.
type Lease struct {
	Generation int64     // of the newest exchange known to the one who asks
	Now        time.Time // a lease that ended at or before it is free again
	Until      time.Time // when this one ends by itself
}

// TokenStore shares one token among many processes. An implementation needs
// nothing more than conditional writes on one row per key. Keys are opaque; a
// caller uses another key when the org or the credentials change.
type TokenStore interface {
	// Load returns what is kept under key, read strongly consistently. A row that
	// so far only has a lease comes back with Generation 0 and no error; with
	// no row at all the error wraps [ErrNoToken].
	Load(ctx context.Context, key string) (StoredToken, error)
	// AcquireLease takes the lease if the stored generation still is
	// lease.Generation (0 also fits where there is no row) and nobody holds a
	// lease that ends after lease.Now. It reports whether it did.
	AcquireLease(ctx context.Context, key string, lease Lease) (bool, error)
	// Save keeps the outcome of an exchange and ends the lease, if the stored
	// generation still is st.Generation-1. If not, the error wraps
	// [ErrTokenMoved] and nothing changes. st.LeaseUntil is ignored.
	Save(ctx context.Context, key string, st StoredToken) error
}
