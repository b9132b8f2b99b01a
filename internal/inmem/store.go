package inmem

import (
	"context"
	"errors"
	"maps"
	"sync"

	"salesforce-integration/internal/integration"
)

// Hook is called around an operation, which op names by its method ("Commit").
// An error ends the operation with it; one without a code of its own is given
// [integration.CodeUnavailable]. The store is not locked meanwhile, so a hook may
// use it, to play the part of somebody faster.
type Hook func(ctx context.Context, op string) error

// Store implements [integration.Store]. Its zero value is not ready: use [New].
// All methods may be called at the same time.
type Store struct {
	mu            sync.Mutex
	before, after Hook
	calls         map[string]int

	integrations map[string]integration.Integration
	links        map[integration.CampaignRef]integration.Link
	campaigns    map[integration.CampaignRef]integration.Campaign
	seen         map[integration.CampaignRef]integration.Seen
	deliveries   map[string]integration.Delivery
	tokens       map[string]integration.TokenRecord
	allowances   map[integration.AllowanceKey]integration.Allowance
	requests     map[string]integration.RequestRecord
}

var _ integration.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		calls:        map[string]int{},
		integrations: map[string]integration.Integration{},
		links:        map[integration.CampaignRef]integration.Link{},
		campaigns:    map[integration.CampaignRef]integration.Campaign{},
		seen:         map[integration.CampaignRef]integration.Seen{},
		deliveries:   map[string]integration.Delivery{},
		tokens:       map[string]integration.TokenRecord{},
		allowances:   map[integration.AllowanceKey]integration.Allowance{},
		requests:     map[string]integration.RequestRecord{},
	}
}

// Before sets the hook that runs ahead of each operation's effect (nil: none). A
// failure there is a store that was never reached.
func (s *Store) Before(h Hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = h
}

// After sets the hook that runs once an operation has had its effect (nil: none).
// A failure there is an answer that got lost. It does not run when the operation
// itself failed.
func (s *Store) After(h Hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = h
}

// Calls returns how often each method was called, failed calls included.
func (s *Store) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// ResetCalls starts counting anew.
func (s *Store) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.calls)
}

// run does one operation: count, hook, effect under the lock, hook.
func run[T any](ctx context.Context, s *Store, op string, effect func() (T, error)) (T, error) {
	var none T
	s.mu.Lock()
	s.calls[op]++
	before := s.before
	s.mu.Unlock()

	if err := call(ctx, before, op); err != nil {
		return none, err
	}
	s.mu.Lock()
	result, err := effect()
	after := s.after
	s.mu.Unlock()
	if err != nil {
		return none, err
	}
	if err := call(ctx, after, op); err != nil {
		return none, err
	}
	return result, nil
}

// call runs a hook and honours the context, as a store on the network would.
func call(ctx context.Context, h Hook, op string) error {
	err := ctx.Err()
	if err == nil && h != nil {
		err = h(ctx, op)
	}
	if err == nil {
		return nil
	}
	if e := (*integration.Error)(nil); errors.As(err, &e) {
		return err
	}
	return &integration.Error{Code: integration.CodeUnavailable, Message: "the store did not answer", Err: err}
}
