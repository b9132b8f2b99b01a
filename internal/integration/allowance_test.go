package integration_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
)

const reserve = 20

// minute is a time in minutes, of a clock that shows the allowances' tests.
func minute(n int) time.Time { return time.Date(2026, 3, 2, 10, n, 0, 0, time.UTC) }

func TestAllowanceLearn(t *testing.T) {
	low := integration.Allowance{Used: 90, Max: 100, At: minute(10), NextCallAt: minute(15), NextQuestionAt: minute(25)}
	for _, tt := range []struct {
		name   string
		before integration.Allowance
		said   integration.Usage
		want   integration.Allowance
		news   bool
	}{
		{"enough of an org that said nothing yet", integration.Allowance{}, integration.Usage{Used: 5, Max: 100, At: minute(1)},
			integration.Allowance{Used: 5, Max: 100, At: minute(1)}, false},
		{"little, for the first time", integration.Allowance{}, integration.Usage{Used: 81, Max: 100, At: minute(1)},
			integration.Allowance{Used: 81, Max: 100, At: minute(1)}, true},
		{"still little: what waits goes on waiting, and no longer than before", low, integration.Usage{Used: 91, Max: 100, At: minute(11)},
			integration.Allowance{Used: 91, Max: 100, At: minute(11), NextCallAt: minute(15), NextQuestionAt: minute(25)}, true},
		{"enough again: nobody waits", low, integration.Usage{Used: 5, Max: 100, At: minute(11)},
			integration.Allowance{Used: 5, Max: 100, At: minute(11)}, true},
		{"a word at the same moment counts", low, integration.Usage{Used: 5, Max: 100, At: minute(10)},
			integration.Allowance{Used: 5, Max: 100, At: minute(10)}, true},
		{"an older word says nothing", low, integration.Usage{Used: 5, Max: 100, At: minute(9)}, low, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, news := tt.before.Learn(tt.said, reserve)
			if diff := cmp.Diff(tt.want, got); diff != "" || news != tt.news {
				t.Errorf("news %t (-want +got):\n%s", news, diff)
			}
		})
	}
}

// TestAllowanceTimes: what each kind of call waits for, by who called last.
func TestAllowanceTimes(t *testing.T) {
	for _, tt := range []struct {
		name                       string
		of                         integration.Allowance
		statuses, notes, questions time.Time
	}{
		{"heard of", integration.Allowance{At: minute(0)}, time.Time{}, minute(15), minute(15)},
		{"push called", integration.Allowance{At: minute(0)}.Called(minute(0)), minute(5), minute(15), minute(15)},
		{"push calls now, long after the last word", integration.Allowance{At: minute(0)}.Called(minute(30)), minute(35), minute(35), minute(35)},
		{"push called, and an older call ends", integration.Allowance{At: minute(0)}.Called(minute(30)).Called(minute(29)), minute(35), minute(35), minute(35)},
		{"a person asks now", integration.Allowance{At: minute(0)}.Asked(minute(30)), time.Time{}, minute(15), minute(45)},
		{"a person asks while statuses wait", integration.Allowance{At: minute(0), NextCallAt: minute(32)}.Asked(minute(30)), minute(32), minute(32), minute(45)},
		{"push calls after a person asked", integration.Allowance{At: minute(0)}.Asked(minute(30)).Called(minute(42)), minute(47), minute(47), minute(47)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := []time.Time{tt.of.StatusesAt(), tt.of.NotesAt(), tt.of.QuestionsAt()}
			if diff := cmp.Diff([]time.Time{tt.statuses, tt.notes, tt.questions}, got); diff != "" {
				t.Errorf("statuses, notes, questions (-want +got):\n%s", diff)
			}
		})
	}
}
