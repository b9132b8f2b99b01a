package webhook_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"
)

// TestLogLine: one line a request, and its metrics.
func TestLogLine(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(soapEnvelope(completed(1, campaignID), completed(2, unlinkedID), completed(1, campaignID)))
	var line map[string]any
	if err := json.Unmarshal(r.log.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, r.log)
	}
	delete(line, "time")
	if diff := cmp.Diff(map[string]any{
		"level":               "INFO",
		"msg":                 "webhook request",
		"api_request_id":      "request-1",
		"integration_id":      integrationID,
		"kind":                "soap",
		"status":              200.0,
		"notifications":       3.0,
		"outcomes":            map[string]any{"finalization_requested": 1.0, "unknown_campaign": 1.0, "duplicate": 1.0},
		"duration_ms":         0.0,
		"secret_given":        true,
		"secret_outdated":     false,
		"organization_id":     orgID,
		"organization_pinned": true,
	}, line); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{
		"WebhookRequests": 1, "WebhookNotifications": 3, "WebhookUnauthorized": 0, "WebhookOutdatedSecret": 0, "WebhookFailures": 0, "FinalizationsRequested": 1,
	}, r.total); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// TestRequestID: the answer names the invocation as the log does.
func TestRequestID(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "invocation-1"})
	got, err := r.Handle(ctx, jsonEnvelope("{"))
	if err != nil || got.Headers["X-Request-Id"] != "invocation-1" || !strings.Contains(got.Body, `"request_id":"invocation-1"`) {
		t.Errorf("answer = %v %s (%v)", got.Headers, got.Body, err)
	}
}

// TestLogSaysWhyA401: the answer does not tell, the operator's log does.
func TestLogSaysWhyA401(t *testing.T) {
	t.Parallel()
	envelopes := readCorpus(t)
	for name, want := range map[string]string{
		"json-no-credential":  "the request carries no credential",
		"wrong-token":         "the token is wrong",
		"wrong-signature":     "the signature is wrong",
		"unknown-integration": "there is no such integration",
		"not-a-uuid":          "there is no such integration",
		"soap-another-org":    "the message is of another org",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.send(envelopes[name])
			var line struct {
				Level, Error  string
				IntegrationID string `json:"integration_id"`
			}
			if err := json.Unmarshal(r.log.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			id := envelopes[name].PathParameters["integration_id"]
			if name == "not-a-uuid" {
				id = "" // what is no id is not repeated
			}
			if line.Level != "WARN" || line.Error != want || line.IntegrationID != id {
				t.Errorf("line = %+v", line)
			}
			if r.total["WebhookUnauthorized"] != 1 {
				t.Errorf("metrics = %v", r.total)
			}
		})
	}
}
