package authz

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"salesforce-integration/internal/integration"
)

const (
	// leeway is how far the issuer's clock may be off ours.
	leeway = time.Minute
	// maxTokenBytes bounds what is parsed at all: API Gateway takes 10,240 bytes of
	// headers, and a token with a hundred groups has about 4,000.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
	maxTokenBytes = 8192
	// maxSubjectLen is how many characters a subject may have.
	// https://openid.net/specs/openid-connect-core-1_0.html#IDToken
	maxSubjectLen = 255
)

// ErrInvalidToken is wrapped by every error that is the token's fault. Other
// errors of [Verifier.Verify] mean that nobody can tell.
var ErrInvalidToken = errors.New("invalid token")

// Verifier checks bearer tokens.
type Verifier struct {
	config Config
	keys   *keySet
	parser *jwt.Parser
}

// NewVerifier returns a verifier that fetches the issuer's keys with client when
// it first needs them. now is the clock; log gets a line for each fetch that failed.
func NewVerifier(c Config, client *http.Client, now func() time.Time, log *slog.Logger) (*Verifier, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Verifier{
		config: c,
		keys:   &keySet{url: c.JWKSURL, client: client, now: now, log: log},
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}),
			jwt.WithIssuer(c.Issuer),
			jwt.WithExpirationRequired(),
			jwt.WithIssuedAt(),
			jwt.WithLeeway(leeway),
			jwt.WithTimeFunc(now),
			jwt.WithStrictDecoding(),
		),
	}, nil
}

// Verify checks the value of an Authorization header and returns who it names;
// the role is empty when the token gives none that is known here.
func (v *Verifier) Verify(ctx context.Context, authorization string) (integration.Actor, error) {
	raw, err := bearer(authorization)
	if err != nil {
		return integration.Actor{}, err
	}
	claims := jwt.MapClaims{}
	var unavailable error
	_, err = v.parser.ParseWithClaims(raw, claims, func(t *jwt.Token) (any, error) {
		k, err := v.keyFor(ctx, t)
		if err != nil && !errors.Is(err, ErrInvalidToken) {
			unavailable = err
		}
		return k, err
	})
	if unavailable != nil {
		return integration.Actor{}, unavailable
	}
	if err != nil {
		return integration.Actor{}, fmt.Errorf("%w: %w", ErrInvalidToken, err)
	}
	if !v.meantForUs(claims) {
		return integration.Actor{}, fmt.Errorf("%w: it is meant for another audience", ErrInvalidToken)
	}
	if err := datesFit(claims); err != nil {
		return integration.Actor{}, err
	}
	subject, err := claims.GetSubject()
	if err != nil || !names(subject) {
		return integration.Actor{}, fmt.Errorf("%w: it has no subject, or none that can be written into the audit trail", ErrInvalidToken)
	}
	return integration.Actor{Subject: subject, Role: v.config.roleOf(claims)}, nil
}

// keyFor returns the issuer's key that the token names. Whatever else a header
// may offer (jwk, jku, x5u …) is not even looked at; a `crit` one, which means
// that it must be understood, refuses the token.
// https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11
func (v *Verifier) keyFor(ctx context.Context, t *jwt.Token) (any, error) {
	if _, ok := t.Header["crit"]; ok {
		return nil, fmt.Errorf("%w: it has critical extensions", ErrInvalidToken)
	}
	id, ok := t.Header["kid"].(string)
	if !ok || id == "" {
		return nil, fmt.Errorf("%w: it does not say which key signed it", ErrInvalidToken)
	}
	k, err := v.keys.get(ctx, id)
	if errors.Is(err, errUnknownKey) {
		return nil, fmt.Errorf("%w: %w", ErrInvalidToken, err)
	}
	if err != nil {
		return nil, err
	}
	if !slices.Contains(k.algorithms, t.Method.Alg()) {
		return nil, fmt.Errorf("%w: its algorithm is not its key's", ErrInvalidToken)
	}
	return k.public, nil
}

// meantForUs says whether the audience is in the token. Amazon Cognito's access
// tokens have a client_id and no audience; it counts in its place, as in API
// Gateway's own JWT authorizer.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
func (v *Verifier) meantForUs(claims jwt.MapClaims) bool {
	if _, ok := claims["aud"]; !ok {
		id, _ := claims["client_id"].(string)
		return claims["token_use"] == "access" && id == v.config.Audience
	}
	audience, err := claims.GetAudience()
	return err == nil && slices.Contains(audience, v.config.Audience)
}

// datesFit refuses a date that does not fit into a whole number. The library takes it
// for another one, which one hangs on the processor: of 1e19 it may make a time long
// ago.
func datesFit(claims jwt.MapClaims) error {
	const most = 1 << 53 // a float64 has every whole number up to here
	for _, name := range []string{"exp", "nbf", "iat"} {
		if seconds, ok := claims[name].(float64); ok && math.Abs(seconds) > most {
			return fmt.Errorf("%w: its %s is no date", ErrInvalidToken, name)
		}
	}
	return nil
}

// names says whether a subject can stand for somebody in the audit trail: some
// characters that can be seen, in one line, and none that was lost.
func names(subject string) bool {
	return strings.TrimSpace(subject) != "" && utf8.RuneCountInString(subject) <= maxSubjectLen &&
		!strings.ContainsFunc(subject, func(r rune) bool { return !unicode.IsGraphic(r) || r == utf8.RuneError })
}

// bearer takes the token out of an Authorization header.
func bearer(authorization string) (string, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	switch {
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return "", fmt.Errorf("%w: the header is not 'Bearer' and a token", ErrInvalidToken)
	case len(token) > maxTokenBytes:
		return "", fmt.Errorf("%w: it has more than %d bytes", ErrInvalidToken, maxTokenBytes)
	default:
		return token, nil
	}
}
