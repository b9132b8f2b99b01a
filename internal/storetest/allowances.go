package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

const org = "00Dxx0000001gEREAY"

// of is the allowance of an integration whose org is not known.
func of(n int) integration.AllowanceKey { return integration.AllowanceKey{IntegrationID: id(n)} }

var allowanceTests = []test{
	{"get before there is one", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		found, err := s.GetAllowances(t.Context(), []integration.AllowanceKey{of(1), of(2), {}, {OrgID: org}})
		if err != nil || len(found) != 0 {
			t.Errorf("found %v, %v", found, err)
		}
	}},
	{"swap counts versions", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1), id(2))
		a := integration.Allowance{Key: of(1), Used: 90, Max: 100, At: t0(), NextCallAt: t0().Add(time.Minute), NextQuestionAt: t0().Add(2 * time.Minute)}
		first, err := s.SwapAllowance(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		a.Version = 1
		wantEqual(t, "first", first, a)
		first.Used, first.NextCallAt, first.NextQuestionAt = 0, time.Time{}, time.Time{}
		second, err := s.SwapAllowance(t.Context(), first)
		if err != nil {
			t.Fatal(err)
		}
		first.Version = 2
		found, err := s.GetAllowances(t.Context(), []integration.AllowanceKey{of(2), of(1), of(1)})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "second", second, first)
		wantEqual(t, "found", found, map[integration.AllowanceKey]integration.Allowance{of(1): first})
	}},
	{"swap refuses a version that is not the stored one", func(t *testing.T, s integration.Store) {
		_, err := s.SwapAllowance(t.Context(), integration.Allowance{Key: of(1), Version: 1})
		wantCode(t, err, integration.CodeConflict)
		if _, err := s.SwapAllowance(t.Context(), integration.Allowance{Key: of(1), Used: 5}); err != nil {
			t.Fatal(err)
		}
		for _, version := range []int64{0, 2} {
			_, err := s.SwapAllowance(t.Context(), integration.Allowance{Key: of(1), Version: version})
			wantCode(t, err, integration.CodeConflict)
		}
	}},
	{"swap refuses what is of nobody, and of two", func(t *testing.T, s integration.Store) {
		for _, k := range []integration.AllowanceKey{{}, {OrgID: org, IntegrationID: id(1)}} {
			_, err := s.SwapAllowance(t.Context(), integration.Allowance{Key: k, At: t0()})
			wantInvalid(t, err, "key")
		}
		found, err := s.GetAllowances(t.Context(), []integration.AllowanceKey{{}, {OrgID: org, IntegrationID: id(1)}, {OrgID: org}, of(1)})
		if err != nil || len(found) != 0 {
			t.Errorf("found %v, %v", found, err)
		}
	}},
	{"an org's is another than an integration's, and stays when that goes", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		kept := integration.Allowance{Key: integration.AllowanceKey{OrgID: org}, Used: 90, Max: 100, At: t0(), NextCallAt: t0().Add(time.Minute)}
		for _, a := range []integration.Allowance{kept, {Key: of(1), Used: 5, At: t0()}} {
			if _, err := s.SwapAllowance(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.DeleteIntegration(t.Context(), id(1), 0); err != nil {
			t.Fatal(err)
		}
		found, err := s.GetAllowances(t.Context(), []integration.AllowanceKey{of(1), kept.Key})
		if err != nil {
			t.Fatal(err)
		}
		kept.Version = 1
		wantEqual(t, "found", found, map[integration.AllowanceKey]integration.Allowance{kept.Key: kept})
	}},
	{"of concurrent swaps one wins", func(t *testing.T, s integration.Store) {
		for round := range int64(3) {
			var won atomic.Int32
			race(8, func(int) {
				_, err := s.SwapAllowance(t.Context(), integration.Allowance{Key: of(1), Version: round})
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
		if _, err := s.SwapAllowance(t.Context(), integration.Allowance{Key: of(1), Used: 5}); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteIntegration(t.Context(), id(1), 0); err != nil {
			t.Fatal(err)
		}
		found, err := s.GetAllowances(t.Context(), []integration.AllowanceKey{of(1)})
		if err != nil || len(found) != 0 {
			t.Errorf("found %v, %v", found, err)
		}
	}},
}
