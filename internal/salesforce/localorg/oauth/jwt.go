package oauth

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// jwtGrant is the grant type of the JWT bearer flow.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
const jwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// maxAhead is how far in the future an assertion's exp may lie, with a little for
// clocks that differ.
const maxAhead = 6 * time.Minute

// jwtGrant checks an assertion in the order in which Salesforce complains.
func (s *Service) jwtGrant(assertion, base string) (Problem, bool) {
	s.mu.Lock()
	client := s.client
	s.mu.Unlock()
	var claims jwt.MapClaims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	_, err := parser.ParseWithClaims(assertion, &claims, func(t *jwt.Token) (any, error) {
		if client.JWTKey == nil {
			return nil, errors.New("the app has no certificate")
		}
		return client.JWTKey, nil
	})
	issuer, _ := claims.GetIssuer()
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return Problem{"invalid_grant", "invalid assertion", 400}, false
	case issuer != client.ID:
		return problems()["unknown_client"], false
	case err != nil:
		return Problem{"invalid_grant", "invalid assertion", 400}, false
	}
	audiences, _ := claims.GetAudience()
	if len(audiences) != 1 || !s.goodAudience(audiences[0], base) {
		return problems()["wrong_audience"], false
	}
	// Some libraries send exp as a string, which Salesforce takes too.
	if text, ok := claims["exp"].(string); ok {
		claims["exp"] = jsonNumber(text)
	}
	exp, err := claims.GetExpirationTime()
	if err != nil || exp == nil || !exp.After(s.now()) || exp.After(s.now().Add(maxAhead)) {
		return problems()["expired_assertion"], false
	}
	if sub, _ := claims.GetSubject(); sub != s.user.Username {
		return problems()["not_approved"], false
	}
	return Problem{}, true
}

func (s *Service) goodAudience(aud, base string) bool {
	switch aud {
	case "https://login.salesforce.com", "https://test.salesforce.com", base, base + "/services/oauth2/token":
		return true
	}
	set := s.settings()
	return set.InstanceURL != "" && aud == set.InstanceURL || set.MyDomain != "" && aud == "https://"+set.MyDomain
}
