package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"salesforce-integration/internal/integration"
)

// signaturePrefix names the only algorithm there is.
const signaturePrefix = "sha256="

// timestampTolerance is how far a signed timestamp may be from now, either way.
const timestampTolerance = 5 * time.Minute

// uuidLen is the length of the only spelling of an id that is accepted.
const uuidLen = 36

// verifier decides whether a request is from the integration's org.
//
// A request may carry the integration's secret in its URL (?token=), where
// outbound messages have room for it, or sign its raw body with it
// (X-Hub-Signature-256: sha256=<hex HMAC>). Beside the signature it may say when
// it was sent (X-Webhook-Timestamp: Unix seconds); what is signed is then
// "<timestamp>.<body>", and the request is too old after five minutes. Either
// suffices, and each one that is there must be right. While a secret is being
// replaced, the one before it is as good.
type verifier struct {
	store integration.IntegrationStore
	vault integration.Vault
	mode  Authentication
	// certificate is about mutual TLS. API Gateway checks certificates only on the
	// domain that asks for them, and its other names lead here as well.
	certificate Authentication
	now         func() time.Time
	decoy       []byte // the secret of integrations that are not there
}

func newVerifier(c Config, d Deps) verifier {
	decoy := make([]byte, sha256.Size)
	_, _ = rand.Read(decoy) // never fails
	return verifier{store: d.Store, vault: d.Vault, mode: c.Authentication, certificate: c.ClientCertificate, now: d.Now, decoy: decoy}
}

// trust is what a verified request may rely on.
type trust struct {
	integration integration.Integration
	proven      bool // the request carried the secret
	outdated    bool // it carried the secret before the current one
}

// verify finds the integration and checks the request's credentials. Everything
// that is wrong with either is the same refusal, after the same comparisons.
func (v verifier) verify(ctx context.Context, r request) (trust, error) {
	i, secrets, known, err := v.lookup(ctx, r.integrationID)
	if err != nil {
		return trust{}, err
	}
	tokens, signatures, current := 1, 1, 1
	for _, token := range r.tokens {
		is, was := sameSecret([]byte(token), secrets.current), sameSecret([]byte(token), secrets.previous)
		tokens &= is | was
		current &= is
	}
	expected, before := sign(secrets.current, r), sign(secrets.previous, r) // even if nothing is to be compared with them
	for _, s := range r.signatures {
		sum, ok := parseSignature(s)
		is, was := subtle.ConstantTimeCompare(sum, expected), subtle.ConstantTimeCompare(sum, before)
		signatures &= (is | was) & b2i(ok)
		current &= is
	}
	// All comparisons are made by now; which one failed is for the log alone.
	given := len(r.tokens) + len(r.signatures)
	switch {
	case !known:
		return trust{}, unauthenticated("there is no such integration")
	case tokens != 1:
		return trust{}, unauthenticated("the token is wrong")
	case signatures != 1:
		return trust{}, unauthenticated("the signature is wrong")
	case !v.fresh(r):
		return trust{}, unauthenticated("the signed timestamp is not of now")
	case !r.certified && v.certificate == AuthenticationRequired:
		return trust{}, unauthenticated("the request came without a client certificate")
	case given == 0 && v.mode != AuthenticationOptional:
		return trust{}, unauthenticated("the request carries no credential")
	default:
		return trust{integration: i, proven: given > 0, outdated: given > 0 && current != 1}, nil
	}
}

// secretPair is what credentials are compared with. Where there is no secret it
// holds a decoy, so that the work is the same.
type secretPair struct{ current, previous []byte }

// lookup returns the integration and its live secrets, or decoys that no credential
// matches when there is none: known is then false only for lack of the
// integration, since one without a secret may still be open to all. The row is read
// for each request, so a new secret counts at once, and an old one no longer than
// it was to.
func (v verifier) lookup(ctx context.Context, rawID string) (i integration.Integration, secrets secretPair, known bool, err error) {
	secrets = secretPair{v.decoy, v.decoy}
	id, ok := parseUUID(rawID)
	if !ok {
		return i, secrets, false, nil
	}
	i, err = v.store.GetIntegration(ctx, id)
	switch integration.ErrorCode(err) {
	case "":
	case integration.CodeNotFound:
		return i, secrets, false, nil
	default:
		return i, secrets, false, unavailable(err)
	}
	if len(i.SealedWebhookSecret) == 0 {
		return i, secrets, true, nil
	}
	opened, err := integration.OpenWebhookSecrets(ctx, v.vault, i)
	if err == nil && opened.Current == "" {
		err = errors.New("the webhook secret is empty")
	}
	if err != nil {
		return i, secrets, false, unavailable(err)
	}
	secrets.current = []byte(opened.Current.Reveal())
	if opened.Previous != "" && i.PreviousWebhookSecretLive(v.now()) {
		secrets.previous = []byte(opened.Previous.Reveal())
	}
	return i, secrets, true, nil
}

// fresh checks the age of a request that states it. Without a signature nothing
// vouches for a timestamp, and it is not looked at.
func (v verifier) fresh(r request) bool {
	if len(r.signatures) == 0 || len(r.timestamps) == 0 {
		return true
	}
	seconds, err := strconv.ParseInt(r.timestamps[0], 10, 64)
	if err != nil || len(r.timestamps) > 1 {
		return false
	}
	age := v.now().Sub(time.Unix(seconds, 0))
	return age <= timestampTolerance && age >= -timestampTolerance
}

// verifyOrg checks that a SOAP message comes from the integration's org. Until an
// org is pinned, at the first successful connection, the secret alone decides.
func verifyOrg(t trust, organizationID string) error {
	if t.integration.OrgID == "" {
		return nil
	}
	if subtle.ConstantTimeCompare([]byte(t.integration.OrgID), []byte(organizationID)) != 1 {
		return unauthenticated("the message is of another org")
	}
	return nil
}

// sign computes what X-Hub-Signature-256 must carry.
func sign(secret []byte, r request) []byte {
	mac := hmac.New(sha256.New, secret)
	if len(r.timestamps) > 0 {
		mac.Write([]byte(r.timestamps[0]))
		mac.Write([]byte("."))
	}
	mac.Write(r.body)
	return mac.Sum(nil)
}

// parseSignature reads "sha256=<64 hex digits>". The sum is never nil, so that a
// wrong header costs the same comparison as a right one.
func parseSignature(s string) (sum []byte, ok bool) {
	digits, found := strings.CutPrefix(s, signaturePrefix)
	sum, err := hex.DecodeString(digits)
	if !found || err != nil || len(sum) != sha256.Size {
		return make([]byte, sha256.Size), false
	}
	return sum, true
}

// sameSecret compares without telling the secret's length.
func sameSecret(a, b []byte) int {
	x, y := sha256.Sum256(a), sha256.Sum256(b)
	return subtle.ConstantTimeCompare(x[:], y[:])
}

func parseUUID(s string) (string, bool) {
	if len(s) != uuidLen {
		return "", false
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return "", false
	}
	return id.String(), true
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
