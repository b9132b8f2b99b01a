package push

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/integration"
)

// Queue is where a message waits for its next attempt.
type Queue interface {
	// Hide keeps received messages, named by their receipt handles, invisible for
	// a while. One that cannot be hidden comes back at the queue's own pace, which
	// is harmless.
	Hide(ctx context.Context, waits map[string]time.Duration) error
	// Send puts an event on the queue that did not come from it.
	Send(ctx context.Context, body []byte, after time.Duration) error
}

// Config is what a [Handler] works with. All fields but ReservePercent are required.
type Config struct {
	Store integration.Store
	Queue Queue
	Orgs  *Orgs
	Bus   Notifier
	Retry RetryPolicy
	// ReservePercent is the share of an org's API allowance that is left to its
	// other applications; 0 leaves none.
	ReservePercent int
	Now            func() time.Time
	Log            *slog.Logger
	// Metrics takes an invocation's counters.
	Metrics func(counts map[string]int) error
}

// Handler is the push function.
type Handler struct{ cfg Config }

// NewHandler returns a handler.
func NewHandler(cfg Config) *Handler { return &Handler{cfg: cfg} }

// Result is the answer to a bare event: what became of each of its deliveries.
type Result struct {
	Deliveries []DeliveryResult `json:"deliveries"`
}

// DeliveryResult is one delivery's state after the invocation.
type DeliveryResult struct {
	ID            string                     `json:"id"`
	IntegrationID string                     `json:"integration_id,omitempty"`
	CampaignID    string                     `json:"campaign_id,omitempty"`
	Status        integration.DeliveryStatus `json:"status"`
	Reason        integration.Reason         `json:"reason"`
	Detail        string                     `json:"detail"`
}

const (
	// settleReserve is the time kept free at the end of an invocation to store
	// what came of the writes.
	settleReserve = 4 * time.Second
	// leaseMargin is added to an invocation's deadline: a request that was sent
	// just before it may still be on its way.
	leaseMargin = 15 * time.Second
	// defaultLease is the lease of an invocation without a deadline.
	defaultLease = time.Minute
	// storeRetry is when a message comes back, at the earliest, after the store
	// failed.
	storeRetry = 10 * time.Second
	// maxAhead is by how much the platform's clock may be ahead of ours.
	maxAhead = 5 * time.Minute
)

// Handle takes an SQS batch, and answers which of its messages are to come back
// ([events.SQSEventResponse]), or a bare EventBridge event, and answers what
// became of it ([Result]). What of a bare event has to be tried again is put on the
// queue. Errors: the payload is neither, or (bare only) the store failed.
func (h *Handler) Handle(ctx context.Context, payload []byte) (any, error) {
	batch, err := DecodeBatch(payload)
	if err != nil {
		return nil, err
	}
	started, calls := h.cfg.Now(), h.cfg.Orgs.Calls()
	done, err := h.process(ctx, batch.Messages)
	if err != nil {
		h.cfg.Log.ErrorContext(ctx, "the events could not be processed, they come back", "error", err)
	}
	h.report(ctx, done, len(batch.Messages), started, calls, err)
	if batch.Bare {
		return h.answerBare(ctx, batch.Messages[0], done, err)
	}
	return h.answerQueue(ctx, batch.Messages, done, err), nil
}

// process does the whole way. On an error, progress says how far it came.
func (h *Handler) process(ctx context.Context, messages []Message) (*progress, error) {
	p := &progress{
		deliveries: map[string]integration.Delivery{}, comeBack: map[string]time.Time{}, ofMessage: make([][]string, len(messages)),
		absent: map[string]bool{}, later: map[int]bool{}, failed: map[int]error{}, parked: map[string]bool{},
	}
	started := h.cfg.Now()
	wants, k, err := h.planAll(ctx, messages, p)
	if err != nil {
		return p, err
	}
	jobs, err := h.begin(ctx, wants, p)
	if err != nil {
		return p, err
	}
	outcomes := h.write(ctx, jobs, k.integrations)
	h.learnAll(ctx, jobs, k, started)
	h.attendAll(ctx, jobs, outcomes, k.integrations, p)
	if err := h.settleAll(ctx, jobs, outcomes, p); err != nil {
		return p, err
	}
	if err := h.tellRecovered(ctx, jobs, outcomes, k.integrations); err != nil {
		// The next delivery tells it.
		h.cfg.Log.WarnContext(ctx, "the recovery is not told yet", "error", err)
	}
	err = h.recheck(ctx, p)
	p.parkedBlindly = err != nil
	return p, err
}

// answerQueue names the messages that are to come back, and hides each until then.
func (h *Handler) answerQueue(ctx context.Context, messages []Message, p *progress, failure error) events.SQSEventResponse {
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	now := h.cfg.Now()
	waits := map[string]time.Duration{}
	for i, m := range messages {
		var at time.Time
		if p.failed[i] != nil || failure != nil && !p.messageSettled(i) {
			at = now.Add(h.cfg.Retry.Wait(m.Receives, storeRetry))
		} else {
			var again bool
			if at, again = h.comesBack(ctx, p, i); !again {
				continue
			}
		}
		response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.ID})
		waits[m.ReceiptHandle] = max(at.Sub(now), minWait)
	}
	if len(waits) > 0 {
		if err := h.cfg.Queue.Hide(ctx, waits); err != nil {
			h.cfg.Log.WarnContext(ctx, "messages come back after the queue's own time-out", "messages", len(waits), "error", err)
		}
	}
	return response
}

func (h *Handler) answerBare(ctx context.Context, m Message, p *progress, failure error) (any, error) {
	if err := errors.Join(failure, p.failed[0]); err != nil {
		return nil, err
	}
	if at, again := h.comesBack(ctx, p, 0); again {
		if err := h.cfg.Queue.Send(ctx, m.Body, max(at.Sub(h.cfg.Now()), minWait)); err != nil {
			return nil, fmt.Errorf("putting the event on the queue to be tried again: %w", err)
		}
	}
	result := Result{Deliveries: []DeliveryResult{}}
	for _, id := range p.ofMessage[0] {
		d, ok := p.deliveries[id]
		if !ok {
			continue
		}
		result.Deliveries = append(result.Deliveries, DeliveryResult{
			ID: id, IntegrationID: d.IntegrationID, CampaignID: d.CampaignID, Status: d.Status, Reason: d.Reason, Detail: d.Detail,
		})
	}
	return result, nil
}
