// Package oauth is an org's token service: it issues, checks, introspects and
// revokes access tokens, and fails in every way that Salesforce's does.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
package oauth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"salesforce-integration/internal/salesforce/localorg/settings"
	"salesforce-integration/internal/salesforce/sfid"
)

// Client is a connected app or external client app.
type Client struct {
	ID, Secret string
	// JWTKey checks the signatures of JWT-bearer assertions; nil: the flow has no
	// certificate.
	JWTKey *rsa.PublicKey
}

// User is who a token acts as.
type User struct{ ID, Username, Name, Email string }

// Session is what a live token grants.
type Session struct {
	User    User
	Scope   string
	Issued  time.Time
	Expires time.Time
	Client  string
}

// Service issues the tokens of one org. It is safe for concurrent use.
type Service struct {
	orgID    string
	user     User
	settings func() *settings.Settings
	now      func() time.Time

	mu      sync.Mutex
	client  Client
	tokens  map[string]*Session
	logins  int
	recent  []time.Time // logins of the last hour
	revoked int
}

// New returns the token service of an org whose Run-As user is user.
func New(orgID string, client Client, user User, set func() *settings.Settings, now func() time.Time) *Service {
	return &Service{orgID: orgID, client: client, user: user, settings: set, now: now, tokens: map[string]*Session{}}
}

// SetJWTKey gives the client a certificate's key, or takes it away.
func (s *Service) SetJWTKey(key *rsa.PublicKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client.JWTKey = key
}

// Session finds the session of a token and lets its time-out slide.
func (s *Service) Session(token string) (Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess, ok := s.tokens[token]
	now := s.now()
	if !ok || !now.Before(sess.Expires) {
		return Session{}, false
	}
	sess.Expires = now.Add(time.Duration(s.settings().TokenLifetime))
	return *sess, true
}

// Issue makes a token without a login, for outbound messages that carry a session.
func (s *Service) Issue() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, _ := s.issue()
	return token
}

func (s *Service) issue() (string, *Session) {
	now := s.now()
	token := sfid.Short(s.orgID) + "!AQ" + randomText()
	sess := &Session{User: s.user, Scope: s.settings().Scope, Issued: now, Expires: now.Add(time.Duration(s.settings().TokenLifetime)), Client: s.client.ID}
	s.tokens[token] = sess
	return token, sess
}

// randomText is the secret part of a token, in the length and alphabet of a real one.
func randomText() string {
	var b [69]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return strings.NewReplacer("-", "_", "=", ".").Replace(base64.URLEncoding.EncodeToString(b[:]))
}

// Revoke ends one token and tells whether it was alive.
func (s *Service) Revoke(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.tokens[token]; !ok {
		return false
	}
	delete(s.tokens, token)
	s.revoked++
	return true
}

// RevokeAll ends every token and returns how many there were.
func (s *Service) RevokeAll() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.tokens)
	s.revoked += n
	clear(s.tokens)
	return n
}

// Stats counts.
type Stats struct {
	Logins  int `json:"logins"`
	Alive   int `json:"alive"`
	Revoked int `json:"revoked"`
}

// Stats says how many logins there were, and how many tokens live or were revoked.
func (s *Service) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Stats{Logins: s.logins, Revoked: s.revoked}
	for _, sess := range s.tokens {
		if s.now().Before(sess.Expires) {
			out.Alive++
		}
	}
	return out
}

// countLogin notes a login and tells whether the user's hourly rate allows it.
// https://help.salesforce.com/s/articleView?id=000381578
func (s *Service) countLogin() bool {
	now := s.now()
	keep := s.recent[:0]
	for _, t := range s.recent {
		if now.Sub(t) < time.Hour {
			keep = append(keep, t)
		}
	}
	s.recent = keep
	if limit := s.settings().LoginsPerHour; limit > 0 && len(s.recent) >= limit {
		return false
	}
	s.recent = append(s.recent, now)
	s.logins++
	return true
}

// Token answers POST /services/oauth2/token. base is the URL the org was reached by.
func (s *Service) Token(w http.ResponseWriter, r *http.Request, base string) {
	form, ok := readForm(w, r)
	if !ok {
		return
	}
	set := s.settings()
	if set.TokenProblem != "" {
		if p, ok := problems()[set.TokenProblem]; ok {
			refuse(w, p)
			return
		}
	}
	if r.Method != http.MethodPost {
		refuse(w, Problem{"invalid_request", "must use HTTP POST", http.StatusBadRequest})
		return
	}
	if problem, ok := s.grant(r, form, base); !ok {
		refuse(w, problem)
		return
	}
	s.mu.Lock()
	if !s.countLogin() {
		s.mu.Unlock()
		refuse(w, problems()["rate_limit"])
		return
	}
	token, sess := s.issue()
	secret := s.client.Secret
	s.mu.Unlock()
	issued := strconv.FormatInt(sess.Issued.UnixMilli(), 10)
	id := base + "/id/" + s.orgID + "/" + sess.User.ID
	instance := base
	if set.InstanceURL != "" {
		instance = set.InstanceURL
	}
	answer(w, http.StatusOK, map[string]string{
		"access_token": token, "signature": sign(secret, id+issued), "scope": sess.Scope, "instance_url": instance,
		"id": id, "token_type": "Bearer", "issued_at": issued,
	})
}

func sign(secret, message string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(message))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// grant decides whether a token request is good.
func (s *Service) grant(r *http.Request, form url.Values, base string) (Problem, bool) {
	if form.Get("grant_type") == jwtGrant {
		return s.jwtGrant(form.Get("assertion"), base)
	}
	if p, ok := s.checkClient(r, form); !ok {
		return p, false
	}
	switch form.Get("grant_type") {
	case "client_credentials":
		if !s.rightHost(r.Host) {
			return problems()["wrong_host"], false
		}
		return Problem{}, true
	case "password":
		return problems()["authentication_failure"], false
	case "refresh_token":
		return problems()["expired_refresh_token"], false
	case "authorization_code":
		return Problem{"invalid_grant", "invalid authorization code", http.StatusBadRequest}, false
	}
	return problems()["flow_off"], false
}

// rightHost is the My Domain rule: only that host grants client credentials.
func (s *Service) rightHost(host string) bool {
	want := s.settings().MyDomain
	return want == "" || strings.EqualFold(want, host)
}

func (s *Service) checkClient(r *http.Request, form url.Values) (Problem, bool) {
	id, secret, basic := r.BasicAuth()
	if basic {
		// RFC 6749 has both parts form-encoded inside Basic; plain ones pass through.
		id, secret = unescape(id), unescape(secret)
	} else {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	s.mu.Lock()
	client := s.client
	s.mu.Unlock()
	if !equal(id, client.ID) {
		return problems()["unknown_client"], false
	}
	if !equal(secret, client.Secret) {
		p := problems()["wrong_secret"]
		p.Status = s.settings().Disputed.WrongSecretStatus
		return p, false
	}
	return Problem{}, true
}

func unescape(text string) string {
	if out, err := url.QueryUnescape(text); err == nil {
		return out
	}
	return text
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
