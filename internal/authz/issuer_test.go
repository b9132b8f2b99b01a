package authz_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"salesforce-integration/internal/authz"
)

const (
	issuerName = "https://issuer.example/"
	audience   = "experimentation-api"
)

// issuer signs tokens and publishes its keys, and can be told to fail.
type issuer struct {
	t      *testing.T
	server *httptest.Server

	mu      sync.Mutex
	keys    []jwkset.JWKMarshal
	status  int
	takes   time.Duration // of each answer, on the issuer's own clock
	fetches int
	now     time.Time
	log     bytes.Buffer
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{t: t, status: http.StatusOK, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	i.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.fetches++
		i.now = i.now.Add(i.takes)
		w.WriteHeader(i.status)
		_ = json.NewEncoder(w).Encode(jwkset.JWKSMarshal{Keys: i.keys})
	}))
	t.Cleanup(i.server.Close)
	return i
}

func (i *issuer) publish(id string, alg jwkset.ALG, use jwkset.USE, public any) {
	i.t.Helper()
	jwk, err := jwkset.NewJWKFromKey(public, jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: id, ALG: alg, USE: use}})
	if err != nil {
		i.t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(i.keys, jwk.Marshal())
}

func (i *issuer) withdrawAll() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = nil
}

func (i *issuer) answer(status int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.status = status
}

func (i *issuer) fetched() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

func (i *issuer) clock() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.now
}

func (i *issuer) pass(d time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.now = i.now.Add(d)
}

func (i *issuer) verifier(roleClaim string) *authz.Verifier {
	i.t.Helper()
	return i.verifierOf(roleClaim, i.server.Client())
}

func (i *issuer) verifierOf(roleClaim string, client *http.Client) *authz.Verifier {
	i.t.Helper()
	v, err := authz.NewVerifier(authz.Config{
		Issuer: issuerName, Audience: audience, JWKSURL: i.server.URL, RoleClaim: roleClaim,
		AdminRoles: []string{authz.DefaultAdminRoles}, ViewerRoles: []string{authz.DefaultViewerRoles},
	}, client, i.clock, slog.New(slog.NewJSONHandler(&i.log, nil)))
	if err != nil {
		i.t.Fatal(err)
	}
	return v
}

// claims returns those of a good administrator's token, changed as told; a nil
// value takes a claim away.
func (i *issuer) claims(change map[string]any) jwt.MapClaims {
	now := i.clock()
	c := jwt.MapClaims{
		"iss": issuerName, "aud": audience, "sub": "ada", "role": "admin",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	for name, value := range change {
		if value == nil {
			delete(c, name)
		} else {
			c[name] = value
		}
	}
	return c
}

func (i *issuer) sign(method jwt.SigningMethod, private any, header map[string]any, claims jwt.MapClaims) string {
	i.t.Helper()
	token := jwt.NewWithClaims(method, claims)
	for name, value := range header {
		token.Header[name] = value
	}
	signed, err := token.SignedString(private)
	if err != nil {
		i.t.Fatal(err)
	}
	return signed
}

// keys are made once: an RSA key takes a while.
type keyRing struct {
	rsa, other *rsa.PrivateKey
	weak       *rsa.PrivateKey
	ec         *ecdsa.PrivateKey
	ed         ed25519.PrivateKey
}

func newKeyRing(t *testing.T) keyRing {
	t.Helper()
	must := func(k crypto.PrivateKey, err error) crypto.PrivateKey {
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	ec := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	return keyRing{
		rsa:   must(rsa.GenerateKey(rand.Reader, 2048)).(*rsa.PrivateKey),
		other: must(rsa.GenerateKey(rand.Reader, 2048)).(*rsa.PrivateKey),
		weak:  must(rsa.GenerateKey(rand.Reader, 1024)).(*rsa.PrivateKey),
		ec:    ec.(*ecdsa.PrivateKey),
		ed:    must(ed, err).(ed25519.PrivateKey),
	}
}
