package authz_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/aws/aws-lambda-go/events"
	"github.com/golang-jwt/jwt/v5"

	"salesforce-integration/internal/authz"
)

const mebibyte = 1 << 20

// TestWhatTheFunctionTakesForTheIssuersKeys is of the authorizer as it is deployed,
// with the client that it makes itself.
func TestWhatTheFunctionTakesForTheIssuersKeys(t *testing.T) {
	ring, iss := newKeyRing(t), newIssuer(t)
	iss.now = time.Now() // Wire takes the real clock
	iss.publish("ec", "", jwkset.UseSig, ring.ec.Public())
	token := iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"}, iss.claims(nil))
	set := body(t, iss.server.URL)
	redirect := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, iss.server.URL, status) }
	}
	blanks := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, set+strings.Repeat(" ", n-len(set)))
		}
	}
	for _, tt := range []struct {
		name  string
		serve http.HandlerFunc
		want  string // in the log; empty: the token is good
	}{
		{"the set", blanks(len(set)), ""},
		{"a set of a mebibyte", blanks(mebibyte), ""},
		{"a byte more", blanks(mebibyte + 1), "more than 1048576 bytes"},
		{"moved for good", redirect(http.StatusMovedPermanently), "status 301"},
		{"found elsewhere", redirect(http.StatusFound), "status 302"},
		{"elsewhere for now", redirect(http.StatusTemporaryRedirect), "status 307"},
		{"elsewhere from now on", redirect(http.StatusPermanentRedirect), "status 308"},
		{"long headers", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 128<<10))
			blanks(len(set))(w, r)
		}, "exceeded 65536 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.serve)
			t.Cleanup(server.Close)
			role, log, err := decide(t, server.URL, token)
			if tt.want == "" {
				if role != "admin" || err != nil {
					t.Errorf("role %v, error %v, want admin", role, err)
				}
				return
			}
			if err == nil || err.Error() == "Unauthorized" || !strings.Contains(log, tt.want) {
				t.Errorf("role %v, error %v, want one that becomes a 500, and %q in the log: %s", role, err, tt.want, log)
			}
		})
	}
}

// An answer without end is left before it fills the function's memory.
func TestAnAnswerWithoutEndIsNotReadOn(t *testing.T) {
	const far = 64 // mebibytes, more than lies in the buffers of a connection
	ring, iss := newKeyRing(t), newIssuer(t)
	iss.now = time.Now()
	written := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n, blanks := 0, bytes.Repeat([]byte(" "), mebibyte)
		for ; n < far; n++ {
			if _, err := w.Write(blanks); err != nil {
				break
			}
		}
		written <- n
	}))
	t.Cleanup(server.Close)
	token := iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"}, iss.claims(nil))
	if _, _, err := decide(t, server.URL, token); err == nil || err.Error() == "Unauthorized" {
		t.Errorf("error = %v, want one that becomes a 500", err)
	}
	if n := <-written; n == far {
		t.Errorf("%d MiB were read", n)
	}
}

// decide has the deployed authorizer, with the keys of this address, decide about a
// token, and returns the role, its log and its error.
func decide(t *testing.T, url, token string) (role any, log string, err error) {
	t.Helper()
	env := map[string]string{"TOKEN_ISSUER": issuerName, "TOKEN_AUDIENCE": audience, "TOKEN_JWKS_URL": url}
	var out bytes.Buffer
	a, err := authz.Wire(func(name string) string { return env[name] }, &out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Handle(t.Context(), events.APIGatewayCustomAuthorizerRequest{MethodArn: stageARN + "/GET/x", AuthorizationToken: "Bearer " + token})
	return got.Context[authz.ContextRole], out.String(), err
}

func body(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// hangs is an issuer that takes the request and says nothing more, from the
// beginning or after the header.
type hangs struct{ afterHeader bool }

func (h hangs) RoundTrip(r *http.Request) (*http.Response, error) {
	if !h.afterHeader {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(silence{r})}, nil
}

// silence is a body that does not come.
type silence struct{ of *http.Request }

func (s silence) Read([]byte) (int, error) {
	<-s.of.Context().Done()
	return 0, s.of.Context().Err()
}

// An issuer that hangs is left while API Gateway still waits for the authorizer: ten
// seconds, of which the function's start takes some.
func TestAnIssuerThatHangsIsLeft(t *testing.T) {
	ring, iss := newKeyRing(t), newIssuer(t)
	token := iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"}, iss.claims(nil))
	for name, issuer := range map[string]hangs{"from the beginning": {}, "after the header": {afterHeader: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := iss.verifierOf("role", &http.Client{Transport: issuer})
				began := time.Now()
				_, err := v.Verify(t.Context(), "Bearer "+token)
				if took := time.Since(began); took != 5*time.Second {
					t.Errorf("it took %v, want 5 s", took)
				}
				if err == nil || !strings.Contains(err.Error(), "deadline exceeded") {
					t.Errorf("error = %v, want the deadline", err)
				}
			})
		})
	}
}
