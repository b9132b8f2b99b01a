package integration

import (
	"context"
	"time"
)

// RequestRetention is how long a request's key is remembered, and so how long a
// repetition gets the first one's answer.
const RequestRetention = 24 * time.Hour

// RequestState says how far a request with a key got.
type RequestState string

// The states of a [RequestRecord].
const (
	// RequestRunning: somebody is at it until LeaseUntil. Later, he is taken for
	// dead, and the next one goes on in his place.
	RequestRunning RequestState = "running"
	// RequestUnsettled: it failed half-way, perhaps after its effect. The same
	// request goes on with it.
	RequestUnsettled RequestState = "unsettled"
	// RequestRefused: it had no effect, and its key is free for any request.
	RequestRefused RequestState = "refused"
	// RequestAnswered: Sealed holds its answer.
	RequestAnswered RequestState = "answered"
	// RequestUndone: what some request made was replaced or deleted, or is about to
	// be. The record is of that effect, not of a request.
	RequestUndone RequestState = "undone"
)

// RequestRecord remembers a request that its caller gave a key, so that its
// repetition has no second effect.
type RequestRecord struct {
	// ID is derived from the key and who sent it.
	ID string
	// Fingerprint tells one request from another, and cannot be told from guesses at
	// the request by somebody who does not know the key.
	Fingerprint []byte
	State       RequestState
	// EffectID is the id of what the request creates, chosen before it is created:
	// so whoever goes on finds what was created already.
	EffectID string
	// Sealed holds the answer, sealed for [PurposeAnswer] under ID: a creation's
	// answer shows a secret.
	Sealed     Sealed
	LeaseUntil time.Time
	// ExpiresAt is when the record may be forgotten, in whole seconds. What is still
	// there after it counts for nothing.
	ExpiresAt time.Time
	// Version is the compare-and-swap counter; 0 is a record not stored yet.
	Version int64
}

// RequestStore keeps requests that carry a key.
type RequestStore interface {
	// GetRequest: CodeNotFound.
	GetRequest(ctx context.Context, id string) (RequestRecord, error)
	// SwapRequest stores the record if its Version is still the stored one, and
	// returns it as stored. Otherwise swapped is false, and stored is what is there
	// instead (the zero record: nothing is). CodeInvalid with field "id": it is empty.
	SwapRequest(ctx context.Context, r RequestRecord) (stored RequestRecord, swapped bool, err error)
}
