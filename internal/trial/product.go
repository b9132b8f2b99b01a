package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
	"salesforce-integration/internal/push/pushtest"
	"salesforce-integration/internal/salesforce/localorg"
)

// IntegrationID is the one integration of a trial.
const IntegrationID = "0195b9b0-0000-7000-8000-000000000001"

// reservePercent is the template's AllowanceReservePercent.
const reservePercent = 20

// storeTime is what a call to the store takes.
const storeTime = 5 * time.Millisecond

// TemplateSettings are those of the template's function push.
func TemplateSettings() Settings {
	return Settings{BatchSize: 200, Window: time.Second, Concurrency: 5, Timeout: time.Minute}
}

// Product is this product, whole but for AWS: its store is in memory.
type Product struct {
	store    integration.Store // shared by all functions
	vault    *inmem.Vault
	retry    push.RetryPolicy // with the same jitter in each trial
	settings Settings
}

var _ Writer = (*Product)(nil)

// NewProduct returns a product with an empty store in memory, which takes its time.
func NewProduct() *Product {
	store := inmem.New()
	store.Before(func(context.Context, string) error { time.Sleep(storeTime); return nil })
	return NewProductOn(store)
}

// NewProductOn returns a product that works on a store.
func NewProductOn(store integration.Store) *Product {
	return &Product{store: store, vault: &inmem.Vault{}, retry: seededRetry(), settings: TemplateSettings()}
}

func seededRetry() push.RetryPolicy {
	var mu sync.Mutex
	jitter := rand.New(rand.NewPCG(1, 1))
	policy := push.DefaultRetryPolicy()
	policy.Rand = func(n int64) int64 {
		mu.Lock()
		defer mu.Unlock()
		return jitter.Int64N(n)
	}
	return policy
}

// KeyCalls returns how often something was sealed or opened so far. It is the most
// that KMS can have been called: the real vault keeps data keys for a while.
func (p *Product) KeyCalls() int {
	sealed, opened := p.vault.Calls()
	return sealed + opened
}

// Name implements [Writer].
func (p *Product) Name() string { return "this product" }

// Settings implements [Writer].
func (p *Product) Settings() Settings { return p.settings }

// Steps implements [Writer].
func (p *Product) Steps() int64 { return 30 }

// Prepare implements [Writer]: an administrator connects the org and links the
// Campaigns.
func (p *Product) Prepare(ctx context.Context, campaigns map[string]string) error {
	sealed, err := integration.SealCredentials(ctx, p.vault, IntegrationID, integration.Credentials{ClientSecret: localorg.DefaultClientSecret})
	if err != nil {
		return fmt.Errorf("sealing the credentials: %w", err)
	}
	now := time.Now()
	if _, err := p.store.CreateIntegration(ctx, integration.Integration{
		ID: IntegrationID, Name: "Trial", Type: integration.TypeSalesforce, Active: true, InstanceURL: OrgURL, ClientID: localorg.DefaultClientID,
		OrgID: localorg.DefaultOrgID, SealedCredentials: sealed, CredentialsVersion: 1, CreatedAt: now, UpdatedAt: now,
	}); err != nil {
		return fmt.Errorf("creating the integration: %w", err)
	}
	for _, experiment := range slices.Sorted(maps.Keys(campaigns)) {
		if _, _, err := p.store.CreateLink(ctx, integration.Link{
			IntegrationID: IntegrationID, ExperimentKey: experiment, CampaignID: campaigns[experiment], Source: integration.LinkManual, CreatedAt: now,
		}); err != nil {
			return fmt.Errorf("linking a Campaign: %w", err)
		}
	}
	return nil
}

// Start implements [Writer].
func (p *Product) Start(at Place) Function {
	log := slog.New(slog.DiscardHandler)
	store := at.Life.Store(p.store)
	orgs := push.NewOrgs(push.OrgsConfig{
		Tokens: store, Integrations: store, Vault: p.vault, HTTPClient: &http.Client{Transport: at.Transport}, Now: time.Now, Log: log,
	})
	return &function{push.NewHandler(push.Config{
		Store: store, Queue: at.Life.Queue(at.Queue), Orgs: orgs, Bus: &pushtest.Bus{}, Retry: p.retry, ReservePercent: reservePercent, Now: time.Now, Log: log,
		Metrics: func(map[string]int) error { return nil },
	})}
}

type function struct{ handler *push.Handler }

// Handle implements [Function].
func (f *function) Handle(ctx context.Context, batch []events.SQSMessage) ([]events.SQSBatchItemFailure, error) {
	payload, err := json.Marshal(events.SQSEvent{Records: batch})
	if err != nil {
		return nil, fmt.Errorf("encoding the batch: %w", err)
	}
	out, err := f.handler.Handle(ctx, payload)
	if err != nil {
		return nil, err
	}
	response, ok := out.(events.SQSEventResponse)
	if !ok {
		return nil, fmt.Errorf("the handler answered a %T", out)
	}
	return response.BatchItemFailures, nil
}
