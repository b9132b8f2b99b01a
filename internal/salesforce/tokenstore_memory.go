package salesforce

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// MemoryTokenStore is a [TokenStore] within one process: for tests, and for a
// program that runs alone.
type MemoryTokenStore struct {
	mu   sync.Mutex
	rows map[string]StoredToken
}

// NewMemoryTokenStore returns an empty store.
func NewMemoryTokenStore() *MemoryTokenStore {
	return &MemoryTokenStore{rows: make(map[string]StoredToken)}
}

// Load implements [TokenStore].
func (m *MemoryTokenStore) Load(ctx context.Context, key string) (StoredToken, error) {
	if err := ctx.Err(); err != nil {
		return StoredToken{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	st, ok := m.rows[key]
	if !ok {
		return StoredToken{}, fmt.Errorf("%w under this key", ErrNoToken)
	}
	return st, nil
}

// AcquireLease implements [TokenStore].
func (m *MemoryTokenStore) AcquireLease(ctx context.Context, key string, lease Lease) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	st := m.rows[key]
	if st.Generation != lease.Generation || st.LeaseUntil.After(lease.Now) {
		return false, nil
	}
	st.LeaseUntil = lease.Until
	m.rows[key] = st
	return true, nil
}

// Save implements [TokenStore].
func (m *MemoryTokenStore) Save(ctx context.Context, key string, next StoredToken) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows[key].Generation != next.Generation-1 {
		return ErrTokenMoved
	}
	if next.Failure != nil {
		kept := *next.Failure
		kept.Err = nil // what a real store could not keep either
		next.Failure = &kept
	}
	next.LeaseUntil = time.Time{}
	m.rows[key] = next
	return nil
}
