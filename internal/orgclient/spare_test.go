package orgclient_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/salesforce/localorg"
)

const reserve = 20

// scarce is a field whose org has little left, as all functions know since at.
type scarce struct {
	*field
	now  time.Time
	logs bytes.Buffer
	key  integration.AllowanceKey
}

func newScarce(t *testing.T, known integration.Allowance) *scarce {
	t.Helper()
	s := &scarce{field: newField(t), now: time.Now().UTC().Truncate(time.Millisecond)}
	if err := s.org.UpdateSettings(func(o *localorg.Settings) { o.DailyAPIRequests = 100 }); err != nil {
		t.Fatal(err)
	}
	s.org.SetAPIUsage(90)
	s.key = s.integration.AllowanceKey()
	known.Key = s.key
	if _, err := s.store.SwapAllowance(t.Context(), known); err != nil {
		t.Fatal(err)
	}
	s.dialer = orgclient.New(orgclient.Config{Tokens: s.store, Vault: s.vault, Allowed: s.allowed, HTTPClient: s.client, Now: func() time.Time { return s.now },
		Allowances: s.store, ReservePercent: reserve, Log: slog.New(slog.NewTextHandler(&s.logs, nil))})
	return s
}

func (s *scarce) stored() integration.Allowance {
	s.tb.Helper()
	known, err := s.store.GetAllowances(s.tb.Context(), []integration.AllowanceKey{s.key})
	if err != nil {
		s.tb.Fatal(err)
	}
	return known[s.key]
}

// refused is the wait that a person's question is told; 0: it may be asked.
func (s *scarce) refused() time.Duration {
	s.tb.Helper()
	_, err := s.dialer.Spare(s.tb.Context(), s.integration)
	if err == nil {
		return 0
	}
	e, ok := errors.AsType[*integration.Error](err)
	if !ok || e.Code != integration.CodeOrgAway {
		s.tb.Fatal(err)
	}
	return e.RetryAfter
}

// TestAQuestionKeepsNoStatusWaiting: neither before it is asked, nor by its answer.
func TestAQuestionKeepsNoStatusWaiting(t *testing.T) {
	for name, next := range map[string]time.Duration{"none waits": -time.Hour, "some waited until a moment ago": -time.Second} {
		t.Run(name, func(t *testing.T) {
			at := time.Now()
			s := newScarce(t, integration.Allowance{Used: 90, Max: 100, At: at.Add(-time.Hour), NextCallAt: at.Add(next)})
			before := s.stored().NextCallAt
			if wait := s.refused(); wait != 0 {
				t.Fatalf("the question is refused for %s", wait)
			}
			asked := s.stored()
			if !asked.StatusesAt().Equal(before) {
				t.Errorf("asking moved the time of the next statuses from %s to %s", before, asked.StatusesAt())
			}
			if want := s.now.Add(integration.AllowanceGoodFor); !asked.QuestionsAt().Equal(want) {
				t.Errorf("the next question at %s, want %s", asked.QuestionsAt(), want)
			}
			if wait := s.refused(); wait != integration.AllowanceGoodFor {
				t.Errorf("a second question at the same time waits for %s", wait)
			}
			s.now = s.now.Add(integration.AllowanceGoodFor)
			if _, err := s.dialer.SearchCampaigns(t.Context(), s.integration, "checkout", 5); err != nil {
				t.Fatal(err)
			}
			heard := s.stored()
			if !heard.At.After(asked.At) || !heard.Low(reserve) {
				t.Errorf("the answer is not shared: %+v", heard)
			}
			if !heard.StatusesAt().Equal(before) {
				t.Errorf("the answer moved the time of the next statuses from %s to %s", before, heard.StatusesAt())
			}
		})
	}
}

func TestAQuestionWaits(t *testing.T) {
	at := time.Now().UTC().Truncate(time.Millisecond)
	for _, tt := range []struct {
		name  string
		known integration.Allowance
		want  time.Duration
	}{
		{"for what was heard to be old", integration.Allowance{Used: 90, Max: 100, At: at.Add(-time.Minute)}, 14 * time.Minute},
		{"while push is calling", integration.Allowance{Used: 90, Max: 100, At: at.Add(-time.Hour), NextCallAt: at.Add(4 * time.Minute)}, 4 * time.Minute},
		{"for the one before", integration.Allowance{Used: 90, Max: 100, At: at.Add(-time.Hour), NextQuestionAt: at.Add(3 * time.Minute)}, 3 * time.Minute},
		{"not with enough left", integration.Allowance{Used: 9, Max: 100, At: at, NextCallAt: at.Add(time.Minute)}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScarce(t, tt.known)
			s.now = at
			if got := s.refused(); got != tt.want {
				t.Errorf("it waits for %s, want %s", got, tt.want)
			}
		})
	}
}

// TestOfTwoQuestionsOneIsAsked: both have read that it is time before either is asked.
func TestOfTwoQuestionsOneIsAsked(t *testing.T) {
	s := newScarce(t, integration.Allowance{Used: 90, Max: 100, At: time.Now().Add(-time.Hour)})
	s.before("SwapAllowance", 1, func() {
		if wait := s.refused(); wait != 0 {
			t.Errorf("the first is refused for %s", wait)
		}
	})
	if wait := s.refused(); wait != integration.AllowanceGoodFor {
		t.Errorf("the second waits for %s", wait)
	}
}

func TestWithEnoughLeftAgainNobodyWaits(t *testing.T) {
	at := time.Now()
	s := newScarce(t, integration.Allowance{Used: 90, Max: 100, At: at.Add(-time.Hour)})
	s.org.SetAPIUsage(5)
	if _, err := s.dialer.SearchCampaigns(t.Context(), s.integration, "checkout", 5); err != nil {
		t.Fatal(err)
	}
	got := s.stored()
	want := integration.Allowance{Key: s.key, Used: got.Used, Max: 100, At: got.At, Version: 3}
	if diff := cmp.Diff(want, got); diff != "" || got.Low(reserve) {
		t.Errorf("shared (-want +got):\n%s", diff)
	}
}

// TestAWordThatCannotBeShared is seen in the log; that somebody was faster is no news.
func TestAWordThatCannotBeShared(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		logged bool
	}{
		"the store is away":   {errors.New("the table is away"), true},
		"somebody was faster": {integration.Conflictf("somebody was faster"), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScarce(t, integration.Allowance{Used: 90, Max: 100, At: time.Now().Add(-time.Hour)})
			swaps := 0
			s.store.Before(func(_ context.Context, op string) error {
				if op == "SwapAllowance" {
					if swaps++; swaps == 2 {
						return tt.err
					}
				}
				return nil
			})
			if _, err := s.dialer.SearchCampaigns(t.Context(), s.integration, "checkout", 5); err != nil {
				t.Fatalf("the person gets no answer: %v", err)
			}
			if got := strings.Contains(s.logs.String(), "not shared"); got != tt.logged || swaps != 2 {
				t.Errorf("%d swaps, and the log: %s", swaps, &s.logs)
			}
		})
	}
}
