package webhook_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestCallWithoutAKey: one that failed half-way goes on where it stopped when it is
// made again; one that was dealt with is a new one.
func TestCallWithoutAKey(t *testing.T) {
	t.Parallel()
	whole := call{CampaignID: campaignID, Status: "Completed"}.json()
	back := call{CampaignID: campaignID, Status: "In Progress"}.json()
	for name, c := range map[string]struct {
		fails map[int]bool // by place
		calls []string
		after time.Duration // between two
		log   map[string]int
		ids   int
	}{
		"it failed":                      {map[int]bool{0: true}, []string{whole, whole}, time.Minute, map[string]int{"delivered/finalization_requested": 1}, 1},
		"it failed twice":                {map[int]bool{0: true, 1: true}, []string{whole, whole, whole}, time.Minute, map[string]int{"delivered/finalization_requested": 1}, 1},
		"it failed in the window before": {map[int]bool{0: true}, []string{whole, whole}, 14 * time.Minute, map[string]int{"delivered/finalization_requested": 1}, 1},
		"it failed long ago":             {map[int]bool{0: true}, []string{whole, whole}, time.Hour, map[string]int{"pending/": 1, "delivered/finalization_requested": 1}, 1},
		"it was dealt with":              {nil, []string{whole, whole}, time.Minute, map[string]int{"delivered/finalization_requested": 1, "skipped/already_final": 1}, 1},
		"back and forth":                 {nil, []string{whole, back, whole}, time.Minute, map[string]int{"delivered/finalization_requested": 2, "skipped/ignored": 1}, 2},
		"dealt with, then it fails":      {map[int]bool{2: true}, []string{whole, back, whole, whole}, time.Minute, map[string]int{"delivered/finalization_requested": 2, "skipped/ignored": 1}, 2},
		"more often than is known":       {nil, []string{back, back, back, back, back}, time.Minute, map[string]int{"skipped/ignored": 5}, 0},
		"two alike in one call":          {map[int]bool{0: true}, []string{"[" + whole + "," + whole + "]", "[" + whole + "," + whole + "]"}, time.Minute, map[string]int{"delivered/finalization_requested": 1, "skipped/already_final": 2}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.clock.Add(int64(7 * time.Minute)) // in the middle of a window
			for n, body := range c.calls {
				r.bus.before = nil
				want := http.StatusOK
				if c.fails[n] {
					r.bus.before = func() error { return errCrash }
					want = http.StatusServiceUnavailable
				}
				if got := r.send(jsonEnvelope(body)); got.StatusCode != want {
					t.Errorf("call %d: %d, want %d", n, got.StatusCode, want)
				}
				r.clock.Add(int64(c.after))
			}
			if diff := cmp.Diff(c.log, r.reasons()); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if n := len(r.bus.published(t)); n != c.ids {
				t.Errorf("%d requests, want %d", n, c.ids)
			}
		})
	}
}
