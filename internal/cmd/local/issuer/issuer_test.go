package issuer_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"salesforce-integration/internal/cmd/local/issuer"
)

func TestTokenVerifiesAgainstTheKeySet(t *testing.T) {
	i, err := issuer.Open(filepath.Join(t.TempDir(), "new", "issuer.pem"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(i)
	defer server.Close()
	keys, err := keyfunc.NewDefaultCtx(t.Context(), []string{server.URL})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	parser := jwt.NewParser(jwt.WithIssuer(issuer.URL), jwt.WithAudience(issuer.Audience), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(func() time.Time { return now.Add(time.Hour) }))

	for name, test := range map[string]struct {
		claims issuer.Claims
		valid  bool
	}{
		"good":            {issuer.Claims{Role: "admin", Issued: now}, true},
		"run out":         {issuer.Claims{Role: "admin", Issued: now, Lifetime: -time.Minute}, false},
		"other audience":  {issuer.Claims{Role: "admin", Issued: now, Audience: "another"}, false},
		"another issuer":  {issuer.Claims{Role: "admin", Issued: now, Issuer: "http://elsewhere"}, false},
		"without a role":  {issuer.Claims{Issued: now}, true},
		"of short length": {issuer.Claims{Role: "viewer", Issued: now, Lifetime: time.Minute}, false},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := i.Token(test.claims)
			if err != nil {
				t.Fatal(err)
			}
			claims := jwt.MapClaims{}
			_, err = parser.ParseWithClaims(token, claims, keys.Keyfunc)
			if (err == nil) != test.valid {
				t.Fatalf("verify: %v, want valid = %v", err, test.valid)
			}
			if role, _ := claims[issuer.RoleClaim].(string); role != test.claims.Role {
				t.Errorf("role = %q, want %q", role, test.claims.Role)
			}
		})
	}
}

func TestOpenKeepsItsKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "issuer.pem")
	keySet := func() string {
		t.Helper()
		i, err := issuer.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		i.ServeHTTP(w, httptest.NewRequest(http.MethodGet, issuer.JWKSPath, nil))
		return w.Body.String()
	}
	if first, second := keySet(), keySet(); first != second {
		t.Errorf("the key changed from one start to the next:\n%s\n%s", first, second)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("the key file has mode %v, want 0600", got)
	}
}

func TestOpenRefusesAFileThatIsNoKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "issuer.pem")
	if err := os.WriteFile(file, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := issuer.Open(file); err == nil {
		t.Error("no error")
	}
}
