package e2e_test

import (
	"net/http"
	"testing"
)

// testWebhookSecret: while a secret is being replaced both are taken, by a function that is warm; after a leak only the new
// one is.
func (s *suite) testWebhookSecret(t *testing.T) {
	t.Parallel()
	type issued struct {
		URL           string  `json:"webhook_url"`
		Secret        string  `json:"webhook_secret"`
		IssuedAt      string  `json:"webhook_secret_issued_at"`
		PreviousUntil *string `json:"previous_webhook_secret_valid_until"`
	}
	const body = `{"event_type": "campaign_updated", "campaign_id": "701xx000000001AAAQ", "status": "In Progress"}`
	i := s.connect(t)
	replace := func(body any) issued {
		t.Helper()
		var got issued
		s.api(t, http.MethodPost, "/integrations/"+i.ID+"/webhook-secret", body).want(t, http.StatusOK).into(t, &got)
		s.secrets.add(got.Secret)
		if got.Secret == "" || got.URL != without(i.WebhookURL)+"?token="+got.Secret || got.IssuedAt == "" || got.PreviousUntil == nil {
			t.Errorf("the answer does not hold all of it: url %t, secret %t, issued %q", got.URL != "", got.Secret != "", got.IssuedAt)
		}
		return got
	}
	expect := func(when, secret string, want int) {
		t.Helper()
		address, headers := without(i.WebhookURL), map[string]string{"Content-Type": "application/json"}
		if got := send(t, request{method: http.MethodPost, url: address + "?token=" + secret, header: headers, body: body}); got.status != want {
			t.Errorf("%s, in the URL: %d, want %d", when, got.status, want)
		}
		headers["X-Hub-Signature-256"] = signature(secret, body)
		if got := send(t, request{method: http.MethodPost, url: address, header: headers, body: body}); got.status != want {
			t.Errorf("%s, as a key: %d, want %d", when, got.status, want)
		}
	}
	expect("the first", i.WebhookSecret, http.StatusOK)
	second := replace(nil)
	expect("the first beside the second", i.WebhookSecret, http.StatusOK)
	expect("the second", second.Secret, http.StatusOK)
	third := replace(object{"previous_valid_for": 3600})
	expect("the first, two later", i.WebhookSecret, http.StatusUnauthorized)
	expect("the second beside the third", second.Secret, http.StatusOK)
	expect("the third", third.Secret, http.StatusOK)
	fourth := replace(object{"previous_valid_for": 0})
	expect("a leaked one", third.Secret, http.StatusUnauthorized)
	expect("the fourth", fourth.Secret, http.StatusOK)

	send(t, request{method: http.MethodPost, url: s.APIURL + "/api/v1/integrations/" + i.ID + "/webhook-secret", bearer: s.viewer}).want(t, http.StatusForbidden)
}
