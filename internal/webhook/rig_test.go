package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/webhook"
)

// What a rig holds from the start.
const (
	integrationID = "01957f3e-7a00-7000-8000-000000000001"
	inactiveID    = "01957f3e-7a00-7000-8000-000000000002"
	secret        = "local-webhook-secret"
	orgID         = "00D5g000004XyZaEAK"
	campaignID    = "701xx000000001AAAQ" // linked to experimentKey
	unlinkedID    = "701xx000000002BAAQ"
	echoID        = "701xx000000003CAAQ" // linked to echoKey; we wrote Completed at echoAt
	experimentKey = "checkout-button-color"
	echoKey       = "echo-experiment"
)

var (
	start  = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	echoAt = start.Add(-time.Hour)
)

// rig is a handler with all that it needs around it.
type rig struct {
	tb     testing.TB
	store  *inmem.Store
	bus    *bus
	vault  *vault
	org    *fakeOrg
	log    *bytes.Buffer
	clock  atomic.Int64 // nanoseconds after start
	waited atomic.Int64 // nanoseconds
	ids    atomic.Int64
	logMu  sync.Mutex
	mu     sync.Mutex
	total  map[string]int // metrics
	webhook.Config
	*webhook.Handler
}

func newRig(tb testing.TB, configure ...func(*webhook.Config)) *rig {
	tb.Helper()
	r := &rig{tb: tb, store: inmem.New(), bus: &bus{}, vault: &vault{}, org: &fakeOrg{}, log: &bytes.Buffer{}, total: map[string]int{}}
	r.Config = webhook.FromEnv(func(string) string { return "" })
	r.ReadsSalesforce = true
	for _, c := range configure {
		c(&r.Config)
	}
	r.publishWith(r.bus)
	r.integration(integration.Integration{ID: integrationID, Active: true, OrgID: orgID})
	r.integration(integration.Integration{ID: inactiveID, Active: false, OrgID: orgID})
	r.link(campaignID, experimentKey)
	r.link(echoID, echoKey)
	r.campaign(integration.Campaign{CampaignRef: ref(echoID), WrittenStatus: "Completed", WrittenAt: echoAt})
	r.store.ResetCalls()
	return r
}

// publishWith makes the handler anew, with another bus.
func (r *rig) publishWith(p webhook.Publisher) {
	r.tb.Helper()
	r.handleWith(r.store, p)
}

// handleWith makes the handler anew, with another store and another bus.
func (r *rig) handleWith(s integration.Store, p webhook.Publisher) {
	r.tb.Helper()
	handler, err := webhook.New(r.Config, webhook.Deps{
		Store:     s,
		Vault:     r.vault,
		Publisher: p,
		Org:       r.org,
		Now:       r.now,
		NewID:     func() string { return fmt.Sprint("generated-", r.ids.Add(1)) },
		Metrics:   r.count,
		Wait:      func(_ context.Context, d time.Duration) { r.waited.Add(int64(d)) },
		Log:       slog.New(slog.NewJSONHandler(&lockedWriter{&r.logMu, r.log}, nil)),
	})
	if err != nil {
		r.tb.Fatal(err)
	}
	r.Handler = handler
}

func (r *rig) now() time.Time { return start.Add(time.Duration(r.clock.Load())) }

func (r *rig) count(counts map[string]int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, n := range counts {
		r.total[name] += n
	}
	return nil
}

// finishing sets the statuses that finish an experiment.
func finishing(statuses ...string) func(*webhook.Config) {
	return func(c *webhook.Config) { c.FinalStatuses = statuses }
}

func optional(c *webhook.Config) { c.Authentication = webhook.AuthenticationOptional }

func ref(campaignID string) integration.CampaignRef {
	return integration.CampaignRef{IntegrationID: integrationID, CampaignID: campaignID}
}

func (r *rig) integration(i integration.Integration) {
	r.tb.Helper()
	i.Name, i.Type, i.InstanceURL = "test", integration.TypeSalesforce, "https://example.my.salesforce.com"
	sealed, err := integration.SealWebhookSecrets(context.Background(), r.vault, i.ID, integration.WebhookSecrets{Current: secret})
	if err != nil {
		r.tb.Fatal(err)
	}
	i.SealedWebhookSecret = sealed
	if _, err := r.store.CreateIntegration(context.Background(), i); err != nil {
		r.tb.Fatal(err)
	}
}

func (r *rig) link(campaignID, key string) {
	r.tb.Helper()
	l := integration.Link{IntegrationID: integrationID, CampaignID: campaignID, ExperimentKey: key, Source: integration.LinkManual, CreatedAt: start.Add(-time.Hour)}
	if _, _, err := r.store.CreateLink(context.Background(), l); err != nil {
		r.tb.Fatal(err)
	}
}

func (r *rig) campaign(c integration.Campaign) {
	r.tb.Helper()
	if _, err := r.store.Commit(context.Background(), []integration.Unit{{Campaign: &c}}); err != nil {
		r.tb.Fatal(err)
	}
}

func (r *rig) follows(campaignID string) string {
	r.tb.Helper()
	links, err := r.store.GetLinks(context.Background(), []integration.CampaignRef{ref(campaignID)})
	if err != nil {
		r.tb.Fatal(err)
	}
	return links[ref(campaignID)].ExperimentKey
}

// send hands an envelope to the handler, which never fails.
func (r *rig) send(e events.APIGatewayProxyRequest) events.APIGatewayProxyResponse {
	r.tb.Helper()
	response, err := r.Handle(context.Background(), e)
	if err != nil {
		r.tb.Fatalf("Handle returned an error: %v", err)
	}
	return response
}

// sendUntilTaken sends an envelope as Salesforce does: who is crowded out by others is
// sent again.
func (r *rig) sendUntilTaken(e events.APIGatewayProxyRequest) {
	r.tb.Helper()
	for range 20 {
		if r.send(e).StatusCode == http.StatusOK {
			return
		}
	}
	r.tb.Errorf("a message was never taken: %s", e.Body)
}

// deliveries returns the whole log, oldest first.
func (r *rig) deliveries() []integration.Delivery {
	r.tb.Helper()
	list, err := r.store.ListDeliveries(context.Background(), integration.DeliveryFilter{}, integration.Page{Limit: 100})
	if err != nil {
		r.tb.Fatal(err)
	}
	return list.Items
}

// reasons counts the log's items by status and reason.
func (r *rig) reasons() map[string]int {
	out := map[string]int{}
	for _, d := range r.deliveries() {
		out[string(d.Status)+"/"+string(d.Reason)]++
	}
	return out
}

// bus is the platform's: it keeps what it took, and can be made to fail.
type bus struct {
	mu       sync.Mutex
	calls    int
	requests []integration.FinalizationRequest
	before   func() error                                         // the call does not get there
	after    func() error                                         // its answer gets lost
	refuse   func(r integration.FinalizationRequest, n int) error // one event out of a call
}

func (b *bus) Publish(_ context.Context, requests []integration.FinalizationRequest) []error {
	b.mu.Lock()
	b.calls++
	before, after, refuse := b.before, b.after, b.refuse
	b.mu.Unlock()
	errs := make([]error, len(requests))
	all := func(err error) []error {
		for n := range errs {
			errs[n] = err
		}
		return errs
	}
	if before != nil {
		if err := before(); err != nil {
			return all(err)
		}
	}
	b.mu.Lock()
	for n, r := range requests {
		if refuse != nil {
			errs[n] = refuse(r, n)
		}
		if errs[n] == nil {
			b.requests = append(b.requests, r)
		}
	}
	b.mu.Unlock()
	if after != nil {
		if err := after(); err != nil {
			return all(err)
		}
	}
	return errs
}

// published returns the distinct requests on the bus by id. Two with one id that
// differ are an error: the platform could not tell that they are the same.
func (b *bus) published(tb testing.TB) map[string]integration.FinalizationRequest {
	tb.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]integration.FinalizationRequest{}
	for _, r := range b.requests {
		if other, ok := out[r.ID]; ok && other != r {
			tb.Errorf("two requests with id %s: %+v and %+v", r.ID, other, r)
		}
		out[r.ID] = r
	}
	return out
}

// vault turns secrets around; a blob opens only for what it was sealed for.
type vault struct {
	fail   error
	opened atomic.Int64
}

var errWrongContext = errors.New("the blob was sealed for something else")

func (v *vault) Seal(_ context.Context, integrationID string, p integration.Purpose, plain []byte) (integration.Sealed, error) {
	return integration.Sealed(integrationID + "/" + string(p) + "/" + string(plain)), nil
}

func (v *vault) Open(_ context.Context, integrationID string, p integration.Purpose, sealed integration.Sealed) ([]byte, error) {
	v.opened.Add(1)
	if v.fail != nil {
		return nil, v.fail
	}
	plain, ok := bytes.CutPrefix(sealed, []byte(integrationID+"/"+string(p)+"/"))
	if !ok {
		return nil, errWrongContext
	}
	return plain, nil
}

type lockedWriter struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// envelope is a request as API Gateway hands it over, with the right token.
func envelope(contentType, body string) events.APIGatewayProxyRequest {
	return events.APIGatewayProxyRequest{
		HTTPMethod:                      "POST",
		Path:                            "/api/v1/integrations/" + integrationID + "/webhook/salesforce",
		PathParameters:                  map[string]string{"integration_id": integrationID},
		MultiValueHeaders:               map[string][]string{"content-type": {contentType}},
		MultiValueQueryStringParameters: map[string][]string{"token": {secret}},
		RequestContext:                  events.APIGatewayProxyRequestContext{RequestID: "request-1"},
		Body:                            body,
	}
}

func jsonEnvelope(body string) events.APIGatewayProxyRequest {
	return envelope("application/json", body)
}

// with changes one header of an envelope.
func with(e events.APIGatewayProxyRequest, header string, values ...string) events.APIGatewayProxyRequest {
	changed := map[string][]string{}
	for k, v := range e.MultiValueHeaders {
		changed[k] = v
	}
	changed[header] = values
	e.MultiValueHeaders = changed
	return e
}

// call is the JSON of a notification; empty fields are left out.
type call struct {
	EventType     string `json:"event_type"`
	CampaignID    string `json:"campaign_id,omitempty"`
	CampaignName  string `json:"campaign_name,omitempty"`
	Status        string `json:"status,omitempty"`
	ExperimentKey string `json:"experiment_key,omitempty"`
	ModifiedAt    string `json:"last_modified_date,omitempty"`
}

func (c call) json() string {
	if c.EventType == "" {
		c.EventType = "campaign_updated"
	}
	b, err := json.Marshal(c)
	if err != nil {
		return err.Error() // never: they are strings
	}
	return string(b)
}
