package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"salesforce-integration/internal/salesforce/localorg"
)

// TestARowSaysWhichFieldIsAtFault: in its detail, too, which may be all that a person
// is shown.
func TestARowSaysWhichFieldIsAtFault(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	if _, err := h.org.AddFault(localorg.Fault{Match: localorg.Match{Route: "query"}, Effect: localorg.Effect{Kind: localorg.RequestLimit}}); err != nil {
		t.Fatal(err)
	}
	_, body := h.do(bulk(id, "application/json", `[{"experiment_key": "", "campaign_id": "x"}, {"experiment_key": "a", "nr": 1}, {"experiment_key": "a", "campaign_name": "Twins"}]`))
	for n, want := range [][]string{
		{"experiment_key: Enter the experiment's key", " campaign_id: It is not the id of a Campaign"},
		{"nr: There is no such field."},
		{"needs a new one"},
	} {
		detail := body["items"].([]any)[n].(map[string]any)["detail"].(string)
		for _, words := range want {
			if !strings.Contains(detail, words) {
				t.Errorf("row %d says %q, not %q", n+1, detail, words)
			}
		}
	}
}

// TestLinksAreAuditedAsTheyAreStored: what was stored when the function died is in
// the trail, as a repetition finds only that it exists.
func TestLinksAreAuditedAsTheyAreStored(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	body := "experiment_key,campaign_id\n"
	for n := range 200 {
		body += fmt.Sprintf("e%d,701xx0000%06d\n", n, n+1)
	}
	calls := 0
	h.store.After(func(_ context.Context, op string) error {
		if op == "CreateLinks" {
			if calls++; calls == 3 {
				panic("dies")
			}
		}
		return nil
	})
	h.refused(bulk(id, "text/csv", body), 500)
	h.store.After(nil)
	audited := strings.Count(h.log.String(), `"action":"link created"`)
	stored := 0
	for _, row := range h.rows(bulk(id, "text/csv", body)) {
		if strings.HasPrefix(row, "exists") {
			stored++
		}
	}
	if audited == 0 || stored-audited > 49 {
		t.Errorf("%d links are in the trail, %d were stored", audited, stored)
	}
}

// TestABatchWhoseAnswerIsLostIsInTheLog: its rows are told without what failed, and
// its links may be stored without a line in the trail.
func TestABatchWhoseAnswerIsLostIsInTheLog(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	body := "experiment_key,campaign_id\n"
	for n := range 60 {
		body += fmt.Sprintf("e%d,701xx0000%06d\n", n, n+1)
	}
	calls := 0
	h.store.After(func(_ context.Context, op string) error {
		if op == "CreateLinks" {
			if calls++; calls == 2 {
				return errors.New("the secret-table did not answer")
			}
		}
		return nil
	})
	resp := h.send(bulk(id, "text/csv", body))
	if !strings.Contains(resp.Body, `"created":49`) || !strings.Contains(resp.Body, `"failed":11`) || strings.Contains(resp.Body, "secret-table") {
		t.Errorf("%d %s", resp.StatusCode, resp.Body)
	}
	for _, words := range []string{`"msg":"it is not known which links were stored"`, `"subject":"ada"`, `"links":11`, "secret-table"} {
		if !strings.Contains(h.log.String(), words) {
			t.Errorf("the log does not say %s", words)
		}
	}
}
