package authz_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/aws/aws-lambda-go/events"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/authz"
)

var update = flag.Bool("update", false, "make a new key and sign the tokens of events/authorizer with it")

const (
	eventsDir = "../../events/authorizer"
	jwksFile  = "testdata/jwks.json"
	stageARN  = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod"
)

// eventsNow is the day on which the tokens of events/authorizer are good. In real
// life they ran out long ago, and nobody has the key that signed them.
func eventsNow() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }

func allow(resources ...string) events.IAMPolicyStatement {
	return events.IAMPolicyStatement{Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: resources}
}

func deny(resources ...string) events.IAMPolicyStatement {
	return events.IAMPolicyStatement{Action: []string{"execute-api:Invoke"}, Effect: "Deny", Resource: resources}
}

func answer(role, subject string, statements ...events.IAMPolicyStatement) events.APIGatewayCustomAuthorizerResponse {
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID:    subject,
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{Version: "2012-10-17", Statement: statements},
		Context:        map[string]any{"role": role, "sub": subject},
	}
}

// listedEvents is how many wantOf knows.
const listedEvents = 8

// wantOf says what each file of events/authorizer is answered with; nil: with the
// error that API Gateway makes a 401 of.
func wantOf(file string) (want *events.APIGatewayCustomAuthorizerResponse, listed bool) {
	admin := answer("admin", "ada", allow(stageARN+"/*"))
	viewer := answer("viewer", "vic", allow(stageARN+"/GET/*", stageARN+"/HEAD/*", stageARN+"/OPTIONS/*"),
		deny(stageARN+"/POST/*", stageARN+"/PUT/*", stageARN+"/PATCH/*", stageARN+"/DELETE/*"))
	nobody := answer("", "nora", deny(stageARN+"/*"))
	want, listed = map[string]*events.APIGatewayCustomAuthorizerResponse{
		"admin.json":          &admin,
		"viewer.json":         &viewer,
		"no-role.json":        &nobody,
		"no-token.json":       nil,
		"expired.json":        nil,
		"wrong-audience.json": nil,
		"alg-none.json":       nil,
		"tampered.json":       nil,
	}[file]
	return want, listed
}

func TestEventsOnFile(t *testing.T) {
	if *update {
		writeEvents(t)
	}
	jwks, err := os.ReadFile(jwksFile)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(jwks) }))
	t.Cleanup(server.Close)
	v, err := authz.NewVerifier(authz.Config{
		Issuer: issuerName, Audience: audience, JWKSURL: server.URL, RoleClaim: "role",
		AdminRoles: []string{authz.DefaultAdminRoles}, ViewerRoles: []string{authz.DefaultViewerRoles},
	}, server.Client(), eventsNow, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	handle := authz.NewAuthorizer(v, slog.New(slog.DiscardHandler)).Handle

	files, err := filepath.Glob(filepath.Join(eventsDir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no events in %s: %v", eventsDir, err)
	}
	if len(files) != listedEvents {
		t.Errorf("%d files, the table lists %d", len(files), listedEvents)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, listed := wantOf(filepath.Base(file))
			if !listed {
				t.Fatal("this file is not in the table of what events are answered with")
			}
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var e events.APIGatewayCustomAuthorizerRequest
			if err := json.Unmarshal(raw, &e); err != nil {
				t.Fatal(err)
			}
			got, err := handle(t.Context(), e)
			if want == nil {
				if err == nil || err.Error() != "Unauthorized" {
					t.Errorf("error = %v, want Unauthorized", err)
				}
				return
			}
			if diff := cmp.Diff(*want, got); diff != "" || err != nil {
				t.Errorf("error %v, answer (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestOtherARNs: a policy speaks of the stage that an ARN names, so what names none, or
// more than one, gets none, however good the token is.
func TestOtherARNs(t *testing.T) {
	ring, iss := newKeyRing(t), newIssuer(t)
	iss.publish("ec", "", jwkset.UseSig, ring.ec.Public())
	token := iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"}, iss.claims(nil))
	const region = "arn:aws:execute-api:eu-central-1:123456789012:"
	ask := func(arn string) (events.APIGatewayCustomAuthorizerResponse, error) {
		handle := authz.NewAuthorizer(iss.verifier("role"), slog.New(slog.DiscardHandler)).Handle
		return handle(t.Context(), events.APIGatewayCustomAuthorizerRequest{MethodArn: arn, AuthorizationToken: "Bearer " + token})
	}
	for name, arn := range map[string]string{
		"nothing":              "",
		"an API":               region + "a1b2c3d4e5",
		"a stage":              region + "a1b2c3d4e5/prod",
		"no stage":             region + "a1b2c3d4e5//GET/x",
		"all APIs":             region + "*/prod/GET/x",
		"all stages":           region + "a1b2c3d4e5/*/GET/x",
		"some APIs":            region + "a1b2c3d4e?/prod/GET/x",
		"stages of one letter": region + "a1b2c3d4e5/?/GET/x",
		"all of an account":    "arn:aws:execute-api:eu-central-1:*/prod/GET/x",
		"too many parts":       region + "more:a1b2c3d4e5/prod/GET/x",
		"no ARN":               "aws:execute-api:eu-central-1:123456789012:more:a1b2c3d4e5/prod/GET/x",
		"only slashes":         "x/y/z",
	} {
		if _, err := ask(arn); err == nil || err.Error() != "Unauthorized" {
			t.Errorf("%s: error %v, want Unauthorized", name, err)
		}
	}
	if got := iss.fetched(); got != 0 {
		t.Errorf("%d fetches of keys, want none", got)
	}
	// Behind the stage stands what the caller wrote.
	got, err := ask(region + "a1b2c3d4e5/prod/GET/*")
	if diff := cmp.Diff(answer("admin", "ada", allow(stageARN+"/*")), got); diff != "" || err != nil {
		t.Errorf("a path with a star: error %v, answer (-want +got):\n%s", err, diff)
	}
}

// TestTheErrorOfOthersFaultIsNot401 keeps an outage of the issuer from looking
// like a bad token.
func TestTheErrorOfOthersFaultIsNot401(t *testing.T) {
	ring, iss := newKeyRing(t), newIssuer(t)
	iss.answer(http.StatusBadGateway)
	token := iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "k"}, iss.claims(nil))
	handle := authz.NewAuthorizer(iss.verifier("role"), slog.New(slog.DiscardHandler)).Handle
	_, err := handle(t.Context(), events.APIGatewayCustomAuthorizerRequest{MethodArn: stageARN + "/GET/x", AuthorizationToken: "Bearer " + token})
	if err == nil || err.Error() == "Unauthorized" {
		t.Errorf("error = %v, want one that becomes a 500", err)
	}
}

func TestWire(t *testing.T) {
	good := map[string]string{"TOKEN_ISSUER": issuerName, "TOKEN_AUDIENCE": audience, "TOKEN_JWKS_URL": "https://issuer.example/jwks", "LOG_LEVEL": "warn"}
	if _, err := authz.Wire(func(name string) string { return good[name] }, io.Discard); err != nil {
		t.Error(err)
	}
	good["LOG_LEVEL"] = "loud"
	if _, err := authz.Wire(func(name string) string { return good[name] }, io.Discard); err == nil {
		t.Error("an unknown level is accepted")
	}
	if _, err := authz.Wire(func(string) string { return "" }, nil); err == nil {
		t.Error("want an error")
	}
}

func writeEvents(t *testing.T) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := jwkset.NewJWKFromKey(private.Public(), jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{KID: "example-2026-03", ALG: jwkset.AlgES256, USE: jwkset.UseSig},
	})
	if err != nil {
		t.Fatal(err)
	}
	writeJSON(t, jwksFile, jwkset.JWKSMarshal{Keys: []jwkset.JWKMarshal{jwk.Marshal()}})

	sign := func(method jwt.SigningMethod, key any, change jwt.MapClaims) string {
		claims := jwt.MapClaims{
			"iss": issuerName, "aud": audience, "sub": "ada", "role": "admin",
			"iat": eventsNow().Unix(), "exp": eventsNow().Add(time.Hour).Unix(),
		}
		for name, value := range change {
			claims[name] = value
		}
		token := jwt.NewWithClaims(method, claims)
		token.Header["kid"] = "example-2026-03"
		signed, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + signed
	}
	admin := sign(jwt.SigningMethodES256, private, nil)
	viewer := sign(jwt.SigningMethodES256, private, jwt.MapClaims{"sub": "vic", "role": "viewer"})
	a, v := strings.Split(admin, "."), strings.Split(viewer, ".")
	for file, token := range map[string]string{
		"admin.json":          admin,
		"viewer.json":         viewer,
		"no-role.json":        sign(jwt.SigningMethodES256, private, jwt.MapClaims{"sub": "nora", "role": "guest"}),
		"no-token.json":       "",
		"expired.json":        sign(jwt.SigningMethodES256, private, jwt.MapClaims{"exp": eventsNow().Add(-time.Hour).Unix()}),
		"wrong-audience.json": sign(jwt.SigningMethodES256, private, jwt.MapClaims{"aud": "another-api"}),
		"alg-none.json":       sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"tampered.json":       v[0] + "." + a[1] + "." + v[2],
	} {
		writeJSON(t, filepath.Join(eventsDir, file), map[string]string{
			"type": "TOKEN", "authorizationToken": token, "methodArn": stageARN + "/GET/api/v1/integrations",
		})
	}
}

func writeJSON(t *testing.T, file string, value any) {
	t.Helper()
	b, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
