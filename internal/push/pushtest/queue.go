// Package pushtest holds what tests put around the push function: a queue that
// behaves as SQS, functions that vanish between two outside calls, and a bus that
// remembers. All of it works with the virtual time of testing/synctest.
package pushtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// VisibilityTimeout is how long a received message stays hidden: the template's.
const VisibilityTimeout = 370 * time.Second

// Queue is a model of an SQS queue: at least once, in any order, with visibility.
// A message's receipt handle is its id. It is safe for concurrent use.
type Queue struct {
	now func() time.Time

	mu       sync.Mutex
	messages []*message
	sent     int
}

type message struct {
	id        string
	body      string
	visibleAt time.Time
}

// NewQueue returns an empty queue.
func NewQueue(now func() time.Time) *Queue { return &Queue{now: now} }

// Put adds a message that shows at a time.
func (q *Queue) Put(body string, visibleAt time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent++
	q.messages = append(q.messages, &message{id: fmt.Sprintf("m%d", q.sent), body: body, visibleAt: visibleAt})
}

// Hide implements push.Queue.
func (q *Queue) Hide(_ context.Context, waits map[string]time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.messages {
		if wait, ok := waits[m.id]; ok {
			m.visibleAt = q.now().Add(wait)
		}
	}
	return nil
}

// Send implements push.Queue.
func (q *Queue) Send(_ context.Context, body []byte, after time.Duration) error {
	q.Put(string(body), q.now().Add(after))
	return nil
}

// Receive takes up to n visible messages and hides them for [VisibilityTimeout].
func (q *Queue) Receive(n int) []events.SQSMessage {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []events.SQSMessage
	for _, m := range q.messages {
		if len(out) < n && !m.visibleAt.After(q.now()) {
			m.visibleAt = q.now().Add(VisibilityTimeout)
			out = append(out, events.SQSMessage{MessageId: m.id, ReceiptHandle: m.id, Body: m.body, EventSource: "aws:sqs"})
		}
	}
	return out
}

// Delete takes away what was received and is not among the failures.
func (q *Queue) Delete(received []events.SQSMessage, failures []events.SQSBatchItemFailure) {
	q.mu.Lock()
	defer q.mu.Unlock()
	gone := map[string]bool{}
	for _, m := range received {
		gone[m.MessageId] = true
	}
	for _, f := range failures {
		delete(gone, f.ItemIdentifier)
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return gone[m.id] })
}

// Lose forgets all messages, which no real queue should.
func (q *Queue) Lose() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = nil
}

// Next returns when the next message shows, and false when there is none left.
func (q *Queue) Next() (time.Time, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var at time.Time
	for _, m := range q.messages {
		if at.IsZero() || m.visibleAt.Before(at) {
			at = m.visibleAt
		}
	}
	return at, len(q.messages) > 0
}

// Len returns how many messages are on the queue, hidden ones included.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.messages)
}
