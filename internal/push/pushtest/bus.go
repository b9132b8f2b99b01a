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
	fail    error
}

// Fail makes every Notify that follows return this error; nil ends it.
func (b *Bus) Fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = err
}

// Notify implements push.Notifier.
func (b *Bus) Notify(_ context.Context, n integration.Notice) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	b.notices = append(b.notices, n)
	return nil
}

// Notices returns them, oldest first.
func (b *Bus) Notices() []integration.Notice {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.notices)
}
