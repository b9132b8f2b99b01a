package httpapi_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// repeated sends a request twice and wants the same answer, which has at least so
// many bytes.
func (h *harness) repeated(e events.APIGatewayProxyRequest, least int) {
	h.t.Helper()
	first, again := h.send(e), h.send(e)
	if first.StatusCode != http.StatusOK || len(first.Body) < least {
		h.t.Fatalf("%d, %d bytes: %.200s", first.StatusCode, len(first.Body), first.Body)
	}
	if again.StatusCode != http.StatusOK || again.Body != first.Body || header(again, "Idempotency-Replayed") != "true" {
		h.t.Errorf("again: %d, %d bytes of %d: %.200s", again.StatusCode, len(again.Body), len(first.Body), again.Body)
	}
}

// TestALongAnswerIsKept: the longest that there are, also where it cannot be packed.
func TestALongAnswerIsKept(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	random := rand.New(rand.NewPCG(1, 2))
	many, wild := "experiment_key,campaign_id\n", "experiment_key,campaign_id\n"
	for n := range 500 {
		many += fmt.Sprintf("checkout-button-color,701xx0000%06d\n", n+1)
		key := make([]byte, 250)
		for at := range key {
			key[at] = "!#$%&*+-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ^_abcdefghijklmnopqrstuvwxyz~"[random.IntN(82)]
		}
		wild += fmt.Sprintf("%s,701xx0001%06d\n", key, n+1)
	}
	for name, body := range map[string]string{"500 rows": many, "500 wild rows": wild} {
		t.Run(name, func(t *testing.T) {
			h.in(t).repeated(with(bulk(id, "text/csv", body), "Idempotency-Key", name[:3]+fmt.Sprint(len(name))), 64<<10)
		})
	}
	t.Run("a preview of 200 Campaigns", func(t *testing.T) {
		h.in(t).repeated(once(base+"/"+id+"/preview", previewBody, aKey), 64<<10)
	})
}

// TestAnAnswerThatCannotBeKept: the caller has it, and its repetition need not wait.
func TestAnAnswerThatCannotBeKept(t *testing.T) {
	h := newHarness(t, "")
	e := with(bulk(h.create(), "text/csv", "experiment_key,campaign_id\na,701xx000000001A\n"), "Idempotency-Key", aKey)
	h.vault.Fail(errors.New("no key"))
	if got := h.rows(e); !strings.HasPrefix(got[0], "created") {
		t.Error(got)
	}
	h.vault.Fail(nil)
	if got := h.rows(e); !strings.HasPrefix(got[0], "exists") {
		t.Error(got)
	}
	if resp := h.send(e); header(resp, "Idempotency-Replayed") != "true" {
		t.Errorf("%d %s", resp.StatusCode, resp.Body)
	}
}

// TestParametersHaveNoOrder: the adapter puts them into the URL in that of a map.
func TestParametersHaveNoOrder(t *testing.T) {
	h := newHarness(t, "")
	target := base + "/" + h.create() + "/preview?limit=5&cursor="
	h.send(once(target, previewBody, aKey))
	for range 20 {
		if resp := h.send(once(target, previewBody, aKey)); resp.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", resp.StatusCode, resp.Body)
		}
	}
	h.refused(once(strings.Replace(target, "5", "6", 1), previewBody, aKey), 422)
}

// TestALongBodyThatNobodyReads: its key could not be told from one of another body.
func TestALongBodyThatNobodyReads(t *testing.T) {
	h := newHarness(t, "")
	target := base + "/" + h.create() + "/test"
	p, _ := h.refused(once(target, strings.Repeat(" ", 64<<10), aKey), 413)
	if calls, logins := h.asked(); !strings.Contains(p.Detail, "64 KB") || calls != 0 || logins != 0 {
		t.Errorf("%+v, %d calls", p, calls)
	}
}
