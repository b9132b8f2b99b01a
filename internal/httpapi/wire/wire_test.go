package wire_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/httpapi/wire"
)

func env(change map[string]string) func(string) string {
	return func(name string) string {
		if v, ok := change[name]; ok {
			return v
		}
		return map[string]string{"TABLE_NAME": "table", "KMS_KEY_ID": "key", "QUEUE_URL": "https://sqs.example/queue", "LOG_LEVEL": "info"}[name]
	}
}

func TestHandlerReachesForNothing(t *testing.T) {
	handle, err := wire.Handler(env(map[string]string{"ALLOWED_SALESFORCE_HOSTS": "http://localhost:8001"}), &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := handle(t.Context(), events.APIGatewayProxyRequest{HTTPMethod: "GET", Path: "/api/v1/openapi.json"})
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(resp.Body, `"openapi":"3.1.0"`) {
		t.Errorf("%d, %v", resp.StatusCode, err)
	}
}

func TestHandlerSaysWhatIsWrongWithItsEnvironment(t *testing.T) {
	tests := []struct {
		name   string
		change map[string]string
		want   []string
	}{
		{"nothing set", map[string]string{"TABLE_NAME": "", "KMS_KEY_ID": "", "QUEUE_URL": "", "ALLOWED_SALESFORCE_HOSTS": "*"}, []string{"TABLE_NAME", "KMS_KEY_ID", "QUEUE_URL", "ALLOWED_SALESFORCE_HOSTS"}},
		{"a level that is none", map[string]string{"LOG_LEVEL": "loud"}, []string{"LOG_LEVEL"}},
		{"neither yes nor no", map[string]string{"WEBHOOK_READS_SALESFORCE": "true"}, []string{"WEBHOOK_READS_SALESFORCE"}},
		{"a URL that is none", map[string]string{"PUBLIC_API_URL": "localhost:8000"}, []string{"PUBLIC_API_URL"}},
		{"a URL with a query", map[string]string{"PUBLIC_API_URL": "https://x.example?y"}, []string{"PUBLIC_API_URL"}},
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

// A connection test goes by the guarded client: not to a proxy that the environment
// names, which an unguarded one would use. "org.invalid" is no name by RFC 6761.
func TestOrgsAreReachedByTheGuardedClient(t *testing.T) {
	var reached atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(proxy.Close)
	for _, name := range []string{"HTTP_PROXY", "http_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	handle, err := wire.Handler(env(map[string]string{"ALLOWED_SALESFORCE_HOSTS": "http://org.invalid"}), &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := handle(t.Context(), events.APIGatewayProxyRequest{
		HTTPMethod: "POST", Path: "/api/v1/integrations/test", Headers: map[string]string{"Content-Type": "application/json"},
		Body:           `{"config": {"instance_url": "http://org.invalid", "client_id": "id", "client_secret": "secret"}}`,
		RequestContext: events.APIGatewayProxyRequestContext{Authorizer: map[string]any{"role": "admin", "sub": "ada"}},
	})
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(resp.Body, "CONNECTION_FAILED") {
		t.Errorf("%d %s, %v", resp.StatusCode, resp.Body, err)
	}
	if reached.Load() != 0 {
		t.Error("a proxy was asked")
	}
}

// TestTheOperatorLetsTheWebhookRead, or not, and then no setting may want it to.
func TestTheOperatorLetsTheWebhookRead(t *testing.T) {
	for value, want := range map[string]int{"": http.StatusUnprocessableEntity, "no": http.StatusUnprocessableEntity, "yes": http.StatusOK} {
		handle, err := wire.Handler(env(map[string]string{"ALLOWED_SALESFORCE_HOSTS": "http://org.invalid", "WEBHOOK_READS_SALESFORCE": value}), &bytes.Buffer{})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := handle(t.Context(), events.APIGatewayProxyRequest{
			HTTPMethod: "POST", Path: "/api/v1/integrations/test", Headers: map[string]string{"Content-Type": "application/json"},
			Body:           `{"config": {"instance_url": "http://org.invalid", "client_id": "id", "client_secret": "secret"}, "settings": {"reread": true, "lookup_key": true}}`,
			RequestContext: events.APIGatewayProxyRequestContext{Authorizer: map[string]any{"role": "admin", "sub": "ada"}},
		})
		if err != nil || resp.StatusCode != want {
			t.Errorf("%q: %d %s, %v", value, resp.StatusCode, resp.Body, err)
		}
		if want == http.StatusOK {
			continue
		}
		for _, words := range []string{`"body.settings.reread"`, `"body.settings.lookup_key"`, "WebhookReadsSalesforce to yes"} {
			if !strings.Contains(resp.Body, words) {
				t.Errorf("%q: the answer lacks %s: %s", value, words, resp.Body)
			}
		}
	}
}
