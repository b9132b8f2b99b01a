package faults_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/faults"
	"salesforce-integration/internal/trial"
)

var update = flag.Bool("update", false, "write the table to docs/benchmarks.md")

const page = "../../docs/benchmarks.md"

// TestFaults prints the table. What the product promises, and that the peer does its
// job when nothing goes wrong, fails it.
func TestFaults(t *testing.T) {
	var table, legend strings.Builder
	fmt.Fprintln(&table, "| fault | writer | events in | delivered | lost | doubled | wrong end state | late (longest) | API calls | token exchanges |")
	fmt.Fprintln(&table, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
	try := func(f trial.Fault, l trial.Load) {
		product, peer := run(t, trial.NewProduct(), f, l), run(t, &faults.Peer{}, f, l)
		if product.Delivered != product.In || product.Lost+product.Doubled+product.Wrong+product.Unread > 0 {
			t.Errorf("%s: %+v", f.Name, product)
		}
		if f.Harmless() && (peer.Delivered != peer.In || peer.Doubled+peer.Wrong+peer.Unread > 0) {
			t.Errorf("the peer fails without a fault: %+v", peer)
		}
		fmt.Fprint(&table, line(product), line(peer))
		fmt.Fprintf(&legend, "- %s: %s\n", f.Name, f.What)
	}
	for _, f := range trial.Faults() {
		try(f, trial.Story())
	}
	try(trial.Fault{Name: "none, a thousand events at once", What: "for the number of calls"}, trial.Burst())
	fmt.Print(table.String())
	if *update {
		replace(t, "table", table.String())
		replace(t, "faults", legend.String())
	}
}

// run does one trial in a bubble of its own.
func run(t *testing.T, w trial.Writer, f trial.Fault, l trial.Load) trial.Row {
	t.Helper()
	var row trial.Row
	synctest.Test(t, func(t *testing.T) {
		var err error
		if row, err = trial.Run(t.Context(), w, f, l); err != nil {
			t.Fatal(err)
		}
	})
	return row
}

func line(r trial.Row) string {
	return fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %d | %s | %d | %d |\n",
		r.Fault, r.Writer, r.In, r.Delivered, r.Lost, r.Doubled, r.Wrong, r.Late.Round(100*time.Millisecond), r.Calls, r.Logins)
}

// replace puts text between the page's markers of that name.
func replace(t *testing.T, name, text string) {
	t.Helper()
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	from, to := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, ok1 := strings.Cut(string(raw), from)
	_, after, ok2 := strings.Cut(rest, to)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the %s", page, name)
	}
	if err := os.WriteFile(page, []byte(before+from+text+to+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
