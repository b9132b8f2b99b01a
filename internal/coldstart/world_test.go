package coldstart_test

import (
	"encoding/json"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"salesforce-integration/internal/cmd/local/issuer"
	"salesforce-integration/internal/coldstart"
	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/seal"
)

// integrationID and its secret are those of the envelopes in events/webhook.
const (
	integrationID = "01957f3e-7a00-7000-8000-000000000001"
	secret        = "local-webhook-secret"
)

// world is a deployment with one integration, and an issuer of tokens.
type world struct {
	aws    *coldstart.AWS
	issuer *issuer.Issuer

	authorizer, integrations, webhook, push []string // settings
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{aws: coldstart.NewAWS()}
	server := httptest.NewServer(w.aws)
	defer server.Close()
	config := aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	vault := seal.New(kms.NewFromConfig(config), "key", seal.Options{})
	i := integration.Integration{
		ID: integrationID, Name: "Cold", Type: integration.TypeSalesforce, Active: true, InstanceURL: "https://your-org.my.salesforce.com",
		ClientID: "3MVG9", CredentialsVersion: 1, CreatedAt: time.Now().UTC(), UpdatedAt: time.Now().UTC(),
	}
	var err error
	if i.SealedCredentials, err = integration.SealCredentials(t.Context(), vault, i.ID, integration.Credentials{ClientSecret: "client-secret"}); err != nil {
		t.Fatal(err)
	}
	if i.SealedWebhookSecret, err = integration.SealWebhookSecrets(t.Context(), vault, i.ID, integration.WebhookSecrets{Current: secret}); err != nil {
		t.Fatal(err)
	}
	if _, err = dynamo.New(dynamodb.NewFromConfig(config), "table").CreateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if w.issuer, err = issuer.Open(filepath.Join(t.TempDir(), "key.pem")); err != nil {
		t.Fatal(err)
	}
	keys := httptest.NewServer(w.issuer)
	t.Cleanup(keys.Close)

	common := []string{"TABLE_NAME=table", "KMS_KEY_ID=key", "LOG_LEVEL=info", "STAGE=local"}
	queue, bus := "QUEUE_URL=https://sqs.example/queue", []string{"EVENT_BUS_NAME=bus", "EVENT_SOURCE_OUT=experimentation.salesforce"}
	w.authorizer = []string{"TOKEN_ISSUER=" + issuer.URL, "TOKEN_AUDIENCE=" + issuer.Audience, "TOKEN_ROLE_CLAIM=" + issuer.RoleClaim, "TOKEN_JWKS_URL=" + keys.URL + issuer.JWKSPath}
	w.integrations = append([]string{queue}, common...)
	w.webhook = append(append([]string{"WEBHOOK_AUTHENTICATION=required"}, bus...), common...)
	w.push = append(append([]string{queue}, bus...), common...)
	return w
}

// tokenEvent is what API Gateway asks the authorizer.
func (w *world) tokenEvent(t *testing.T) []byte {
	t.Helper()
	token, err := w.issuer.Token(issuer.Claims{Role: "admin", Issued: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]string{
		"type": "TOKEN", "authorizationToken": "Bearer " + token,
		"methodArn": "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/local/GET/api/v1/integrations",
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
