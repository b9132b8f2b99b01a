package authz_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/MicahParks/jwkset"
	"github.com/aws/aws-lambda-go/events"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/authz"
)

// TestRolesOfTheOperator goes the whole way, from the function's environment to the
// policy: what the operator listed gives a role, and nothing that looks like it.
func TestRolesOfTheOperator(t *testing.T) {
	const (
		scopeAdmin, scopeViewer = "https://api.example.com/admin", "https://api.example.com/read"
		claimOfScopes           = "scope"
	)
	admin, viewer, nobody := "admin", "viewer", ""
	tests := []struct {
		name            string
		claim           string
		admins, viewers string
		holds           any // the claim's value in the token
		want            string
	}{
		{"a scope among others", claimOfScopes, scopeAdmin, scopeViewer, "openid " + scopeAdmin + " email", admin},
		{"the other list", claimOfScopes, scopeAdmin, scopeViewer, "openid " + scopeViewer, viewer},
		{"both: the mightier one", claimOfScopes, scopeAdmin, scopeViewer, scopeViewer + " " + scopeAdmin, admin},
		{"blanks around the scopes", claimOfScopes, scopeAdmin, scopeViewer, "  " + scopeViewer + "  ", viewer},
		{"a resource server's name", claimOfScopes, "experiments/admin", "experiments/read", "experiments/admin", admin},
		{"several, with blanks after the commas", "roles", "salesforce-admins, owners ,admin", "viewer", []string{"owners"}, admin},
		{"a group of Cognito", "cognito:groups", "salesforce-admins", "salesforce-readers", []string{"others", "salesforce-admins"}, admin},
		{"scopes of Entra", "scp", scopeAdmin, scopeViewer, "openid " + scopeAdmin, admin},
		{"scopes by a name of the issuer's", "https://example.com/scope", scopeAdmin, scopeViewer, "openid " + scopeViewer, viewer},
		{"scopes as a list", "scp", scopeAdmin, scopeViewer, []string{"openid", scopeViewer}, viewer},
		{"a group with blanks, in a list", "groups", "Salesforce Admins", "Salesforce Readers", []string{"Salesforce Admins"}, admin},
		{"a group with blanks, alone", "group", "Salesforce Admins", "Salesforce Readers", "Salesforce Readers", viewer},
		{"letters of all kinds", "groups", "Administratör:innen", "viewer", []string{"Administratör:innen"}, admin},

		{"the usual words are no roles any more", claimOfScopes, scopeAdmin, scopeViewer, "admin viewer", nobody},
		{"somebody else's scope of that name", claimOfScopes, scopeAdmin, scopeViewer, "https://evil.example/admin", nobody},
		{"what stands behind the slash", claimOfScopes, "admin", "viewer", "experiments/admin api/viewer", nobody},
		{"what stands before it", claimOfScopes, "experiments", "viewer", "experiments/admin", nobody},
		{"a longer one", claimOfScopes, scopeAdmin, scopeViewer, scopeAdmin + "s", nobody},
		{"a slash more", claimOfScopes, scopeAdmin, scopeViewer, scopeAdmin + "/", nobody},
		{"other letters", claimOfScopes, scopeAdmin, scopeViewer, "https://API.example.com/admin", nobody},
		{"an accent written in two", "groups", "Administratör", "viewer", []string{"Administrato\u0308r"}, nobody},
		{"a letter that looks the same", "groups", "admin", "viewer", []string{"\u0430dmin"}, nobody},
		{"the operator's whole list", "groups", "chief,owner", "viewer", []string{"chief,owner"}, nobody},
		{"commas in a scope", claimOfScopes, scopeAdmin, scopeViewer, "openid," + scopeAdmin, nobody},
		{"a tab is no blank", claimOfScopes, "chief", "viewer", "openid\tchief", nobody},
		{"a blank that does not break is none", claimOfScopes, "chief", "viewer", "openid\u00a0chief", nobody},
		{"an item of a list is one value", "groups", "chief", "viewer", []string{"no chief"}, nobody},
		{"blanks belong to an item", "groups", "chief", "viewer", []string{" chief"}, nobody},
		{"words of a group with blanks", "groups", "Salesforce Admins", "viewer", []string{"Salesforce", "Admins"}, nobody},
		{"a word of a role's name", "role", "admin", "viewer", "store admin", nobody},
		{"a role that is told not to be one", "role", "admin", "viewer", "not admin", nobody},
		{"both words in a name", "role", "admin", "viewer", "viewer of admin pages", nobody},
		{"a word and what limits it", "role", "admin", "viewer", "admin (read only)", nobody},
		{"blanks around a name", "role", "admin", "viewer", " admin ", nobody},
		{"words in a claim that ends like scope", "microscope", "admin", "viewer", "openid admin", nobody},
		{"scopes in an item of a list", claimOfScopes, "admin", "viewer", []string{"openid admin"}, nobody},
		{"an empty string", "role", "chief", "viewer", "", nobody},
		{"only blanks", "role", "chief", "viewer", "   ", nobody},
		{"an empty list", "groups", "chief", "viewer", []string{}, nobody},
		{"a list in a list", "groups", "chief", "viewer", []any{[]string{"chief"}}, nobody},
		{"an object", "groups", "chief", "viewer", map[string]any{"chief": true}, nobody},
		{"a number", "level", "7", "viewer", 7, nobody},
		{"true", "admin", "true", "viewer", true, nobody},
	}
	ring, iss := newKeyRing(t), newIssuer(t)
	iss.publish("ec", "", jwkset.UseSig, ring.ec.Public())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			handle := iss.authorizer(map[string]string{"TOKEN_ROLE_CLAIM": tt.claim, "TOKEN_ADMIN_ROLES": tt.admins, "TOKEN_VIEWER_ROLES": tt.viewers})
			token := iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"}, iss.claims(map[string]any{"role": nil, tt.claim: tt.holds}))
			got, err := handle(t, token)
			want := map[string]events.APIGatewayCustomAuthorizerResponse{
				admin: answer(admin, "ada", allow(stageARN+"/*")),
				viewer: answer(viewer, "ada", allow(stageARN+"/GET/*", stageARN+"/HEAD/*", stageARN+"/OPTIONS/*"),
					deny(stageARN+"/POST/*", stageARN+"/PUT/*", stageARN+"/PATCH/*", stageARN+"/DELETE/*")),
				nobody: answer(nobody, "ada", deny(stageARN+"/*")),
			}[tt.want]
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("error %v, answer (-want +got):\n%s", err, diff)
			}
		})
	}
}

// A claim that is a path leads into objects, and only into them.
func TestRolesOfTheOperatorInObjects(t *testing.T) {
	ring, iss := newKeyRing(t), newIssuer(t)
	iss.publish("ec", "", jwkset.UseSig, ring.ec.Public())
	handle := iss.authorizer(map[string]string{"TOKEN_ROLE_CLAIM": "resource_access.experiments.roles", "TOKEN_ADMIN_ROLES": "chief", "TOKEN_VIEWER_ROLES": "clerk"})
	roles := map[string]any{"roles": []string{"chief"}}
	for _, tt := range []struct {
		name   string
		claims map[string]any
		want   string
	}{
		{"the client's roles", map[string]any{"resource_access": map[string]any{"experiments": roles}}, "admin"},
		{"another client's", map[string]any{"resource_access": map[string]any{"another": roles}}, ""},
		{"the realm's", map[string]any{"resource_access": roles}, ""},
		{"an object in a list", map[string]any{"resource_access": []any{map[string]any{"experiments": roles}}}, ""},
		{"an object too many", map[string]any{"resource_access": map[string]any{"experiments": map[string]any{"roles": roles}}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			token := iss.sign(jwt.SigningMethodES256, ring.ec, map[string]any{"kid": "ec"}, iss.claims(tt.claims))
			got, err := handle(t, token)
			if err != nil || got.Context[authz.ContextRole] != tt.want {
				t.Errorf("role %v, error %v, want %q", got.Context[authz.ContextRole], err, tt.want)
			}
		})
	}
}

// authorizer makes one from the settings that an operator would give, beside the
// usual ones, and returns what it answers a token with.
func (i *issuer) authorizer(settings map[string]string) func(*testing.T, string) (events.APIGatewayCustomAuthorizerResponse, error) {
	i.t.Helper()
	usual := map[string]string{"TOKEN_ISSUER": issuerName, "TOKEN_AUDIENCE": audience, "TOKEN_JWKS_URL": i.server.URL}
	v, err := authz.NewVerifier(authz.ConfigFromEnv(func(name string) string { return settings[name] + usual[name] }), i.server.Client(), i.clock, slog.New(slog.DiscardHandler))
	if err != nil {
		i.t.Fatal(err)
	}
	handle := authz.NewAuthorizer(v, slog.New(slog.DiscardHandler)).Handle
	return func(t *testing.T, token string) (events.APIGatewayCustomAuthorizerResponse, error) {
		return handle(t.Context(), events.APIGatewayCustomAuthorizerRequest{MethodArn: stageARN + "/GET/api/v1/integrations", AuthorizationToken: "Bearer " + token})
	}
}

// TestListsOfRolesThatCannotWork keeps a mistake from showing only when somebody is
// locked out, or let in. Each message says what to do.
func TestListsOfRolesThatCannotWork(t *testing.T) {
	const separate = "write values separated by one comma each"
	for _, tt := range []struct {
		name            string
		claim           string
		admins, viewers string
		want            []string // in the error; none: there is none
	}{
		{"nothing set: the usual words", "role", "", "", nil},
		{"lists", "roles", "a, b", "c ,d", nil},
		{"a value twice in one list", "roles", "a,a", "c", nil},
		{"blanks within a value of a list", "groups", "Salesforce Admins", "Salesforce Readers", nil},
		{"a claim that ends like scope", "microscope", "a b", "c", nil},
		{"only a blank", "role", " ", "viewer", []string{"TOKEN_ADMIN_ROLES", separate}},
		{"only a comma", "role", "admin", ",", []string{"TOKEN_VIEWER_ROLES", separate}},
		{"a comma at the end", "role", "admin,", "viewer", []string{"TOKEN_ADMIN_ROLES", separate}},
		{"two commas", "role", "admin", "a,,b", []string{"TOKEN_VIEWER_ROLES", separate}},
		{"a line break", "role", "a\nb", "viewer", []string{"TOKEN_ADMIN_ROLES", `"a\nb"`, "in one line"}},
		{"a tab", "role", "admin", "a\tb", []string{"TOKEN_VIEWER_ROLES", `"a\tb"`}},
		{"scopes separated by blanks", "scope", "openid experiments/admin", "viewer", []string{"TOKEN_ADMIN_ROLES", `"openid experiments/admin"`, `"scope"`, "by commas"}},
		{"scopes of Entra, likewise", "scp", "admin", "a b", []string{"TOKEN_VIEWER_ROLES", `"a b"`, `"scp"`}},
		{"scopes in an object", "access.scope", "a b", "viewer", []string{"TOKEN_ADMIN_ROLES", `"a b"`}},
		{"scopes by a name of the issuer's", "https://example.com/scope", "a b", "viewer", []string{"TOKEN_ADMIN_ROLES", `"a b"`}},
		{"a value in both", "role", "chief, owner", "clerk,owner", []string{"TOKEN_ADMIN_ROLES and TOKEN_VIEWER_ROLES", `"owner"`, "take it out of one"}},
		{"one of the usual words in both", "role", "", "viewer,admin", []string{"TOKEN_ADMIN_ROLES and TOKEN_VIEWER_ROLES", `"admin"`}},
		{"all at once", "scope", "a b,", "a b", []string{separate, "both hold", "TOKEN_VIEWER_ROLES: \"a b\"", "TOKEN_ADMIN_ROLES: \"a b\""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := authz.ConfigFromEnv(func(name string) string {
				return map[string]string{
					"TOKEN_ISSUER": issuerName, "TOKEN_AUDIENCE": audience, "TOKEN_JWKS_URL": "https://issuer.example/jwks",
					"TOKEN_ROLE_CLAIM": tt.claim, "TOKEN_ADMIN_ROLES": tt.admins, "TOKEN_VIEWER_ROLES": tt.viewers,
				}[name]
			}).Validate()
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("error = %v", err)
			}
			for _, words := range tt.want {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q is not in the error: %v", words, err)
				}
			}
		})
	}
	if err := (authz.Config{Issuer: "i", Audience: "a", RoleClaim: "r", JWKSURL: "https://issuer.example/jwks"}).Validate(); err == nil ||
		!strings.Contains(err.Error(), "TOKEN_ADMIN_ROLES is empty") || !strings.Contains(err.Error(), "TOKEN_VIEWER_ROLES is empty") {
		t.Errorf("a configuration without lists: %v", err)
	}
}
