package webhook_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const corpusDir = "../../events/webhook"

// corpus says for each envelope what it leads to: the answer's status, what the
// log then holds, and how many finalizations are requested. The answer itself is
// in testdata.
var corpus = map[string]struct {
	status    int
	log       map[string]int
	finalizes int
}{
	"json-completed":              {200, one("delivered/finalization_requested"), 1},
	"json-completed-signed":       {200, one("delivered/finalization_requested"), 1},
	"json-no-credential":          {401, nil, 0},
	"json-idempotency-key":        {200, one("delivered/finalization_requested"), 1},
	"json-linking":                {200, one("delivered/linked"), 0},
	"json-link-conflict":          {200, one("skipped/link_conflict"), 0},
	"json-unknown-campaign":       {200, one("skipped/unknown_campaign"), 0},
	"json-opportunity-closed":     {200, one("skipped/ignored"), 0},
	"json-batch":                  {200, map[string]int{"delivered/finalization_requested": 1, "delivered/linked": 1}, 1},
	"json-wrong-types":            {422, nil, 0},
	"json-truncated":              {400, nil, 0},
	"json-duplicate-field":        {422, nil, 0},
	"json-base64":                 {200, one("delivered/finalization_requested"), 1},
	"soap-one":                    {200, one("delivered/finalization_requested"), 1},
	"soap-linking":                {200, one("delivered/finalization_requested"), 1},
	"soap-batch-of-3":             {200, map[string]int{"delivered/finalization_requested": 1, "skipped/unknown_campaign": 1, "skipped/ignored": 1}, 1},
	"soap-out-of-order":           {200, map[string]int{"skipped/ignored": 1, "skipped/superseded": 1}, 0},
	"soap-echo":                   {200, one("skipped/echo"), 0},
	"soap-deleted-record":         {200, one("skipped/ignored"), 0},
	"soap-101-notifications":      {422, nil, 0},
	"soap-another-org":            {401, nil, 0},
	"soap-doctype":                {400, nil, 0},
	"soap-not-utf8":               {400, nil, 0},
	"truncated-xml":               {400, nil, 0},
	"wrong-token":                 {401, nil, 0},
	"wrong-token-right-signature": {401, nil, 0},
	"wrong-signature":             {401, nil, 0},
	"unknown-integration":         {401, nil, 0},
	"not-a-uuid":                  {401, nil, 0},
	"empty-body":                  {400, nil, 0},
	"form-body":                   {415, nil, 0},
}

func one(outcome string) map[string]int { return map[string]int{outcome: 1} }

func readCorpus(tb testing.TB) map[string]events.APIGatewayProxyRequest {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(corpusDir, "*.json"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no envelopes in %s (%v)", corpusDir, err)
	}
	out := map[string]events.APIGatewayProxyRequest{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		var e events.APIGatewayProxyRequest
		if err := json.Unmarshal(raw, &e); err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".json")] = e
	}
	return out
}

// TestCorpus sends every envelope of events/webhook through the real handler.
func TestCorpus(t *testing.T) {
	t.Parallel()
	envelopes := readCorpus(t)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(corpus)), slices.Sorted(maps.Keys(envelopes))); diff != "" {
		t.Fatalf("the table and the folder differ (-table +folder):\n%s", diff)
	}
	for name, want := range corpus {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			got := r.send(envelopes[name])
			if got.StatusCode != want.status {
				t.Errorf("status = %d, want %d", got.StatusCode, want.status)
			}
			logged := r.reasons()
			if want.log == nil {
				want.log = map[string]int{}
			}
			if diff := cmp.Diff(want.log, logged); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if n := len(r.bus.published(t)); n != want.finalizes {
				t.Errorf("%d finalizations, want %d", n, want.finalizes)
			}
			golden(t, filepath.Join("testdata", "answers", name+".golden"), render(got))
			if line := r.log.String(); strings.Contains(line, secret) || strings.Contains(line, "not-the-secret") || strings.Contains(line, "Optimization") {
				t.Errorf("the log holds a secret or a part of the body: %s", line)
			}
		})
	}
}

// render is an answer as a person would read it on the wire.
func render(a events.APIGatewayProxyResponse) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP %d\n", a.StatusCode)
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		fmt.Fprintf(&b, "%s: %s\n", name, a.Headers[name])
	}
	fmt.Fprintf(&b, "\n%s", a.Body)
	return b.String()
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
