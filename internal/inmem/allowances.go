package inmem

import (
	"context"

	"salesforce-integration/internal/integration"
)

// GetAllowances implements [integration.AllowanceStore].
func (s *Store) GetAllowances(ctx context.Context, keys []integration.AllowanceKey) (map[integration.AllowanceKey]integration.Allowance, error) {
	return run(ctx, s, "GetAllowances", func() (map[integration.AllowanceKey]integration.Allowance, error) {
		return pick(s.allowances, keys, func(a integration.Allowance) integration.Allowance { return a }), nil
	})
}

// SwapAllowance implements [integration.AllowanceStore]. It forgets none.
func (s *Store) SwapAllowance(ctx context.Context, a integration.Allowance) (integration.Allowance, error) {
	return run(ctx, s, "SwapAllowance", func() (integration.Allowance, error) {
		if !a.Key.Valid() {
			return a, integration.Invalidf("key", "An allowance is an org's or an integration's.")
		}
		if s.allowances[a.Key].Version != a.Version {
			return a, integration.Conflictf("The allowance was changed by somebody else meanwhile.")
		}
		a.At, a.NextCallAt, a.NextQuestionAt = a.At.UTC(), a.NextCallAt.UTC(), a.NextQuestionAt.UTC()
		a.Version++
		s.allowances[a.Key] = a
		return a, nil
	})
}
