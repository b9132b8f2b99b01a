package e2e_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// The events of the contract.
const (
	completed    = "Experiment Completed"
	significance = "Experiment Reached Significance"
	rolledBack   = "Experiment Rolled Back"
	finalization = "Experiment Finalization Requested"
)

// publish puts an event on the bus, as the platform does, and returns its id.
func (s *suite) publish(t *testing.T, detailType string, detail any) string {
	t.Helper()
	encoded, err := json.Marshal(detail)
	if err != nil {
		t.Fatal(err)
	}
	put, err := eventbridge.NewFromConfig(s.aws).PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: &s.EventBusName, Source: &s.EventSource, DetailType: &detailType, Detail: aws.String(string(encoded)),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if put.FailedEntryCount != 0 {
		t.Fatalf("the bus refused the event: %s", aws.ToString(put.Entries[0].ErrorMessage))
	}
	return aws.ToString(put.Entries[0].EventId)
}

// exampleDetail is the contract's, of another experiment and time.
func exampleDetail(experimentKey string, occurredAt time.Time) object {
	return object{
		"experiment_key": experimentKey, "experiment_name": "Checkout button colour", "occurred_at": occurredAt.UTC().Format(time.RFC3339Nano),
		"results": object{
			"primary_metric": "conversion_rate", "winning_variant": "green", "lift": 0.042, "p_value": 0.003,
			"confidence_interval": []float64{0.011, 0.073}, "sample_size": 48210,
			"variants": []object{{"key": "control", "users": 24090, "conversions": 2409}, {"key": "green", "users": 24120, "conversions": 2513}},
			"url":      "https://platform.example/experiments/checkout-button-color",
		},
		"reason": "guardrail metric regressed",
	}
}

// envelope is an event as a rule's target gets it.
type envelope struct {
	Source     string `json:"source"`
	DetailType string `json:"detail-type"`
	Detail     struct {
		ID            string `json:"id"`
		ExperimentKey string `json:"experiment_key"`
		IntegrationID string `json:"integration_id"`
		CampaignID    string `json:"campaign_id"`
		CampaignName  string `json:"campaign_name"`
		Status        string `json:"status"`
		RequestedAt   string `json:"requested_at"`
		Code          string `json:"code"`
		Fix           string `json:"fix"`
	} `json:"detail"`
}

// ear hears what the product says on the bus about one integration.
type ear struct {
	client *sqs.Client
	queue  string
	heard  []envelope
}

// listen sets up a rule and a queue, as the platform would.
func (s *suite) listen(t *testing.T, integrationID string) *ear {
	t.Helper()
	name := unique("listen")
	e := &ear{client: sqs.NewFromConfig(s.aws)}
	queue, err := e.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	e.queue = aws.ToString(queue.QueueUrl)
	attributes, err := e.client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &e.queue, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
	})
	if err != nil {
		t.Fatal(err)
	}
	arn := attributes.Attributes[string(sqstypes.QueueAttributeNameQueueArn)]
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":%q}]}`, arn)
	if _, err := e.client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &e.queue, Attributes: map[string]string{"Policy": policy}}); err != nil {
		t.Fatal(err)
	}
	bus := eventbridge.NewFromConfig(s.aws)
	pattern := fmt.Sprintf(`{"source":["experimentation.salesforce"],"detail":{"integration_id":[%q]}}`, integrationID)
	if _, err := bus.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: &name, EventBusName: &s.EventBusName, EventPattern: &pattern}); err != nil {
		t.Fatal(err)
	}
	targets, err := bus.PutTargets(t.Context(), &eventbridge.PutTargetsInput{
		Rule: &name, EventBusName: &s.EventBusName, Targets: []types.Target{{Id: aws.String("ear"), Arn: &arn}},
	})
	if err != nil || targets.FailedEntryCount != 0 {
		t.Fatalf("listen on the bus: %v", err)
	}
	return e
}

// all returns everything heard so far.
func (e *ear) all(t *testing.T) []envelope {
	t.Helper()
	for {
		got, err := e.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &e.queue, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			return e.heard
		}
		for _, m := range got.Messages {
			var event envelope
			if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &event); err != nil {
				t.Fatalf("what came from the bus is no event: %v", err)
			}
			e.heard = append(e.heard, event)
			if _, err := e.client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &e.queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// await waits until as many events were heard, and returns all there are by then.
func (e *ear) await(t *testing.T, count int) []envelope {
	t.Helper()
	eventually(t, soon, func() string {
		if n := len(e.all(t)); n < count {
			return fmt.Sprintf("%d events heard on the bus, want %d", n, count)
		}
		return ""
	})
	return e.heard
}
