package dynamo_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/dynamo/dynamotest"
	"salesforce-integration/internal/integration"
)

// losing carries requests out, and loses the answer to the first of an operation.
type losing struct {
	operation string
	once      sync.Once
	lost      bool
}

func (l *losing) Do(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultClient.Do(r)
	if err == nil && r.Header.Get("X-Amz-Target") == "DynamoDB_20120810."+l.operation {
		l.once.Do(func() {
			_ = resp.Body.Close()
			resp, err, l.lost = nil, errors.New("connection reset"), true
		})
	}
	return resp, err
}

// TestAWriteWhoseAnswerIsLost: the SDK sends it again, and the caller hears of one
// write, which was its own.
func TestAWriteWhoseAnswerIsLost(t *testing.T) {
	plain := dynamotest.Client(t)
	table := dynamotest.NewTable(t, plain)
	i := integration.Integration{ID: "01957f3e-7a00-7000-8000-00000000000a", Name: "a", Type: integration.TypeSalesforce, CreatedAt: time.Unix(0, 0).UTC(), UpdatedAt: time.Unix(0, 0).UTC()}
	ref := integration.CampaignRef{IntegrationID: i.ID, CampaignID: "701xx000000001AAAQ"}
	for _, step := range []struct {
		name, operation string
		do              func(*dynamo.Store) error
	}{
		{"create an integration", "PutItem", func(s *dynamo.Store) (err error) { i, err = s.CreateIntegration(t.Context(), i); return err }},
		{"change it", "PutItem", func(s *dynamo.Store) (err error) { i, err = s.UpdateIntegration(t.Context(), i); return err }},
		{"link a campaign", "TransactWriteItems", func(s *dynamo.Store) error {
			_, created, err := s.CreateLink(t.Context(), integration.Link{IntegrationID: i.ID, CampaignID: ref.CampaignID, ExperimentKey: "a", Source: integration.LinkManual, CreatedAt: i.CreatedAt})
			if err == nil && !created {
				return errors.New("it says that the link was there")
			}
			return err
		}},
		{"delete the link", "TransactWriteItems", func(s *dynamo.Store) error { return s.DeleteLink(t.Context(), i.ID, ref.CampaignID) }},
		{"delete the integration", "TransactWriteItems", func(s *dynamo.Store) error { return s.DeleteIntegration(t.Context(), i.ID, i.Version) }},
	} {
		network := &losing{operation: step.operation}
		s := dynamo.New(dynamodb.New(plain.Options(), func(o *dynamodb.Options) { o.HTTPClient = network }), table)
		if err := step.do(s); err != nil || !network.lost {
			t.Fatalf("%s: %v (answer lost: %v)", step.name, err, network.lost)
		}
	}
}
