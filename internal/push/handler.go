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

// Config is what a [Handler] works with. All fields are required.
type Config struct {
	Store integration.Store
	Queue Queue
	Orgs  *Orgs
	Bus   Notifier
	Retry RetryPolicy
	Now   func() time.Time
	Log   *slog.Logger
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

// progress is what became of a batch: the deliveries by id, and for each message
// the ids of its deliveries.
type progress struct {
	deliveries map[string]integration.Delivery
	comeBack   map[string]time.Time // by delivery id: when its message is to come back
	ofMessage  [][]string           // in the order of the messages
	failed     map[int]error        // commands that failed, by message
	parked     map[string]bool      // integrations for which something was parked that may just have been mended
	// parkedBlindly: whether it was mended could not be found out.
	parkedBlindly bool
}

// process does the whole way. On an error, progress says how far it came.
func (h *Handler) process(ctx context.Context, messages []Message) (*progress, error) {
	p := &progress{
		deliveries: map[string]integration.Delivery{}, comeBack: map[string]time.Time{}, ofMessage: make([][]string, len(messages)),
		failed: map[int]error{}, parked: map[string]bool{},
	}
	wants, integrations, err := h.planAll(ctx, messages, p)
	if err != nil {
		return p, err
	}
	jobs, err := h.begin(ctx, wants, p)
	if err != nil {
		return p, err
	}
	outcomes := h.write(ctx, jobs, integrations)
	h.attendAll(ctx, jobs, outcomes, integrations, p)
	if err := h.settleAll(ctx, jobs, outcomes, p); err != nil {
		return p, err
	}
	if err := h.tellRecovered(ctx, jobs, outcomes, integrations); err != nil {
		// The next delivery tells it.
		h.cfg.Log.WarnContext(ctx, "the recovery is not told yet", "error", err)
	}
	err = h.recheck(ctx, p)
	p.parkedBlindly = err != nil
	return p, err
}

func (h *Handler) planAll(ctx context.Context, messages []Message, p *progress) ([]want, map[string]integration.Integration, error) {
	ins := make([]incoming, len(messages))
	keys := map[string]bool{}
	for i, m := range messages {
		ins[i].message = m
		if c, ok := command(m.Body); ok {
			ins[i].obeyed = true
			if err := h.obey(ctx, c); err != nil {
				p.failed[i] = err
				h.cfg.Log.ErrorContext(ctx, "a command failed, it comes back", "command", c.Kind, "integration_id", c.IntegrationID, "error", err)
			}
			continue
		}
		event, err := ParseEvent(m.Body)
		ins[i].event = event
		if err != nil {
			r, ok := errors.AsType[*rejection](err)
			if !ok {
				return nil, nil, fmt.Errorf("reading an event: %w", err)
			}
			ins[i].reject = r
			continue
		}
		if event.OccurredAt.After(h.cfg.Now().Add(maxAhead)) {
			ins[i].reject = &rejection{integration.ReasonInvalidEvent, fmt.Sprintf(
				"the event's occurred_at, %s, lies in the future: taken for true, it would count as newer than every later event", event.OccurredAt.Format(time.RFC3339))}
			continue
		}
		keys[event.ExperimentKey] = true
	}
	links, integrations, err := h.read(ctx, keys)
	if err != nil {
		return nil, nil, err
	}
	var wants []want
	seen := map[string]int{}
	now := h.cfg.Now()
	for i, in := range ins {
		if in.obeyed {
			continue
		}
		for _, w := range plan(in, links[in.event.ExperimentKey], integrations, now) {
			p.ofMessage[i] = append(p.ofMessage[i], w.delivery.ID)
			at, twice := seen[w.delivery.ID]
			switch {
			case !twice:
				seen[w.delivery.ID] = len(wants)
				wants = append(wants, w)
			case wants[at].onlyIfStored && !w.onlyIfStored:
				wants[at] = w
			}
		}
	}
	newestFirst(wants)
	return wants, integrations, nil
}

func (h *Handler) read(ctx context.Context, keys map[string]bool) (map[string][]integration.Link, map[string]integration.Integration, error) {
	if len(keys) == 0 {
		return nil, nil, nil
	}
	links, err := h.cfg.Store.LinksByExperiment(ctx, sortedKeys(keys))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the links of %d experiments: %w", len(keys), err)
	}
	ids := map[string]bool{}
	for _, of := range links {
		for _, link := range of {
			ids[link.IntegrationID] = true
		}
	}
	if len(ids) == 0 {
		return links, nil, nil
	}
	integrations, err := h.cfg.Store.GetIntegrations(ctx, sortedKeys(ids))
	if err != nil {
		return nil, nil, fmt.Errorf("reading %d integrations: %w", len(ids), err)
	}
	return links, integrations, nil
}

// answerQueue names the messages that are to come back, and hides each until then.
func (h *Handler) answerQueue(ctx context.Context, messages []Message, p *progress, failure error) events.SQSEventResponse {
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	now := h.cfg.Now()
	waits := map[string]time.Duration{}
	for i, m := range messages {
		at, again := p.messageComesBack(i)
		switch {
		case p.failed[i] != nil, failure != nil && !p.messageSettled(i):
			at = now.Add(h.cfg.Retry.Wait(m.Receives, storeRetry))
		case !again:
			continue
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
	if at, again := p.messageComesBack(0); again {
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

// messageComesBack says when a message's deliveries are tried again: all of them
// when the last one wants to be, for a message may only be received so often.
func (p *progress) messageComesBack(i int) (time.Time, bool) {
	var at time.Time
	for _, id := range p.ofMessage[i] {
		if t, ok := p.comeBack[id]; ok && t.After(at) {
			at = t
		}
	}
	return at, !at.IsZero()
}

// messageSettled says whether every delivery of a message is stored in a state
// that this invocation leaves behind on purpose.
func (p *progress) messageSettled(i int) bool {
	for _, id := range p.ofMessage[i] {
		d, ok := p.deliveries[id]
		if !ok || d.Status == integration.StatusSending || p.parkedBlindly && d.Resumable() {
			return false
		}
	}
	return len(p.ofMessage[i]) > 0
}

// report says, in one log line and in metrics, what the invocation did.
func (h *Handler) report(ctx context.Context, p *progress, messages int, started time.Time, callsBefore int, failure error) {
	states := map[integration.DeliveryStatus]int{}
	reserved := 0
	for _, d := range p.deliveries {
		states[d.Status]++
		if d.Status == integration.StatusRetrying && d.Reason == integration.ReasonAllowance {
			reserved++
		}
	}
	failed := 0
	if failure != nil || len(p.failed) > 0 {
		failed = 1
	}
	calls := h.cfg.Orgs.Calls() - callsBefore
	h.cfg.Log.InfoContext(ctx, "events processed",
		"messages", messages,
		"delivered", states[integration.StatusDelivered],
		"skipped", states[integration.StatusSkipped],
		"retrying", states[integration.StatusRetrying],
		"parked", states[integration.StatusParked],
		"salesforce_calls", calls,
		"duration_ms", h.cfg.Now().Sub(started).Milliseconds())
	if err := h.cfg.Metrics(map[string]int{
		"Messages":            messages,
		"BatchesFailed":       failed,
		"DeliveriesDelivered": states[integration.StatusDelivered],
		"DeliveriesSkipped":   states[integration.StatusSkipped],
		"DeliveriesRetrying":  states[integration.StatusRetrying],
		"DeliveriesParked":    states[integration.StatusParked],
		"DeliveriesReserved":  reserved,
		"SalesforceCalls":     calls,
	}); err != nil {
		h.cfg.Log.WarnContext(ctx, "metrics are lost", "error", err)
	}
}
