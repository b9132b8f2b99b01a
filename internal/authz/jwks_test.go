package authz_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"salesforce-integration/internal/authz"
)

// newKey is a verifier that holds the issuer's key "old", whose issuer has published
// "new" since; both functions verify a token by that key, and check the outcome and
// how often the issuer has been asked so far.
type newKey struct {
	*issuer
	old, fresh func(what string, want outcome, fetches int)
}

// outcome is what becomes of a token.
type outcome string

const (
	good    outcome = "good"
	refused outcome = "refused: the token's fault"
	unknown outcome = "nobody can tell"
)

func newNewKey(t *testing.T) newKey {
	ring, n := newKeyRing(t), newKey{issuer: newIssuer(t)}
	v := n.verifier("role")
	by := func(id string, method jwt.SigningMethod, private any) func(string, outcome, int) {
		return func(what string, want outcome, fetches int) {
			t.Helper()
			_, err := v.Verify(t.Context(), "Bearer "+n.sign(method, private, map[string]any{"kid": id}, n.claims(nil)))
			got := good
			if errors.Is(err, authz.ErrInvalidToken) {
				got = refused
			} else if err != nil {
				got = unknown
			}
			if got != want || n.fetched() != fetches {
				t.Errorf("%s: %s after %d fetches, want %s after %d (error %v)", what, got, n.fetched(), want, fetches, err)
			}
		}
	}
	n.old, n.fresh = by("old", jwt.SigningMethodES256, ring.ec), by("new", jwt.SigningMethodEdDSA, ring.ed)
	n.publish("old", "", "", ring.ec.Public())
	n.old("the first token", good, 1)
	n.publish("new", "", "", ring.ed.Public())
	n.pass(61 * time.Second)
	return n
}

// Who holds a token by the issuer's new key is not to be told that it is no good
// because one answer of the issuer was.
func TestOneFailedFetchDoesNotRefuseTheNewKeysTokens(t *testing.T) {
	n := newNewKey(t)
	n.answer(http.StatusBadGateway)
	n.fresh("the fetch fails", unknown, 2)
	n.answer(http.StatusOK)
	n.fresh("the issuer is back, and not asked again at once", unknown, 2)
	n.pass(time.Second)
	n.fresh("a second later", unknown, 2)
	n.old("the old key's tokens are good meanwhile", good, 2)
	n.pass(time.Second)
	n.fresh("two seconds later", good, 3)
	n.withdrawAll()
	n.pass(16 * time.Minute)
	n.fresh("a set without keys is a failure, too: what is held does", good, 4)
}

// A key that is held need not wait for an issuer that does not answer more than once
// a minute; one that is not held is asked for sooner.
func TestAnIssuerThatIsDownDoesNotHoldUpItsKnownKeys(t *testing.T) {
	n := newNewKey(t)
	n.answer(http.StatusBadGateway)
	n.pass(16 * time.Minute)
	n.old("the keys are no longer fresh", good, 2)
	n.pass(59 * time.Second)
	n.old("within a minute", good, 2)
	n.fresh("another key's token", unknown, 3)
	n.pass(59 * time.Second)
	n.old("within a minute of that", good, 3)
	n.pass(time.Second)
	n.old("after a minute", good, 4)
}

// The pause begins when a fetch ends: counted from its beginning, an issuer that
// never answers would be asked, and waited for, by every token.
func TestThePauseBeginsWhenAFetchEnds(t *testing.T) {
	n := newNewKey(t)
	n.answer(http.StatusGatewayTimeout)
	n.takes = 5 * time.Second
	n.fresh("a slow failure", unknown, 2)
	n.fresh("the next token", unknown, 2)
	n.pass(2 * time.Second)
	n.fresh("two seconds later", unknown, 3)
}

func TestEachFailedFetchIsInTheLog(t *testing.T) {
	n := newNewKey(t)
	n.fresh("a fetch", good, 2)
	if n.log.Len() > 0 {
		t.Errorf("a line for a fetch that was good: %s", n.log.String())
	}
	n.answer(http.StatusBadGateway)
	n.pass(15 * time.Minute)
	n.old("a failed fetch", good, 3)
	n.old("no fetch, as one was just tried", good, 3)
	n.pass(time.Minute)
	n.old("another failed one", good, 4)
	n.pass(6 * time.Hour)
	n.old("the keys are too old", unknown, 5)

	until := n.clock().Add(-6*time.Hour - 16*time.Minute).Add(6 * time.Hour).Format(time.RFC3339)
	lines := strings.Split(strings.TrimSpace(n.log.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines, want 3:\n%s", len(lines), n.log.String())
	}
	for _, line := range lines {
		var got struct {
			Level, Msg, Error string
			HeldUntil         string `json:"held_until"`
		}
		if err := json.NewDecoder(bytes.NewBufferString(line)).Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got.Level != "WARN" || got.Msg != "the issuer's keys could not be fetched" || !strings.Contains(got.Error, "status 502") || got.HeldUntil != until {
			t.Errorf("want the status and the keys' end, %s: %s", until, line)
		}
	}
}
