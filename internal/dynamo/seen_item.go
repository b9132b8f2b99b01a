package dynamo

import "salesforce-integration/internal/integration"

func seenItem(s integration.Seen) item {
	it := seenKey(s.CampaignRef).item()
	it.putString("integration_id", s.IntegrationID)
	it.putString("campaign_id", s.CampaignID)
	it.putString("experiment_key", s.ExperimentKey)
	it.putTime("linked_at", s.LinkedAt)
	it.putString("status", s.Status)
	it.putTime("at", s.At)
	it.putString("request_id", s.RequestID)
	it.putTime("requested_at", s.RequestedAt)
	it.putBool("accounted", s.Accounted)
	it.putString("dealt", string(s.Dealt))
	it.putInt(attrVersion, s.Version)
	return it
}

func readSeen(it item) (integration.Seen, error) {
	r := reader{item: it}
	s := integration.Seen{
		CampaignRef: integration.CampaignRef{
			IntegrationID: r.string("integration_id"),
			CampaignID:    r.string("campaign_id"),
		},
		ExperimentKey: r.string("experiment_key"),
		LinkedAt:      r.time("linked_at"),
		Status:        r.string("status"),
		At:            r.time("at"),
		RequestID:     r.string("request_id"),
		RequestedAt:   r.time("requested_at"),
		Accounted:     r.bool("accounted"),
		Dealt:         integration.Dealing(r.string("dealt")),
		Version:       r.int(attrVersion),
	}
	return s, r.err
}
