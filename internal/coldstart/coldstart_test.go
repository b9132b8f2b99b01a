package coldstart_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/coldstart"
)

var (
	runs   = flag.Int("runs", 1, "how often to start each function; from 9 on the ratio is held to its bound")
	update = flag.Bool("update", false, "write the table into docs/benchmarks.md")
)

const (
	// atMost is how many times a do-nothing function's start each one may take, to the
	// tenth that the table shows.
	atMost = 3.0
	// enoughRuns is from when on a median says something.
	enoughRuns = 9

	document = "../../docs/benchmarks.md"
	begins   = "<!-- cold starts -->\n"
	ends     = "<!-- end of cold starts -->"
)

// TestColdStarts starts each function as often as -runs says, in turns with one
// that does nothing, so that whatever else the machine does meets all of them. Once,
// as in a run of all tests, only shows that each answers.
func TestColdStarts(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds five programs")
	}
	subjects := newSubjects(t)
	took := map[string][]time.Duration{}
	held := map[string][]int64{}
	calls := map[string]map[string]int{}
	for run := range *runs + 1 {
		for _, s := range subjects {
			start, called := s.start(t)
			if run == 0 { // the program comes from the disk
				continue
			}
			took[s.request] = append(took[s.request], start.Took)
			held[s.request] = append(held[s.request], start.Bytes)
			calls[s.request] = called
		}
	}
	var table strings.Builder
	table.WriteString("| function | first request | AWS calls | start to first answer | ratio | memory | program |\n|---|---|--:|--:|--:|--:|--:|\n")
	least := median(took["nothing"])
	for _, s := range subjects {
		ratio := float64(median(took[s.request])) / float64(least)
		info, err := os.Stat(s.Program)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&table, "| %s | %s | %d | %.1f ms | %.1f | %.0f MB | %.1f MB |\n", s.Name, s.request, sum(calls[s.request]),
			float64(median(took[s.request]).Microseconds())/1000, ratio, float64(median(held[s.request]))/(1<<20), float64(info.Size())/(1<<20))
		if *runs >= enoughRuns && tenths(ratio) > atMost && !s.unbound {
			t.Errorf("%s takes %.1f times as long to start as a function that does nothing, want at most %.1f", s.Name, ratio, atMost)
		}
	}
	fmt.Fprintf(&table, "\nMedian of %d starts each, in turns.\n", *runs)
	t.Log("\n" + table.String())
	if *update {
		write(t, table.String())
	}
}

// subject is a function and the world of its first request.
type subject struct {
	coldstart.Function
	request string // in words
	unbound bool   // shown for what its work costs, and held to nothing
	aws     *coldstart.AWS
}

// start starts the function in a world of its own, so that each start is the first.
func (s subject) start(t *testing.T) (coldstart.Start, map[string]int) {
	t.Helper()
	aws := s.aws.Clone()
	server := httptest.NewServer(aws)
	defer server.Close()
	f := s.Function
	f.Env = append(slices.Clone(f.Env), "AWS_ENDPOINT_URL="+server.URL)
	got, err := coldstart.Measure(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return got, maps.Clone(aws.Calls)
}

func newSubjects(t *testing.T) []subject {
	t.Helper()
	dir := t.TempDir()
	w := newWorld(t)
	subjects := []subject{
		{request: "nothing", Function: coldstart.Function{Name: "nothing", Event: []byte("{}"), Check: has("nothing")}},
		{request: "a token, and the issuer's keys", Function: coldstart.Function{Name: "authorizer", Event: w.tokenEvent(t), Env: w.authorizer, Check: has(`"Effect":"Allow"`)}},
		{request: "GET /integrations", Function: coldstart.Function{Name: "integrations", Event: event(t, "integrations/list.json"), Env: w.integrations, Check: has(`"statusCode":200`, integrationID)}},
		{request: "JSON with the secret", Function: coldstart.Function{Name: "webhook", Event: event(t, "webhook/json-opportunity-closed.json"), Env: w.webhook, Check: has(`"statusCode":200`, `\"processed\"`)}},
		{request: "JSON that makes a link and a finalization", Function: coldstart.Function{Name: "webhook", Event: event(t, "webhook/json-completed.json"), Env: w.webhook, Check: has(`"statusCode":200`, `\"processed\"`)}, unbound: true},
		{request: "three events without a link", Function: coldstart.Function{Name: "push", Event: event(t, "push/sqs-batch-of-three.json"), Env: w.push, Check: has(`"batchItemFailures":[]`)}},
	}
	for n := range subjects {
		s := &subjects[n]
		s.aws, s.Program = w.aws, filepath.Join(dir, s.Name)
		source := "../../functions/" + s.Name
		if s.Name == "nothing" {
			source = "./nothing"
		}
		if err := coldstart.Build(t.Context(), source, s.Program); err != nil {
			t.Fatal(err)
		}
	}
	return subjects
}

func tenths(x float64) float64 { return math.Round(x*10) / 10 }

func has(parts ...string) func([]byte) error {
	return func(answer []byte) error {
		for _, part := range parts {
			if !bytes.Contains(answer, []byte(part)) {
				return fmt.Errorf("the answer lacks %s", part)
			}
		}
		return nil
	}
}

func event(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("../../events", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func median[T int64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func sum(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

func write(t *testing.T, table string) {
	t.Helper()
	old, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(old), begins)
	_, after, closed := strings.Cut(rest, ends)
	if !found || !closed {
		t.Fatalf("%s has no place for the table", document)
	}
	if err := os.WriteFile(document, []byte(before+begins+table+ends+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A function that fails, ends or answers something else is an error, not a fast start.
func TestWhatIsNoStart(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds two programs")
	}
	dir := t.TempDir()
	nothing, authorizer := filepath.Join(dir, "nothing"), filepath.Join(dir, "authorizer")
	for source, program := range map[string]string{"./nothing": nothing, "../../functions/authorizer": authorizer} {
		if err := coldstart.Build(t.Context(), source, program); err != nil {
			t.Fatal(err)
		}
	}
	issuer := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(issuer.Close)
	good := []string{"TOKEN_ISSUER=i", "TOKEN_AUDIENCE=a", "TOKEN_JWKS_URL=" + issuer.URL}
	for name, c := range map[string]struct {
		f    coldstart.Function
		want string
	}{
		"another answer": {coldstart.Function{Name: "nothing", Program: nothing, Event: []byte("{}"), Check: has("something")}, "lacks something"},
		"it ends":        {coldstart.Function{Name: "authorizer", Program: authorizer, Event: []byte("{}")}, "TOKEN_ISSUER is empty"},
		"it fails":       {coldstart.Function{Name: "authorizer", Program: authorizer, Event: []byte("{}"), Env: good}, "Unauthorized"},
		"no program":     {coldstart.Function{Name: "none", Program: filepath.Join(dir, "none")}, "start none"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := coldstart.Measure(t.Context(), c.f); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want %q", err, c.want)
			}
		})
	}
}
