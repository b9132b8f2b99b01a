package soql_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/localorg/settings"
	"salesforce-integration/internal/salesforce/localorg/soql"
)

func TestErrorsPoint(t *testing.T) {
	long := "SELECT Id FROM Campaign WHERE " + strings.Repeat("Name = 'x' AND ", 30) + "== 1"
	tests := map[string]struct{ row, column int }{
		"SELECT Id FROM":                                 {1, 15},
		"SELECT Id FROM Campaign ;":                      {1, 25},
		"SELECT Id\n\nFROM\tWHERE":                       {3, 6},
		"SELECT Id FROM Campaign WHERE Name = 'ü' AND ,": {1, 46},
		long: {1, len(long) - 3},
	}
	for q, want := range tests {
		_, err := soql.Parse(q)
		var bad *soql.Error
		if !errors.As(err, &bad) || bad.Row != want.row || bad.Column != want.column {
			t.Errorf("%q: %v, want row %d, column %d", q, err, want.row, want.column)
			continue
		}
		lines := strings.Split(bad.Message, "\n")
		if caret := strings.Index(lines[2], "^"); caret < 0 || caret > len([]rune(lines[1])) {
			t.Errorf("%q: the caret points outside of the excerpt:\n%s", q, bad.Message)
		}
	}
}

func TestDeepNestingIsRefused(t *testing.T) {
	q := "SELECT Id FROM Campaign WHERE " + strings.Repeat("(", 10_000) + "Name = 'x'" + strings.Repeat(")", 10_000)
	if _, err := soql.Parse(q); err == nil {
		t.Error("it was taken")
	}
	if _, err := soql.Parse("SELECT Id FROM Campaign WHERE " + strings.Repeat("NOT ", 10_000) + "Name = 'x'"); err == nil {
		t.Error("it was taken")
	}
	if _, err := soql.Parse(strings.Repeat("SELECT Id FROM Campaign WHERE Id IN (", 10_000)); err == nil {
		t.Error("it was taken")
	}
}

// seeds are queries as clients send them, one a line.
func seeds(tb testing.TB) []string {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "queries.txt"))
	if err != nil {
		tb.Fatal(err)
	}
	out := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(out) < 10 {
		tb.Fatalf("only %d seeds", len(out))
	}
	return out
}

func fixture(tb testing.TB) (*records.Store, soql.Options) {
	tb.Helper()
	sch, err := schema.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	set := settings.Default()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	store := records.New(sch, func() *settings.Settings { return &set }, func() time.Time { return now }, nil)
	campaign, _ := sch.Object("Campaign")
	err = store.Seed(campaign, "701xx000000001AAAQ", map[string]any{"Name": "Q1", "Status": "Planned", "BudgetedCost": 5.0, "StartDate": "2026-03-01"})
	if err != nil {
		tb.Fatal(err)
	}
	return store, soql.Options{Now: now}
}

func all(string, string) bool { return true }

func TestSeedsAreGoodQueries(t *testing.T) {
	store, opts := fixture(t)
	for _, q := range seeds(t) {
		parsed, err := soql.Parse(q)
		if err != nil {
			t.Errorf("%s: %v", q, err)
			continue
		}
		plan, err := soql.Compile(parsed, store.Schema(), all, opts)
		if err != nil {
			t.Errorf("%s: %v", q, err)
			continue
		}
		plan.Run(store, opts)
	}
}

func FuzzQuery(f *testing.F) {
	for _, q := range seeds(f) {
		f.Add(q)
	}
	store, opts := fixture(f)
	f.Fuzz(func(t *testing.T, q string) {
		parsed, err := soql.Parse(q)
		if err == nil {
			var plan *soql.Plan
			if plan, err = soql.Compile(parsed, store.Schema(), all, opts); err == nil {
				plan.Run(store, opts)
			}
		}
		var bad *soql.Error
		if err != nil && !errors.As(err, &bad) {
			t.Errorf("%q: an error of another type: %v", q, err)
		}
		if bad != nil && (bad.Code == "" || bad.Message == "") {
			t.Errorf("%q: an empty error %+v", q, bad)
		}
	})
}
