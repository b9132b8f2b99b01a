package dynamo

import (
	"context"

	"salesforce-integration/internal/integration"
)

// GetRequest implements [integration.RequestStore].
func (s *Store) GetRequest(ctx context.Context, id string) (integration.RequestRecord, error) {
	none := integration.NotFoundf("There is no request %.64q.", id)
	if !usable(id) {
		return integration.RequestRecord{}, none
	}
	it, err := s.getItem(ctx, requestKey(id))
	if err != nil {
		return integration.RequestRecord{}, err
	}
	if it == nil {
		return integration.RequestRecord{}, none
	}
	return readRequest(it)
}

// SwapRequest implements [integration.RequestStore].
func (s *Store) SwapRequest(ctx context.Context, r integration.RequestRecord) (integration.RequestRecord, bool, error) {
	if !usable(r.ID) {
		return integration.RequestRecord{}, false, integration.Invalidf("id", "A request needs an id.")
	}
	r.Version++
	current, swapped, err := s.put(ctx, row{requestItem(r)})
	if err != nil || current == nil {
		return integration.RequestRecord{}, false, err
	}
	stored, err := readRequest(current)
	return stored, swapped && err == nil, err
}

func requestItem(r integration.RequestRecord) item {
	it := requestKey(r.ID).item()
	it.putString("id", r.ID)
	it.putBytes("fingerprint", r.Fingerprint)
	it.putString("state", string(r.State))
	it.putString("effect_id", r.EffectID)
	it.putBytes("sealed", r.Sealed)
	it.putTime("lease_until", r.LeaseUntil)
	it.putTTL(r.ExpiresAt)
	it.putInt(attrVersion, r.Version)
	return it
}

func readRequest(it item) (integration.RequestRecord, error) {
	r := reader{item: it}
	q := integration.RequestRecord{
		ID:          r.string("id"),
		Fingerprint: r.bytes("fingerprint"),
		State:       integration.RequestState(r.string("state")),
		EffectID:    r.string("effect_id"),
		Sealed:      r.bytes("sealed"),
		LeaseUntil:  r.time("lease_until"),
		ExpiresAt:   r.epoch(attrTTL),
		Version:     r.int(attrVersion),
	}
	return q, r.err
}
