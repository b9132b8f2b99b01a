package apireach_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/uuid"

	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/dynamo/dynamotest"
	"salesforce-integration/internal/httpapi"
	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgcheck"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/push"
	"salesforce-integration/internal/salesforce/localorg"
)

// side is the API on a table of its own.
type side struct {
	t      *testing.T
	store  *dynamo.Store // past the counter
	calls  *atomic.Int64
	handle httpapi.LambdaHandler
	base   time.Time
}

func newSide(t *testing.T) *side {
	t.Helper()
	plain := dynamotest.Client(t)
	table := dynamotest.NewTable(t, plain)
	counted, calls := counting(plain)
	s := &side{t: t, store: dynamo.New(plain, table), calls: calls, base: time.Now().UTC().Add(-time.Hour).Truncate(time.Second)}
	store, vault := dynamo.New(counted, table), &inmem.Vault{}
	org, err := localorg.New(localorg.Config{})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: inProcess{org}}
	allowed, err := integration.ParseAllowedOrigins("http://org.example")
	if err != nil {
		t.Fatal(err)
	}
	dialer := orgclient.New(orgclient.Config{Tokens: store, Vault: vault, Allowed: allowed, HTTPClient: client, Allowances: store, ReservePercent: 20})
	log := slog.New(slog.DiscardHandler)
	service, err := integration.NewService(integration.ServiceConfig{
		WebhookReads: true,
		Store:        store, Vault: vault, Commands: nobody{}, Allowed: allowed, Log: log,
		Orgs:      orgcheck.New(orgcheck.Config{HTTPClient: client}),
		Campaigns: dialer,
		Previews:  push.NewPreviewer(push.PreviewerConfig{Store: store, Orgs: dialer, ReservePercent: 20, Now: time.Now}),
		Now:       time.Now,
		NewID: func() (string, error) {
			id, err := uuid.NewV7()
			return id.String(), err
		},
		Random: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	api, err := httpapi.New(httpapi.Config{Service: service, PublicURL: "https://api.example", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	s.handle = httpapi.Lambda(api)
	return s
}

// counting returns a client like another one, and the number of calls that were made
// of it. What the SDK repeats counts once: how often it does is the engine's affair.
func counting(plain *dynamodb.Client) (*dynamodb.Client, *atomic.Int64) {
	calls := &atomic.Int64{}
	return dynamodb.New(plain.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Initialize.Add(middleware.InitializeMiddlewareFunc("count", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				calls.Add(1)
				return next.HandleInitialize(ctx, in)
			}), middleware.Before)
		})
	}), calls
}

// inProcess is the way to an org in this process.
type inProcess struct{ org *localorg.Org }

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil { // which a server never sees
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	p.org.ServeHTTP(w, r)
	return w.Result(), nil
}

// nobody takes commands, and does nothing.
type nobody struct{}

// Dispatch implements integration.Dispatcher.
func (nobody) Dispatch(context.Context, integration.Command) error { return nil }

// count sends a request and returns its answer's body, and the calls that it took.
func (s *side) count(method, target, body string) (string, int) {
	s.t.Helper()
	path, query, _ := strings.Cut(target, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		s.t.Fatal(err)
	}
	e := events.APIGatewayProxyRequest{
		HTTPMethod: method, Path: path, Body: body, MultiValueQueryStringParameters: values,
		MultiValueHeaders: map[string][]string{"Content-Type": {"application/json"}},
		RequestContext:    events.APIGatewayProxyRequestContext{Authorizer: map[string]any{"role": "admin", "sub": "ada"}},
	}
	s.calls.Store(0)
	resp, err := s.handle(s.t.Context(), e)
	if err != nil || resp.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %d %s, %v", method, target, resp.StatusCode, resp.Body, err)
	}
	return resp.Body, int(s.calls.Load())
}

// filler is the nth delivery of other people's.
func (s *side) filler(n, integrations int) integration.Delivery {
	at := s.base.Add(time.Duration(n) * time.Millisecond)
	d := integration.Delivery{
		ID: fmt.Sprintf("ffffffff-0000-8000-8000-%012x", n), Direction: integration.Outbound, EventType: "Experiment Completed", EventID: fmt.Sprint("e", n),
		IntegrationID: fmt.Sprintf("0000562f-3b80-7cc1-a3f5-%012x", n%integrations), ExperimentKey: fmt.Sprint("experiment-", n%1000),
		CampaignID: fmt.Sprintf("7015000%08dAAA", n%5000), CreatedAt: at, UpdatedAt: at, Payload: []byte(`{"detail": {"experiment_key": "e"}}`),
	}
	status, reason := integration.StatusSkipped, integration.ReasonSuperseded
	switch {
	case n%50 == 0:
		status, reason = integration.StatusParked, integration.ReasonRefused
	case n%3 == 0:
		d.Direction, d.EventType = integration.Inbound, "campaign_updated"
	}
	if err := d.Move(at, status, reason, "The words of what happened, and of what to do about it."); err != nil {
		s.t.Fatal(err)
	}
	return d
}
