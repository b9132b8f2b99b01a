package inmem

import (
	"context"
	"maps"
	"slices"
	"time"

	"salesforce-integration/internal/integration"
)

type swappedRequest struct {
	stored  integration.RequestRecord
	swapped bool
}

// SwapRequest implements [integration.RequestStore].
func (s *Store) SwapRequest(ctx context.Context, r integration.RequestRecord) (integration.RequestRecord, bool, error) {
	result, err := run(ctx, s, "SwapRequest", func() (swappedRequest, error) {
		if r.ID == "" {
			return swappedRequest{}, integration.Invalidf("id", "A request needs an id.")
		}
		stored := s.requests[r.ID]
		if stored.Version != r.Version {
			return swappedRequest{stored: cloneRequest(stored)}, nil
		}
		r = cloneRequest(r)
		r.Version++
		s.requests[r.ID] = r
		return swappedRequest{cloneRequest(r), true}, nil
	})
	return result.stored, result.swapped, err
}

func cloneRequest(r integration.RequestRecord) integration.RequestRecord {
	r.Fingerprint, r.Sealed = copied(r.Fingerprint), copied(r.Sealed)
	r.LeaseUntil = utc(r.LeaseUntil)
	r.ExpiresAt = utc(r.ExpiresAt).Truncate(time.Second)
	return r
}

// GetRequest implements [integration.RequestStore].
func (s *Store) GetRequest(ctx context.Context, id string) (integration.RequestRecord, error) {
	return run(ctx, s, "GetRequest", func() (integration.RequestRecord, error) {
		r, ok := s.requests[id]
		if !ok {
			return r, integration.NotFoundf("There is no request %s.", id)
		}
		return cloneRequest(r), nil
	})
}

// RequestIDs lists the requests that are kept, in no order.
func (s *Store) RequestIDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.requests))
}
