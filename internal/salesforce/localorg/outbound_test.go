package localorg_test

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce/localorg"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	ackTrue = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack> true </Ack></notificationsResponse></s:Body></s:Envelope>`
	ackNone = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>`
)

// endpoint is a receiver of outbound messages that answers as told.
type endpoint struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	answer string
	got    []string
	heads  []http.Header
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{status: http.StatusOK, answer: ackTrue}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.got, e.heads = append(e.got, string(raw)), append(e.heads, r.Header)
		if e.status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(e.status)
		_, _ = io.WriteString(w, e.answer)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) say(status int, answer string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status, e.answer = status, answer
}

// messages returns what came since the last call.
func (e *endpoint) messages() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := e.got
	e.got = nil
	return out
}

func (h *harness) rule(r localorg.Rule) {
	h.t.Helper()
	if _, err := h.PutRule(r); err != nil {
		h.t.Fatal(err)
	}
}

func statusRule(e *endpoint) localorg.Rule {
	return localorg.Rule{Name: "Status", Object: "Campaign", Fields: []string{"Status", "Name"}, EndpointURL: e.URL,
		Criteria: []localorg.Criterion{{Field: "Status", Operator: "isChanged"}}}
}

func (h *harness) change(status string) {
	h.t.Helper()
	if err := h.Change("Campaign", localorg.CampaignID, map[string]any{"Status": status}); err != nil {
		h.t.Fatal(err)
	}
}

var statuses = regexp.MustCompile(`<sf:Status>([^<]*)</sf:Status>`)

func TestOutboundMessageOnTheWire(t *testing.T) {
	h, e := newHarness(t), newEndpoint(t)
	h.set(func(s *localorg.Settings) { s.InstanceURL = "https://acme.my.salesforce.com" })
	h.rule(localorg.Rule{Name: "All", Object: "Campaign", EndpointURL: e.URL,
		Fields: []string{"Status", "Name", "IsActive", "BudgetedCost", "NumberOfLeads", "StartDate", "EndDate", "LastModifiedDate", "OwnerId"}})
	if err := h.Change("Campaign", localorg.CampaignID, map[string]any{"Name": "Autumn & Winter <\"'>", "BudgetedCost": 24, "StartDate": "2026-09-01"}); err != nil {
		t.Fatal(err)
	}
	if n := h.Deliver(t.Context()); n != 1 {
		t.Fatalf("%d were acknowledged", n)
	}
	got := e.messages()
	golden(t, "message.golden.xml", got[0])
	if ct, action := e.heads[0].Get("Content-Type"), e.heads[0].Get("SOAPAction"); ct != "text/xml; charset=UTF-8" || action != `""` {
		t.Errorf("Content-Type %q, SOAPAction %q", ct, action)
	}

	h.set(func(s *localorg.Settings) { s.Disputed.OutboundNulls, s.Disputed.OutboundIDs = "nil", 15 })
	h.change("Completed")
	h.Deliver(t.Context())
	golden(t, "message-nil-15.golden.xml", e.messages()[0])
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestWhatFiresARule(t *testing.T) {
	e := newEndpoint(t)
	criteria := func(field, op, value string) []localorg.Criterion {
		return []localorg.Criterion{{Field: field, Operator: op, Value: value}}
	}
	tests := map[string]struct {
		rule localorg.Rule
		set  func(*localorg.Settings)
		do   func(*harness)
		want int
	}{
		"every change":             {do: func(h *harness) { h.change("Completed"); h.change("Completed") }, want: 2},
		"a REST update is an echo": {do: func(h *harness) { h.call("PATCH", campaign, `{"Status":"Completed"}`).want(204) }, want: 1},
		"not without permission":   {set: func(s *localorg.Settings) { s.SendOutboundMessages = false }, do: func(h *harness) { h.call("PATCH", campaign, `{"Status":"Completed"}`).want(204) }, want: 0},
		"people need none":         {set: func(s *localorg.Settings) { s.SendOutboundMessages = false }, do: func(h *harness) { h.change("Completed") }, want: 1},
		"only real changes":        {rule: localorg.Rule{Criteria: criteria("Status", "isChanged", "")}, do: func(h *harness) { h.change("Completed"); h.change("Completed"); h.create("Campaign", `{"Name":"x"}`) }, want: 1},
		"a value":                  {rule: localorg.Rule{Criteria: criteria("Status", "equals", "completed")}, do: func(h *harness) { h.change("Aborted"); h.change("Completed") }, want: 1},
		"another value":            {rule: localorg.Rule{Criteria: criteria("Status", "notEqual", "Aborted")}, do: func(h *harness) { h.change("Aborted"); h.change("Completed") }, want: 1},
		"an empty field":           {rule: localorg.Rule{Criteria: criteria("Description", "notNull", "")}, do: func(h *harness) { h.change("Aborted") }, want: 0},
		"starts to meet":           {rule: localorg.Rule{Trigger: "onCreateOrTriggeringUpdate", Criteria: criteria("Status", "equals", "Completed")}, do: func(h *harness) { h.change("Completed"); h.change("Completed"); h.change("Aborted") }, want: 1},
		"only new ones":            {rule: localorg.Rule{Trigger: "onCreateOnly"}, do: func(h *harness) { h.change("Completed"); h.create("Campaign", `{"Name":"x"}`) }, want: 1},
		"an inactive rule":         {rule: localorg.Rule{Inactive: true}, do: func(h *harness) { h.change("Completed") }, want: 0},
		"not what was rolled back": {do: func(h *harness) {
			h.call("POST", "composite/graph", mustJSON(h.t, obj{"graphs": []any{noteGraph("g", localorg.CampaignID, strings.Repeat("x", 300))}})).want(200)
		}, want: 0},
		"once for a whole call": {do: func(h *harness) {
			h.call("POST", "composite", mustJSON(h.t, obj{"compositeRequest": []any{sub("PATCH", campaign, "a", obj{"Status": "A"}), sub("PATCH", campaign, "b", obj{"Status": "B"})}})).want(200)
		}, want: 1},
		"other objects say nothing": {do: func(h *harness) { h.create("Account", `{"Name":"x"}`) }, want: 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			if tt.set != nil {
				h.set(tt.set)
			}
			tt.rule.Name, tt.rule.Object, tt.rule.EndpointURL, tt.rule.Fields = "R", "Campaign", e.URL, []string{"Status"}
			h.rule(tt.rule)
			tt.do(h)
			if got := len(h.Deliveries()); got != tt.want {
				t.Errorf("%d notifications, want %d", got, tt.want)
			}
		})
	}
}

func TestRulesAreChecked(t *testing.T) {
	h := newHarness(t)
	good := localorg.Rule{Name: "R", Object: "campaign", Fields: []string{"status"}, EndpointURL: "https://example.com/hook"}
	if r, err := h.PutRule(good); err != nil || r.Fields[0] != "Status" || !strings.HasPrefix(r.ID, "04k") || len(r.ID) != 18 {
		t.Errorf("%+v %v", r, err)
	}
	for name, edit := range map[string]func(*localorg.Rule){
		"object":   func(r *localorg.Rule) { r.Object = "Nope" },
		"field":    func(r *localorg.Rule) { r.Fields = []string{"Nope"} },
		"operator": func(r *localorg.Rule) { r.Criteria = []localorg.Criterion{{Field: "Status", Operator: "is"}} },
		"trigger":  func(r *localorg.Rule) { r.Trigger = "sometimes" },
		"scheme":   func(r *localorg.Rule) { r.EndpointURL = "ftp://example.com" },
		"port":     func(r *localorg.Rule) { r.EndpointURL = "http://example.com:81" },
		"no name":  func(r *localorg.Rule) { r.Name = "" },
	} {
		bad := good
		edit(&bad)
		if _, err := h.PutRule(bad); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

func TestRetriesGrowUntilTheMessageIsGivenUp(t *testing.T) {
	for _, dead := range []bool{false, true} {
		t.Run(fmt.Sprintf("dead-letter queue %v", dead), func(t *testing.T) {
			h, e := newHarness(t), newEndpoint(t)
			r := statusRule(e)
			r.UseDeadLetterQueue = dead
			h.rule(r)
			e.say(http.StatusInternalServerError, "")
			h.change("Completed")
			began := h.Now()
			var pauses []time.Duration
			for h.Deliveries()[0].Status == "pending" {
				h.Deliver(t.Context())
				n := h.Deliveries()[0]
				if n.Status == "pending" {
					pauses = append(pauses, n.NextAttempt.Sub(h.Now()))
					h.pass(n.NextAttempt.Sub(h.Now()))
				}
			}
			for i, p := range pauses {
				if want := min(15*time.Second<<i, 2*time.Hour); p != want && i < 12 {
					t.Errorf("pause %d is %v, want %v", i, p, want)
				}
				if p > 2*time.Hour {
					t.Errorf("pause %d is %v", i, p)
				}
			}
			if lived := h.Now().Sub(began); lived < 24*time.Hour || lived > 26*time.Hour {
				t.Errorf("it was given up after %v", lived)
			}
			want := map[bool]string{false: "dropped", true: "failed"}[dead]
			if n := h.Deliveries()[0]; n.Status != want || n.LastError != "the endpoint answered 500" || n.Attempts != len(pauses) {
				t.Errorf("%+v", n)
			}
			e.messages()
			e.say(http.StatusOK, ackTrue)
			h.RetryDeliveries(h.Deliveries()[0].ID)
			if h.Deliver(t.Context()) != 1 || h.Deliveries()[0].Status != "delivered" {
				t.Error("a retry by hand does not deliver")
			}
		})
	}
}

func TestWhatIsNoAck(t *testing.T) {
	wrong := strings.ReplaceAll(ackTrue, "2005/09/outbound", "2006/01/outbound")
	tests := map[string]struct {
		status int
		answer string
	}{
		"false":              {200, strings.ReplaceAll(ackTrue, " true ", "false")},
		"no Ack":             {200, ackNone},
		"another namespace":  {200, wrong},
		"no XML":             {200, "true"},
		"nothing":            {200, ""},
		"cut off":            {200, ackTrue[:len(ackTrue)/2]},
		"cut off at its end": {200, ackTrue[:len(ackTrue)-20]},
		"an error status":    {500, ackTrue},
		"accepted":           {202, ackTrue},
		"a redirect":         {302, ackTrue},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h, e := newHarness(t), newEndpoint(t)
			h.rule(statusRule(e))
			e.say(tt.status, tt.answer)
			h.change("Completed")
			if h.Deliver(t.Context()) != 0 || len(e.messages()) != 1 {
				t.Error("it was taken for an acknowledgement")
			}
			n := h.Deliveries()[0]
			if n.Status != "pending" || n.LastError == "" || strings.Contains(n.LastError, e.URL) {
				t.Errorf("%+v", n)
			}
		})
	}
}

func TestValuesAreThoseOfTheMomentOfSending(t *testing.T) {
	h, e := newHarness(t), newEndpoint(t)
	r := statusRule(e)
	r.Criteria = nil
	h.rule(r)
	h.change("Completed")
	h.change("Aborted")
	other := h.create("Campaign", `{"Name":"x","Status":"Planned"}`)
	if err := h.Delete("Campaign", other); err != nil {
		t.Fatal(err)
	}
	if n := h.Deliver(t.Context()); n != 3 {
		t.Fatalf("%d delivered", n)
	}
	got := e.messages()
	if len(got) != 1 || strings.Count(got[0], "<Notification>") != 3 {
		t.Fatalf("%d messages: %s", len(got), got)
	}
	if s := statuses.FindAllStringSubmatch(got[0], -1); len(s) != 2 || s[0][1] != "Aborted" || s[1][1] != "Aborted" {
		t.Errorf("statuses %v: the two changes must look alike and the deleted record have none", s)
	}
}

func TestBatchesDuplicatesOrder(t *testing.T) {
	h, e := newHarness(t), newEndpoint(t)
	h.rule(localorg.Rule{Name: "New", Object: "Account", Fields: []string{"Name"}, EndpointURL: e.URL})
	if err := h.SetBehaviour(localorg.Behaviour{Hold: true}); err != nil {
		t.Fatal(err)
	}
	h.call(http.MethodPost, "composite/sobjects", mustJSON(t, obj{"records": many(150, func(i int) any { return rec("Account", "Name", fmt.Sprintf("A%03d", i)) })})).want(http.StatusOK)
	if h.Deliver(t.Context()) != 0 {
		t.Error("a held queue sends")
	}
	if err := h.SetBehaviour(localorg.Behaviour{Reverse: true, Duplicates: 1}); err != nil {
		t.Fatal(err)
	}
	h.Deliver(t.Context())
	got := e.messages()
	var sizes []int
	for _, m := range got {
		sizes = append(sizes, strings.Count(m, "<Notification>"))
	}
	if diff := cmp.Diff([]int{100, 100, 50, 50}, sizes); diff != "" {
		t.Errorf("sizes (-want +got):\n%s", diff)
	}
	if got[0] != got[1] || strings.Index(got[0], "A149") > strings.Index(got[0], "A148") {
		t.Error("the duplicate differs, or the newest is not first")
	}
	if err := h.SetBehaviour(localorg.Behaviour{BatchSize: 101}); err == nil {
		t.Error("a batch of 101 was taken")
	}
}

func TestSessionIDIsUsable(t *testing.T) {
	h, e := newHarness(t), newEndpoint(t)
	r := statusRule(e)
	r.IncludeSessionID = true
	h.rule(r)
	h.change("Completed")
	h.Deliver(t.Context())
	m := regexp.MustCompile(`<SessionId>([^<]+)</SessionId>`).FindStringSubmatch(e.messages()[0])
	if m == nil {
		t.Fatal("no session id")
	}
	h.Token = m[1]
	h.call(http.MethodGet, "limits", "").want(http.StatusOK)
}

func TestASlowEndpointIsCutOff(t *testing.T) {
	gate := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	}))
	defer slow.Close()
	defer close(gate)
	h := newHarness(t, func(c *localorg.Config) { c.OutboundTimeout = 20 * time.Millisecond })
	h.rule(localorg.Rule{Name: "R", Object: "Campaign", EndpointURL: slow.URL})
	h.change("Completed")
	if h.Deliver(t.Context()) != 0 || !strings.Contains(h.Deliveries()[0].LastError, "deadline") {
		t.Errorf("%+v", h.Deliveries())
	}
}

func TestOutboundMessagesShowAClientCertificate(t *testing.T) {
	var shown int
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown = len(r.TLS.PeerCertificates)
		_, _ = io.WriteString(w, ackTrue)
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // the refusal below is meant
	srv.StartTLS()
	defer srv.Close()
	client := srv.Client()
	client.Transport.(*http.Transport).TLSClientConfig.Certificates = srv.TLS.Certificates // any will do

	h := newHarness(t, func(c *localorg.Config) { c.OutboundClient = client })
	h.rule(localorg.Rule{Name: "R", Object: "Campaign", EndpointURL: srv.URL})
	h.change("Completed")
	if h.Deliver(t.Context()) != 1 || shown != 1 {
		t.Errorf("%d certificates were shown: %+v", shown, h.Deliveries())
	}
	without := newHarness(t)
	without.rule(localorg.Rule{Name: "R", Object: "Campaign", EndpointURL: srv.URL})
	without.change("Completed")
	if without.Deliver(t.Context()) != 0 {
		t.Error("a message without a certificate was taken")
	}
}

func TestRunDeliversByItself(t *testing.T) {
	h, e := newHarness(t, func(c *localorg.Config) { c.Now = time.Now }), newEndpoint(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	h.rule(statusRule(e))
	h.change("Completed")
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline) && h.Deliveries()[0].Status != "delivered"; {
		runtime.Gosched()
	}
	if n := h.Deliveries()[0]; n.Status != "delivered" || len(e.messages()) != 1 {
		t.Errorf("%+v", n)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run ended with %v", err)
	}
}
