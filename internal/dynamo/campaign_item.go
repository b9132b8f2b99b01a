package dynamo

import "salesforce-integration/internal/integration"

func campaignItem(c integration.Campaign) item {
	it := campaignKey(c.CampaignRef).item()
	it.putString("integration_id", c.IntegrationID)
	it.putString("campaign_id", c.CampaignID)
	it.putString("experiment_key", c.ExperimentKey)
	it.putTime("event_at", c.EventAt)
	it.putString("event_id", c.EventID)
	it.putString("claimed_by", c.ClaimedBy)
	it.putString("claimed_status", c.ClaimedStatus)
	it.putTime("claimed_until", c.ClaimedUntil)
	it.putString("written_status", c.WrittenStatus)
	it.putTime("written_at", c.WrittenAt)
	it.putInt(attrVersion, c.Version)
	return it
}

func readCampaign(it item) (integration.Campaign, error) {
	r := reader{item: it}
	c := integration.Campaign{
		CampaignRef: integration.CampaignRef{
			IntegrationID: r.string("integration_id"),
			CampaignID:    r.string("campaign_id"),
		},
		ExperimentKey: r.string("experiment_key"),
		EventAt:       r.time("event_at"),
		EventID:       r.string("event_id"),
		ClaimedBy:     r.string("claimed_by"),
		ClaimedStatus: r.string("claimed_status"),
		ClaimedUntil:  r.time("claimed_until"),
		WrittenStatus: r.string("written_status"),
		WrittenAt:     r.time("written_at"),
		Version:       r.int(attrVersion),
	}
	return c, r.err
}
