package e2e_test

import (
	"net/http"
	"regexp"
	"testing"
	"time"
)

// secretForm is what a secret that no test knows would look like: a token of the local org, a bearer token, or a
// webhook's secret in its URL.
var secretForm = regexp.MustCompile(`00Dxx0000001gER!|eyJ[A-Za-z0-9_-]{20,}\.|token=[A-Za-z0-9_-]{8,}`)

// testNoSecretInLogs reads all that the functions logged, at the level debug, while the other tests ran.
func (s *suite) testNoSecretInLogs(t *testing.T) {
	// Each function has something to log, also when this test is run by itself.
	i, campaignID, key := s.follow(t)
	send(t, request{method: http.MethodPost, url: i.WebhookURL, body: object{"event_type": "campaign_updated", "campaign_id": campaignID}}).want(t, http.StatusOK)
	s.publish(t, completed, exampleDetail(key, time.Now()))
	s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID, "direction", "outbound")
	for _, function := range functions() {
		group := "/aws/lambda/" + s.functionName(function)
		lines := s.logLines(t, group)
		if len(lines) == 0 {
			t.Errorf("%s has logged nothing", function)
		}
		for _, line := range lines {
			if masked := secretForm.ReplaceAllString(s.secrets.mask(line), "***"); masked != line {
				t.Errorf("a line of %s shows a secret: %s", function, masked)
			}
		}
	}
}
