package story

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"salesforce-integration/internal/cmd/local/stack"
)

// finalizationRequested is what the platform listens for.
const finalizationRequested = "Experiment Finalization Requested"

// platform plays the experimentation platform: it publishes events on the bus, and
// listens on it by a rule and a queue of its own.
type platform struct {
	bus, source string
	events      *eventbridge.Client
	queues      *sqs.Client
	rule, queue string // the queue's URL
}

func newPlatform(ctx context.Context, d stack.Description) (*platform, error) {
	config := stack.AWSConfig(d.AWSURL)
	p := &platform{
		bus: d.EventBusName, source: d.EventSource,
		events: eventbridge.NewFromConfig(config), queues: sqs.NewFromConfig(config),
		rule: fmt.Sprintf("story-%d", time.Now().UnixNano()),
	}
	return p, p.listen(ctx)
}

func (p *platform) listen(ctx context.Context) error {
	created, err := p.queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(p.rule)})
	if err != nil {
		return fmt.Errorf("make the platform's queue: %w", err)
	}
	p.queue = aws.ToString(created.QueueUrl)
	attributes, err := p.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: created.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return fmt.Errorf("find the platform's queue: %w", err)
	}
	pattern, err := json.Marshal(map[string][]string{"detail-type": {finalizationRequested}})
	if err != nil {
		return fmt.Errorf("make the platform's rule: %w", err)
	}
	if _, err := p.events.PutRule(ctx, &eventbridge.PutRuleInput{
		Name: aws.String(p.rule), EventBusName: aws.String(p.bus), EventPattern: aws.String(string(pattern)),
	}); err != nil {
		return fmt.Errorf("make the platform's rule: %w", err)
	}
	if _, err := p.events.PutTargets(ctx, &eventbridge.PutTargetsInput{
		Rule: aws.String(p.rule), EventBusName: aws.String(p.bus),
		Targets: []types.Target{{Id: aws.String("queue"), Arn: aws.String(attributes.Attributes["QueueArn"])}},
	}); err != nil {
		return fmt.Errorf("make the platform's rule: %w", err)
	}
	return nil
}

// publish puts an experiment event on the bus.
func (p *platform) publish(ctx context.Context, detailType string, detail map[string]any) error {
	encoded, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("publish %s: %w", detailType, err)
	}
	out, err := p.events.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: aws.String(p.bus), Source: aws.String(p.source), DetailType: aws.String(detailType), Detail: aws.String(string(encoded)),
	}}})
	if err == nil && out.FailedEntryCount > 0 {
		err = fmt.Errorf("the bus refused it: %s", aws.ToString(out.Entries[0].ErrorMessage))
	}
	if err != nil {
		return fmt.Errorf("publish %s: %w", detailType, err)
	}
	return nil
}

// finalization is what the platform is asked.
type finalization struct {
	Source string `json:"source"`
	Detail struct {
		ID            string `json:"id"`
		ExperimentKey string `json:"experiment_key"`
		IntegrationID string `json:"integration_id"`
		CampaignName  string `json:"campaign_name"`
		Status        string `json:"status"`
	} `json:"detail"`
}

// hear returns what the platform was asked since the last time.
func (p *platform) hear(ctx context.Context) ([]finalization, error) {
	got, err := p.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(p.queue), MaxNumberOfMessages: 10})
	if err != nil {
		return nil, fmt.Errorf("listen on the platform's queue: %w", err)
	}
	var heard []finalization
	for _, m := range got.Messages {
		var f finalization
		if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &f); err != nil {
			return nil, fmt.Errorf("read what the platform was asked: %w", err)
		}
		heard = append(heard, f)
		if _, err := p.queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(p.queue), ReceiptHandle: m.ReceiptHandle}); err != nil {
			return nil, fmt.Errorf("listen on the platform's queue: %w", err)
		}
	}
	return heard, nil
}

// close takes away what listen made.
func (p *platform) close(ctx context.Context) error {
	_, err1 := p.events.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: aws.String(p.rule), EventBusName: aws.String(p.bus), Ids: []string{"queue"}})
	_, err2 := p.events.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: aws.String(p.rule), EventBusName: aws.String(p.bus)})
	_, err3 := p.queues.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: aws.String(p.queue)})
	return errors.Join(err1, err2, err3)
}
