package salesforce_test

import (
	"errors"
	"testing"
	"time"

	"salesforce-integration/internal/salesforce"
)

func TestMemoryTokenStore(t *testing.T) {
	ctx := t.Context()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	store := salesforce.NewMemoryTokenStore()
	acquire := func(generation int64, now time.Time) bool {
		t.Helper()
		won, err := store.AcquireLease(ctx, "a", salesforce.Lease{Generation: generation, Now: now, Until: now.Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		return won
	}
	if _, err := store.Load(ctx, "a"); !errors.Is(err, salesforce.ErrNoToken) {
		t.Errorf("Load of nothing: %v", err)
	}
	if acquire(1, now) {
		t.Error("a lease for a generation that is not there")
	}
	if !acquire(0, now) {
		t.Error("the first lease was refused")
	}
	if st, err := store.Load(ctx, "a"); err != nil || st.Generation != 0 || !st.LeaseUntil.Equal(now.Add(time.Minute)) {
		t.Errorf("Load with only a lease: %+v, %v", st, err)
	}
	if acquire(0, now.Add(59*time.Second)) {
		t.Error("two leases at once")
	}
	if !acquire(0, now.Add(time.Minute)) {
		t.Error("a lease that ended is not free")
	}
	if err := store.Save(ctx, "a", salesforce.StoredToken{Generation: 2}); !errors.Is(err, salesforce.ErrTokenMoved) {
		t.Errorf("Save of the wrong generation: %v", err)
	}
	failed := salesforce.StoredToken{Generation: 1, Failure: &salesforce.Error{Code: "invalid_client"}, LeaseUntil: now.Add(time.Hour)}
	if err := store.Save(ctx, "a", failed); err != nil {
		t.Fatal(err)
	}
	if err := store.Save(ctx, "a", failed); !errors.Is(err, salesforce.ErrTokenMoved) {
		t.Errorf("Save of the same generation again: %v", err)
	}
	st, err := store.Load(ctx, "a")
	if err != nil || st.Generation != 1 || st.Failure == nil || st.Failure.Code != "invalid_client" || !st.LeaseUntil.IsZero() {
		t.Errorf("Load: %+v, %v", st, err)
	}
	if !acquire(1, now) {
		t.Error("Save did not end the lease")
	}
	if _, err := store.Load(ctx, "b"); !errors.Is(err, salesforce.ErrNoToken) {
		t.Errorf("another key: %v", err)
	}
}
