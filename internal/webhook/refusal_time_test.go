package webhook_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// TestRefusalsTakeTheSameTime: what a refusal had to look up does not show in how
// long it takes, and nobody else waits.
func TestRefusalsTakeTheSameTime(t *testing.T) {
	t.Parallel()
	body := call{CampaignID: campaignID, Status: "In Progress"}.json()
	to := func(id, token string) events.APIGatewayProxyRequest {
		e := jsonEnvelope(body)
		e.PathParameters = map[string]string{"integration_id": id}
		e.MultiValueQueryStringParameters = map[string][]string{"token": {token}}
		return e
	}
	for name, c := range map[string]struct {
		request events.APIGatewayProxyRequest
		lookup  time.Duration
		want    int
		total   time.Duration
	}{
		"a wrong token":                   {to(integrationID, "wrong"), 0, 401, 100 * time.Millisecond},
		"a wrong token, a slow lookup":    {to(integrationID, "wrong"), 70 * time.Millisecond, 401, 100 * time.Millisecond},
		"an unknown id":                   {to("01957f3e-7a00-7000-8000-00000000ffff", secret), 3 * time.Millisecond, 401, 100 * time.Millisecond},
		"an id that is none":              {to("x", secret), 0, 401, 100 * time.Millisecond},
		"a lookup that took longer still": {to(integrationID, "wrong"), time.Second, 401, time.Second},
		"the right token":                 {to(integrationID, secret), 3 * time.Millisecond, 200, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.store.Before(func(_ context.Context, op string) error {
				if op == "GetIntegration" {
					r.clock.Add(int64(c.lookup))
				}
				return nil
			})
			if got := r.send(c.request); got.StatusCode != c.want {
				t.Fatalf("status = %d, want %d", got.StatusCode, c.want)
			}
			waited := time.Duration(r.waited.Load())
			if c.want == http.StatusOK {
				if waited != 0 {
					t.Errorf("it waited %s", waited)
				}
				return
			}
			if took := time.Duration(r.clock.Load()) + max(waited, 0); took != c.total {
				t.Errorf("it took %s, want %s", took, c.total)
			}
		})
	}
}
