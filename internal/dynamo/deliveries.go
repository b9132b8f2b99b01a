package dynamo

import (
	"context"

	"salesforce-integration/internal/integration"
)

// GetDeliveries implements [integration.DeliveryStore].
func (s *Store) GetDeliveries(ctx context.Context, ids []string) (map[string]integration.Delivery, error) {
	return getMany(ctx, s, ids, func(id string) (key, bool) { return deliveryKey(id), usable(id) }, readDelivery)
}

// GetCampaigns implements [integration.DeliveryStore].
func (s *Store) GetCampaigns(ctx context.Context, refs []integration.CampaignRef) (map[integration.CampaignRef]integration.Campaign, error) {
	return getMany(ctx, s, refs, func(r integration.CampaignRef) (key, bool) {
		return campaignKey(r), usable(r.IntegrationID, r.CampaignID)
	}, readCampaign)
}
