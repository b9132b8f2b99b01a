package wire_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/webhook/wire"
	"salesforce-integration/internal/wiretest"
)

// latency is what each call to AWS takes in [BenchmarkSequentialCalls]: far more than
// everything else.
const latency = 200 * time.Millisecond

// BenchmarkSequentialCalls tells how many calls to AWS a message needs one after the
// other, by the real clients: each takes the same time, so the time that passes is
// the answer. Messages are edits of a completed Campaign, which ask for nothing, or
// make a link each and ask.
func BenchmarkSequentialCalls(b *testing.B) {
	for _, size := range []int{1, 100} {
		for _, links := range []bool{false, true} {
			b.Run(fmt.Sprintf("notifications=%d/links=%t", size, links), func(b *testing.B) {
				played, env := wiretest.NewAWS(b, "https://example.my.salesforce.com", integration.Settings{})
				slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(latency)
					played.ServeHTTP(w, r)
				}))
				b.Cleanup(slow.Close)
				env["AWS_ENDPOINT_URL"], env["WEBHOOK_READS_SALESFORCE"] = slow.URL, "yes"
				env = settings(env)
				handler, err := wire.Handler(func(name string) string { return env[name] }, io.Discard)
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				send := func() {
					var calls []string
					for range size {
						n++
						record, key := wiretest.CampaignID, ""
						if links {
							record, key = fmt.Sprintf("7015g00000%05d", n), fmt.Sprintf(`, "experiment_key": "e%d"`, n)
						}
						calls = append(calls, fmt.Sprintf(`{"event_type": "campaign_updated", "campaign_id": %q, "status": "Completed"%s}`, record, key))
					}
					got, err := handler.Handle(b.Context(), events.APIGatewayProxyRequest{
						HTTPMethod:            http.MethodPost,
						PathParameters:        map[string]string{"integration_id": wiretest.IntegrationID},
						QueryStringParameters: map[string]string{"token": wiretest.WebhookSecret},
						Headers:               map[string]string{"Content-Type": "application/json"},
						Body:                  "[" + strings.Join(calls, ",") + "]",
					})
					if err != nil || got.StatusCode != http.StatusOK {
						b.Fatalf("answer %d %s (%v)", got.StatusCode, got.Body, err)
					}
				}
				send() // opens the secret, once
				b.ResetTimer()
				for range b.N {
					send()
				}
				b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(latency), "calls/message")
			})
		}
	}
}
