package authz

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
)

const (
	// fetchTimeout bounds one fetch: API Gateway's authorizer has 10 s in all.
	fetchTimeout = 5 * time.Second
	// refetchEvery is the least time between two fetches, so that tokens with
	// made-up key ids cannot be turned into traffic against the issuer.
	refetchEvery = time.Minute
	// retryEvery is the same after a fetch that failed, for a key that is not held:
	// its tokens cannot get in before.
	retryEvery = 2 * time.Second
	// freshFor is how long keys are used without asking again: a key that the
	// issuer withdrew stops working after that.
	freshFor = 15 * time.Minute
	// staleFor is how long they are used when the issuer does not answer.
	staleFor = 6 * time.Hour
	// maxJWKSBytes bounds what is read of the issuer's answer.
	maxJWKSBytes = 1 << 20
	// minRSABits is the least that RFC 7518, section 3.3, allows.
	minRSABits = 2048
)

// errUnknownKey: no key of the issuer has this id.
var errUnknownKey = errors.New("no key of the issuer has this id")

// key is a public key and the algorithms that a signature by it may use. They are
// fixed by the key, never by the token.
type key struct {
	public     any
	algorithms []string
}

// keySet is the issuer's keys, fetched on demand. Keys are refreshed when asked
// for, not in the background: between invocations the function's process is
// frozen, a goroutine with a timer would not run.
type keySet struct {
	url    string
	client *http.Client
	now    func() time.Time
	log    *slog.Logger

	mu        sync.Mutex
	keys      map[string]key
	fetchedAt time.Time // of the keys
	triedAt   time.Time // when the last fetch ended
	failure   error     // of the last fetch; nil when it got the keys
}

// get returns the key with this id. [errUnknownKey] says that the issuer has none, by
// its own word of the last minute; any other error that nobody can tell: the key may
// be one that the issuer made since it was last heard of.
func (s *keySet) get(ctx context.Context, id string) (key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.keys[id]
	if known && s.now().Sub(s.fetchedAt) < freshFor {
		return k, nil
	}
	s.refresh(ctx, known)
	if s.now().Sub(s.fetchedAt) >= staleFor {
		s.keys = nil
	}
	k, known = s.keys[id]
	switch {
	case known:
		return k, nil
	case s.failure != nil:
		return key{}, fmt.Errorf("the issuer's keys are not to be had: %w", s.failure)
	default:
		return key{}, errUnknownKey
	}
}

// refresh fetches the keys unless that was just tried. known says that the key asked
// for is held: then a failure can wait for its next try.
func (s *keySet) refresh(ctx context.Context, known bool) {
	now, pause := s.now(), refetchEvery
	if s.failure != nil && !known {
		pause = retryEvery
	}
	if !s.triedAt.IsZero() && now.Sub(s.triedAt) < pause {
		return
	}
	keys, err := s.fetch(ctx)
	// Not from the fetch's beginning: an issuer that never answers would have each
	// token wait for it.
	s.triedAt = s.now()
	if err != nil {
		s.failure = fmt.Errorf("fetch %s: %w", s.url, err)
		s.logFailure(ctx)
		return
	}
	s.keys, s.fetchedAt, s.failure = keys, now, nil
}

// logFailure is what an operator sees of an issuer that is down while tokens by the
// keys that are held are still good.
func (s *keySet) logFailure(ctx context.Context) {
	attrs := []slog.Attr{slog.Any("error", s.failure)}
	if s.keys != nil {
		attrs = append(attrs, slog.Time("held_until", s.fetchedAt.Add(staleFor)))
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "the issuer's keys could not be fetched", attrs...)
}

func (s *keySet) fetch(ctx context.Context) (map[string]key, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxJWKSBytes+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxJWKSBytes {
		return nil, fmt.Errorf("the answer has more than %d bytes", maxJWKSBytes)
	}
	return parseKeys(body)
}

// parseKeys reads a JWKS (RFC 7517). Keys that cannot verify a signature here are
// left out rather than making the others useless; none at all is an error.
func parseKeys(body []byte) (map[string]key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("not a JWKS: %w", err)
	}
	keys := map[string]key{}
	for _, raw := range set.Keys {
		var m jwkset.JWKMarshal
		if json.Unmarshal(raw, &m) != nil || m.KID == "" || m.USE != "" && m.USE != jwkset.UseSig {
			continue
		}
		// A certificate is not looked at: trust comes from where the set lies.
		m.X5C, m.X5T, m.X5TS256, m.X5U = nil, "", "", ""
		jwk, err := jwkset.NewJWKFromMarshal(m, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
		if err != nil {
			continue
		}
		algorithms := algorithmsOf(jwk.Key())
		if m.ALG != "" {
			algorithms = slices.DeleteFunc(algorithms, func(a string) bool { return a != m.ALG.String() })
		}
		if len(algorithms) > 0 {
			keys[m.KID] = key{public: jwk.Key(), algorithms: algorithms}
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the JWKS holds no usable key")
	}
	return keys, nil
}

// algorithmsOf returns what a key of this kind can sign with; nothing for a
// symmetric key, which has no place in a public set.
// https://www.rfc-editor.org/rfc/rfc7518#section-3.1
func algorithmsOf(public any) []string {
	switch k := public.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSABits {
			return nil
		}
		return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	case *ecdsa.PublicKey:
		switch k.Curve.Params().BitSize {
		case 256:
			return []string{"ES256"}
		case 384:
			return []string{"ES384"}
		case 521:
			return []string{"ES512"}
		}
	case ed25519.PublicKey:
		return []string{"EdDSA"}
	}
	return nil
}
