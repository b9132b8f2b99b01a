package authz_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"salesforce-integration/internal/authz"
	"salesforce-integration/internal/integration"
)

func TestGoodTokens(t *testing.T) {
	ring, iss := newKeyRing(t), newIssuer(t)
	iss.publish("rsa", jwkset.AlgRS256, jwkset.UseSig, ring.rsa.Public())
	iss.publish("plain", "", "", ring.rsa.Public())
	iss.publish("ec", jwkset.AlgES256, jwkset.UseSig, ring.ec.Public())
	iss.publish("ed", jwkset.AlgEdDSA, jwkset.UseSig, ring.ed.Public())
	v := iss.verifier("role")
	now := iss.clock()

	tests := []struct {
		name  string
		token string
	}{
		{"RS256", iss.sign(jwt.SigningMethodRS256, ring.rsa, map[string]any{"kid": "rsa"}, iss.claims(nil))},
		{"PS256 by a key that fixes no algorithm", iss.sign(jwt.SigningMethodPS256, ring.rsa, map[string]any{"kid": "plain"}, iss.claims(nil))},
		{"ES256", iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"}, iss.claims(nil))},
		{"EdDSA", iss.sign(jwt.SigningMethodEdDSA, ring.ed, map[string]any{"kid": "ed"}, iss.claims(nil))},
		{"several audiences", iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"}, iss.claims(map[string]any{"aud": []string{"other", audience}}))},
		{"an access token of Cognito", iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"},
			iss.claims(map[string]any{"aud": nil, "client_id": audience, "token_use": "access"}))},
		{"the issuer's clock is a little ahead", iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"},
			iss.claims(map[string]any{"iat": now.Add(50 * time.Second).Unix(), "nbf": now.Add(50 * time.Second).Unix()}))},
		{"no iat and nbf", iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"}, iss.claims(map[string]any{"iat": nil, "nbf": nil}))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := v.Verify(t.Context(), "Bearer "+tt.token)
			if want := (integration.Actor{Subject: "ada", Role: integration.RoleAdmin}); got != want || err != nil {
				t.Errorf("Verify = %+v, %v, want %+v", got, err, want)
			}
		})
	}
	for _, subject := range []string{"auth0|507f1f77bcf86cd799439011", "Ada Lovelace", strings.Repeat("\u00e9", 255)} {
		token := iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"}, iss.claims(map[string]any{"sub": subject}))
		if got, err := v.Verify(t.Context(), "Bearer "+token); err != nil || got.Subject != subject {
			t.Errorf("a token of %q: %+v, %v", subject, got, err)
		}
	}
	if got, err := v.Verify(t.Context(), "bearer  "+tests[0].token); err != nil || got.Role != integration.RoleAdmin {
		t.Errorf("a scheme in small letters: %+v, %v", got, err)
	}
}

func TestForgedTokens(t *testing.T) {
	ring, iss := newKeyRing(t), newIssuer(t)
	iss.publish("rsa", jwkset.AlgRS256, jwkset.UseSig, ring.rsa.Public())
	iss.publish("ec", "", jwkset.UseSig, ring.ec.Public())
	iss.publish("enc", jwkset.AlgRS256, jwkset.UseEnc, ring.rsa.Public())
	iss.publish("weak", jwkset.AlgRS256, jwkset.UseSig, ring.weak.Public())
	v := iss.verifier("role")
	now := iss.clock()

	kid := func(id string) map[string]any { return map[string]any{"kid": id} }
	good := iss.sign(jwt.SigningMethodRS256, ring.rsa, kid("rsa"), iss.claims(nil))
	if _, err := v.Verify(t.Context(), "Bearer "+good); err != nil {
		t.Fatalf("the token that the others are forged from is refused: %v", err)
	}
	parts := strings.Split(good, ".")
	der, err := x509.MarshalPKIXPublicKey(ring.rsa.Public())
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	otherJWK, err := jwkset.NewJWKFromKey(ring.other.Public(), jwkset.JWKOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rs := func(change map[string]any) string {
		return "Bearer " + iss.sign(jwt.SigningMethodRS256, ring.rsa, kid("rsa"), iss.claims(change))
	}
	encode := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	claims := encode(iss.claims(nil))

	tests := []struct {
		name          string
		authorization string
	}{
		{"no header", ""},
		{"only the scheme", "Bearer "},
		{"another scheme", "Basic " + good},
		{"no scheme", good},
		{"not a token", "Bearer abc"},
		{"two dots and nothing", "Bearer .."},
		{"four parts", "Bearer " + good + ".x"},
		{"alg none", "Bearer " + iss.sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid("rsa"), iss.claims(nil))},
		{"alg None in other letters", "Bearer " + encode(map[string]any{"alg": "nOnE", "kid": "rsa"}) + "." + claims + "."},
		{"alg missing", "Bearer " + encode(map[string]any{"kid": "rsa"}) + "." + claims + "." + parts[2]},
		{"signature cut off", "Bearer " + parts[0] + "." + parts[1] + "."},
		{"bits behind the signature's end", "Bearer " + withBitBehindTheEnd(t, good)},
		{"HS256 with the public key as the secret", "Bearer " + iss.sign(jwt.SigningMethodHS256, publicPEM, kid("rsa"), iss.claims(nil))},
		{"HS256 with the public key's DER as the secret", "Bearer " + iss.sign(jwt.SigningMethodHS256, der, kid("rsa"), iss.claims(nil))},
		{"RS384 though the key says RS256", "Bearer " + iss.sign(jwt.SigningMethodRS384, ring.rsa, kid("rsa"), iss.claims(nil))},
		{"ES256 header for an RSA key", "Bearer " + iss.sign(jwt.SigningMethodES256, ring.ec, kid("rsa"), iss.claims(nil))},
		{"RS256 header for an EC key", "Bearer " + iss.sign(jwt.SigningMethodRS256, ring.rsa, kid("ec"), iss.claims(nil))},
		{"signed by somebody else", "Bearer " + iss.sign(jwt.SigningMethodRS256, ring.other, kid("rsa"), iss.claims(nil))},
		{"unknown kid", "Bearer " + iss.sign(jwt.SigningMethodRS256, ring.rsa, kid("nobody"), iss.claims(nil))},
		{"kid is a path", "Bearer " + iss.sign(jwt.SigningMethodRS256, ring.rsa, kid("../../dev/null"), iss.claims(nil))},
		{"kid is no string", "Bearer " + iss.sign(jwt.SigningMethodRS256, ring.rsa, map[string]any{"kid": 7}, iss.claims(nil))},
		{"no kid", "Bearer " + iss.sign(jwt.SigningMethodRS256, ring.rsa, nil, iss.claims(nil))},
		{"a key for encryption", "Bearer " + iss.sign(jwt.SigningMethodRS256, ring.rsa, kid("enc"), iss.claims(nil))},
		{"a key of 1024 bits", "Bearer " + iss.sign(jwt.SigningMethodRS256, ring.weak, kid("weak"), iss.claims(nil))},
		{"its own key in the header", "Bearer " + iss.sign(jwt.SigningMethodRS256, ring.other,
			map[string]any{"kid": "rsa", "jwk": otherJWK.Marshal(), "jku": "https://evil.example/jwks", "x5u": "https://evil.example/x"}, iss.claims(nil))},
		{"a critical extension", "Bearer " + iss.sign(jwt.SigningMethodRS256, ring.rsa, map[string]any{"kid": "rsa", "crit": []string{"b64"}, "b64": false}, iss.claims(nil))},
		{"payload exchanged", "Bearer " + parts[0] + "." + encode(iss.claims(map[string]any{"sub": "eve"})) + "." + parts[2]},
		{"header exchanged", "Bearer " + encode(map[string]any{"alg": "RS256", "kid": "rsa", "typ": "at+jwt"}) + "." + parts[1] + "." + parts[2]},
		{"expired", rs(map[string]any{"exp": now.Add(-2 * time.Minute).Unix()})},
		{"no exp", rs(map[string]any{"exp": nil})},
		{"exp is no number", rs(map[string]any{"exp": "tomorrow"})},
		{"not yet valid", rs(map[string]any{"nbf": now.Add(2 * time.Minute).Unix()})},
		{"issued in the future", rs(map[string]any{"iat": now.Add(2 * time.Minute).Unix()})},
		{"nbf that no whole number holds", rs(map[string]any{"nbf": 1e19})},
		{"nbf of 2^63", rs(map[string]any{"nbf": math.Exp2(63)})},
		{"iat that no whole number holds", rs(map[string]any{"iat": 1e300})},
		{"exp that no whole number holds", rs(map[string]any{"exp": 1e19})},
		{"nbf as far back", rs(map[string]any{"nbf": -1e19})},
		{"another issuer", rs(map[string]any{"iss": "https://issuer.example"})},
		{"no issuer", rs(map[string]any{"iss": nil})},
		{"another audience", rs(map[string]any{"aud": "other"})},
		{"no audience", rs(map[string]any{"aud": nil})},
		{"an empty audience beside a client_id", rs(map[string]any{"aud": "", "client_id": audience, "token_use": "access"})},
		{"a client_id in a token that is none for access", rs(map[string]any{"aud": nil, "client_id": audience})},
		{"no subject", rs(map[string]any{"sub": nil})},
		{"an empty subject", rs(map[string]any{"sub": ""})},
		{"a blank subject", rs(map[string]any{"sub": " \u00a0 "})},
		{"a long subject", rs(map[string]any{"sub": strings.Repeat("x", 256)})},
		{"a subject of two lines", rs(map[string]any{"sub": "ada\neve"})},
		{"a subject that is written backwards", rs(map[string]any{"sub": "ada\u202eeve"})},
		{"a subject that lost a character", rs(map[string]any{"sub": "ad\ufffd"})},
		{"a subject that is a number", rs(map[string]any{"sub": 7})},
		{"huge", rs(map[string]any{"padding": strings.Repeat("x", 10_000)})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := v.Verify(t.Context(), tt.authorization)
			if !errors.Is(err, authz.ErrInvalidToken) || got != (integration.Actor{}) {
				t.Errorf("Verify = %+v, %v, want %v", got, err, authz.ErrInvalidToken)
			}
			if err != nil && len(tt.authorization) > 40 && strings.Contains(err.Error(), tt.authorization[len(tt.authorization)-20:]) {
				t.Errorf("the error repeats the token: %v", err)
			}
		})
	}
}

// withBitBehindTheEnd returns a token whose signature has the same bytes, written in
// another way: the last character of 256 bytes in base64 has four bits of no meaning.
func withBitBehindTheEnd(t *testing.T, token string) string {
	t.Helper()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	end := len(token) - 1
	last := strings.IndexByte(alphabet, token[end])
	if last%16 != 0 {
		t.Fatalf("the token ends with %q, which is no good end for 256 bytes", token[end])
	}
	return token[:end] + alphabet[last+1:last+2]
}

func TestRoles(t *testing.T) {
	ring, iss := newKeyRing(t), newIssuer(t)
	iss.publish("ec", "", "", ring.ec.Public())
	tests := []struct {
		name   string
		claim  string
		claims map[string]any
		want   integration.Role
	}{
		{"a name", "role", map[string]any{"role": "viewer"}, integration.RoleViewer},
		{"a list", "roles", map[string]any{"roles": []string{"other", "viewer"}}, integration.RoleViewer},
		{"groups of Cognito", "cognito:groups", map[string]any{"cognito:groups": []string{"admin"}}, integration.RoleAdmin},
		{"scopes", "scope", map[string]any{"scope": "openid viewer"}, integration.RoleViewer},
		{"two roles: the mightier one", "roles", map[string]any{"roles": []string{"viewer", "admin"}}, integration.RoleAdmin},
		{"a path", "realm_access.roles", map[string]any{"realm_access": map[string]any{"roles": []string{"admin"}}}, integration.RoleAdmin},
		{"a name with dots", "https://example.com/roles", map[string]any{"https://example.com/roles": []string{"admin"}}, integration.RoleAdmin},
		{"a path that leads nowhere", "a.b.c", map[string]any{"a": map[string]any{"b": "admin"}}, ""},
		{"another claim", "roles", map[string]any{"role": "admin"}, ""},
		{"other letters", "role", map[string]any{"role": "Admin"}, ""},
		{"a part of a name", "role", map[string]any{"role": "administrator"}, ""},
		{"commas do not separate", "scope", map[string]any{"scope": "admin,viewer"}, ""},
		{"a number", "role", map[string]any{"role": 1}, ""},
		{"true", "admin", map[string]any{"admin": true}, ""},
		{"list of no names", "role", map[string]any{"role": []any{1, nil, []string{"admin"}}}, ""},
		{"none", "role", map[string]any{"role": nil}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			token := iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"}, iss.claims(tt.claims))
			got, err := iss.verifier(tt.claim).Verify(t.Context(), "Bearer "+token)
			if got.Role != tt.want || err != nil {
				t.Errorf("role = %q, %v, want %q", got.Role, err, tt.want)
			}
		})
	}
}

func TestKeysAreFetchedOnDemand(t *testing.T) {
	ring, iss := newKeyRing(t), newIssuer(t)
	iss.publish("old", "", "", ring.ec.Public())
	v := iss.verifier("role")
	verify := func(kid string, private any, method jwt.SigningMethod) error {
		_, err := v.Verify(t.Context(), "Bearer "+iss.sign(method, private, map[string]any{"kid": kid}, iss.claims(nil)))
		return err
	}
	old := func() error { return verify("old", ring.ec, jwt.SigningMethodES256) }
	fresh := func() error { return verify("new", ring.ed, jwt.SigningMethodEdDSA) }
	step := func(what string, err error, wantErr error, wantFetches int) {
		t.Helper()
		if !errors.Is(err, wantErr) || (wantErr == nil) != (err == nil) {
			t.Errorf("%s: error %v, want %v", what, err, wantErr)
		}
		if got := iss.fetched(); got != wantFetches {
			t.Errorf("%s: %d fetches so far, want %d", what, got, wantFetches)
		}
	}

	step("first token", old(), nil, 1)
	step("second token", old(), nil, 1)
	step("unknown key at once", fresh(), authz.ErrInvalidToken, 1)
	iss.pass(61 * time.Second)
	step("unknown key after a minute", fresh(), authz.ErrInvalidToken, 2)
	step("and again at once", fresh(), authz.ErrInvalidToken, 2)
	iss.publish("new", "", "", ring.ed.Public())
	iss.pass(61 * time.Second)
	step("a new key is found", fresh(), nil, 3)
	iss.answer(http.StatusBadGateway)
	iss.pass(16 * time.Minute)
	step("the issuer is down: the old keys do", old(), nil, 4)
	step("and are not asked for again at once", old(), nil, 4)
	iss.pass(6 * time.Hour)
	if err := old(); err == nil || errors.Is(err, authz.ErrInvalidToken) {
		t.Errorf("keys too old: %v, want an error that is not the token's fault", err)
	}
	iss.answer(http.StatusOK)
	iss.withdrawAll()
	iss.publish("new", "", "", ring.ed.Public())
	iss.pass(3 * time.Second)
	step("the issuer is back", fresh(), nil, 6)
	step("a withdrawn key is one no longer", old(), authz.ErrInvalidToken, 6)
}

func TestNoKeysIsNotTheTokensFault(t *testing.T) {
	ring := newKeyRing(t)
	for name, prepare := range map[string]func(*issuer){
		"an error":        func(i *issuer) { i.answer(http.StatusInternalServerError) },
		"another answer":  func(i *issuer) { i.answer(http.StatusNoContent) },
		"an empty set":    func(*issuer) {},
		"no answer":       func(i *issuer) { i.server.Close() },
		"only a weak key": func(i *issuer) { i.publish("k", "", "", ring.weak.Public()) },
	} {
		t.Run(name, func(t *testing.T) {
			iss := newIssuer(t)
			prepare(iss)
			token := iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "k"}, iss.claims(nil))
			if _, err := iss.verifier("role").Verify(t.Context(), "Bearer "+token); err == nil || errors.Is(err, authz.ErrInvalidToken) {
				t.Errorf("error = %v, want one that is not the token's fault", err)
			}
		})
	}
}

func TestConfigNamesEverythingThatIsWrong(t *testing.T) {
	err := authz.ConfigFromEnv(func(name string) string {
		return map[string]string{"TOKEN_JWKS_URL": "issuer.example/jwks"}[name]
	}).Validate()
	for _, name := range []string{"TOKEN_ISSUER", "TOKEN_AUDIENCE", "TOKEN_JWKS_URL"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

// Keys that anybody on the way could swap would let anybody in.
func TestWhereKeysMayComeFrom(t *testing.T) {
	tests := []struct {
		url  string
		good bool
	}{
		{"https://login.example.com/.well-known/jwks.json", true},
		{"https://10.0.0.5/jwks", true},
		{"http://localhost:8000/.well-known/jwks.json", true},
		{"http://127.0.0.1:8000/jwks", true},
		{"http://[::1]:8000/jwks", true},
		{"http://login.example.com/jwks", false},
		{"http://10.0.0.5/jwks", false},
		{"http://localhost.example.com/jwks", false},
		{"http://localhost@login.example.com/jwks", false},
		{"https://user:secret@login.example.com/jwks", false},
		{"https://", false},
		{"file:///etc/keys", false},
		{"login.example.com/jwks", false},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			err := authz.Config{Issuer: "i", Audience: "a", RoleClaim: "r", AdminRoles: []string{"a"}, ViewerRoles: []string{"v"}, JWKSURL: tt.url}.Validate()
			if (err == nil) != tt.good {
				t.Errorf("error = %v", err)
			}
		})
	}
}
