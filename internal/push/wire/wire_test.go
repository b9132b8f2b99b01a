package wire_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/push/wire"
)

func env(change map[string]string) func(string) string {
	return func(name string) string {
		if v, ok := change[name]; ok {
			return v
		}
		return map[string]string{
			"TABLE_NAME": "table", "KMS_KEY_ID": "key", "QUEUE_URL": "https://sqs.example/queue", "EVENT_BUS_NAME": "bus",
			"EVENT_SOURCE_OUT": "experimentation.salesforce", "STAGE": "test",
		}[name]
	}
}

func TestHandlerSaysWhatIsWrongWithItsEnvironment(t *testing.T) {
	tests := []struct {
		name   string
		change map[string]string
		want   []string
	}{
		{"nothing set", map[string]string{"TABLE_NAME": "", "KMS_KEY_ID": "", "QUEUE_URL": "", "EVENT_BUS_NAME": "", "EVENT_SOURCE_OUT": ""},
			[]string{"TABLE_NAME", "KMS_KEY_ID", "QUEUE_URL", "EVENT_BUS_NAME", "EVENT_SOURCE_OUT"}},
		{"a level that is none", map[string]string{"LOG_LEVEL": "loud"}, []string{"LOG_LEVEL"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := wire.Handler(env(tt.change), &bytes.Buffer{})
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v does not name %s", err, want)
				}
			}
		})
	}
}

// TestHandlerTalksToTheTable wires everything against an AWS that has no link, so
// that the event is done with, and counted as this Lambda's.
func TestHandlerTalksToTheTable(t *testing.T) {
	var asked []string
	aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("X-Amz-Target"))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte("{}"))
	}))
	defer aws.Close()
	var stdout bytes.Buffer
	handler, err := wire.Handler(env(map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME": "shop-push",
		"AWS_ENDPOINT_URL":         aws.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
	}), &stdout)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{{
		MessageId: "1", ReceiptHandle: "r", EventSource: "aws:sqs",
		Body: `{"id": "e1", "source": "experimentation.platform", "detail-type": "Experiment Completed", "time": "2026-03-02T10:00:00Z",
			"detail": {"experiment_key": "checkout-button-color", "occurred_at": "2026-03-02T10:00:00Z"}}`,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := handler.Handle(t.Context(), batch)
	answer, ok := got.(events.SQSEventResponse)
	if err != nil || !ok || len(answer.BatchItemFailures) != 0 {
		t.Errorf("answer %+v, %v", got, err)
	}
	if !slices.Contains(asked, "DynamoDB_20120810.BatchGetItem") {
		t.Errorf("AWS was asked for %v", asked)
	}
	for _, want := range []string{`"msg":"events processed"`, `"Stage":"test"`, `"Function":"shop-push"`, `"BatchesFailed":0`} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("stdout lacks %s: %s", want, stdout.String())
		}
	}
}
