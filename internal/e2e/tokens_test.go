package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/cmd/local/issuer"
)

func (s *suite) testTokens(t *testing.T) {
	t.Parallel()
	valid := object{"name": t.Name(), "integration_type": "SALESFORCE", "config": s.orgConfig(orgSecret)}
	for _, tt := range []struct {
		name         string
		bearer       string
		reads, write int
	}{
		{"none", "", http.StatusUnauthorized, http.StatusUnauthorized},
		{"no JWT", "nonsense", http.StatusUnauthorized, http.StatusUnauthorized},
		{"expired", s.token(t, issuer.Claims{Role: "admin", Issued: time.Now().Add(-2 * time.Hour), Lifetime: time.Hour}), http.StatusUnauthorized, http.StatusUnauthorized},
		{"of another issuer", s.token(t, issuer.Claims{Role: "admin", Issuer: "https://login.example.com"}), http.StatusUnauthorized, http.StatusUnauthorized},
		{"for another audience", s.token(t, issuer.Claims{Role: "admin", Audience: "another"}), http.StatusUnauthorized, http.StatusUnauthorized},
		{"tampered with", s.admin[:len(s.admin)-8] + "AAAAAAAA", http.StatusUnauthorized, http.StatusUnauthorized},
		{"without a role", s.token(t, issuer.Claims{}), http.StatusForbidden, http.StatusForbidden},
		{"with an unknown role", s.token(t, issuer.Claims{Role: "owner"}), http.StatusForbidden, http.StatusForbidden},
		{"with what ends like a role", s.token(t, issuer.Claims{Role: "theirs/admin"}), http.StatusForbidden, http.StatusForbidden},
		{"with what ends like an administrators' group", s.token(t, issuer.Claims{Role: "chiefs"}), http.StatusForbidden, http.StatusForbidden},
		{"of an administrators' group", s.token(t, issuer.Claims{Role: issuer.AdminGroup}), http.StatusOK, http.StatusCreated},
		{"a viewer's", s.viewer, http.StatusOK, http.StatusForbidden},
		{"an administrator's", s.admin, http.StatusOK, http.StatusCreated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []struct {
				request request
				want    int
			}{
				{request{method: http.MethodGet, url: s.APIURL + "/api/v1/integrations", bearer: tt.bearer}, tt.reads},
				{request{method: http.MethodPost, url: s.APIURL + "/api/v1/integrations", bearer: tt.bearer, body: valid}, tt.write},
			} {
				got := send(t, r.request)
				if r.want >= http.StatusBadRequest {
					got.wantProblem(t, r.want)
				} else {
					got.want(t, r.want)
				}
			}
		})
	}
	i := s.connect(t)
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		send(t, request{method: method, url: s.APIURL + "/api/v1/integrations/" + i.ID, bearer: s.viewer, body: object{}}).wantProblem(t, http.StatusForbidden)
	}
	send(t, request{method: http.MethodGet, url: s.APIURL + "/api/v1/openapi.json"}).want(t, http.StatusOK)
	send(t, request{method: http.MethodGet, url: s.APIURL + "/api/v1/docs"}).want(t, http.StatusOK)
}

func (s *suite) testBadRequests(t *testing.T) {
	t.Parallel()
	const jsonType = "application/json"
	for _, tt := range []struct {
		name, method, path, contentType, body string
		want                                  int
	}{
		{"not JSON", http.MethodPost, "/api/v1/integrations", jsonType, `{"name": `, http.StatusBadRequest},
		{"no body", http.MethodPost, "/api/v1/integrations", jsonType, "", http.StatusBadRequest},
		{"a form", http.MethodPost, "/api/v1/integrations", "application/x-www-form-urlencoded", "name=x", http.StatusUnsupportedMediaType},
		{"too large", http.MethodPost, "/api/v1/integrations", jsonType, `{"name": "` + strings.Repeat("x", 1<<18) + `"}`, http.StatusRequestEntityTooLarge},
		{"an unknown address", http.MethodGet, "/api/v1/campaigns", "", "", http.StatusNotFound},
		{"an unknown address outside of the API", http.MethodGet, "/api/v2/integrations", "", "", http.StatusNotFound},
		{"an unknown method", http.MethodPatch, "/api/v1/integrations", jsonType, "{}", http.StatusMethodNotAllowed},
		{"an unknown id", http.MethodGet, "/api/v1/integrations/00000000-0000-7000-8000-000000000000", "", "", http.StatusNotFound},
		{"an id that is no UUID", http.MethodGet, "/api/v1/integrations/1", "", "", http.StatusNotFound},
		{"an unknown delivery", http.MethodGet, "/api/v1/notifications/deliveries/00000000-0000-8000-8000-000000000000", "", "", http.StatusNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := request{method: tt.method, url: s.APIURL + tt.path, bearer: s.admin}
			if tt.contentType != "" {
				r.header, r.body = map[string]string{"Content-Type": tt.contentType}, tt.body
			}
			send(t, r).wantProblem(t, tt.want)
		})
	}
}
