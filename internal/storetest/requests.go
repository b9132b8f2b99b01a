package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

func newRequest() integration.RequestRecord {
	return integration.RequestRecord{
		ID: "request-1", Fingerprint: []byte("print"), State: integration.RequestRunning, EffectID: id(1),
		LeaseUntil: t0().Add(time.Minute), ExpiresAt: t0().Add(time.Hour).Truncate(time.Second),
	}
}

func mustSwapRequest(t *testing.T, s integration.Store, r integration.RequestRecord) integration.RequestRecord {
	t.Helper()
	stored, swapped, err := s.SwapRequest(t.Context(), r)
	if err != nil || !swapped {
		t.Fatalf("SwapRequest: swapped %t, %v", swapped, err)
	}
	r.Version++
	wantEqual(t, "stored", stored, r)
	return stored
}

var requestTests = []test{
	{"swap counts versions", func(t *testing.T, s integration.Store) {
		r := mustSwapRequest(t, s, newRequest())
		r.State, r.Sealed, r.LeaseUntil = integration.RequestAnswered, integration.Sealed("answer"), time.Time{}
		mustSwapRequest(t, s, r)
	}},
	{"get reads what is stored", func(t *testing.T, s integration.Store) {
		for _, missing := range []string{"request-1", ""} {
			_, err := s.GetRequest(t.Context(), missing)
			wantCode(t, err, integration.CodeNotFound)
		}
		r := mustSwapRequest(t, s, newRequest())
		got, err := s.GetRequest(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "read", got, r)
		got.Fingerprint[0] = 'X'
		if again, err := s.GetRequest(t.Context(), r.ID); err != nil || string(again.Fingerprint) != "print" {
			t.Errorf("the stored one changed with what was read: %q, %v", again.Fingerprint, err)
		}
	}},
	{"who is too late is shown what is stored", func(t *testing.T, s integration.Store) {
		stored := mustSwapRequest(t, s, newRequest())
		late := newRequest()
		late.Fingerprint, late.EffectID = []byte("another"), id(2)
		for _, version := range []int64{0, 2, 17} {
			late.Version = version
			got, swapped, err := s.SwapRequest(t.Context(), late)
			if err != nil || swapped {
				t.Fatalf("version %d: swapped %t, %v", version, swapped, err)
			}
			wantEqual(t, "shown", got, stored)
		}
	}},
	{"of nothing there is nothing to see", func(t *testing.T, s integration.Store) {
		r := newRequest()
		r.Version = 3
		got, swapped, err := s.SwapRequest(t.Context(), r)
		if err != nil || swapped {
			t.Fatalf("swapped %t, %v", swapped, err)
		}
		wantEqual(t, "shown", got, integration.RequestRecord{})
	}},
	{"of concurrent swaps one wins", func(t *testing.T, s integration.Store) {
		for round := range int64(3) {
			var won atomic.Int32
			race(8, func(int) {
				r := newRequest()
				r.Version = round
				_, swapped, err := s.SwapRequest(t.Context(), r)
				if err != nil {
					t.Error(err)
				}
				if swapped {
					won.Add(1)
				}
			})
			if won.Load() != 1 {
				t.Errorf("round %d: %d swaps won", round, won.Load())
			}
		}
	}},
	{"swap refuses an empty id", func(t *testing.T, s integration.Store) {
		_, _, err := s.SwapRequest(t.Context(), integration.RequestRecord{})
		wantInvalid(t, err, "id")
	}},
	{"a value handed in or out is a copy", func(t *testing.T, s integration.Store) {
		in := newRequest()
		in.Sealed = integration.Sealed("answer")
		out := mustSwapRequest(t, s, in)
		in.Sealed[0], out.Sealed[1], out.Fingerprint[0] = 'X', 'X', 'X'
		got, _, err := s.SwapRequest(t.Context(), newRequest())
		if err != nil || string(got.Sealed) != "answer" || string(got.Fingerprint) != "print" {
			t.Errorf("stored %q, %q, %v", got.Sealed, got.Fingerprint, err)
		}
	}},
	{"every field is kept", func(t *testing.T, s integration.Store) {
		var r integration.RequestRecord
		Fill(t, &r)
		r.Version = 0
		r.ExpiresAt = r.ExpiresAt.Truncate(time.Second)
		stored := mustSwapRequest(t, s, r)
		got, _, err := s.SwapRequest(t.Context(), newRequestOf(r.ID))
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "read", got, stored)
	}},
}

func newRequestOf(id string) integration.RequestRecord {
	r := newRequest()
	r.ID = id
	return r
}
