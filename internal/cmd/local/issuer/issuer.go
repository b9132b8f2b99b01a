// Package issuer is the identity provider of the local stack: a signing key, the JWKS that publishes its public half, and
// bearer tokens for the integrations API.
package issuer

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// URL is the `iss` of the local tokens. It names no port, so that a token works whichever ports the stack has.
	URL = "http://issuer.localhost"
	// Audience is the `aud` of the local tokens.
	Audience = "salesforce-integration"
	// RoleClaim is the claim that carries the role.
	RoleClaim = "role"
	// AdminGroup makes an administrator of the local stack, too, as a group of the operator's would.
	AdminGroup = "experiments/chiefs"
	// JWKSPath is where the local stack serves the key set.
	JWKSPath = "/.well-known/jwks.json"

	keyBits = 2048
)

// An Issuer signs tokens with the key of one checkout.
type Issuer struct {
	key   *rsa.PrivateKey
	keyID string
}

// Open reads the signing key from file, or makes one and writes it there, readable by its owner only.
func Open(file string) (*Issuer, error) {
	encoded, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		encoded, err = create(file)
	}
	if err != nil {
		return nil, fmt.Errorf("the local issuer's key: %w", err)
	}
	block, _ := pem.Decode(encoded)
	if block == nil {
		return nil, fmt.Errorf("the local issuer's key: %s holds no PEM block; delete it and a new one is made", file)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the local issuer's key: %s: %w", file, err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the local issuer's key: %s holds no RSA key", file)
	}
	sum := sha256.Sum256(key.N.Bytes())
	return &Issuer{key: key, keyID: base64.RawURLEncoding.EncodeToString(sum[:12])}, nil
}

// create writes a new key to a file of its own first and links it into place: two commands that start at the same moment
// end up with the same key, and never read half of one.
func create(file string) ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".key-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(temporary.Name())
	if err := pem.Encode(temporary, &pem.Block{Type: "PRIVATE KEY", Bytes: der}); err != nil {
		return nil, errors.Join(err, temporary.Close())
	}
	if err := temporary.Close(); err != nil {
		return nil, err
	}
	if err := os.Link(temporary.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(file)
}

// Claims say what a token is to carry. Zero fields take what a good token has.
type Claims struct {
	Role     string        // admin, viewer or AdminGroup; empty leaves the claim out
	Subject  string        // default local-<role>
	Issuer   string        // default URL
	Audience string        // default Audience
	Issued   time.Time     // required
	Lifetime time.Duration // default 12 hours; negative makes a token that has run out
}

// Token signs a bearer token.
func (i *Issuer) Token(c Claims) (string, error) {
	claims := jwt.MapClaims{
		"iss": or(c.Issuer, URL),
		"aud": or(c.Audience, Audience),
		"sub": or(c.Subject, "local-"+or(c.Role, "nobody")),
		"iat": c.Issued.Unix(),
		"exp": c.Issued.Add(or(c.Lifetime, 12*time.Hour)).Unix(),
	}
	if c.Role != "" {
		claims[RoleClaim] = c.Role
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = i.keyID
	signed, err := token.SignedString(i.key)
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return signed, nil
}

func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// ServeHTTP answers with the key set: https://www.rfc-editor.org/rfc/rfc7517.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	encode := base64.RawURLEncoding.EncodeToString
	w.Header().Set("Content-Type", "application/jwk-set+json")
	keys := map[string][]map[string]string{"keys": {{
		"kty": "RSA",
		"use": "sig",
		"alg": jwt.SigningMethodRS256.Alg(),
		"kid": i.keyID,
		"n":   encode(i.key.N.Bytes()),
		"e":   encode(big.NewInt(int64(i.key.E)).Bytes()),
	}}}
	_ = json.NewEncoder(w).Encode(keys) // an error here means that the caller has gone
}
