package pushtest

import (
	"context"
	"slices"
	"sync"

	"salesforce-integration/internal/integration"
)

// Bus remembers the notices it was given. It is safe for concurrent use.
type Bus struct {
	mu      sync.Mutex
	notices []integration.Notice
}

// Notify implements push.Notifier.
func (b *Bus) Notify(_ context.Context, n integration.Notice) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notices = append(b.notices, n)
	return nil
}

// Notices returns them, oldest first.
func (b *Bus) Notices() []integration.Notice {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.notices)
}
