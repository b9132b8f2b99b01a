package push_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
)

// world is push with everything around it: a store, an org, a queue.
type world struct {
	store *inmem.Store
	vault *inmem.Vault
	org   *modelOrg
	queue *modelQueue
	bus   *modelBus
	retry push.RetryPolicy
	now   func() time.Time
	log   io.Writer
}

const integrationID = "0195b9b0-0000-7000-8000-000000000001"

func newWorld(t testing.TB, now func() time.Time) *world {
	w := &world{store: inmem.New(), vault: &inmem.Vault{}, org: newModelOrg(), queue: &modelQueue{now: now}, bus: &modelBus{}, retry: push.DefaultRetryPolicy(), now: now, log: io.Discard}
	w.addIntegration(t, integrationID)
	return w
}

func (w *world) addIntegration(t testing.TB, id string) integration.Integration {
	t.Helper()
	sealed, err := integration.SealCredentials(t.Context(), w.vault, id, integration.Credentials{ClientSecret: "s3cr3t-value"})
	if err != nil {
		t.Fatal(err)
	}
	i, err := w.store.CreateIntegration(t.Context(), integration.Integration{
		ID: id, Name: "CRM", Type: integration.TypeSalesforce, Active: true, InstanceURL: "https://org.my.salesforce.com", ClientID: "3MVG9",
		SealedCredentials: sealed, CredentialsVersion: 1, CreatedAt: w.now(), UpdatedAt: w.now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (w *world) link(t testing.TB, id, experiment, campaign string) {
	t.Helper()
	if _, _, err := w.store.CreateLink(t.Context(), integration.Link{
		IntegrationID: id, ExperimentKey: experiment, CampaignID: campaign, Source: integration.LinkManual, CreatedAt: w.now(),
	}); err != nil {
		t.Fatal(err)
	}
}

// handler is a cold function: nothing in its memory.
func (w *world) handler() *push.Handler { return w.handlerThrough(w.store, w.org) }

func (w *world) handlerThrough(store integration.Store, org http.RoundTripper, queue ...push.Queue) *push.Handler {
	through := push.Queue(w.queue)
	for _, q := range queue {
		through = q
	}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	orgs := push.NewOrgs(push.OrgsConfig{
		Tokens: store, Integrations: store, Vault: w.vault, HTTPClient: &http.Client{Transport: org}, Now: w.now, Log: log,
	})
	return push.NewHandler(push.Config{
		Store: store, Queue: through, Orgs: orgs, Bus: w.bus, Retry: w.retry, Now: w.now, Log: log,
		Metrics: func(map[string]int) error { return nil },
	})
}

// modelBus remembers the notices it was given.
type modelBus struct {
	mu      sync.Mutex
	notices []integration.Notice
}

// Notify implements [push.Notifier].
func (b *modelBus) Notify(_ context.Context, n integration.Notice) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notices = append(b.notices, n)
	return nil
}

// modelQueue is an SQS queue: at least once, in any order, with visibility.
type modelQueue struct {
	now func() time.Time

	mu       sync.Mutex
	messages []*queued
	sent     int
}

type queued struct {
	id        string
	body      string
	visibleAt time.Time
}

// visibilityTimeout is the template's.
const visibilityTimeout = 370 * time.Second

func (q *modelQueue) put(body string, visibleAt time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent++
	q.messages = append(q.messages, &queued{id: fmt.Sprintf("m%d", q.sent), body: body, visibleAt: visibleAt})
}

// Hide implements [push.Queue]. The receipt handle is the message's id.
func (q *modelQueue) Hide(_ context.Context, waits map[string]time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.messages {
		if wait, ok := waits[m.id]; ok {
			m.visibleAt = q.now().Add(wait)
		}
	}
	return nil
}

// Send implements [push.Queue].
func (q *modelQueue) Send(_ context.Context, body []byte, after time.Duration) error {
	q.put(string(body), q.now().Add(after))
	return nil
}

// receive takes up to n visible messages and hides them.
func (q *modelQueue) receive(n int) []events.SQSMessage {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []events.SQSMessage
	for _, m := range q.messages {
		if len(out) < n && !m.visibleAt.After(q.now()) {
			m.visibleAt = q.now().Add(visibilityTimeout)
			out = append(out, events.SQSMessage{MessageId: m.id, ReceiptHandle: m.id, Body: m.body, EventSource: "aws:sqs"})
		}
	}
	return out
}

// delete takes away what was received and is not among the failures.
func (q *modelQueue) delete(received []events.SQSMessage, failures []events.SQSBatchItemFailure) {
	q.mu.Lock()
	defer q.mu.Unlock()
	gone := map[string]bool{}
	for _, m := range received {
		gone[m.MessageId] = true
	}
	for _, f := range failures {
		delete(gone, f.ItemIdentifier)
	}
	kept := q.messages[:0]
	for _, m := range q.messages {
		if !gone[m.id] {
			kept = append(kept, m)
		}
	}
	q.messages = kept
}

// next returns when the next message shows, and false when there is none left.
func (q *modelQueue) next() (time.Time, bool) {
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

func handleBatch(ctx context.Context, t testing.TB, h *push.Handler, messages []events.SQSMessage) []events.SQSBatchItemFailure {
	payload, err := json.Marshal(events.SQSEvent{Records: messages})
	if err != nil {
		t.Fatal(err)
	}
	out, err := h.Handle(ctx, payload)
	if err != nil {
		t.Errorf("an SQS batch must not fail as a whole: %v", err)
		return nil
	}
	return out.(events.SQSEventResponse).BatchItemFailures
}
