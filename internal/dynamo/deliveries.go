package dynamo

import (
	"context"

	"salesforce-integration/internal/integration"
)

// GetDeliveries implements [integration.DeliveryStore].
func (s *Store) GetDeliveries(ctx context.Context, ids []string) (map[string]integration.Delivery, error) {
	return getMany(ctx, s, ids, deliveryAt, readDelivery)
}

// Read implements [integration.DeliveryStore].
func (s *Store) Read(ctx context.Context, k integration.Keys) (integration.Rows, error) {
	var l lookup
	rows := integration.Rows{
		Deliveries: want(&l, k.Deliveries, deliveryAt, readDelivery),
		Links:      want(&l, k.Links, ofCampaign(linkKey), readLink),
		Campaigns:  want(&l, k.Campaigns, ofCampaign(campaignKey), readCampaign),
		Seen:       want(&l, k.Seen, ofCampaign(seenKey), readSeen),
	}
	if err := s.fetch(ctx, l); err != nil {
		return integration.Rows{}, err
	}
	return rows, nil
}

func deliveryAt(id string) (key, bool) { return deliveryKey(id), usable(id) }

// ofCampaign makes keys of the rows that a campaign has one of.
func ofCampaign(at func(integration.CampaignRef) key) func(integration.CampaignRef) (key, bool) {
	return func(r integration.CampaignRef) (key, bool) { return at(r), usable(r.IntegrationID, r.CampaignID) }
}
