package push

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/integration"
)

// Message is one event envelope as it reached the function.
type Message struct {
	ID            string // SQS message id; empty for an event that came by itself
	ReceiptHandle string
	Body          []byte // the EventBridge envelope, or a command
	Receives      int    // how often it was received, this time included; 1 at least
}

// Batch is what one invocation was given.
type Batch struct {
	Messages []Message
	// Bare says that the function was invoked with an EventBridge event (or a
	// command) itself, as `sam local invoke` does, and not with a batch of a queue.
	Bare bool
}

// DecodeBatch tells an SQS batch from a bare EventBridge event. It fails for
// anything else: then nothing of the payload can be acknowledged one by one.
func DecodeBatch(payload []byte) (Batch, error) {
	var shape struct {
		Records    []events.SQSMessage `json:"Records"`
		DetailType *string             `json:"detail-type"`
		Command    *string             `json:"command"`
	}
	if err := json.Unmarshal(payload, &shape); err != nil {
		return Batch{}, fmt.Errorf("reading the invocation's payload: %w", err)
	}
	switch {
	case shape.Records != nil:
		batch := Batch{Messages: make([]Message, 0, len(shape.Records))}
		for _, r := range shape.Records {
			batch.Messages = append(batch.Messages, Message{ID: r.MessageId, ReceiptHandle: r.ReceiptHandle, Body: []byte(r.Body), Receives: receives(r)})
		}
		return batch, nil
	case shape.DetailType != nil, shape.Command != nil:
		return Batch{Messages: []Message{{Body: payload, Receives: 1}}, Bare: true}, nil
	default:
		return Batch{}, fmt.Errorf("the invocation's payload is neither an SQS batch (no Records) nor an EventBridge event (no detail-type)")
	}
}

func receives(r events.SQSMessage) int {
	n, err := strconv.Atoi(r.Attributes["ApproximateReceiveCount"])
	if err != nil {
		return 1
	}
	return max(n, 1)
}

// envelope is the part of EventBridge's envelope that is read.
// https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
type envelope struct {
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Time       time.Time       `json:"time"`
	Detail     json.RawMessage `json:"detail"`
}

func decodeEnvelope(body []byte) (envelope, error) {
	var e envelope
	if err := json.Unmarshal(bytes.TrimSpace(body), &e); err != nil {
		return envelope{}, invalid(fieldAtFault(err, "", fieldTime), "the message is not an EventBridge event: %s", fieldProblem(err, fieldTime))
	}
	if !integration.Writable(e.Time) {
		e.Time = time.Time{}
		return e, invalid(fieldTime, "the event's time %s", noSuchYear)
	}
	switch {
	case e.ID == "":
		return e, invalid(fieldID, "the event's envelope has no id")
	case e.DetailType == "":
		return e, invalid(fieldType, "the event's envelope has no detail-type")
	}
	return e, nil
}
