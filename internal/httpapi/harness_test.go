package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/httpapi"
	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/lambdalog"
	"salesforce-integration/internal/orgcheck"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/push"
	"salesforce-integration/internal/salesforce/localorg"
)

const (
	requestID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
	base      = "/api/v1/integrations"

	// contractCreate is the contract's own example, to the letter.
	contractCreate = `{"name": "Salesforce CRM Sync", "integration_type": "SALESFORCE", "description": "Syncs experiment completion to Salesforce campaigns",
 "config": {"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": "1234567890ABCDEF..."}}`
	contractSecret = "1234567890ABCDEF..."
	contractLink   = `{"experiment_key": "checkout-button-color", "campaign_id": "701xx000000001AAAQ"}`
)

// harness is the function as API Gateway calls it, over a store that forgets.
type harness struct {
	t      *testing.T
	store  *inmem.Store
	vault  *inmem.Vault
	queue  *commands
	org    *localorg.Org // answers for every instance_url
	handle httpapi.LambdaHandler
	api    *httpapi.API
	log    *bytes.Buffer
	now    time.Time
	ids    int
}

func newHarness(t *testing.T, publicURL string) *harness {
	t.Helper()
	h := &harness{t: t, store: inmem.New(), vault: &inmem.Vault{}, queue: &commands{}, log: &bytes.Buffer{}, now: time.Date(2026, 3, 2, 10, 0, 0, 123456789, time.UTC)}
	log, err := lambdalog.New(h.log, "debug")
	if err != nil {
		t.Fatal(err)
	}
	h.org, err = localorg.New(localorg.Config{ClientID: "3MVG9...", ClientSecret: contractSecret, Now: func() time.Time { return h.now }})
	if err != nil {
		t.Fatal(err)
	}
	h.api = newAPI(t, h, h.store, log, publicURL)
	h.handle = httpapi.Lambda(h.api)
	return h
}

func newAPI(t *testing.T, h *harness, store integration.Store, log *slog.Logger, publicURL string) *httpapi.API {
	t.Helper()
	allowed, err := integration.ParseAllowedOrigins("http://localhost:8001")
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: inProcess{h}}
	dialer := orgclient.New(orgclient.Config{Tokens: h.store, Vault: h.vault, Allowed: allowed, HTTPClient: client, Now: func() time.Time { return h.now }, Allowances: h.store, ReservePercent: 20})
	service, err := integration.NewService(integration.ServiceConfig{
		WebhookReads: true,
		Store:        store, Vault: h.vault, Commands: h.queue, Allowed: allowed, Log: log,
		Orgs:      orgcheck.New(orgcheck.Config{HTTPClient: client}),
		Campaigns: dialer,
		Previews:  push.NewPreviewer(push.PreviewerConfig{Store: h.store, Orgs: dialer, ReservePercent: 20, Now: func() time.Time { return h.now }}),
		Now:       func() time.Time { return h.now },
		NewID:     func() (string, error) { h.ids++; return testID(h.ids), nil },
		Random:    &sequence{},
	})
	if err != nil {
		t.Fatal(err)
	}
	api, err := httpapi.New(httpapi.Config{Service: service, PublicURL: publicURL, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// inProcess is the way to the harness's org.
type inProcess struct{ h *harness }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil { // which a server never sees
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	p.h.org.ServeHTTP(w, r)
	return w.Result(), nil
}

// commands takes what push is to do, or fails.
type commands struct {
	taken []integration.Command
	err   error
}

func (c *commands) Dispatch(_ context.Context, command integration.Command) error {
	if c.err != nil {
		return &integration.Error{Code: integration.CodeUnavailable, Message: "The queue is away.", Err: c.err}
	}
	c.taken = append(c.taken, command)
	return nil
}

// kinds lists the commands taken, and forgets them.
func (c *commands) kinds() string {
	var kinds []string
	for _, command := range c.taken {
		kinds = append(kinds, string(command.Kind))
	}
	c.taken = nil
	return strings.Join(kinds, " ")
}

// testID is the id of the nth integration.
func testID(n int) string { return fmt.Sprintf("0195562f-3b80-7cc1-a3f5-%012x", n) }

// sequence is a source of no randomness at all: 0, 1, 2 …
type sequence struct{ next byte }

func (s *sequence) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = s.next
		s.next++
	}
	return len(p), nil
}

var _ io.Reader = (*sequence)(nil)

// as returns the event of a request by somebody with this role.
func as(role, method, target, body string) events.APIGatewayProxyRequest {
	path, query, _ := strings.Cut(target, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		panic(err)
	}
	e := events.APIGatewayProxyRequest{
		HTTPMethod:                      method,
		Path:                            path,
		MultiValueQueryStringParameters: values,
		MultiValueHeaders:               map[string][]string{"Accept": {"*/*"}},
		Body:                            body,
		RequestContext: events.APIGatewayProxyRequestContext{
			Stage: "prod", DomainName: "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com", Path: "/prod" + path,
			Authorizer: map[string]any{"role": role, "sub": "ada"},
		},
	}
	if body != "" {
		e.MultiValueHeaders["Content-Type"] = []string{"application/json"}
	}
	return e
}

// do sends a request and returns the status and the decoded body.
func (h *harness) do(e events.APIGatewayProxyRequest) (int, map[string]any) {
	h.t.Helper()
	resp := h.send(e)
	if resp.Body == "" {
		return resp.StatusCode, nil
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(resp.Body), &body); err != nil {
		h.t.Fatalf("%s %s: %v in %q", e.HTTPMethod, e.Path, err, resp.Body)
	}
	return resp.StatusCode, body
}

func (h *harness) send(e events.APIGatewayProxyRequest) events.APIGatewayProxyResponse {
	h.t.Helper()
	ctx := lambdacontext.NewContext(h.t.Context(), &lambdacontext.LambdaContext{AwsRequestID: requestID})
	resp, err := h.handle(ctx, e)
	if err != nil {
		h.t.Fatalf("%s %s: %v", e.HTTPMethod, e.Path, err)
	}
	if got := header(resp, "X-Request-Id"); got != requestID {
		h.t.Errorf("%s %s: X-Request-Id = %q", e.HTTPMethod, e.Path, got)
	}
	return resp
}

// admin sends an administrator's request.
func (h *harness) admin(method, target, body string) (int, map[string]any) {
	h.t.Helper()
	return h.do(as("admin", method, target, body))
}

// want sends one and compares the whole answer with JSON.
func (h *harness) want(method, target, body string, wantStatus int, wantJSON string) {
	h.t.Helper()
	status, got := h.admin(method, target, body)
	if status != wantStatus {
		h.t.Errorf("%s %s: status %d, want %d; body %v", method, target, status, wantStatus, got)
	}
	var want map[string]any
	if wantJSON != "" {
		if err := json.Unmarshal([]byte(wantJSON), &want); err != nil {
			h.t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("%s %s (-want +got):\n%s", method, target, diff)
	}
}

// create makes the contract's own integration and returns its id.
func (h *harness) create() string {
	h.t.Helper()
	status, body := h.admin("POST", base, contractCreate)
	if status != 201 {
		h.t.Fatalf("create: %d %v", status, body)
	}
	return body["id"].(string)
}

func header(r events.APIGatewayProxyResponse, name string) string {
	if values := r.MultiValueHeaders[http.CanonicalHeaderKey(name)]; len(values) > 0 {
		return values[0]
	}
	return r.Headers[name]
}
