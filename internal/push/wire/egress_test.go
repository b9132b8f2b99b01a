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

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"salesforce-integration/internal/awsenv"
	"salesforce-integration/internal/coldstart"
	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push/wire"
	"salesforce-integration/internal/seal"
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

// newAWS is one with an integration and a link, as the push function finds them.
func newAWS(t *testing.T, instanceURL string) (*recorder, map[string]string) {
	t.Helper()
	played := &recorder{AWS: coldstart.NewAWS()}
	server := httptest.NewServer(played)
	t.Cleanup(server.Close)
	settings := map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"ALLOWED_SALESFORCE_HOSTS": instanceURL,
	}
	config := awsenv.Config(func(name string) string { return settings[name] })
	store, vault := dynamo.New(dynamodb.NewFromConfig(config), "table"), seal.New(kms.NewFromConfig(config), "key", seal.Options{})
	i := integration.Integration{
		ID: integrationID, Name: "CRM", Type: integration.TypeSalesforce, Active: true, InstanceURL: instanceURL, ClientID: "3MVG9",
		CredentialsVersion: 1, CreatedAt: time.Now(), UpdatedAt: time.Now(),
	}
	var err error
	if i.SealedCredentials, err = integration.SealCredentials(t.Context(), vault, i.ID, integration.Credentials{ClientSecret: "client-secret"}); err != nil {
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

// TestOrgsAreReachedByTheGuardedClient: an event is tried at the org itself, and
// not at a proxy that the environment names, which an unguarded client would ask; and
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
			played, settings := newAWS(t, tt.instanceURL)
			handler, err := wire.Handler(env(settings), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			// The queue that it would go back to is not played, hence an error.
			_, err = handler.Handle(t.Context(), []byte(`{"id": "e1", "source": "experimentation.platform", "detail-type": "Experiment Completed", "time": "2026-03-02T10:00:00Z",
				"detail": {"experiment_key": "checkout-button-color", "occurred_at": "2026-03-02T10:00:00Z"}}`))
			if !played.wrote(`"` + tt.code + `"`) {
				t.Errorf("no delivery says %s (%v); calls %v", tt.code, err, played.Calls)
			}
		})
	}
}
