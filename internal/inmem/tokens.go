package inmem

import (
	"context"

	"salesforce-integration/internal/integration"
)

// GetToken implements [integration.TokenStore].
func (s *Store) GetToken(ctx context.Context, integrationID string) (integration.TokenRecord, error) {
	return run(ctx, s, "GetToken", func() (integration.TokenRecord, error) {
		t, ok := s.tokens[integrationID]
		if !ok {
			return t, integration.NotFoundf("Integration %s has no access token yet.", integrationID)
		}
		return cloneToken(t), nil
	})
}

// SwapToken implements [integration.TokenStore].
func (s *Store) SwapToken(ctx context.Context, t integration.TokenRecord) (integration.TokenRecord, error) {
	return run(ctx, s, "SwapToken", func() (integration.TokenRecord, error) {
		if t.IntegrationID == "" {
			return t, integration.Invalidf("integration_id", "A token needs an integration.")
		}
		if s.tokens[t.IntegrationID].Version != t.Version {
			return t, integration.Conflictf("The access token of integration %s was changed by somebody else meanwhile.", t.IntegrationID)
		}
		t = cloneToken(t)
		t.Version++
		s.tokens[t.IntegrationID] = t
		return cloneToken(t), nil
	})
}
