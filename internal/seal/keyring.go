package seal

import (
	"context"
	"slices"
	"sync"
	"time"

	"salesforce-integration/internal/integration"
)

// keyring keeps plain data keys for a while. Whoever wants a key that is on its
// way waits for it, so that many at once cost one call.
type keyring struct {
	ttl     time.Duration
	timeout time.Duration
	max     int
	now     func() time.Time

	mu      sync.Mutex
	entries map[slot]*entry
	order   []*entry // oldest first; all live equally long, so they end in this order too
}

// slot is where a key lies: under its wrapped form to open with, under no wrapped
// form the one to seal with. The binding is part of it, so that no blob opens from
// memory for a binding that KMS would refuse.
type slot struct {
	binding binding
	wrapped string
}

// entry is a key, or one on its way. It may only be read between acquire and
// release, and is overwritten when it is dropped and nobody reads it any more.
type entry struct {
	slot    slot
	expires time.Time
	ready   chan struct{} // closed once err, plain and wrapped are set
	err     error
	plain   [keySize]byte
	wrapped []byte

	// These are guarded by keyring.mu.
	users   int
	seals   int
	dropped bool
}

// acquire returns the key of a slot and fetches it if it is not there. The fetch
// belongs to all who wait for it, so it outlives the context that began it.
func (r *keyring) acquire(ctx context.Context, s slot, fetch func(context.Context) (dataKey, error)) (*entry, error) {
	if ctx.Err() != nil {
		return nil, tooLate(ctx)
	}
	r.mu.Lock()
	r.dropExpired()
	e, ok := r.entries[s]
	if !ok {
		e = r.add(s)
		e.users++ // the fetch
		go r.fill(context.WithoutCancel(ctx), e, fetch)
	}
	e.users++
	r.mu.Unlock()

	var err error
	select {
	case <-e.ready:
		err = e.err
	case <-ctx.Done():
		err = tooLate(ctx)
	}
	if err != nil {
		r.release(e)
		return nil, err
	}
	return e, nil
}

func tooLate(ctx context.Context) error {
	return fail(integration.CodeUnavailable, "The key service did not answer in time. Please try again.", ctx.Err())
}

// acquireForSeal returns the key that a binding seals with at the moment, for at
// most limit seals.
func (r *keyring) acquireForSeal(ctx context.Context, b binding, limit int, fetch func(context.Context) (dataKey, error)) (*entry, error) {
	for {
		e, err := r.acquire(ctx, slot{binding: b}, fetch)
		if err != nil {
			return nil, err
		}
		r.mu.Lock()
		if e.seals < limit {
			e.seals++
			r.mu.Unlock()
			return e, nil
		}
		r.drop(e)
		r.mu.Unlock()
		r.release(e)
	}
}

// fill fetches a key and hands it to whoever waits. A failure is theirs and is not
// remembered.
func (r *keyring) fill(ctx context.Context, e *entry, fetch func(context.Context) (dataKey, error)) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	k, err := fetch(ctx)

	r.mu.Lock()
	e.err = err
	if err != nil {
		r.drop(e)
	} else {
		copy(e.plain[:], k.plain)
		e.wrapped = k.wrapped
		if e.slot.wrapped == "" {
			r.addToOpen(e)
		}
	}
	clear(k.plain)
	// Before the others go on: whichever of them is the last to release it overwrites it.
	e.end()
	r.mu.Unlock()
	close(e.ready)
}

// addToOpen lets what a new key seals be opened without asking KMS.
func (r *keyring) addToOpen(sealing *entry) {
	s := slot{sealing.slot.binding, string(sealing.wrapped)}
	if _, ok := r.entries[s]; ok {
		return
	}
	e := r.add(s)
	e.plain, e.wrapped = sealing.plain, sealing.wrapped
	close(e.ready)
}

// release ends the use of an entry.
func (r *keyring) release(e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.end()
}

// end is the end of one use. The caller holds the lock.
func (e *entry) end() {
	e.users--
	e.wipe()
}

// add makes room for a new entry and puts it in. The caller holds the lock.
func (r *keyring) add(s slot) *entry {
	for len(r.order) >= r.max {
		r.drop(r.order[0])
	}
	e := &entry{slot: s, expires: r.now().Add(r.ttl), ready: make(chan struct{})}
	r.entries[s] = e
	r.order = append(r.order, e)
	return e
}

// dropExpired drops what is too old. The caller holds the lock.
func (r *keyring) dropExpired() {
	now := r.now()
	for len(r.order) > 0 && !now.Before(r.order[0].expires) {
		r.drop(r.order[0])
	}
}

// drop takes an entry out; users finish with it. The caller holds the lock.
func (r *keyring) drop(e *entry) {
	if e.dropped {
		return
	}
	e.dropped = true
	delete(r.entries, e.slot)
	n := slices.Index(r.order, e)
	r.order = slices.Delete(r.order, n, n+1)
	e.wipe()
}

// wipe overwrites a key that is out and not in use. The caller holds the lock.
func (e *entry) wipe() {
	if e.dropped && e.users == 0 {
		clear(e.plain[:])
	}
}
