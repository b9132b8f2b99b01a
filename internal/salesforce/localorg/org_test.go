package localorg_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"salesforce-integration/internal/salesforce/localorg"
)

// harness is an org behind a real server, with a clock of its own and a session.
type harness struct {
	*localorg.Org
	t     *testing.T
	URL   string
	Token string

	mu  sync.Mutex
	now time.Time
}

func newHarness(t *testing.T, edit ...func(*localorg.Config)) *harness {
	t.Helper()
	h := &harness{t: t, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	cfg := localorg.Config{Now: h.Now}
	for _, e := range edit {
		e(&cfg)
	}
	org, err := localorg.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(org)
	t.Cleanup(srv.Close)
	h.Org, h.URL = org, srv.URL
	h.login()
	return h
}

func (h *harness) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *harness) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *harness) login() {
	h.t.Helper()
	res := h.token(url.Values{"grant_type": {"client_credentials"}, "client_id": {"local-client"}, "client_secret": {"local-secret"}})
	if res.status != http.StatusOK {
		h.t.Fatalf("log in: %d %s", res.status, res.text)
	}
	h.Token = res.get("access_token").(string)
}

// reply is an answer with its body as text and as JSON.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	text   string
}

// get follows a path such as "records.0.Name" through the body.
func (r reply) get(path string) any {
	r.t.Helper()
	var v any
	if err := json.Unmarshal([]byte(r.text), &v); err != nil {
		r.t.Fatalf("the body is not JSON: %v\n%s", err, r.text)
	}
	for _, part := range strings.Split(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[part]
		case []any:
			i := int(part[0] - '0')
			if i >= len(at) {
				r.t.Fatalf("no %s in %s", path, r.text)
			}
			v = at[i]
		default:
			r.t.Fatalf("no %s in %s", path, r.text)
		}
	}
	return v
}

// want compares the answer: a status, then pairs of path and value.
func (r reply) want(status int, pairs ...any) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d: %s", r.status, status, r.text)
	}
	for i := 0; i < len(pairs); i += 2 {
		want := pairs[i+1]
		if n, ok := want.(int); ok {
			want = float64(n)
		}
		if got := r.get(pairs[i].(string)); got != want {
			r.t.Errorf("%s is %v, want %v in %s", pairs[i], got, want, r.text)
		}
	}
	return r
}

// call does a REST call below /services/data/v66.0, or at an absolute path.
func (h *harness) call(method, path, body string, headers ...string) reply {
	h.t.Helper()
	if !strings.HasPrefix(path, "/services") && !strings.HasPrefix(path, "/local") && !strings.HasPrefix(path, "/id/") {
		path = "/services/data/v66.0/" + path
	}
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.URL+path, in)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+h.Token)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	return h.do(req)
}

func (h *harness) do(req *http.Request) reply {
	h.t.Helper()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return reply{t: h.t, status: -1, text: err.Error()}
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return reply{t: h.t, status: res.StatusCode, header: res.Header, text: string(raw)}
}

func (h *harness) token(form url.Values, headers ...string) reply {
	h.t.Helper()
	return h.form("/services/oauth2/token", form, headers...)
}

func (h *harness) form(path string, form url.Values, headers ...string) reply {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	return h.do(req)
}

func (h *harness) query(soql string, headers ...string) reply {
	h.t.Helper()
	return h.call(http.MethodGet, "query?q="+url.QueryEscape(soql), "", headers...)
}

func (h *harness) set(change func(*localorg.Settings)) {
	h.t.Helper()
	if err := h.UpdateSettings(change); err != nil {
		h.t.Fatal(err)
	}
}

// create makes a record by REST and returns its id.
func (h *harness) create(object, body string) string {
	h.t.Helper()
	res := h.call(http.MethodPost, "sobjects/"+object, body)
	res.want(http.StatusCreated, "success", true)
	return res.get("id").(string)
}

// mustJSON is for bodies that a test builds.
func mustJSON(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSeveralOrgsShareNothing(t *testing.T) {
	one := newHarness(t)
	two := newHarness(t, func(c *localorg.Config) { c.OrgID = "00Dxx0000001gES" })
	if one.OrgID() == two.OrgID() || len(two.OrgID()) != 18 {
		t.Errorf("ids %s and %s", one.OrgID(), two.OrgID())
	}
	one.call(http.MethodPatch, "sobjects/Campaign/"+localorg.CampaignID, `{"Status":"Completed"}`).want(http.StatusNoContent)
	two.call(http.MethodGet, "sobjects/Campaign/"+localorg.CampaignID, "").want(http.StatusOK, "Status", "In Progress")
	two.Token = one.Token
	two.call(http.MethodGet, "limits", "").want(http.StatusUnauthorized, "0.errorCode", "INVALID_SESSION_ID")
}

func TestNewRefusesABadConfig(t *testing.T) {
	bad := localorg.Settings{}
	tests := map[string]localorg.Config{
		"an id of another kind": {OrgID: localorg.CampaignID},
		"settings not valid":    {Settings: &bad},
		"a broken definition":   {Definitions: [][]byte{[]byte(`{"name":"X__c","fields":[{"type":"string"}]}`)}},
		"an unknown field type": {Definitions: [][]byte{[]byte(`{"name":"X__c","fields":[{"name":"A__c","type":"colour"}]}`)}},
	}
	for name, cfg := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := localorg.New(cfg); err == nil {
				t.Error("it was taken")
			}
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	h := newHarness(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				h.call(http.MethodPatch, "sobjects/Campaign/"+localorg.CampaignID, `{"Description":"x"}`).want(http.StatusNoContent)
				h.query("SELECT Id FROM Campaign").want(http.StatusOK)
				h.set(func(s *localorg.Settings) { s.RestrictStatus = !s.RestrictStatus })
				_ = h.Journal()
				_, _ = h.Record("Campaign", localorg.CampaignID)
			}
		})
	}
	wg.Wait()
	if got := h.APIUsage(); got != 320 {
		t.Errorf("%d API calls were counted, want 320", got)
	}
}
