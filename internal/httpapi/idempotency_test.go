package httpapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
)

const aKey = "8e03978e-40d5-43e8-bc93-6894a57f9324"

// once is an administrator's POST with a key.
func once(target, body, key string) events.APIGatewayProxyRequest {
	return with(as("admin", "POST", target, body), "Idempotency-Key", key)
}

// integrations counts what is stored.
func (h *harness) integrations() int {
	h.t.Helper()
	l, err := h.store.ListIntegrations(h.t.Context(), integration.Page{Limit: 100})
	if err != nil {
		h.t.Fatal(err)
	}
	return len(l.Items)
}

func TestARepeatedRequestGetsTheSameAnswer(t *testing.T) {
	for _, tt := range []struct{ name, target, body string }{
		{"create an integration", base, contractCreate},
		{"create a link", base + "/" + testID(1) + "/links", contractLink},
		{"test a connection", base + "/" + testID(1) + "/test", ""},
		{"test a new connection", base + "/test", newConnection},
		{"redeliver", deliveries + "/redeliver", `{}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t, "")
			h.create()
			first := h.send(once(tt.target, tt.body, `"`+aKey+`"`))
			if first.StatusCode >= 300 || header(first, "Idempotency-Replayed") != "" {
				t.Fatalf("%d %s", first.StatusCode, first.Body)
			}
			h.queue.kinds()
			h.org = nil // whoever asks it now, panics
			h.now = h.now.Add(23 * time.Hour)
			before := h.integrations()
			for _, spelling := range []string{`"` + aKey + `"`, aKey, "  " + aKey + " "} {
				again := h.send(once(tt.target, tt.body, spelling))
				if again.StatusCode != first.StatusCode || again.Body != first.Body || header(again, "Idempotency-Replayed") != "true" {
					t.Errorf("%s: %d %s", spelling, again.StatusCode, again.Body)
				}
				for _, name := range []string{"Content-Type", "Location", "ETag"} {
					if got, want := header(again, name), header(first, name); got != want {
						t.Errorf("%s is %q, at first %q", name, got, want)
					}
				}
			}
			if h.integrations() != before || h.queue.kinds() != "" {
				t.Error("a repetition had an effect")
			}
		})
	}
}

func TestAKeyIsOfOneCallerOneRequestAndOneDay(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	first := h.send(once(base, contractCreate, aKey))
	other := strings.Replace(contractCreate, "CRM", "ERP", 1)

	for name, e := range map[string]events.APIGatewayProxyRequest{
		"another body":  once(base, other, aKey),
		"another route": once(base+"/"+id+"/links", contractLink, aKey),
	} {
		p, _ := h.refused(e, 422)
		if p.locations() != "header.Idempotency-Key" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	theirs := once(base, other, aKey)
	theirs.RequestContext.Authorizer["sub"] = "bob"
	if resp := h.send(theirs); resp.StatusCode != http.StatusCreated || resp.Body == first.Body {
		t.Errorf("another caller's: %d %s", resp.StatusCode, resp.Body)
	}
	h.now = h.now.Add(24 * time.Hour)
	if resp := h.send(once(base, other, aKey)); resp.StatusCode != http.StatusCreated || resp.Body == first.Body || header(resp, "Idempotency-Replayed") != "" {
		t.Errorf("a day later: %d %s", resp.StatusCode, resp.Body)
	}
	if n := h.integrations(); n != 4 {
		t.Errorf("%d integrations, want 4", n)
	}
}

func TestARepetitionWhileTheFirstIsUnderWay(t *testing.T) {
	h := newHarness(t, "")
	asked := false
	h.during("CreateIntegration", func() {
		asked = true
		p, resp := h.refused(once(base, contractCreate, aKey), 409)
		if !strings.Contains(p.Detail, "under way") || header(resp, "Retry-After") != "1" {
			t.Errorf("%+v %v", p, resp.MultiValueHeaders)
		}
		h.refused(once(base, strings.Replace(contractCreate, "CRM", "ERP", 1), aKey), 422)
	})
	if resp := h.send(once(base, contractCreate, aKey)); resp.StatusCode != http.StatusCreated || !asked || h.integrations() != 1 {
		t.Errorf("%d %s", resp.StatusCode, resp.Body)
	}
}

// TestACrashAnywhereCreatesNothingTwice cuts the first request off at each call of
// the store, before and after its effect, and at each use of the vault, and lets
// the caller repeat it until it succeeds.
func TestACrashAnywhereCreatesNothingTwice(t *testing.T) {
	crash := errors.New("crash")
	die := func(at int) func(context.Context, string) error {
		n := 0
		return func(context.Context, string) error {
			if n++; n == at {
				panic(crash)
			}
			return nil
		}
	}
	fail := func(at int) func(context.Context, string) error {
		n := 0
		return func(context.Context, string) error {
			if n++; n >= at { // and all that follow, as when the network is gone
				return crash
			}
			return nil
		}
	}
	for _, w := range []struct {
		name string
		set  func(h *harness, at int)
	}{
		{"dies before", func(h *harness, at int) { h.store.Before(die(at)) }},
		{"dies after", func(h *harness, at int) { h.store.After(die(at)) }},
		{"fails before", func(h *harness, at int) { h.store.Before(fail(at)) }},
		{"fails after", func(h *harness, at int) { h.store.After(fail(at)) }},
	} {
		for at := 1; at <= 3; at++ {
			t.Run(fmt.Sprintf("%s call %d", w.name, at), func(t *testing.T) {
				h := newHarness(t, "")
				w.set(h, at)
				first := h.send(once(base, contractCreate, aKey))
				h.store.Before(nil)
				h.store.After(nil)
				h.now = h.now.Add(time.Minute) // the lease is over
				second := h.send(once(base, contractCreate, aKey))
				third := h.send(once(base, contractCreate, aKey))
				if second.StatusCode != http.StatusCreated || third.Body != second.Body {
					t.Fatalf("%d %s\n%d %s", second.StatusCode, second.Body, third.StatusCode, third.Body)
				}
				if first.StatusCode == http.StatusCreated && first.Body != second.Body {
					t.Errorf("the answers differ:\n%s", cmp.Diff(first.Body, second.Body))
				}
				if n := h.integrations(); n != 1 {
					t.Errorf("%d integrations", n)
				}
				_, created := h.do(once(base, contractCreate, aKey))
				i, err := h.store.GetIntegration(t.Context(), created["id"].(string))
				if err != nil {
					t.Fatal(err)
				}
				if secrets, err := integration.OpenWebhookSecrets(t.Context(), h.vault, i); err != nil || secrets.Current.Reveal() != created["webhook_secret"] {
					t.Errorf("the answer shows another webhook secret than is stored: %v", err)
				}
			})
		}
	}
}

func TestARefusedRequestLeavesItsKeyFree(t *testing.T) {
	h := newHarness(t, "")
	h.refused(once(base, `{}`, aKey), 422)
	h.refused(once(base, "no JSON", aKey), 400)
	if resp := h.send(once(base, contractCreate, aKey)); resp.StatusCode != http.StatusCreated {
		t.Errorf("%d %s", resp.StatusCode, resp.Body)
	}
}

func TestAFailedRequestKeepsItsKey(t *testing.T) {
	h := newHarness(t, "")
	h.store.After(func(_ context.Context, op string) error {
		if op == "CreateIntegration" {
			return errors.New("the answer got lost")
		}
		return nil
	})
	h.refused(once(base, contractCreate, aKey), 503)
	h.store.After(nil)
	h.refused(once(base, `{}`, aKey), 422)
	if resp := h.send(once(base, contractCreate, aKey)); resp.StatusCode != http.StatusCreated || h.integrations() != 1 {
		t.Errorf("at once: %d %s, %d integrations", resp.StatusCode, resp.Body, h.integrations())
	}
}

func TestWhatAKeyCosts(t *testing.T) {
	h := newHarness(t, "")
	h.send(as("admin", "POST", base, contractCreate))
	sealed, opened := h.vault.Calls()
	if calls := h.store.Calls(); len(calls) != 1 || calls["CreateIntegration"] != 1 || sealed != 2 || opened != 0 {
		t.Errorf("without a key: %v, %d sealed, %d opened", calls, sealed, opened)
	}
	h.store.ResetCalls()
	h.send(once(base, contractCreate, aKey))
	sealed, opened = h.vault.Calls()
	if calls := h.store.Calls(); len(calls) != 2 || calls["SwapRequest"] != 2 || sealed != 5 || opened != 0 {
		t.Errorf("with one: %v, %d sealed, %d opened", calls, sealed, opened)
	}
	h.store.ResetCalls()
	h.send(once(base, contractCreate, aKey))
	sealed, opened = h.vault.Calls()
	if calls := h.store.Calls(); len(calls) != 2 || calls["SwapRequest"] != 1 || calls["GetRequest"] != 1 || sealed != 5 || opened != 1 {
		t.Errorf("again: %v, %d sealed, %d opened", calls, sealed, opened)
	}
	h.store.ResetCalls()
	viewer := once(base, contractCreate, "another")
	viewer.RequestContext.Authorizer["role"] = "viewer"
	h.refused(viewer, 403)
	h.refused(once(base, strings.Repeat("x", 70_000), "another"), 413)
	h.refused(once(base+"/nowhere/at/all", "{}", "another"), 404)
	if calls := h.store.Calls(); len(calls) != 0 {
		t.Errorf("what is refused at the door: %v", calls)
	}
}

// TestAKeptAnswerIsSealed: what a table shows of it tells neither the secret nor
// the key.
func TestAKeptAnswerIsSealed(t *testing.T) {
	h := newHarness(t, "")
	_, created := h.do(once(base, contractCreate, aKey))
	record, swapped, err := h.store.SwapRequest(t.Context(), integration.RequestRecord{ID: requestOf(t, h), Version: 99})
	if err != nil || swapped || record.State != integration.RequestAnswered {
		t.Fatalf("%+v, %v", record, err)
	}
	for _, secret := range []string{created["webhook_secret"].(string), contractSecret, aKey} {
		if bytes.Contains(record.Sealed, []byte(secret)) || strings.Contains(record.ID, secret) || strings.Contains(h.log.String(), secret) {
			t.Error("the record or the log shows a secret")
		}
	}
	if _, err := h.vault.Open(t.Context(), "request-of-another", integration.PurposeAnswer, record.Sealed); err == nil {
		t.Error("the answer opens for another request")
	}
	if _, err := h.vault.Open(t.Context(), record.ID, integration.PurposeWebhookSecret, record.Sealed); err == nil {
		t.Error("the answer opens as a webhook secret")
	}
	if got := record.ExpiresAt; got.Sub(h.now) > 24*time.Hour || got.Sub(h.now) < 24*time.Hour-time.Second {
		t.Errorf("it is kept until %v", got)
	}
}

// requestOf finds the id under which the harness's only request is kept.
func requestOf(t *testing.T, h *harness) string {
	t.Helper()
	ids := h.store.RequestIDs()
	if len(ids) != 1 {
		t.Fatalf("%d requests are kept", len(ids))
	}
	return ids[0]
}

func TestIdempotencyKeySyntax(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		ok    bool
	}{
		{"a UUID in quotes", []string{`"` + aKey + `"`}, true},
		{"a UUID", []string{aKey}, true},
		{"a space in quotes", []string{`"a b"`}, true},
		{"escapes", []string{`"a\"b\\c"`}, true},
		{"the longest", []string{strings.Repeat("k", 255)}, true},
		{"a digit", []string{"1"}, true},
		{"empty", []string{""}, false},
		{"empty in quotes", []string{`""`}, false},
		{"too long", []string{strings.Repeat("k", 256)}, false},
		{"half a quote", []string{`"k`}, false},
		{"the other half", []string{`k"`}, false},
		{"more behind the quote", []string{`"k"x`}, false},
		{"a parameter", []string{`"k";a=1`}, false},
		{"a bare parameter", []string{`k;a=1`}, false},
		{"a list", []string{`"k", "l"`}, false},
		{"a bare list", []string{`k,l`}, false},
		{"two lines", []string{"k", "l"}, false},
		{"a space", []string{"k l"}, false},
		{"an unknown escape", []string{`"\n"`}, false},
		{"an escape of nothing", []string{`"k\`}, false},
		{"not ASCII", []string{`"ü"`}, false},
		{"a control character", []string{"\"k\x01\""}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t, "")
			e := with(as("admin", "POST", base, contractCreate), "Idempotency-Key", tt.lines...)
			if tt.ok {
				if resp := h.send(e); resp.StatusCode != http.StatusCreated {
					t.Errorf("%d %s", resp.StatusCode, resp.Body)
				}
				return
			}
			if p, _ := h.refused(e, 400); p.locations() != "header.Idempotency-Key" || h.integrations() != 0 {
				t.Errorf("%+v", p)
			}
		})
	}
}

// TestAReplacedSecretIsReplacedOnce: were it replaced again by the repetition of a
// request that died, the secret that Salesforce still sends would end at once.
func TestAReplacedSecretIsReplacedOnce(t *testing.T) {
	h := newHarness(t, "")
	_, created := h.admin("POST", base, contractCreate)
	target := base + "/" + created["id"].(string) + "/webhook-secret"
	h.store.After(func(_ context.Context, op string) error {
		if op == "UpdateIntegration" {
			panic("dies")
		}
		return nil
	})
	h.refused(once(target, `{}`, aKey), 500)
	h.store.After(nil)
	h.now = h.now.Add(time.Minute)
	status, replaced := h.do(once(target, `{}`, aKey))
	if status != 200 {
		t.Fatalf("%d %v", status, replaced)
	}
	i, err := h.store.GetIntegration(t.Context(), created["id"].(string))
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := integration.OpenWebhookSecrets(t.Context(), h.vault, i)
	if err != nil || secrets.Current.Reveal() != replaced["webhook_secret"] || secrets.Previous.Reveal() != created["webhook_secret"] {
		t.Errorf("the secret of the creation is not the previous one: %v", err)
	}
	if status, next := h.do(once(target, `{}`, "another-key")); status != 200 || next["webhook_secret"] == replaced["webhook_secret"] {
		t.Errorf("another key: %d, and the secret is the same", status)
	}
}
