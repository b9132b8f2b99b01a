package httpapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

// dies lets a request end right behind one of its writes.
func (h *harness) dies(op string, request func()) {
	h.t.Helper()
	h.store.After(func(_ context.Context, called string) error {
		if called == op {
			panic("dies")
		}
		return nil
	})
	request()
	h.store.After(nil)
	h.now = h.now.Add(time.Minute) // the lease is over
}

// undone sends a request that was carried out before, twice: it is refused, has no
// effect, and shows none of the secrets.
func (h *harness) undone(target, body string, secrets ...string) {
	h.t.Helper()
	before := h.integrations()
	for range 2 {
		p, resp := h.refused(once(target, body, aKey), http.StatusConflict)
		if !strings.Contains(p.Detail, "new Idempotency-Key") || header(resp, "Retry-After") != "" || header(resp, "Idempotency-Replayed") != "" {
			h.t.Errorf("%+v %v", p, resp.MultiValueHeaders)
		}
		for _, secret := range secrets {
			if strings.Contains(resp.Body, secret) {
				h.t.Error("the answer shows a secret")
			}
		}
		h.now = h.now.Add(time.Minute)
	}
	if after := h.integrations(); after != before {
		h.t.Errorf("%d integrations, %d before", after, before)
	}
}

// liveSecret is what the webhook takes now.
func (h *harness) liveSecret(id string) string {
	h.t.Helper()
	i, err := h.store.GetIntegration(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	secrets, err := integration.OpenWebhookSecrets(h.t.Context(), h.vault, i)
	if err != nil {
		h.t.Fatal(err)
	}
	return secrets.Current.Reveal()
}

// TestASecretThatWasReplacedSinceIsNotReplacedAgain by the repetition of the request
// that made it: what Salesforce sends by now would end.
func TestASecretThatWasReplacedSinceIsNotReplacedAgain(t *testing.T) {
	const atOnce = `{"previous_valid_for": 0}`
	for name, dies := range map[string]bool{"it was answered": false, "it died": true} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, "")
			id := h.create()
			target := base + "/" + id + "/webhook-secret"
			first := func() { h.send(once(target, atOnce, aKey)) }
			if dies {
				h.dies("UpdateIntegration", first)
			} else {
				first()
			}
			gone := h.liveSecret(id)
			_, theirs := h.admin("POST", target, atOnce)
			h.undone(target, atOnce, gone, theirs["webhook_secret"].(string))
			if h.liveSecret(id) != theirs["webhook_secret"] {
				t.Error("the secret that somebody else made is no more")
			}
			h.admin("POST", target, atOnce)
			h.undone(target, atOnce, gone)
			if resp := h.send(once(target, atOnce, "another")); resp.StatusCode != http.StatusOK {
				t.Errorf("with a new key: %d %s", resp.StatusCode, resp.Body)
			}
		})
	}
}

// TestASecretThatIsReplacedWhileItsRequestIsRepeated, after the repetition was let
// in.
func TestASecretThatIsReplacedWhileItsRequestIsRepeated(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	target := base + "/" + id + "/webhook-secret"
	h.dies("UpdateIntegration", func() { h.send(once(target, "", aKey)) })
	var theirs map[string]any
	h.during("GetIntegration", func() { _, theirs = h.admin("POST", target, "") })
	h.undone(target, "")
	if h.liveSecret(id) != theirs["webhook_secret"] {
		t.Error("the secret that somebody else made is no more")
	}
}

// TestARepetitionGoesOnForADayFromTheFirstAttempt: longer than that nobody remembers
// what became of its effect.
func TestARepetitionGoesOnForADayFromTheFirstAttempt(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	target := base + "/" + id + "/webhook-secret"
	h.dies("UpdateIntegration", func() { h.send(once(target, "", aKey)) })
	h.now = h.now.Add(23 * time.Hour)
	resp := h.send(once(target, "", aKey))
	var made struct {
		Secret string `json:"webhook_secret"`
	}
	if err := json.Unmarshal([]byte(resp.Body), &made); err != nil || resp.StatusCode != http.StatusOK || made.Secret != h.liveSecret(id) {
		t.Fatalf("%d %s", resp.StatusCode, resp.Body)
	}
	h.now = h.now.Add(time.Hour)
	if resp := h.send(once(target, "", aKey)); resp.StatusCode != http.StatusOK || header(resp, "Idempotency-Replayed") != "" || strings.Contains(resp.Body, made.Secret) {
		t.Errorf("a day later: %d %s", resp.StatusCode, resp.Body)
	}
}
