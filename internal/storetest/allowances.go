package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

var allowanceTests = []test{
	{"get before there is one", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		found, err := s.GetAllowances(t.Context(), []string{id(1), id(2), ""})
		if err != nil || len(found) != 0 {
			t.Errorf("found %v, %v", found, err)
		}
	}},
	{"swap counts versions", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1), id(2))
		a := integration.Allowance{IntegrationID: id(1), Used: 90, Max: 100, At: t0(), NextCallAt: t0().Add(time.Minute)}
		first, err := s.SwapAllowance(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		a.Version = 1
		wantEqual(t, "first", first, a)
		first.Used, first.NextCallAt = 0, time.Time{}
		second, err := s.SwapAllowance(t.Context(), first)
		if err != nil {
			t.Fatal(err)
		}
		first.Version = 2
		found, err := s.GetAllowances(t.Context(), []string{id(2), id(1), id(1)})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "second", second, first)
		wantEqual(t, "found", found, map[string]integration.Allowance{id(1): first})
	}},
	{"swap refuses a version that is not the stored one", func(t *testing.T, s integration.Store) {
		_, err := s.SwapAllowance(t.Context(), integration.Allowance{IntegrationID: id(1), Version: 1})
		wantCode(t, err, integration.CodeConflict)
		if _, err := s.SwapAllowance(t.Context(), integration.Allowance{IntegrationID: id(1), Used: 5}); err != nil {
			t.Fatal(err)
		}
		for _, version := range []int64{0, 2} {
			_, err := s.SwapAllowance(t.Context(), integration.Allowance{IntegrationID: id(1), Version: version})
			wantCode(t, err, integration.CodeConflict)
		}
	}},
	{"swap refuses an empty integration", func(t *testing.T, s integration.Store) {
		_, err := s.SwapAllowance(t.Context(), integration.Allowance{})
		wantInvalid(t, err, "integration_id")
	}},
	{"of concurrent swaps one wins", func(t *testing.T, s integration.Store) {
		for round := range int64(3) {
			var won atomic.Int32
			race(8, func(int) {
				_, err := s.SwapAllowance(t.Context(), integration.Allowance{IntegrationID: id(1), Version: round})
				if err == nil {
					won.Add(1)
				} else {
					wantCode(t, err, integration.CodeConflict)
				}
			})
			if won.Load() != 1 {
				t.Errorf("round %d: %d swaps won", round, won.Load())
			}
		}
	}},
	{"it goes with its integration", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		if _, err := s.SwapAllowance(t.Context(), integration.Allowance{IntegrationID: id(1), Used: 5}); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteIntegration(t.Context(), id(1), 0); err != nil {
			t.Fatal(err)
		}
		found, err := s.GetAllowances(t.Context(), []string{id(1)})
		if err != nil || len(found) != 0 {
			t.Errorf("found %v, %v", found, err)
		}
	}},
}
