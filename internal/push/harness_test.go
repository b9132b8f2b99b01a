package push_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
	"salesforce-integration/internal/push/pushtest"
)

// world is push with everything around it: a store, an org, a queue.
type world struct {
	store *inmem.Store
	vault *inmem.Vault
	org   *modelOrg
	queue *pushtest.Queue
	bus   *pushtest.Bus
	retry push.RetryPolicy
	// reserve is the share of the org's allowance that is left to others.
	reserve int
	now     func() time.Time
	log     io.Writer
	// through is put around the way to the org; nil: nothing is.
	through func(http.RoundTripper) http.RoundTripper
}

const integrationID = "0195b9b0-0000-7000-8000-000000000001"

func newWorld(t testing.TB, now func() time.Time) *world {
	w := &world{store: inmem.New(), vault: &inmem.Vault{}, org: newModelOrg(), queue: pushtest.NewQueue(now), bus: &pushtest.Bus{}, retry: push.DefaultRetryPolicy(), now: now, log: io.Discard}
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
	if w.through != nil {
		org = w.through(org)
	}
	through := push.Queue(w.queue)
	for _, q := range queue {
		through = q
	}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	orgs := push.NewOrgs(push.OrgsConfig{
		Tokens: store, Integrations: store, Vault: w.vault, HTTPClient: &http.Client{Transport: org}, Now: w.now, Log: log,
	})
	return push.NewHandler(push.Config{
		Store: store, Queue: through, Orgs: orgs, Bus: w.bus, Retry: w.retry, ReservePercent: w.reserve, Now: w.now, Log: log,
		Metrics: func(map[string]int) error { return nil },
	})
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

// work lets a cold function take what is on the queue now.
func (w *world) work(t testing.TB) {
	t.Helper()
	messages := w.queue.Receive(10)
	w.queue.Delete(messages, handleBatch(t.Context(), t, w.handler(), messages))
}
