package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

var tokenTests = []test{
	{"get before there is one", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		for _, unknown := range []string{id(1), id(2), ""} {
			_, err := s.GetToken(t.Context(), unknown)
			wantCode(t, err, integration.CodeNotFound)
		}
	}},
	{"swap counts versions", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1), id(2))
		lease := integration.TokenRecord{IntegrationID: id(1), LeaseUntil: t0().Add(time.Minute)}
		first, err := s.SwapToken(t.Context(), lease)
		if err != nil {
			t.Fatal(err)
		}
		lease.Version = 1
		wantEqual(t, "lease", first, lease)
		first.Sealed, first.ObtainedAt, first.LeaseUntil, first.Generation = integration.Sealed("token"), t0(), time.Time{}, 1
		second, err := s.SwapToken(t.Context(), first)
		if err != nil {
			t.Fatal(err)
		}
		first.Version = 2
		wantEqual(t, "token", second, first)
		read, err := s.GetToken(t.Context(), id(1))
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "read", read, second)
		_, err = s.GetToken(t.Context(), id(2))
		wantCode(t, err, integration.CodeNotFound)
	}},
	{"a token may be forgotten in a whole second, or never", func(t *testing.T, s integration.Store) {
		in := integration.TokenRecord{IntegrationID: id(1), ExpiresAt: t0().Add(time.Hour + 900*time.Millisecond)}
		first, err := s.SwapToken(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		in.Version, in.ExpiresAt = 1, t0().Add(time.Hour+900*time.Millisecond).Truncate(time.Second)
		wantEqual(t, "first", first, in)
		first.ExpiresAt = time.Time{}
		if _, err := s.SwapToken(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		read, err := s.GetToken(t.Context(), id(1))
		if err != nil || !read.ExpiresAt.IsZero() {
			t.Errorf("it expires %s, %v", read.ExpiresAt, err)
		}
	}},
	{"swap refuses a version that is not the stored one", func(t *testing.T, s integration.Store) {
		for _, version := range []int64{1, 2} {
			_, err := s.SwapToken(t.Context(), integration.TokenRecord{IntegrationID: id(1), Version: version})
			wantCode(t, err, integration.CodeConflict)
		}
		if _, err := s.SwapToken(t.Context(), integration.TokenRecord{IntegrationID: id(1), Generation: 5}); err != nil {
			t.Fatal(err)
		}
		for _, version := range []int64{0, 2} {
			_, err := s.SwapToken(t.Context(), integration.TokenRecord{IntegrationID: id(1), Version: version})
			wantCode(t, err, integration.CodeConflict)
		}
		read, err := s.GetToken(t.Context(), id(1))
		if err != nil || read.Generation != 5 || read.Version != 1 {
			t.Errorf("read %+v, %v", read, err)
		}
	}},
	{"swap refuses an empty integration", func(t *testing.T, s integration.Store) {
		_, err := s.SwapToken(t.Context(), integration.TokenRecord{})
		wantInvalid(t, err, "integration_id")
	}},
	{"of concurrent swaps one wins", func(t *testing.T, s integration.Store) {
		for round := range int64(3) {
			var won atomic.Int32
			race(8, func(int) {
				_, err := s.SwapToken(t.Context(), integration.TokenRecord{IntegrationID: id(1), Version: round})
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
	{"a value handed in or out is a copy", func(t *testing.T, s integration.Store) {
		in := integration.TokenRecord{IntegrationID: id(1), Sealed: integration.Sealed("token")}
		out, err := s.SwapToken(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		in.Sealed[0], out.Sealed[1] = 'X', 'X'
		read, err := s.GetToken(t.Context(), id(1))
		if err != nil || string(read.Sealed) != "token" {
			t.Errorf("read %q, %v", read.Sealed, err)
		}
	}},
}
