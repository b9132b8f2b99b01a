package oauth

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// Problem is a refusal of the token endpoint.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
type Problem struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
	Status      int    `json:"-"`
}

// problems names every refusal, so that a test can ask for it by its cause.
func problems() map[string]Problem {
	return map[string]Problem{
		"unknown_client":           {"invalid_client_id", "client identifier invalid", http.StatusBadRequest},
		"wrong_secret":             {"invalid_client", "invalid client credentials", http.StatusBadRequest},
		"wrong_host":               {"invalid_grant", "request not supported on this domain", http.StatusBadRequest},
		"no_run_as_user":           {"invalid_grant", "no client credentials user enabled", http.StatusBadRequest},
		"flow_off":                 {"unsupported_grant_type", "grant type not supported", http.StatusBadRequest},
		"flow_off_unauthorized":    {"unauthorized_client", "client not authorized for this grant type", http.StatusBadRequest},
		"flow_off_invalid_grant":   {"invalid_grant", "client credentials flow not enabled", http.StatusBadRequest},
		"authentication_failure":   {"invalid_grant", "authentication failure", http.StatusBadRequest},
		"inactive_user":            {"invalid_grant", "inactive user", http.StatusBadRequest},
		"inactive_user_code":       {"inactive_user", "user is inactive", http.StatusBadRequest},
		"inactive_org":             {"inactive_org", "organization is inactive", http.StatusBadRequest},
		"ip_restricted":            {"invalid_grant", "ip restricted", http.StatusBadRequest},
		"ip_or_hours":              {"invalid_grant", "ip restricted or invalid login hours", http.StatusBadRequest},
		"not_approved":             {"invalid_grant", "user hasn't approved this consumer", http.StatusBadRequest},
		"not_admin_approved":       {"invalid_app_access", "user is not admin approved to access this app", http.StatusBadRequest},
		"wrong_audience":           {"invalid_grant", "audience is invalid", http.StatusBadRequest},
		"audience_validation":      {"invalid_grant", "Audience validation failed", http.StatusBadRequest},
		"expired_assertion":        {"invalid_grant", "expired authorization code", http.StatusBadRequest},
		"expired_refresh_token":    {"invalid_grant", "expired access/refresh token", http.StatusBadRequest},
		"no_scopes":                {"invalid_grant", "no valid scopes", http.StatusBadRequest},
		"invalid_scope":            {"invalid_scope", "the requested scope is invalid, unknown, or malformed", http.StatusBadRequest},
		"must_use_https":           {"invalid_request", "must use HTTPS", http.StatusBadRequest},
		"redirect_uri_mismatch":    {"redirect_uri_mismatch", "redirect_uri must match configuration", http.StatusBadRequest},
		"access_denied":            {"access_denied", "end-user denied authorization", http.StatusBadRequest},
		"rate_limit":               {"rate_limit_exceeded", "login rate exceeded", http.StatusBadRequest},
		"rate_limit_invalid_grant": {"invalid_grant", "login rate exceeded", http.StatusBadRequest},
		"unsupported_response":     {"unsupported_response_type", "response type not supported", http.StatusBadRequest},
	}
}

// Problems lists the names that the setting tokenProblem takes.
func Problems() []string { return slices.Sorted(maps.Keys(problems())) }

func refuse(w http.ResponseWriter, p Problem) { answer(w, p.Status, p) }

func answer(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json;charset=UTF-8")
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone: nothing to tell it
}

// maxForm bounds a token request.
const maxForm = 64 << 10

func readForm(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		refuse(w, Problem{"invalid_request", "malformed request body", http.StatusBadRequest})
		return nil, false
	}
	return r.Form, true
}
