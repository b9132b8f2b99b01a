package oauth

import (
	"encoding/json"
	"net/http"
	"time"

	"salesforce-integration/internal/salesforce/sfid"
)

func jsonNumber(text string) json.Number { return json.Number(text) }

// ServeRevoke answers /services/oauth2/revoke, GET and POST.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_revoke_token.htm
func (s *Service) ServeRevoke(w http.ResponseWriter, r *http.Request) {
	form, ok := readForm(w, r)
	if !ok {
		return
	}
	if hint := form.Get("token_type_hint"); hint != "" && hint != "access_token" && hint != "refresh_token" {
		refuse(w, Problem{"unsupported_token_type", "this token type is not supported", http.StatusBadRequest})
		return
	}
	if !s.Revoke(form.Get("token")) {
		refuse(w, Problem{"invalid_token", "token is invalid or expired", http.StatusBadRequest})
		return
	}
	w.WriteHeader(http.StatusOK)
}

// ServeIntrospect answers POST /services/oauth2/introspect.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oidc_token_introspection.htm
func (s *Service) ServeIntrospect(w http.ResponseWriter, r *http.Request, base string) {
	form, ok := readForm(w, r)
	if !ok {
		return
	}
	if p, ok := s.checkClient(r, form); !ok {
		refuse(w, p)
		return
	}
	s.mu.Lock()
	sess, ok := s.tokens[form.Get("token")]
	alive := ok && s.now().Before(sess.Expires)
	var copied Session
	if alive {
		copied = *sess
	}
	s.mu.Unlock()
	if !alive {
		answer(w, http.StatusOK, map[string]bool{"active": false})
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"active": true, "scope": copied.Scope, "client_id": copied.Client, "username": copied.User.Username,
		"sub": base + "/id/" + s.orgID + "/" + copied.User.ID, "token_type": "access_token",
		"exp": copied.Expires.Unix(), "iat": copied.Issued.Unix(), "nbf": copied.Issued.Unix(),
	})
}

// ServeUserInfo answers /services/oauth2/userinfo and /id/{org}/{user} for a
// session that the caller has checked.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm
func (s *Service) ServeUserInfo(w http.ResponseWriter, sess Session, base string, identity bool) {
	u := sess.User
	urls := map[string]string{
		"rest": base + "/services/data/v{version}/", "sobjects": base + "/services/data/v{version}/sobjects/",
		"query": base + "/services/data/v{version}/query/", "enterprise": base + "/services/Soap/c/{version}/" + sfid.Short(s.orgID),
		"partner": base + "/services/Soap/u/{version}/" + sfid.Short(s.orgID),
	}
	id := base + "/id/" + s.orgID + "/" + u.ID
	body := map[string]any{
		"user_id": u.ID, "organization_id": s.orgID, "email": u.Email, "active": true, "user_type": "STANDARD", "urls": urls,
		"locale": "en_GB", "language": "en_US", "zoneinfo": "Europe/London", "preferred_username": u.Username,
		"sub": id, "name": u.Name, "email_verified": true, "updated_at": sess.Issued.UTC().Format(time.RFC3339),
	}
	photo := base + "/profilephoto/005/"
	body["photos"] = map[string]string{"picture": photo + "F", "thumbnail": photo + "T"}
	if identity {
		body["id"], body["username"], body["display_name"], body["asserted_user"] = id, u.Username, u.Name, true
		delete(body, "sub")
	}
	answer(w, http.StatusOK, body)
}
