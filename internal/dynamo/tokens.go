package dynamo

import (
	"context"

	"salesforce-integration/internal/integration"
)

// GetToken implements [integration.TokenStore].
func (s *Store) GetToken(ctx context.Context, integrationID string) (integration.TokenRecord, error) {
	none := integration.NotFoundf("Integration %.64q has no access token yet.", integrationID)
	if !usable(integrationID) {
		return integration.TokenRecord{}, none
	}
	it, err := s.getItem(ctx, tokenKey(integrationID))
	if err != nil {
		return integration.TokenRecord{}, err
	}
	if it == nil {
		return integration.TokenRecord{}, none
	}
	return readToken(it)
}

// SwapToken implements [integration.TokenStore].
func (s *Store) SwapToken(ctx context.Context, t integration.TokenRecord) (integration.TokenRecord, error) {
	if !usable(t.IntegrationID) {
		return integration.TokenRecord{}, integration.Invalidf("integration_id", "A token needs an integration.")
	}
	t.Version++
	stored, ok, err := s.put(ctx, row{tokenItem(t)})
	if err != nil {
		return integration.TokenRecord{}, err
	}
	if !ok {
		return integration.TokenRecord{}, integration.Conflictf("The access token of integration %s was changed by somebody else meanwhile.", t.IntegrationID)
	}
	return readToken(stored)
}
