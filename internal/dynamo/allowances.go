package dynamo

import (
	"context"

	"salesforce-integration/internal/integration"
)

// GetAllowances implements [integration.AllowanceStore].
func (s *Store) GetAllowances(ctx context.Context, integrationIDs []string) (map[string]integration.Allowance, error) {
	return getMany(ctx, s, integrationIDs, func(id string) (key, bool) { return allowanceKey(id), usable(id) }, readAllowance)
}

// SwapAllowance implements [integration.AllowanceStore].
func (s *Store) SwapAllowance(ctx context.Context, a integration.Allowance) (integration.Allowance, error) {
	if !usable(a.IntegrationID) {
		return integration.Allowance{}, integration.Invalidf("integration_id", "An allowance needs an integration.")
	}
	a.Version++
	stored, ok, err := s.put(ctx, row{allowanceItem(a)})
	if err != nil {
		return integration.Allowance{}, err
	}
	if !ok {
		return integration.Allowance{}, integration.Conflictf("The allowance of integration %s was changed by somebody else meanwhile.", a.IntegrationID)
	}
	return readAllowance(stored)
}

func allowanceItem(a integration.Allowance) item {
	it := allowanceKey(a.IntegrationID).item()
	it.putString("integration_id", a.IntegrationID)
	it.putInt("used", int64(a.Used))
	it.putInt("max", int64(a.Max))
	it.putTime("at", a.At)
	it.putTime("next_call_at", a.NextCallAt)
	it.putInt(attrVersion, a.Version)
	return it
}

func readAllowance(it item) (integration.Allowance, error) {
	r := reader{item: it}
	a := integration.Allowance{
		IntegrationID: r.string("integration_id"),
		Used:          int(r.int("used")),
		Max:           int(r.int("max")),
		At:            r.time("at"),
		NextCallAt:    r.time("next_call_at"),
		Version:       r.int(attrVersion),
	}
	return a, r.err
}
