package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// signature is what X-Hub-Signature-256 has to carry.
func signature(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// without is a webhook's address without its secret.
func without(webhookURL string) string {
	address, _, _ := strings.Cut(webhookURL, "?")
	return address
}

// testWebhookCredentials: either way to prove the secret suffices, and whatever is wrong has one answer.
func (s *suite) testWebhookCredentials(t *testing.T) {
	t.Parallel()
	i, other := s.connect(t), s.connect(t)
	address := without(i.WebhookURL)
	const (
		body    = `{"event_type": "campaign_updated", "campaign_id": "701xx000000001AAAQ", "status": "In Progress"}`
		refused = `{"detail": "Webhook authentication failed"}`
		header  = "X-Hub-Signature-256"
	)
	unknown := s.APIURL + "/api/v1/integrations/00000000-0000-7000-8000-000000000000/webhook/salesforce"
	for _, tt := range []struct {
		name      string
		url       string
		signature string
		want      int
	}{
		{"nothing, which the local stack lets pass", address, "", http.StatusOK},
		{"the secret in the URL", i.WebhookURL, "", http.StatusOK},
		{"a signature", address, signature(i.WebhookSecret, body), http.StatusOK},
		{"both", i.WebhookURL, signature(i.WebhookSecret, body), http.StatusOK},
		{"a wrong secret", address + "?token=wrong", "", http.StatusUnauthorized},
		{"an empty secret", address + "?token=", "", http.StatusUnauthorized},
		{"the secret of another integration", address + "?token=" + other.WebhookSecret, "", http.StatusUnauthorized},
		{"two secrets", i.WebhookURL + "&token=wrong", "", http.StatusUnauthorized},
		{"a signature with another secret", address, signature("wrong", body), http.StatusUnauthorized},
		{"a signature of another body", address, signature(i.WebhookSecret, body+" "), http.StatusUnauthorized},
		{"a signature that is none", address, "sha256=", http.StatusUnauthorized},
		{"a wrong secret beside the right signature", address + "?token=wrong", signature(i.WebhookSecret, body), http.StatusUnauthorized},
		{"an unknown integration", unknown, "", http.StatusUnauthorized},
		{"an unknown integration with a secret", unknown + "?token=" + i.WebhookSecret, "", http.StatusUnauthorized},
		{"an id that is no UUID", strings.Replace(unknown, "00000000-0000-7000-8000-000000000000", "1", 1), "", http.StatusUnauthorized},
	} {
		t.Run(tt.name, func(t *testing.T) {
			headers := map[string]string{"Content-Type": "application/json"}
			if tt.signature != "" {
				headers[header] = tt.signature
			}
			got := send(t, request{method: http.MethodPost, url: tt.url, header: headers, body: body}).want(t, tt.want)
			if tt.want == http.StatusUnauthorized && string(got.body) != refused {
				t.Errorf("the refusal is %s, want %s", got.body, refused)
			}
		})
	}
	if got := len(s.log(t, "integration_id", i.ID)); got != 4 {
		t.Errorf("%d messages in the log, want the 4 that were taken", got)
	}
}

// testWebhookLinks: a message links what nothing links yet, and never changes a link.
func (s *suite) testWebhookLinks(t *testing.T) {
	t.Parallel()
	i, campaignID := s.connect(t), s.newCampaign(t)
	bus := s.listen(t, i.ID)
	first, second := unique("experiment"), unique("experiment")
	post := func(experimentKey, status string) deliveryView {
		t.Helper()
		before := len(s.log(t, "integration_id", i.ID))
		send(t, request{method: http.MethodPost, url: i.WebhookURL, body: object{
			"event_type": "campaign_updated", "campaign_id": campaignID, "status": status, "experiment_key": experimentKey,
		}}).want(t, http.StatusOK)
		list := s.log(t, "integration_id", i.ID)
		if len(list) != before+1 {
			t.Fatalf("%d messages in the log, want %d", len(list), before+1)
		}
		for _, d := range list {
			if d.ExperimentKey == experimentKey {
				return d
			}
		}
		t.Fatalf("the log does not know the message about %s", experimentKey)
		return deliveryView{}
	}
	if d := post(first, "In Progress"); d.Status != "delivered" || d.Reason != "linked" {
		t.Errorf("a message that links: %+v", d)
	}
	if d := post(second, "Completed"); d.Status != "skipped" || d.Reason != "link_conflict" || !strings.Contains(d.Detail, first) {
		t.Errorf("a message that names another experiment: %+v", d)
	}
	send(t, request{method: http.MethodPost, url: i.WebhookURL, body: object{"event_type": "campaign_updated", "campaign_id": campaignID, "status": "Completed"}}).want(t, http.StatusOK)
	if heard := bus.await(t, 1); len(heard) != 1 || heard[0].Detail.ExperimentKey != first {
		t.Errorf("the platform was asked %+v, want the experiment that the Campaign follows", heard)
	}
}

// testBadMessages: what is wrong with a message, beside its credentials, is told.
func (s *suite) testBadMessages(t *testing.T) {
	t.Parallel()
	i := s.connect(t)
	const jsonType, xmlType = "application/json", "text/xml; charset=UTF-8"
	whole := soapMessage(orgID, change{id: notificationID(t), campaignID: "701xx000000001AAAQ", status: "Completed"})
	many := make([]change, 101)
	for n := range many {
		many[n] = change{id: notificationID(t), campaignID: "701xx000000001AAAQ", status: "Completed"}
	}
	for _, tt := range []struct {
		name, contentType, body string
		want                    int
		words                   string
	}{
		{"no JSON", jsonType, `{"event_type": `, http.StatusBadRequest, ""},
		{"no event_type", jsonType, `{"campaign_id": "701xx000000001AAAQ"}`, http.StatusUnprocessableEntity, "event_type"},
		{"no UTF-8", jsonType, "{\"event_type\": \"campaign_updated\", \"campaign_id\": \"701xx000000001AAAQ\", \"status\": \"Compl\xe9t\xe9\"}", http.StatusBadRequest, "UTF-8"},
		{"a form", "application/x-www-form-urlencoded", "a=b", http.StatusUnsupportedMediaType, ""},
		{"too large", jsonType, `{"event_type": "` + strings.Repeat("x", 1<<20) + `"}`, http.StatusRequestEntityTooLarge, ""},
		{"truncated XML", xmlType, whole[:len(whole)-60], http.StatusBadRequest, "cut off"},
		{"a DTD", xmlType, strings.Replace(whole, "<soapenv:Envelope", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><soapenv:Envelope`, 1), http.StatusBadRequest, "document type"},
		{"101 notifications", xmlType, soapMessage(orgID, many...), http.StatusUnprocessableEntity, "100"},
		{"no outbound message", xmlType, "<a/>", http.StatusBadRequest, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := send(t, request{method: http.MethodPost, url: i.WebhookURL, header: map[string]string{"Content-Type": tt.contentType}, body: tt.body}).want(t, tt.want)
			if tt.contentType == xmlType {
				if text := string(got.body); !strings.Contains(text, "<faultstring>") || !strings.Contains(text, tt.words) {
					t.Errorf("the fault does not say %q: %s", tt.words, text)
				}
				return
			}
			var p problem
			if err := json.Unmarshal(got.body, &p); err != nil || p.Detail == "" || !strings.Contains(p.Detail, tt.words) {
				t.Errorf("the refusal does not say %q: %s", tt.words, got.body)
			}
		})
	}
	if got := s.log(t, "integration_id", i.ID); len(got) != 0 {
		t.Errorf("something of it was taken: %s", fmt.Sprint(got))
	}
}
