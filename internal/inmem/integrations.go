package inmem

import (
	"context"
	"maps"
	"slices"

	"salesforce-integration/internal/integration"
)

// CreateIntegration implements [integration.IntegrationStore].
func (s *Store) CreateIntegration(ctx context.Context, i integration.Integration) (integration.Integration, error) {
	return run(ctx, s, "CreateIntegration", func() (integration.Integration, error) {
		if i.ID == "" {
			return i, integration.Invalidf("id", "An integration needs an id.")
		}
		if stored, ok := s.integrations[i.ID]; ok || i.Version != stored.Version {
			return i, integration.Conflictf("Integration %s exists already.", i.ID)
		}
		return s.putIntegration(i), nil
	})
}

// GetIntegration implements [integration.IntegrationStore].
func (s *Store) GetIntegration(ctx context.Context, id string) (integration.Integration, error) {
	return run(ctx, s, "GetIntegration", func() (integration.Integration, error) {
		i, ok := s.integrations[id]
		if !ok {
			return i, noIntegration(id)
		}
		return cloneIntegration(i), nil
	})
}

// GetIntegrations implements [integration.IntegrationStore].
func (s *Store) GetIntegrations(ctx context.Context, ids []string) (map[string]integration.Integration, error) {
	return run(ctx, s, "GetIntegrations", func() (map[string]integration.Integration, error) {
		return pick(s.integrations, ids, cloneIntegration), nil
	})
}

// ListIntegrations implements [integration.IntegrationStore].
func (s *Store) ListIntegrations(ctx context.Context, p integration.Page) (integration.List[integration.Integration], error) {
	return run(ctx, s, "ListIntegrations", func() (integration.List[integration.Integration], error) {
		ids := slices.Sorted(maps.Keys(s.integrations))
		slices.Reverse(ids)
		return page(ids, p, "integrations", descending, func(id string) integration.Integration {
			return cloneIntegration(s.integrations[id])
		})
	})
}

// UpdateIntegration implements [integration.IntegrationStore].
func (s *Store) UpdateIntegration(ctx context.Context, i integration.Integration) (integration.Integration, error) {
	return run(ctx, s, "UpdateIntegration", func() (integration.Integration, error) {
		stored, ok := s.integrations[i.ID]
		if !ok {
			return i, noIntegration(i.ID)
		}
		if stored.Version != i.Version {
			return i, integration.Conflictf("Integration %s was changed by somebody else meanwhile; read it again.", i.ID)
		}
		return s.putIntegration(i), nil
	})
}

// DeleteIntegration implements [integration.IntegrationStore].
func (s *Store) DeleteIntegration(ctx context.Context, id string, version int64) error {
	_, err := run(ctx, s, "DeleteIntegration", func() (struct{}, error) {
		stored, ok := s.integrations[id]
		if ok && version != 0 && stored.Version != version {
			return struct{}{}, integration.Conflictf("Integration %s was changed by somebody else meanwhile; read it again.", id)
		}
		delete(s.integrations, id)
		delete(s.tokens, id)
		delete(s.allowances, integration.AllowanceKey{IntegrationID: id})
		maps.DeleteFunc(s.links, func(r integration.CampaignRef, _ integration.Link) bool { return r.IntegrationID == id })
		maps.DeleteFunc(s.campaigns, func(r integration.CampaignRef, _ integration.Campaign) bool { return r.IntegrationID == id })
		maps.DeleteFunc(s.seen, func(r integration.CampaignRef, _ integration.Seen) bool { return r.IntegrationID == id })
		if !ok {
			return struct{}{}, noIntegration(id)
		}
		return struct{}{}, nil
	})
	return err
}

func (s *Store) putIntegration(i integration.Integration) integration.Integration {
	i = cloneIntegration(i)
	i.Version++
	s.integrations[i.ID] = i
	return cloneIntegration(i)
}

func noIntegration(id string) error {
	return integration.NotFoundf("There is no integration %s.", id)
}
