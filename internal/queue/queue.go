// Package queue is the SQS queue in front of the push function. Back-off is the
// queue's: a message that has to wait is hidden, which costs no running function
// and survives everything.
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"salesforce-integration/internal/integration"
)

const (
	// batchSize is how many entries a batch call takes.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html
	batchSize = 10
	// maxDelay is how long a new message can be delayed.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
	maxDelay = 15 * time.Minute
)

// Client is the part of the SQS client that is used.
type Client interface {
	ChangeMessageVisibilityBatch(ctx context.Context, in *sqs.ChangeMessageVisibilityBatchInput, opts ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error)
	SendMessage(ctx context.Context, in *sqs.SendMessageInput, opts ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Queue is one SQS queue.
type Queue struct {
	client Client
	url    string
}

var _ integration.Dispatcher = (*Queue)(nil)

// New returns the queue at a URL.
func New(client Client, url string) *Queue { return &Queue{client: client, url: url} }

// Hide keeps received messages, named by their receipt handles, invisible for a
// while (12 h from their receipt at most), ten a call. It goes on after a failure
// and returns all of them.
func (q *Queue) Hide(ctx context.Context, waits map[string]time.Duration) error {
	var failures []error
	for handles := range slices.Chunk(slices.Sorted(maps.Keys(waits)), batchSize) {
		entries := make([]types.ChangeMessageVisibilityBatchRequestEntry, len(handles))
		for i, handle := range handles {
			entries[i] = types.ChangeMessageVisibilityBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(handle), VisibilityTimeout: wholeSeconds(waits[handle]),
			}
		}
		out, err := q.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.url, Entries: entries})
		if err != nil {
			failures = append(failures, fmt.Errorf("hiding %d messages: %w", len(entries), err))
			continue
		}
		for _, f := range out.Failed {
			failures = append(failures, fmt.Errorf("hiding a message: %s: %s", aws.ToString(f.Code), aws.ToString(f.Message)))
		}
	}
	return errors.Join(failures...)
}

// Send puts a new message on the queue, visible after the given time (15 minutes
// at most).
func (q *Queue) Send(ctx context.Context, body []byte, after time.Duration) error {
	_, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &q.url, MessageBody: aws.String(string(body)), DelaySeconds: wholeSeconds(min(after, maxDelay)),
	})
	if err != nil {
		return fmt.Errorf("sending a message: %w", err)
	}
	return nil
}

// wholeSeconds rounds up, so that a message never comes back too early.
func wholeSeconds(d time.Duration) int32 {
	return int32((d + time.Second - 1) / time.Second) //nolint:gosec // hours at most
}

// Dispatch implements [integration.Dispatcher].
func (q *Queue) Dispatch(ctx context.Context, c integration.Command) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encoding a command: %w", err)
	}
	if err := q.Send(ctx, body, 0); err != nil {
		return &integration.Error{Code: integration.CodeUnavailable, Message: "The queue did not take the command; try again.", Err: err}
	}
	return nil
}
