package salesforce_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce"
	"salesforce-integration/internal/salesforce/egress"
	"salesforce-integration/internal/salesforce/sfid"
)

var update = flag.Bool("update", false, "write the golden files")

// campaign returns the n-th of many valid ids.
func campaign(n int) string { return mustID(fmt.Sprintf("701xx0000%06d", n)) }

// listed is the functions' own HTTP client where the operator has listed an origin.
func listed(origin string) *http.Client {
	return egress.NewClient(egress.Config{Listed: []string{origin}})
}

// answer is what the org says to one request.
type answer struct {
	status int
	header http.Header
	body   string
}

func ok(body string) answer { return answer{status: http.StatusOK, body: body} }

func refusal(status int, code, message string) answer {
	return answer{status: status, body: fmt.Sprintf(`[{"message":%q,"errorCode":%q}]`, message, code)}
}

// org is a server that gives scripted answers and keeps what it was asked.
type org struct {
	*httptest.Server
	t        testing.TB
	mu       sync.Mutex
	answers  []answer
	requests []request
}

type request struct {
	line   string // method and address
	header http.Header
	body   []byte
}

func newOrg(t testing.TB, answers ...answer) *org {
	t.Helper()
	o := &org{t: t, answers: answers}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

func (o *org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		o.t.Error(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	at := len(o.requests)
	o.requests = append(o.requests, request{line: r.Method + " " + r.URL.RequestURI(), header: r.Header, body: content})
	if at >= len(o.answers) {
		o.t.Errorf("request %d was not expected: %s", at+1, o.requests[at].line)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	a := o.answers[at]
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Sforce-Limit-Info", fmt.Sprintf("api-usage=%d/15000", 100+at))
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// client returns a client of the org; change may be nil.
func (o *org) client(change func(*salesforce.Config)) *salesforce.Client {
	o.t.Helper()
	cfg := salesforce.Config{InstanceURL: o.URL, Tokens: &counterTokens{}, HTTPClient: listed(o.URL)}
	if change != nil {
		change(&cfg)
	}
	c, err := salesforce.New(cfg)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

// checkGolden compares everything that was asked with a file.
func (o *org) checkGolden(name string) {
	o.t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	var b bytes.Buffer
	for _, r := range o.requests {
		fmt.Fprintln(&b, r.line)
		if len(r.body) > 0 {
			if err := json.Indent(&b, r.body, "", " "); err != nil {
				o.t.Errorf("the body of %s is not JSON: %v", r.line, err)
			}
			b.WriteByte('\n')
		}
	}
	golden(o.t, filepath.Join("testdata", name+".golden"), b.Bytes())
	if len(o.requests) != len(o.answers) {
		o.t.Errorf("%d requests came, %d were expected", len(o.requests), len(o.answers))
	}
}

func golden(t testing.TB, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got), go test -update writes it:\n%s", file, diff)
	}
}

// counterTokens gives token-0, and another one each time one is refused.
type counterTokens struct {
	mu        sync.Mutex
	refreshed int
	err       error
}

func (c *counterTokens) Token(context.Context) (salesforce.Token, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return salesforce.Token{Value: salesforce.NewSecret(fmt.Sprintf("token-%d", c.refreshed)), Generation: int64(c.refreshed)}, c.err
}

func (c *counterTokens) Refresh(ctx context.Context, stale salesforce.Token) (salesforce.Token, error) {
	c.mu.Lock()
	if stale.Generation == int64(c.refreshed) {
		c.refreshed++
	}
	c.mu.Unlock()
	return c.Token(ctx)
}

// roundTrip is an org without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func jsonResponse(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewBufferString(body))}
}

func newHandler(t testing.TB, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func mustID(short string) string {
	id, err := sfid.Parse(short)
	if err != nil {
		panic(err)
	}
	return id
}
