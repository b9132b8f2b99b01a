package push_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func ptr[T any](v T) *T { return &v }

func TestSignificanceNote(t *testing.T) {
	full := &integration.Results{
		PrimaryMetric: "conversion_rate", WinningVariant: "green", Lift: ptr(0.042), PValue: ptr(0.003),
		ConfidenceInterval: &[2]float64{0.011, 0.073}, SampleSize: ptr(int64(48210)),
		Variants: []integration.Variant{
			{Key: "control", Users: ptr(int64(24090)), Conversions: ptr(int64(2409))},
			{Key: "green", Users: ptr(int64(24120)), Conversions: ptr(int64(2513))},
		},
		URL: "https://platform.example/experiments/checkout-button-color",
	}
	hostile := *full
	hostile.WinningVariant = `<script>alert("1")</script>`
	hostile.URL = "javascript:alert(1)"
	hostile.Variants = []integration.Variant{{Key: "a&b\n<img src=x>"}, {Key: "no users", Users: ptr(int64(0)), Conversions: ptr(int64(0))}}
	tests := []struct {
		name  string
		title string
		res   *integration.Results
	}{
		{"full", "Checkout button colour", full},
		{"no_results", "Checkout button colour", nil},
		{"no_name", "", &integration.Results{WinningVariant: "green"}},
		{"hostile_text", `Q1 & "Q2" <b>'test'</b>`, &hostile},
		{"loss_and_tiny_p", "Checkout button colour", &integration.Results{WinningVariant: "control", Lift: ptr(-0.1234567), PValue: ptr(0.00000001), ConfidenceInterval: &[2]float64{-0.2, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			event := integration.Event{
				ID: "e1", Type: integration.EventSignificance, ExperimentKey: "checkout-button-color", Name: tt.title,
				OccurredAt: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), Results: tt.res,
			}
			note := push.SignificanceNote(event, "0123456789ab-cdef", "701xx000000001AAAQ")
			got := "Title:  " + note.Title + "\nMarker: " + note.Marker + "\n\n" + strings.ReplaceAll(note.HTML, "><", ">\n<") + "\n"
			golden(t, "note_"+tt.name, []byte(got))
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run with -update to make it)", err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s differs (-want +got):\n%s", file, cmp.Diff(string(want), string(got)))
	}
}
