package inmem

import (
	"context"

	"salesforce-integration/internal/integration"
)

// GetAllowances implements [integration.AllowanceStore].
func (s *Store) GetAllowances(ctx context.Context, integrationIDs []string) (map[string]integration.Allowance, error) {
	return run(ctx, s, "GetAllowances", func() (map[string]integration.Allowance, error) {
		found := map[string]integration.Allowance{}
		for _, id := range integrationIDs {
			if a, ok := s.allowances[id]; ok {
				found[id] = a
			}
		}
		return found, nil
	})
}

// SwapAllowance implements [integration.AllowanceStore].
func (s *Store) SwapAllowance(ctx context.Context, a integration.Allowance) (integration.Allowance, error) {
	return run(ctx, s, "SwapAllowance", func() (integration.Allowance, error) {
		if a.IntegrationID == "" {
			return a, integration.Invalidf("integration_id", "An allowance needs an integration.")
		}
		if s.allowances[a.IntegrationID].Version != a.Version {
			return a, integration.Conflictf("The allowance of integration %s was changed by somebody else meanwhile.", a.IntegrationID)
		}
		a.At, a.NextCallAt = a.At.UTC(), a.NextCallAt.UTC()
		a.Version++
		s.allowances[a.IntegrationID] = a
		return a, nil
	})
}
