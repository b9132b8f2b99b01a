package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

const (
	nextSecret    = "next-webhook-secret"
	previousLives = time.Hour
)

// rotate replaces the integration's secret, as the API does.
func (r *rig) rotate(next integration.WebhookSecrets, until time.Time) {
	r.tb.Helper()
	ctx := r.tb.Context()
	i, err := r.store.GetIntegration(ctx, integrationID)
	if err != nil {
		r.tb.Fatal(err)
	}
	if i.SealedWebhookSecret, err = integration.SealWebhookSecrets(ctx, r.vault, i.ID, next); err != nil {
		r.tb.Fatal(err)
	}
	i.PreviousWebhookSecretUntil = until
	if _, err := r.store.UpdateIntegration(ctx, i); err != nil {
		r.tb.Fatal(err)
	}
}

// TestTwoSecretsWhileRotating: a handler that is warm takes the new secret at once
// and the old one to its end, in the URL and as a key alike.
func TestTwoSecretsWhileRotating(t *testing.T) {
	t.Parallel()
	body := call{CampaignID: campaignID, Status: "In Progress"}.json()
	type credentials struct{ token, key string }
	for name, c := range map[string]struct {
		credentials
		before, during, after int // the rotation, the old one's life
		outdated              bool
	}{
		"the old token":                      {credentials{token: secret}, 200, 200, 401, true},
		"the old key":                        {credentials{key: secret}, 200, 200, 401, true},
		"the new token":                      {credentials{token: nextSecret}, 401, 200, 200, false},
		"the new key":                        {credentials{key: nextSecret}, 401, 200, 200, false},
		"the old token, signed with the new": {credentials{secret, nextSecret}, 401, 200, 401, true},
		"the new token, signed with the old": {credentials{nextSecret, secret}, 401, 200, 401, true},
		"a wrong token":                      {credentials{token: "wrong"}, 401, 401, 401, false},
		"a wrong key":                        {credentials{key: "wrong"}, 401, 401, 401, false},
		"the old token, signed wrong":        {credentials{secret, "wrong"}, 401, 401, 401, false},
		"both at once in the URL":            {credentials{token: nextSecret + "\n" + secret}, 401, 401, 401, false},
		"both as one key":                    {credentials{key: nextSecret + "\n" + secret}, 401, 401, 401, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			e := jsonEnvelope(body)
			e.MultiValueQueryStringParameters = nil
			if c.token != "" {
				e.MultiValueQueryStringParameters = map[string][]string{"token": {c.token}}
			}
			if c.key != "" {
				e = with(e, "X-Hub-Signature-256", "sha256="+hmacHex(c.key, body))
			}
			expect := func(when string, want int) {
				t.Helper()
				opened := r.vault.opened.Load()
				r.log.Reset()
				if got := r.send(e); got.StatusCode != want {
					t.Errorf("%s: status %d, want %d", when, got.StatusCode, want)
				}
				if n := r.vault.opened.Load() - opened; n != 1 {
					t.Errorf("%s: the vault was asked %d times", when, n)
				}
			}
			expect("before", c.before)
			r.rotate(integration.WebhookSecrets{Current: nextSecret, Previous: secret}, start.Add(previousLives))
			expect("during", c.during)
			if got := strings.Contains(r.log.String(), `"secret_outdated":true`); got != c.outdated {
				t.Errorf("told as outdated: %t, want %t: %s", got, c.outdated, r.log)
			}
			r.clock.Store(int64(previousLives - 1))
			expect("up to its end", c.during)
			r.clock.Store(int64(previousLives))
			expect("after", c.after)
		})
	}
}

// TestALeakedSecretEndsAtOnce, and so does the one before the previous.
func TestALeakedSecretEndsAtOnce(t *testing.T) {
	t.Parallel()
	e := jsonEnvelope(call{CampaignID: campaignID, Status: "In Progress"}.json())
	for name, c := range map[string]struct {
		next  integration.WebhookSecrets
		until time.Time
	}{
		"leaked":                      {integration.WebhookSecrets{Current: nextSecret}, start},
		"leaked, its text is kept":    {integration.WebhookSecrets{Current: nextSecret, Previous: secret}, start},
		"the one before the previous": {integration.WebhookSecrets{Current: "third", Previous: nextSecret}, start.Add(time.Hour)},
		"no end was stored":           {integration.WebhookSecrets{Current: nextSecret, Previous: secret}, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if got := r.send(e); got.StatusCode != http.StatusOK {
				t.Fatalf("before: %d", got.StatusCode)
			}
			r.rotate(c.next, c.until)
			got := r.send(e)
			if got.StatusCode != http.StatusUnauthorized || got.Body != `{"detail": "Webhook authentication failed"}` {
				t.Errorf("after: %d %s", got.StatusCode, got.Body)
			}
		})
	}
}
