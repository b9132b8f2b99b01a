package wire_test

import (
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/webhook/wire"
	"salesforce-integration/internal/wiretest"
)

func TestMain(m *testing.M) { os.Exit(wiretest.BehindAProxy(m)) }

// TestOrgsAreReachedByTheGuardedClient: a look into an org goes to the org itself.
func TestOrgsAreReachedByTheGuardedClient(t *testing.T) {
	wiretest.EachOrg(t, func(t *testing.T, instanceURL, code string) {
		played, change := wiretest.NewAWS(t, instanceURL, integration.Settings{Reread: true})
		change["WEBHOOK_READS_SALESFORCE"] = "yes"
		env := settings(change)
		handler, err := wire.Handler(func(name string) string { return env[name] }, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		got, err := handler.Handle(t.Context(), events.APIGatewayProxyRequest{
			HTTPMethod:            http.MethodPost,
			PathParameters:        map[string]string{"integration_id": wiretest.IntegrationID},
			QueryStringParameters: map[string]string{"token": wiretest.WebhookSecret},
			Headers:               map[string]string{"Content-Type": "application/json"},
			Body:                  `{"event_type": "campaign_updated", "campaign_id": "` + wiretest.CampaignID + `", "status": "Completed"}`,
		})
		if err != nil || got.StatusCode != http.StatusServiceUnavailable || !played.Wrote(`"`+code+`"`) {
			t.Errorf("answer %d %s (%v), or no delivery says %s; calls %v", got.StatusCode, got.Body, err, code, played.Calls)
		}
	})
}
