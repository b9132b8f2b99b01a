package wire_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"salesforce-integration/internal/awsenv"
	"salesforce-integration/internal/coldstart"
	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/seal"
	"salesforce-integration/internal/webhook/wire"
)

// TestMain names a proxy, which the guarded client does not ask, before anything has
// looked for one: that is done once in a process. Only what is not of this machine
// goes by it.
func TestMain(m *testing.M) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for _, name := range []string{"HTTP_PROXY", "http_proxy"} {
		if err := os.Setenv(name, proxy.URL); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	proxy.Close()
	os.Exit(code)
}

const (
	integrationID = "01957f3e-7a00-7000-8000-000000000001"
	campaignID    = "701xx000000001AAAQ"
	secret        = "local-webhook-secret"
)

// recorder notes what is sent to an AWS.
type recorder struct {
	*coldstart.AWS
	mu   sync.Mutex
	sent strings.Builder
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	r.sent.Write(body)
	r.mu.Unlock()
	q.Body = io.NopCloser(bytes.NewReader(body))
	r.AWS.ServeHTTP(w, q)
}

func (r *recorder) wrote(words string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Contains(r.sent.String(), words)
}

// newAWS is one with an integration and a link, and the integration wants a look into its org.
func newAWS(t testing.TB, instanceURL string, wants integration.Settings) (*recorder, map[string]string) {
	t.Helper()
	played := &recorder{AWS: coldstart.NewAWS()}
	server := httptest.NewServer(played)
	t.Cleanup(server.Close)
	settings := map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"ALLOWED_SALESFORCE_HOSTS": instanceURL, "WEBHOOK_READS_SALESFORCE": "yes",
	}
	config := awsenv.Config(func(name string) string { return settings[name] })
	store, vault := dynamo.New(dynamodb.NewFromConfig(config), "table"), seal.New(kms.NewFromConfig(config), "key", seal.Options{})
	i := integration.Integration{
		ID: integrationID, Name: "CRM", Type: integration.TypeSalesforce, Active: true, InstanceURL: instanceURL, ClientID: "3MVG9",
		CredentialsVersion: 1, CreatedAt: time.Now(), UpdatedAt: time.Now(),
		Settings: wants,
	}
	var err error
	if i.SealedCredentials, err = integration.SealCredentials(t.Context(), vault, i.ID, integration.Credentials{ClientSecret: "client-secret"}); err != nil {
		t.Fatal(err)
	}
	if i.SealedWebhookSecret, err = integration.SealWebhookSecrets(t.Context(), vault, i.ID, integration.WebhookSecrets{Current: secret}); err != nil {
		t.Fatal(err)
	}
	if _, err = store.CreateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if _, _, err = store.CreateLink(t.Context(), integration.Link{
		IntegrationID: i.ID, ExperimentKey: "checkout-button-color", CampaignID: campaignID, Source: integration.LinkManual, CreatedAt: time.Now(),
	}); err != nil {
		t.Fatal(err)
	}
	return played, settings
}

// TestOrgsAreReachedByTheGuardedClient: a look into an org goes to the org itself, and
// not to a proxy that the environment names, which an unguarded client would ask; and
// one that the operator listed may be on this machine. "org.invalid" is no name by
// RFC 6761.
func TestOrgsAreReachedByTheGuardedClient(t *testing.T) {
	org := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_client"}`))
	}))
	t.Cleanup(org.Close)
	for _, tt := range []struct{ name, instanceURL, code string }{
		{"no host", "http://org.invalid", "CONNECTION_FAILED"},
		{"this machine", org.URL, "invalid_client"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			played, change := newAWS(t, tt.instanceURL, integration.Settings{Reread: true})
			env := settings(change)
			handler, err := wire.Handler(func(name string) string { return env[name] }, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			got, err := handler.Handle(t.Context(), events.APIGatewayProxyRequest{
				HTTPMethod:            http.MethodPost,
				PathParameters:        map[string]string{"integration_id": integrationID},
				QueryStringParameters: map[string]string{"token": secret},
				Headers:               map[string]string{"Content-Type": "application/json"},
				Body:                  `{"event_type": "campaign_updated", "campaign_id": "` + campaignID + `", "status": "Completed"}`,
			})
			if err != nil || got.StatusCode != http.StatusServiceUnavailable || !played.wrote(`"`+tt.code+`"`) {
				t.Errorf("answer %d %s (%v), or no delivery says %s; calls %v", got.StatusCode, got.Body, err, tt.code, played.Calls)
			}
		})
	}
}
