package salesforce_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/salesforce"
)

const saved = `[{"id":"701xx0000000001AAA","success":true,"errors":[]}]`

// write is the smallest call that changes something.
func write(ctx context.Context, t *testing.T, c *salesforce.Client) error {
	t.Helper()
	results, err := c.UpdateCampaignStatuses(ctx, []salesforce.StatusUpdate{{CampaignID: campaign(1), Status: "Completed"}})
	if err != nil {
		t.Fatal(err)
	}
	return results[0].Err
}

func TestARefusedSessionIsReplacedAndTheCallRepeated(t *testing.T) {
	o := newOrg(t, refusal(401, "INVALID_SESSION_ID", "Session expired or invalid"), ok(saved))
	c := o.client(nil)
	if err := write(t.Context(), t, c); err != nil {
		t.Fatal(err)
	}
	for i, r := range o.requests {
		if got, want := r.header.Get("Authorization"), fmt.Sprintf("Bearer token-%d", i); got != want {
			t.Errorf("request %d: %q, want %q", i+1, got, want)
		}
	}
	if string(o.requests[0].body) != string(o.requests[1].body) {
		t.Error("the repeated call is another one")
	}
	if c.Calls() != 2 {
		t.Errorf("Calls = %d, want 2", c.Calls())
	}
}

func TestTheCallIsRepeatedOnlyOnce(t *testing.T) {
	expired := refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
	o := newOrg(t, expired, expired)
	err := write(t.Context(), t, o.client(nil))
	// The exchange went well, so the credentials are right: it is no reason to park.
	if d := salesforce.Classify(err); d.Class != salesforce.ClassOutage || salesforce.Uncertain(err) {
		t.Errorf("%v is %+v", err, d)
	}
}

func TestA401ThatANewTokenDoesNotCure(t *testing.T) {
	tests := []answer{
		refusal(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
		refusal(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"),
		{status: 401, body: "<html/>"},
	}
	for _, a := range tests {
		t.Run(a.body, func(t *testing.T) {
			tokens := &counterTokens{}
			o := newOrg(t, a)
			err := write(t.Context(), t, o.client(func(cfg *salesforce.Config) { cfg.Tokens = tokens }))
			if tokens.refreshed != 0 || salesforce.Classify(err).Class != salesforce.ClassCredential {
				t.Errorf("%d refreshes, %v", tokens.refreshed, err)
			}
		})
	}
}

func TestATokenThatCannotBeHad(t *testing.T) {
	refused := &salesforce.Error{Op: "get an access token", Status: 400, Code: "invalid_client"}
	o := newOrg(t)
	err := write(t.Context(), t, o.client(func(cfg *salesforce.Config) { cfg.Tokens = &counterTokens{err: refused} }))
	if !errors.Is(err, refused) || salesforce.Uncertain(err) {
		t.Errorf("err = %v", err)
	}
}

func TestRequestHeadersAndUsage(t *testing.T) {
	o := newOrg(t, ok(saved), ok(`{"limits":"/services/data/v66.0/limits"}`))
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	c := o.client(func(cfg *salesforce.Config) { cfg.Now = func() time.Time { return at } })
	if _, known := c.Usage(); known {
		t.Error("the usage is known before any answer")
	}
	if err := write(t.Context(), t, c); err != nil {
		t.Fatal(err)
	}
	h := o.requests[0].header
	if h.Get("Content-Type") != "application/json; charset=UTF-8" || h.Get("Accept") != "application/json" ||
		!strings.Contains(h.Get("User-Agent"), "salesforce-integration") || h.Get("Content-Encoding") != "" {
		t.Errorf("headers: %v", h)
	}
	if got, known := c.Usage(); !known || got != (salesforce.Usage{Used: 100, Max: 15000, At: at}) {
		t.Errorf("Usage = %+v, %t", got, known)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
	if got, _ := c.Usage(); got.Used != 101 {
		t.Errorf("Usage = %+v", got)
	}
}

func TestUsageOfOneAppAmongOthers(t *testing.T) {
	a := ok(saved)
	a.header = http.Header{"Sforce-Limit-Info": {"per-app-api-usage=17/250(appName=x), api-usage=10018/100000"}}
	o := newOrg(t, a)
	c := o.client(nil)
	if err := write(t.Context(), t, c); err != nil {
		t.Fatal(err)
	}
	if u, known := c.Usage(); !known || u.Used != 10018 || u.Max != 100000 {
		t.Errorf("Usage = %+v", u)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := newOrg(t)
	moved := answer{status: http.StatusTemporaryRedirect, header: http.Header{"Location": {elsewhere.URL}}}
	err := write(t.Context(), t, newOrg(t, moved).client(nil))
	if d := salesforce.Classify(err); d.Code != "HTTP 307" || d.Class != salesforce.ClassOutage || salesforce.Uncertain(err) {
		t.Errorf("%v is %+v", err, d)
	}
}

func TestAnAnswerThatIsTooLong(t *testing.T) {
	o := newOrg(t, ok(saved))
	err := write(t.Context(), t, o.client(func(cfg *salesforce.Config) { cfg.MaxResponseBytes = int64(len(saved)) - 1 }))
	if salesforce.Classify(err).Code != salesforce.CodeTooLarge || !salesforce.Uncertain(err) {
		t.Errorf("err = %v", err)
	}
	o = newOrg(t, ok(saved))
	if err := write(t.Context(), t, o.client(func(cfg *salesforce.Config) { cfg.MaxResponseBytes = int64(len(saved)) })); err != nil {
		t.Errorf("an answer of just the size: %v", err)
	}
}

func TestNoCallIsStartedThatCannotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		c := inProcess(t, func(r *http.Request) (*http.Response, error) {
			sent++
			return jsonResponse(200, saved), nil
		}, func(cfg *salesforce.Config) { cfg.RequestTimeout = 3 * time.Second })
		short, cancel := context.WithTimeout(t.Context(), 3*time.Second-1)
		defer cancel()
		err := write(short, t, c)
		if d := salesforce.Classify(err); !errors.Is(err, salesforce.ErrDeadline) || salesforce.Uncertain(err) || !d.Retryable || sent != 0 || c.Calls() != 0 {
			t.Errorf("%v is %+v, %d sent", err, d, sent)
		}
		enough, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := write(enough, t, c); err != nil {
			t.Error(err)
		}
		if err := c.Ping(short); err != nil {
			t.Errorf("a read needs less: %v", err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := write(gone, t, c); !errors.Is(err, salesforce.ErrDeadline) || !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestTheRepeatIsNotStartedTooLateEither(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		c := inProcess(t, func(r *http.Request) (*http.Response, error) {
			sent++
			time.Sleep(2 * time.Second)
			return jsonResponse(401, `[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]`), nil
		}, func(cfg *salesforce.Config) { cfg.RequestTimeout = 3 * time.Second })
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		if err := write(ctx, t, c); !errors.Is(err, salesforce.ErrDeadline) || sent != 1 {
			t.Errorf("%v, %d sent", err, sent)
		}
	})
}

func TestARequestHasItsOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, nil)
		start := time.Now()
		err := write(t.Context(), t, c)
		if d := salesforce.Classify(err); d.Code != salesforce.CodeTimeout || !salesforce.Uncertain(err) || time.Since(start) != 20*time.Second {
			t.Errorf("%v is %+v after %v", err, d, time.Since(start))
		}
		err = c.Ping(t.Context())
		if salesforce.Classify(err).Code != salesforce.CodeTimeout || salesforce.Uncertain(err) {
			t.Errorf("a read: %v", err)
		}
	})
}

// inProcess returns a client without a network.
func inProcess(t *testing.T, f roundTrip, change func(*salesforce.Config)) *salesforce.Client {
	t.Helper()
	cfg := salesforce.Config{InstanceURL: "https://mydomain.my.salesforce.com", Tokens: &counterTokens{}, HTTPClient: &http.Client{Transport: f}}
	if change != nil {
		change(&cfg)
	}
	c, err := salesforce.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCertainty(t *testing.T) {
	tests := []struct {
		name      string
		answer    answer
		class     salesforce.Class
		uncertain bool
	}{
		{"a refusal", refusal(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no"), salesforce.ClassData, false},
		{"a lock as 500", refusal(500, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"), salesforce.ClassLock, false},
		{"the allowance", refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), salesforce.ClassLimit, false},
		{"something broke", refusal(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."), salesforce.ClassUnknown, true},
		{"unavailable", refusal(503, "SERVER_UNAVAILABLE", "Server Unavailable"), salesforce.ClassOutage, true},
		{"a gateway's page", answer{status: 502, body: "<html>bad gateway</html>"}, salesforce.ClassOutage, true},
		{"a page with 200", ok("<html>log in</html>"), salesforce.ClassUnknown, true},
		{"half an answer", ok(saved[:20]), salesforce.ClassUnknown, true},
		{"an answer for other records", ok("[]"), salesforce.ClassUnknown, true},
		{"a page with 404", answer{status: 404, body: "<html/>"}, salesforce.ClassGone, false},
		{"an edge that cannot route", answer{status: 420, body: "<html/>"}, salesforce.ClassOutage, true},
		{"a code nobody knows", refusal(400, "NEW_IN_V99", "?"), salesforce.ClassUnknown, false},
		{"a code nobody knows, as 503", refusal(503, "NEW_IN_V99", "?"), salesforce.ClassOutage, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := write(t.Context(), t, newOrg(t, tt.answer).client(nil))
			if d := salesforce.Classify(err); d.Class != tt.class || salesforce.Uncertain(err) != tt.uncertain {
				t.Errorf("%v is %+v, uncertain %t; want %s, %t", err, d, salesforce.Uncertain(err), tt.class, tt.uncertain)
			}
		})
	}
}

func TestCertaintyOfALostConnection(t *testing.T) {
	t.Run("cut after the request came", func(t *testing.T) {
		url := newHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			panic(http.ErrAbortHandler)
		}))
		checkLost(t, url, true)
	})
	t.Run("cut within the answer", func(t *testing.T) {
		url := newHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "[")
		}))
		checkLost(t, url, true)
	})
	t.Run("nobody listens", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		url := "http://" + l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		checkLost(t, url, false)
	})
}

func checkLost(t *testing.T, url string, uncertain bool) {
	t.Helper()
	c, err := salesforce.New(salesforce.Config{InstanceURL: url, Tokens: &counterTokens{}, HTTPClient: listed(url)})
	if err != nil {
		t.Fatal(err)
	}
	err = write(t.Context(), t, c)
	if d := salesforce.Classify(err); d.Code != salesforce.CodeNetwork || d.Class != salesforce.ClassOutage || salesforce.Uncertain(err) != uncertain {
		t.Errorf("%v is %+v, uncertain %t", err, d, salesforce.Uncertain(err))
	}
}

func TestRetryAfter(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	tests := map[string]time.Duration{"120": 2 * time.Minute, "Mon, 02 Mar 2026 10:01:00 GMT": time.Minute, "soon": 0, "-1": 0, "": 0}
	for value, want := range tests {
		a := answer{status: 503, header: http.Header{"Retry-After": {value}}}
		c := newOrg(t, a).client(func(cfg *salesforce.Config) { cfg.Now = func() time.Time { return at } })
		e, _ := errors.AsType[*salesforce.Error](write(t.Context(), t, c))
		if e == nil || e.RetryAfter != want {
			t.Errorf("Retry-After %q: %+v", value, e)
		}
	}
}

func TestErrorsHoldNoTokenAndNoPage(t *testing.T) {
	for _, a := range []answer{
		refusal(400, "INVALID_FIELD", "line one\r\nline two of token-0 "+strings.Repeat("x", 5000)),
		refusal(400, "INVALID_FIELD", strings.Repeat("x", 1000-len("token-0"))+" token-0"),
		refusal(400, "NO_token-0", "no"),
		{status: 400, body: `[{"message":"no","errorCode":"INVALID_FIELD","fields":["token-0"]}]`},
		{status: 503, body: "<html>token-0</html>"},
	} {
		text := write(t.Context(), t, newOrg(t, a).client(nil)).Error()
		if strings.Contains(text, "token") || strings.ContainsAny(text, "\r\n<") || len(text) > 1200 {
			t.Errorf("error text: %.200s", text)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	good := salesforce.Config{InstanceURL: "https://a.my.salesforce.com/", Tokens: &counterTokens{}, APIVersion: "67.0"}
	c, err := salesforce.New(good)
	if err != nil || c.APIVersion() != "v67.0" || c.RecordURL("701") != "https://a.my.salesforce.com/701" {
		t.Fatalf("a good one: %v", err)
	}
	tests := map[string]func(*salesforce.Config){
		"a query":        func(c *salesforce.Config) { c.InstanceURL += "?a" },
		"no host":        func(c *salesforce.Config) { c.InstanceURL = "https://:443" },
		"no tokens":      func(c *salesforce.Config) { c.Tokens = nil },
		"a version":      func(c *salesforce.Config) { c.APIVersion = "v66.0/../.." },
		"the newest one": func(c *salesforce.Config) { c.APIVersion = "latest" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := good
			change(&cfg)
			if _, err := salesforce.New(cfg); !errors.Is(err, salesforce.ErrArgument) {
				t.Errorf("err = %v", err)
			}
		})
	}
}
