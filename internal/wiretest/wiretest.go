// Package wiretest has what the tests of functions that call Salesforce share: a played
// AWS with an integration in it, and a proxy that nobody may ask.
package wiretest

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

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"salesforce-integration/internal/awsenv"
	"salesforce-integration/internal/coldstart"
	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/seal"
)

// What is in the played AWS.
const (
	IntegrationID = "01957f3e-7a00-7000-8000-000000000001"
	CampaignID    = "701xx000000001AAAQ"
	ExperimentKey = "checkout-button-color"
	WebhookSecret = "local-webhook-secret" //nolint:gosec // of a played AWS
)

// BehindAProxy runs a package's tests in an environment that names a proxy, which the
// guarded client does not ask. It is for TestMain: a process looks for one once. Only
// what is not of this machine would go by it.
func BehindAProxy(m *testing.M) int {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "http_proxy"} {
		if err := os.Setenv(name, proxy.URL); err != nil {
			panic(err)
		}
	}
	return m.Run()
}

// AWS is a played one that notes what is sent to it.
type AWS struct {
	*coldstart.AWS
	mu   sync.Mutex
	sent strings.Builder
}

// ServeHTTP implements [http.Handler].
func (a *AWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	a.sent.Write(body)
	a.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	a.AWS.ServeHTTP(w, r)
}

// Wrote says whether these words were in a request.
func (a *AWS) Wrote(words string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Contains(a.sent.String(), words)
}

// NewAWS plays one with an integration of the org at instanceURL, and a link. It returns
// the settings that lead a function to it, table "table" and key "key".
func NewAWS(t testing.TB, instanceURL string, wants integration.Settings) (*AWS, map[string]string) {
	t.Helper()
	played := &AWS{AWS: coldstart.NewAWS()}
	server := httptest.NewServer(played)
	t.Cleanup(server.Close)
	settings := map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"ALLOWED_SALESFORCE_HOSTS": instanceURL,
	}
	config := awsenv.Config(func(name string) string { return settings[name] })
	store, vault := dynamo.New(dynamodb.NewFromConfig(config), "table"), seal.New(kms.NewFromConfig(config), "key", seal.Options{})
	i := integration.Integration{
		ID: IntegrationID, Name: "CRM", Type: integration.TypeSalesforce, Active: true, InstanceURL: instanceURL, ClientID: "3MVG9",
		CredentialsVersion: 1, Settings: wants, CreatedAt: time.Now(), UpdatedAt: time.Now(),
	}
	var err error
	if i.SealedCredentials, err = integration.SealCredentials(t.Context(), vault, i.ID, integration.Credentials{ClientSecret: "client-secret"}); err != nil {
		t.Fatal(err)
	}
	if i.SealedWebhookSecret, err = integration.SealWebhookSecrets(t.Context(), vault, i.ID, integration.WebhookSecrets{Current: WebhookSecret}); err != nil {
		t.Fatal(err)
	}
	if _, err = store.CreateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if _, _, err = store.CreateLink(t.Context(), integration.Link{
		IntegrationID: i.ID, ExperimentKey: ExperimentKey, CampaignID: CampaignID, Source: integration.LinkManual, CreatedAt: time.Now(),
	}); err != nil {
		t.Fatal(err)
	}
	return played, settings
}

// EachOrg runs a test with an org that can't be reached, "org.invalid" being no name by
// RFC 6761, and with one on this machine, which the operator listed. The code is what a
// delivery says of it when it was asked without the proxy, which an unguarded client
// would ask.
func EachOrg(t *testing.T, test func(t *testing.T, instanceURL, code string)) {
	t.Helper()
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
		t.Run(tt.name, func(t *testing.T) { test(t, tt.instanceURL, tt.code) })
	}
}
