package pushtest

import (
	"context"

	"salesforce-integration/internal/integration"
)

// mortalStore is the way of one mortal function to the store that all share.
type mortalStore struct {
	integration.Store
	life *Mortal
}

func (s *mortalStore) LinksByExperiment(ctx context.Context, keys []string) (map[string][]integration.Link, error) {
	return through(s.life, func() (map[string][]integration.Link, error) { return s.Store.LinksByExperiment(ctx, keys) })
}

func (s *mortalStore) GetIntegrations(ctx context.Context, ids []string) (map[string]integration.Integration, error) {
	return through(s.life, func() (map[string]integration.Integration, error) { return s.Store.GetIntegrations(ctx, ids) })
}

func (s *mortalStore) UpdateIntegration(ctx context.Context, i integration.Integration) (integration.Integration, error) {
	return through(s.life, func() (integration.Integration, error) { return s.Store.UpdateIntegration(ctx, i) })
}

func (s *mortalStore) GetDeliveries(ctx context.Context, ids []string) (map[string]integration.Delivery, error) {
	return through(s.life, func() (map[string]integration.Delivery, error) { return s.Store.GetDeliveries(ctx, ids) })
}

func (s *mortalStore) Read(ctx context.Context, k integration.Keys) (integration.Rows, error) {
	return through(s.life, func() (integration.Rows, error) { return s.Store.Read(ctx, k) })
}

func (s *mortalStore) Commit(ctx context.Context, units []integration.Unit) ([]integration.UnitResult, error) {
	return through(s.life, func() ([]integration.UnitResult, error) { return s.Store.Commit(ctx, units) })
}

func (s *mortalStore) GetToken(ctx context.Context, id string) (integration.TokenRecord, error) {
	return through(s.life, func() (integration.TokenRecord, error) { return s.Store.GetToken(ctx, id) })
}

func (s *mortalStore) SwapToken(ctx context.Context, t integration.TokenRecord) (integration.TokenRecord, error) {
	return through(s.life, func() (integration.TokenRecord, error) { return s.Store.SwapToken(ctx, t) })
}

func (s *mortalStore) GetAllowances(ctx context.Context, keys []integration.AllowanceKey) (map[integration.AllowanceKey]integration.Allowance, error) {
	return through(s.life, func() (map[integration.AllowanceKey]integration.Allowance, error) {
		return s.Store.GetAllowances(ctx, keys)
	})
}

func (s *mortalStore) SwapAllowance(ctx context.Context, a integration.Allowance) (integration.Allowance, error) {
	return through(s.life, func() (integration.Allowance, error) { return s.Store.SwapAllowance(ctx, a) })
}

func (s *mortalStore) GetIntegration(ctx context.Context, id string) (integration.Integration, error) {
	return through(s.life, func() (integration.Integration, error) { return s.Store.GetIntegration(ctx, id) })
}

func (s *mortalStore) GetLinks(ctx context.Context, refs []integration.CampaignRef) (map[integration.CampaignRef]integration.Link, error) {
	return through(s.life, func() (map[integration.CampaignRef]integration.Link, error) { return s.Store.GetLinks(ctx, refs) })
}

func (s *mortalStore) ListWaiting(ctx context.Context, id string, p integration.Page) (integration.List[integration.Delivery], error) {
	return through(s.life, func() (integration.List[integration.Delivery], error) { return s.Store.ListWaiting(ctx, id, p) })
}
