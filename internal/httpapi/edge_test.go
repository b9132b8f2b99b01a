package httpapi_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/httpapi"
	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgcheck"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/push"
)

// problem is what every error looks like.
type problem struct {
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"`
	Errors    []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
	} `json:"errors"`
}

// refused sends a request and returns the problem that it must be answered with.
func (h *harness) refused(e events.APIGatewayProxyRequest, wantStatus int) (problem, events.APIGatewayProxyResponse) {
	h.t.Helper()
	resp := h.send(e)
	var p problem
	d := json.NewDecoder(strings.NewReader(resp.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		h.t.Errorf("%s %s: %v in %q", e.HTTPMethod, e.Path, err, resp.Body)
	}
	if got := header(resp, "Content-Type"); got != "application/problem+json" {
		h.t.Errorf("%s %s: Content-Type %q", e.HTTPMethod, e.Path, got)
	}
	if resp.StatusCode != wantStatus || p.Status != wantStatus || p.Title != http.StatusText(wantStatus) || p.Detail == "" || p.RequestID != requestID {
		h.t.Errorf("%s %s: %d %+v, want %d", e.HTTPMethod, e.Path, resp.StatusCode, p, wantStatus)
	}
	return p, resp
}

// locations lists the fields at fault.
func (p problem) locations() string {
	var l []string
	for _, e := range p.Errors {
		l = append(l, e.Location)
	}
	return strings.Join(l, " ")
}

func TestRoles(t *testing.T) {
	id := testID(1)
	requests := []struct{ method, target, body string }{
		{"GET", base, ""},
		{"GET", base + "/" + id, ""},
		{"GET", base + "/" + id + "/links", ""},
		{"GET", base + "/" + id + "/campaigns?search=checkout", ""},
		{"GET", "/api/v1/notifications/delivery-log", ""},
		{"GET", exportTarget, ""},
		{"GET", "/api/v1/notifications/deliveries/" + id, ""},
		{"HEAD", base, ""},
		{"PUT", base + "/" + id, `{}`},
		{"POST", base + "/" + id + "/links", contractLink},
		{"POST", base + "/" + id + "/links/bulk", "[" + contractLink + "]"},
		{"DELETE", base + "/" + id + "/links/701xx000000001AAAQ", ""},
		{"POST", base, contractCreate},
		{"POST", base + "/test", newConnection},
		{"POST", base + "/" + id + "/preview", previewBody},
		{"POST", base + "/" + id + "/test", ""},
		{"POST", base + "/" + id + "/webhook-secret", ""},
		{"POST", deliveries + "/" + id + "/redeliver", ""},
		{"POST", deliveries + "/redeliver", `{}`},
		{"DELETE", base + "/" + id, ""},
	}
	for _, r := range requests {
		isRead := (r.method == "GET" || r.method == "HEAD") && !strings.Contains(r.target, "/campaigns")
		for role, allowed := range map[string]bool{"admin": true, "viewer": isRead, "": false, "Admin": false, "owner": false} {
			t.Run(role+" "+r.method+" "+r.target, func(t *testing.T) {
				h := newHarness(t, "")
				h.create()
				resp := h.send(as(role, r.method, r.target, r.body))
				if got := resp.StatusCode != http.StatusForbidden; got != allowed {
					t.Errorf("status %d, allowed: want %t", resp.StatusCode, allowed)
				}
			})
		}
	}
}

func TestNobodyIsLetInWithoutAnAuthorizer(t *testing.T) {
	h := newHarness(t, "")
	for name, context := range map[string]map[string]any{
		"no context":     nil,
		"another type":   {"role": true},
		"a list":         {"role": []any{"admin"}},
		"other contents": {"principalId": "admin"},
	} {
		e := as("admin", "GET", base, "")
		e.RequestContext.Authorizer = context
		if p, _ := h.refused(e, 403); !strings.Contains(p.Detail, "role") {
			t.Errorf("%s: detail %q", name, p.Detail)
		}
	}
	r := httptest.NewRecorder()
	h.api.ServeHTTP(r, httptest.NewRequest(http.MethodGet, base, nil))
	if r.Code != http.StatusForbidden {
		t.Errorf("without API Gateway: %d", r.Code)
	}
	e := as("admin", "GET", base, "")
	e.RequestContext.Authorizer = nil
	e.MultiValueHeaders["X-GoLambdaProxy-ApiGw-Context"] = []string{`{"authorizer":{"role":"admin"}}`}
	h.refused(e, 403)
}

func TestWrongAddresses(t *testing.T) {
	tests := []struct {
		method, path string
		wantStatus   int
		wantAllow    string
	}{
		{"GET", "/", 404, ""},
		{"GET", "", 404, ""},
		{"GET", "/api/v1", 404, ""},
		{"GET", base + "/", 404, ""},
		{"GET", "/api/v1//integrations", 404, ""},
		{"GET", "/api/v1/x/../integrations", 404, ""},
		{"GET", base + "/" + testID(1) + "/webhook/salesforce", 404, ""},
		{"GET", base + "/100%", 404, ""},
		{"GET", base + "/a?b", 404, ""},
		{"GET", base + "/a#b", 404, ""},
		{"GET", base + "/a b", 404, ""},
		{"GET", base + "/ü", 404, ""},
		{"GET", base + "/\x00", 404, ""},
		{"GET", base + "/{id}", 404, ""},
		{"GET", base + "/0195562F", 404, ""},
		{"GET", base + "/0195562f-3b80-7cc1-a3f5-00000000000g", 404, ""},
		{"GET", base + "/{0195562f-3b80-7cc1-a3f5-000000000001}", 404, ""},
		{"GET", base + "/" + testID(9), 404, ""},
		{"PUT", base, 405, "GET, HEAD, POST"},
		{"PATCH", base + "/" + testID(1), 405, "DELETE, GET, HEAD, PUT"},
		{"OPTIONS", base, 405, "GET, HEAD, POST"},
		{"TRACE", "/api/v1/notifications/delivery-log", 405, "GET, HEAD"},
		{"GET", base + "/" + testID(1) + "/test", 405, "POST"},
		{"OPTIONS", base + "/test", 405, "POST"},
		{"OPTIONS", base + "/" + testID(1) + "/links/bulk", 405, "POST"},
		{"OPTIONS", "/api/v1/notifications/deliveries/redeliver", 405, "POST"},
		{"GET", base + "/test", 404, ""},
		{"POST", "/api/v1/openapi.json", 405, "GET, HEAD"},
		{"OPTIONS", "/api/v1/docs", 405, "GET, HEAD"},
		{"DELETE", "/api/v1/docs/", 405, "GET, HEAD"},
		{"GET", "/api/v1/docs//", 404, ""},
		{"GET", "/api/v1/docs/x", 404, ""},
		{"GET", base + "/" + testID(1) + "/webhook-secret", 405, "POST"},
		{"GET", deliveries + "/" + testID(1) + "/redeliver", 405, "POST"},
		{"GET", deliveries + "/redeliver", 404, ""},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			h := newHarness(t, "")
			e := as("admin", tt.method, base, "")
			e.Path = tt.path
			_, resp := h.refused(e, tt.wantStatus)
			if got := header(resp, "Allow"); got != tt.wantAllow {
				t.Errorf("Allow = %q, want %q", got, tt.wantAllow)
			}
		})
	}
}

func TestBodiesThatAreNone(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	tests := []struct {
		name        string
		contentType string
		body        string
		wantStatus  int
	}{
		{"nothing", "application/json", "", 400},
		{"not JSON", "application/json", "name=x", 400},
		{"cut off", "application/json", contractCreate[:40], 400},
		{"two objects", "application/json", contractCreate + contractCreate, 400},
		{"a list", "application/json", "[]", 422},
		{"a text", "application/json", `"x"`, 422},
		{"null", "application/json", "null", 422},
		{"a form", "application/x-www-form-urlencoded", "name=x", 415},
		{"XML", "text/xml", "<a/>", 415},
		{"no type at all is taken for JSON", "", contractCreate, 0},
		{"with a charset", "application/json; charset=utf-8", contractCreate, 0},
		{"too large", "application/json", `{"name": "` + strings.Repeat("x", 70_000) + `"}`, 413},
	}
	for _, tt := range tests {
		for _, r := range []struct{ method, target string }{{"POST", base}, {"PUT", base + "/" + id}} {
			t.Run(r.method+" "+tt.name, func(t *testing.T) {
				e := as("admin", r.method, r.target, tt.body)
				e.MultiValueHeaders["Content-Type"] = []string{tt.contentType}
				if tt.wantStatus == 0 {
					if status, body := h.do(e); status >= 300 {
						t.Errorf("%d %v", status, body)
					}
					return
				}
				h.refused(e, tt.wantStatus)
			})
		}
	}
	t.Run("base64", func(t *testing.T) {
		e := as("admin", "POST", base, base64.StdEncoding.EncodeToString([]byte(contractCreate)))
		e.IsBase64Encoded = true
		if status, body := h.do(e); status != 201 {
			t.Errorf("%d %v", status, body)
		}
		e.Body = "%%%"
		if p, _ := h.refused(e, 400); p.Detail != "The request cannot be read." {
			t.Errorf("detail %q", p.Detail)
		}
	})
}

func TestFieldsAtFault(t *testing.T) {
	create := func(config string) string {
		return `{"name": "n", "integration_type": "SALESFORCE", "config": ` + config + `}`
	}
	good := `"instance_url": "https://your-org.my.salesforce.com", "client_id": "i", "client_secret": "s"`
	tests := []struct {
		name           string
		method, target string
		body           string
		wantLocations  string
	}{
		{"an empty object", "POST", base, `{}`, "body.config body.integration_type body.name"},
		{"an empty config", "POST", base, create(`{}`), "body.config.client_id body.config.client_secret body.config.instance_url"},
		{"an unknown field", "POST", base, `{"colour": 1, ` + contractCreate[1:], "body.colour"},
		{"an unknown field of config", "POST", base, create(`{` + good + `, "password": "hunter2-secret"}`), "body.config.password"},
		{"wrong types", "POST", base, `{"name": 1, "integration_type": [], "is_active": "yes", "config": "x"}`, "body.config body.integration_type body.is_active body.name"},
		{"another type of integration", "POST", base, strings.Replace(contractCreate, "SALESFORCE", "HUBSPOT", 1), "body.integration_type"},
		{"an empty name", "POST", base, strings.Replace(contractCreate, "Salesforce CRM Sync", "", 1), "body.name"},
		{"a name of spaces", "POST", base, strings.Replace(contractCreate, "Salesforce CRM Sync", "  ", 1), "body.name"},
		{"a name with a line break", "POST", base, strings.Replace(contractCreate, "CRM", `\n`, 1), "body.name"},
		{"a long name", "POST", base, strings.Replace(contractCreate, "CRM", strings.Repeat("ü", 101), 1), "body.name"},
		{"several of the domain's", "POST", base, create(`{"instance_url": "http://your-org.my.salesforce.com", "client_id": "", "client_secret": "***REDACTED***", "access_token": "a b"}`),
			"body.config.access_token body.config.client_id body.config.client_secret body.config.instance_url"},
		{"a foreign host", "POST", base, create(`{"instance_url": "https://your-org.my.salesforce.com.evil.example", "client_id": "i", "client_secret": "s"}`), "body.config.instance_url"},
		{"a secret with a line break inside", "POST", base, create(`{"instance_url": "https://your-org.my.salesforce.com", "client_id": "i", "client_secret": "hunter2-\nsecret"}`), "body.config.client_secret"},
		{"a secret that is a number", "POST", base, create(`{"instance_url": "https://your-org.my.salesforce.com", "client_id": "i", "client_secret": 17031923}`), "body.config.client_secret"},
		{"PUT an empty name", "PUT", base + "/" + testID(1), `{"name": " "}`, "body.name"},
		{"PUT an empty secret", "PUT", base + "/" + testID(1), `{"config": {"client_secret": ""}}`, "body.config.client_secret"},
		{"PUT another type", "PUT", base + "/" + testID(1), `{"integration_type": "HUBSPOT"}`, "body.integration_type"},
		{"PUT another id", "PUT", base + "/" + testID(1), `{"id": "` + testID(2) + `"}`, "body.id"},
		{"PUT an unknown field of config", "PUT", base + "/" + testID(1), `{"config": {"clientSecret": "hunter2-secret"}}`, "body.config.clientSecret"},
		{"PUT a token that is a number", "PUT", base + "/" + testID(1), `{"config": {"access_token": 17031923}}`, "body.config.access_token"},
		{"link without fields", "POST", base + "/" + testID(1) + "/links", `{}`, "body.experiment_key"},
		{"link to what is no campaign", "POST", base + "/" + testID(1) + "/links", `{"experiment_key": "\u0000", "campaign_id": "0055g000006MnOp"}`, "body.campaign_id body.experiment_key"},
		{"link to an id with a typing error", "POST", base + "/" + testID(1) + "/links", `{"experiment_key": "k", "campaign_id": "701xx000000001AAAA"}`, "body.campaign_id"},
		{"limit 0", "GET", base + "?limit=0", "", "query.limit"},
		{"limit 101", "GET", base + "?limit=101", "", "query.limit"},
		{"limit that is no number", "GET", base + "?limit=ten", "", "query.limit"},
		{"a made-up cursor", "GET", base + "?cursor=abc", "", "query.cursor"},
		{"an unknown parameter", "GET", base + "?page=2", "", "query.page"},
		{"links: limit", "GET", base + "/" + testID(1) + "/links?limit=-1", "", "query.limit"},
		{"links: campaign", "GET", base + "/" + testID(1) + "/links?campaign_id=x", "", "query.campaign_id"},
		{"log: direction and status", "GET", "/api/v1/notifications/delivery-log?direction=up&status=done", "", "query.direction query.status"},
		{"log: times", "GET", "/api/v1/notifications/delivery-log?from=yesterday", "", "query.from"},
		{"log: an empty range", "GET", "/api/v1/notifications/delivery-log?from=2026-03-02T10:00:00Z&to=2026-03-02T10:00:00Z", "", "query.to"},
		{"log: campaign", "GET", "/api/v1/notifications/delivery-log?campaign_id=003", "", "query.campaign_id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t, "")
			h.create()
			p, resp := h.refused(as("admin", tt.method, tt.target, tt.body), 422)
			if got := p.locations(); got != tt.wantLocations {
				t.Errorf("locations = %q, want %q: %+v", got, tt.wantLocations, p)
			}
			for _, secret := range []string{"hunter2", "17031923"} {
				if strings.Contains(resp.Body+h.log.String(), secret) {
					t.Errorf("the answer or the log repeats a secret: %s", resp.Body)
				}
			}
		})
	}
}

func TestWordsOfAnError(t *testing.T) {
	h := newHarness(t, "")
	p, _ := h.refused(as("admin", "POST", base, `{"name": "n", "integration_type": "SALESFORCE", "config": {"instance_url": "https://login.salesforce.com", "client_id": "i", "client_secret": "s"}}`), 422)
	want := "config.instance_url: login.salesforce.com is the login page of all orgs, and the client-credentials grant does not work there. Enter your own org's My Domain URL. " +
		"Find it in Salesforce under Setup, My Domain: https://your-org.my.salesforce.com or, for a sandbox, https://your-org--name.sandbox.my.salesforce.com."
	if diff := cmp.Diff(want, p.Detail); diff != "" {
		t.Errorf("one field (-want +got):\n%s", diff)
	}
	p, _ = h.refused(as("admin", "POST", base, `{"name": "n", "integration_type": "SALESFORCE", "config": {"client_id": "i"}}`), 422)
	want = "These fields are at fault: config.client_secret, config.instance_url. What is wrong with each is under errors."
	if p.Detail != want || p.Errors[0].Message != "This field is required." {
		t.Errorf("two fields: %+v", p)
	}
}

func TestWhatIsOursToMendIsNotTold(t *testing.T) {
	h := newHarness(t, "")
	boom := errors.New("dynamodb said no to arn:aws:secret-table")
	h.store.Before(func(context.Context, string) error {
		return &integration.Error{Code: integration.CodeInternal, Message: "row broken", Err: boom}
	})
	p, resp := h.refused(as("admin", "GET", base, ""), 500)
	if strings.Contains(resp.Body, "secret-table") || strings.Contains(resp.Body, "row broken") || !strings.Contains(p.Detail, "request_id") {
		t.Errorf("answer %s", resp.Body)
	}
	if !strings.Contains(h.log.String(), "secret-table") {
		t.Errorf("the log does not hold the cause: %s", h.log)
	}

	h.store.Before(func(context.Context, string) error { return boom })
	p, resp = h.refused(as("admin", "GET", base, ""), 503)
	if header(resp, "Retry-After") != "2" || strings.Contains(resp.Body, "secret-table") || !strings.Contains(p.Detail, "Try again") {
		t.Errorf("answer %s %v", resp.Body, resp.MultiValueHeaders)
	}

	h.store.Before(func(context.Context, string) error { panic("secret-table") })
	if _, resp = h.refused(as("admin", "GET", base, ""), 500); strings.Contains(resp.Body, "secret-table") || !strings.Contains(h.log.String(), `"cause":"secret-table"`) {
		t.Errorf("panic: answer %s", resp.Body)
	}
}

func TestHeaders(t *testing.T) {
	h := newHarness(t, "")
	resp := h.send(as("admin", "POST", base, contractCreate))
	for name, want := range map[string]string{
		"Cache-Control":          "no-store",
		"X-Content-Type-Options": "nosniff",
		"Content-Type":           "application/json",
		"Location":               "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod" + base + "/" + testID(1),
	} {
		if got := header(resp, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if resp := h.send(as("viewer", "HEAD", base, "")); resp.StatusCode != http.StatusOK || resp.Body != "" {
		t.Errorf("HEAD: %d %q", resp.StatusCode, resp.Body)
	}
}

// TestOpenAddresses need no token, with a slash behind them or without.
func TestOpenAddresses(t *testing.T) {
	for path, want := range map[string]int{"/api/v1/openapi.json": 200, "/api/v1/openapi.json/": 200, "/api/v1/docs": 200, "/api/v1/docs/": 200} {
		for _, method := range []string{"GET", "HEAD"} {
			e := as("", method, base, "")
			e.Path, e.RequestContext.Authorizer = path, nil
			resp := newHarness(t, "").send(e)
			if empty := resp.Body == ""; resp.StatusCode != want || empty != (method == "HEAD") {
				t.Errorf("%s %s: %d, %d bytes", method, path, resp.StatusCode, len(resp.Body))
			}
		}
	}
}

// TestTimeIsLeftToAnswer: what hangs is cut off before the function is.
func TestTimeIsLeftToAnswer(t *testing.T) {
	h := newHarness(t, "")
	functionEnds := time.Now().Add(time.Minute)
	ctx, cancel := context.WithDeadline(t.Context(), functionEnds)
	defer cancel()
	h.store.Before(func(ctx context.Context, _ string) error {
		if deadline, ok := ctx.Deadline(); !ok || functionEnds.Sub(deadline) != 500*time.Millisecond {
			t.Errorf("the store may take until %v, the function ends at %v", deadline, functionEnds)
		}
		return context.DeadlineExceeded
	})
	resp, err := h.handle(ctx, as("admin", "GET", base, ""))
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%d, %v", resp.StatusCode, err)
	}
}

func BenchmarkSetUp(b *testing.B) {
	for b.Loop() {
		service, err := integration.NewService(integration.ServiceConfig{
			Store: inmem.New(), Vault: &inmem.Vault{}, Now: time.Now, Random: &sequence{}, Log: slog.New(slog.DiscardHandler), Commands: &commands{},
			Orgs: orgcheck.New(orgcheck.Config{}), Campaigns: orgclient.New(orgclient.Config{}), Previews: push.NewPreviewer(push.PreviewerConfig{}),
			NewID: func() (string, error) { return "", nil },
		})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := httpapi.New(httpapi.Config{Service: service, Log: slog.New(slog.DiscardHandler)}); err != nil {
			b.Fatal(err)
		}
	}
}
