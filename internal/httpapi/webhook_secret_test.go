package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/integration"
)

// The first two secrets that the harness's source of no randomness makes.
const (
	firstSecret  = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	secondSecret = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"
)

func TestReplaceTheWebhookSecret(t *testing.T) {
	for name, c := range map[string]struct {
		body      string
		wantUntil string
	}{
		"without a body":        {"", `"2026-03-03T11:00:00Z"`},
		"with an empty one":     {`{}`, `"2026-03-03T11:00:00Z"`},
		"null is left out":      {`{"previous_valid_for": null}`, `"2026-03-03T11:00:00Z"`},
		"an hour":               {`{"previous_valid_for": 3600}`, `"2026-03-02T12:00:00Z"`},
		"a week":                {`{"previous_valid_for": 604800}`, `"2026-03-09T11:00:00Z"`},
		"at once, after a leak": {`{"previous_valid_for": 0}`, `"2026-03-02T11:00:00Z"`},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, "https://api.example.com")
			id := h.create()
			h.now = h.now.Add(time.Hour)
			times := `"webhook_secret_issued_at": "2026-03-02T11:00:00Z", "previous_webhook_secret_valid_until": ` + c.wantUntil
			h.want("POST", base+"/"+id+"/webhook-secret", c.body, 200, `{
				"webhook_url": "https://api.example.com/api/v1/integrations/`+id+`/webhook/salesforce?token=`+secondSecret+`",
				"webhook_secret": "`+secondSecret+`", `+times+`}`)

			resp := h.send(as("viewer", "GET", base+"/"+id, ""))
			if !strings.Contains(resp.Body, strings.NewReplacer(": ", ":", ", ", ",").Replace(times)) {
				t.Errorf("read: %s", resp.Body)
			}
			for _, secret := range []string{firstSecret, secondSecret} {
				if strings.Contains(resp.Body, secret) {
					t.Errorf("a secret is shown again: %s", resp.Body)
				}
				if strings.Contains(h.log.String(), secret) {
					t.Errorf("a secret is in the log: %s", h.log)
				}
			}
		})
	}
}

func TestReplacingTheWebhookSecretIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		id, body   string
		wantStatus int
		wantField  string
	}{
		"negative":           {testID(1), `{"previous_valid_for": -1}`, 422, "body.previous_valid_for"},
		"more than a week":   {testID(1), `{"previous_valid_for": 604801}`, 422, "body.previous_valid_for"},
		"a text":             {testID(1), `{"previous_valid_for": "3600"}`, 422, "body.previous_valid_for"},
		"a fraction":         {testID(1), `{"previous_valid_for": 0.5}`, 422, "body.previous_valid_for"},
		"far too much":       {testID(1), `{"previous_valid_for": 1e30}`, 422, "body.previous_valid_for"},
		"a misspelt field":   {testID(1), `{"previous_valid": 0}`, 422, "body.previous_valid"},
		"no JSON":            {testID(1), `0`, 422, "body"},
		"no integration":     {testID(9), ``, 404, ""},
		"an id that is none": {"x", ``, 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, "")
			h.create()
			p, _ := h.refused(as("admin", "POST", base+"/"+c.id+"/webhook-secret", c.body), c.wantStatus)
			if p.locations() != c.wantField {
				t.Errorf("fields at fault: %s, want %s", p.locations(), c.wantField)
			}
			i, err := h.store.GetIntegration(t.Context(), testID(1))
			if err != nil || !i.PreviousWebhookSecretUntil.IsZero() {
				t.Errorf("the secret was replaced (%v)", err)
			}
		})
	}
}

// TestReplacedAtTheSameTime: the second of two gets 409 and no secret.
func TestReplacedAtTheSameTime(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	path := base + "/" + id + "/webhook-secret"
	h.during("UpdateIntegration", func() {
		if status, _ := h.admin("POST", path, ""); status != http.StatusOK {
			t.Errorf("the first: %d", status)
		}
	})
	p, resp := h.refused(as("admin", "POST", path, ""), http.StatusConflict)
	if !strings.Contains(p.Detail, "Somebody else") || strings.Contains(resp.Body, "webhook_secret\"") {
		t.Errorf("answer = %s", resp.Body)
	}
}

// TestReplaceOnlyWhatWasSeen: with If-Match, a caller whose first answer got lost
// learns that it was stored.
func TestReplaceOnlyWhatWasSeen(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	replace := func(tag string) events.APIGatewayProxyRequest {
		e := as("admin", "POST", base+"/"+id+"/webhook-secret", "")
		e.MultiValueHeaders["If-Match"] = []string{tag}
		return e
	}
	first := h.send(replace(`"1"`))
	if first.StatusCode != http.StatusOK || header(first, "ETag") != `"2"` {
		t.Fatalf("the first: %d, ETag %s", first.StatusCode, header(first, "ETag"))
	}
	h.refused(replace(`"1"`), http.StatusPreconditionFailed)
	h.refused(replace(`1`), http.StatusBadRequest)
	if again := h.send(replace(`"2"`)); again.StatusCode != http.StatusOK {
		t.Errorf("with the new ETag: %d", again.StatusCode)
	}
}

// TestALostAnswerIsGivenAgain to who sent a key with the request: nothing is
// replaced twice.
func TestALostAnswerIsGivenAgain(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	e := as("admin", "POST", base+"/"+id+"/webhook-secret", "")
	e.MultiValueHeaders["Idempotency-Key"] = []string{"8e03978e-40d5-43e8-bc93-6894a57f9324"}
	first, again := h.send(e), h.send(e)
	if first.StatusCode != http.StatusOK || again.Body != first.Body || header(again, "Idempotency-Replayed") != "true" {
		t.Errorf("answers: %d and %d, replayed: %q, the same: %t", first.StatusCode, again.StatusCode, header(again, "Idempotency-Replayed"), again.Body == first.Body)
	}
	i, err := h.store.GetIntegration(t.Context(), id)
	if err != nil || i.Version != 2 {
		t.Errorf("the integration was changed %d times (%v), want once", i.Version-1, err)
	}
}

// TestSecretsFromBeforeTimesWereKept are as old as their integration.
func TestSecretsFromBeforeTimesWereKept(t *testing.T) {
	h := newHarness(t, "")
	i := integration.Integration{ID: testID(1), Type: integration.TypeSalesforce, CreatedAt: h.now.Add(-time.Hour)}
	if _, err := h.store.CreateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	_, got := h.admin("GET", base+"/"+i.ID, "")
	if got["webhook_secret_issued_at"] != "2026-03-02T09:00:00Z" || got["previous_webhook_secret_valid_until"] != nil {
		t.Errorf("issued %v, previous until %v", got["webhook_secret_issued_at"], got["previous_webhook_secret_valid_until"])
	}
}

// during calls f once, before the next call of that name reaches the store.
func (h *harness) during(op string, f func()) {
	h.store.Before(func(_ context.Context, called string) error {
		if called == op {
			h.store.Before(nil)
			f()
		}
		return nil
	})
}
