package push_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"salesforce-integration/internal/push"
)

func TestRetryWaits(t *testing.T) {
	highest := func(n int64) int64 { return n - 1 }
	lowest := func(int64) int64 { return 0 }
	tests := []struct {
		name     string
		rand     func(int64) int64
		attempts int
		atLeast  time.Duration
		want     time.Duration
	}{
		{"the first wait is short", highest, 1, 0, 4 * time.Second},
		{"each further one doubles", highest, 4, 0, 32 * time.Second},
		{"up to the cap", highest, 40, 0, 30 * time.Minute},
		{"full jitter reaches down to the least wait", lowest, 40, 0, time.Second},
		{"what Salesforce asks for is kept", lowest, 1, 5 * time.Minute, 5 * time.Minute},
		{"but not beyond what a queue can hide", lowest, 1, 48 * time.Hour, 12*time.Hour - 15*time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := push.DefaultRetryPolicy()
			p.Rand = tt.rand
			if got := p.Wait(tt.attempts, tt.atLeast); got != tt.want {
				t.Errorf("Wait(%d, %s) = %s, want %s", tt.attempts, tt.atLeast, got, tt.want)
			}
		})
	}
}

func TestRetryGoesOnForADayWithinTheQueuesReceiveCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := push.DefaultRetryPolicy()
		p.Rand = func(n int64) int64 { return rapid.Int64Range(0, n-1).Draw(t, "jitter") }
		wait := p.Wait(rapid.IntRange(1, 1000).Draw(t, "attempts"), 0)
		if wait < time.Second || wait > p.Cap {
			t.Fatalf("a wait of %s", wait)
		}
	})
	if age := push.DefaultRetryPolicy().MaxAge; age < 24*time.Hour {
		t.Errorf("given up after %s, promised are 24 h at least", age)
	}
}

func TestRetriesOfAnOrgMeet(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	p := push.DefaultRetryPolicy()
	for _, attempts := range []int{1, 4, 8, 20, 1000} {
		points := map[time.Time]bool{}
		for range 1000 {
			points[p.At(now, attempts, 0, "org a")] = true
		}
		if len(points) > 3 {
			t.Errorf("what failed together is tried again at %d times after %d attempts", len(points), attempts)
		}
		if a, b := p.At(now, attempts, time.Hour, "org a"), p.At(now, attempts, time.Hour, "org b"); a.Equal(b) {
			t.Errorf("two orgs meet at %s after %d attempts", a, attempts)
		}
	}
}

func TestRetriesMeetWithinTheirBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := push.DefaultRetryPolicy()
		p.Rand = func(n int64) int64 { return rapid.Int64Range(0, n-1).Draw(t, "jitter") }
		now := time.Unix(0, rapid.Int64Range(0, 1<<61).Draw(t, "now"))
		attempts := rapid.IntRange(1, 1000).Draw(t, "attempts")
		atLeast := time.Duration(rapid.Int64Range(0, int64(14*time.Hour)).Draw(t, "at least"))
		wait := p.At(now, attempts, atLeast, rapid.String().Draw(t, "org")).Sub(now)
		const canHide = 12*time.Hour - 15*time.Minute
		if least := min(max(time.Second, atLeast), canHide); wait < least {
			t.Fatalf("a wait of %s, wanted %s at least", wait, least)
		}
		if most := min(max(p.Cap, atLeast)+p.Cap, canHide); wait > most {
			t.Fatalf("a wait of %s, wanted %s at most", wait, most)
		}
	})
}
