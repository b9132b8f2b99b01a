package wire_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/webhook/wire"
)

func TestHandlerNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"nothing is set": {nil, []string{"TABLE_NAME", "KMS_KEY_ID", "EVENT_BUS_NAME", "EVENT_SOURCE_OUT"}},
		"an odd level":   {settings(map[string]string{"LOG_LEVEL": "loud"}), []string{"LOG_LEVEL", "loud"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := wire.Handler(func(k string) string { return c.env[k] }, &bytes.Buffer{})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not name %s: %v", want, err)
				}
			}
		})
	}
}

func settings(change map[string]string) map[string]string {
	env := map[string]string{
		"TABLE_NAME": "table", "KMS_KEY_ID": "key",
		"EVENT_BUS_NAME": "bus", "EVENT_SOURCE_OUT": "experimentation.salesforce", "STAGE": "test",
	}
	for k, v := range change {
		env[k] = v
	}
	return env
}

// TestHandlerTalksToTheTable wires everything against an AWS that knows no
// integration, and wants the one 401.
func TestHandlerTalksToTheTable(t *testing.T) {
	var asked []string
	aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("X-Amz-Target"))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte("{}"))
	}))
	defer aws.Close()
	var log bytes.Buffer
	env := settings(map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME": "shop-webhook",
		"AWS_ENDPOINT_URL":         aws.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
	})
	handler, err := wire.Handler(func(k string) string { return env[k] }, &log)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	got, err := handler.Handle(context.Background(), events.APIGatewayProxyRequest{
		HTTPMethod:            "POST",
		PathParameters:        map[string]string{"integration_id": "01957f3e-7a00-7000-8000-000000000001"},
		QueryStringParameters: map[string]string{"token": "some-token"},
		Headers:               map[string]string{"Content-Type": "application/json"},
		Body:                  `{}`,
	})
	if err != nil || got.StatusCode != http.StatusUnauthorized {
		t.Errorf("answer = %d %s (%v)", got.StatusCode, got.Body, err)
	}
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("the refusal took %s only", took)
	}
	if len(asked) != 1 || asked[0] != "DynamoDB_20120810.GetItem" {
		t.Errorf("AWS was asked for %v", asked)
	}
	for _, want := range []string{`"msg":"webhook request"`, `"Stage":"test"`, `"Function":"shop-webhook"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("stdout lacks %s: %s", want, log.String())
		}
	}
}
