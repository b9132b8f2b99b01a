package webhook

import (
	"context"
	"fmt"

	"salesforce-integration/internal/integration"
)

// read reads all that is to be known about these notifications, in one call.
func (h *Handler) read(ctx context.Context, integrationID string, ns []notification) (integration.Rows, error) {
	var k integration.Keys
	for _, n := range ns {
		if len(n.mayBe) == 0 {
			k.Deliveries = append(k.Deliveries, deliveryID(integrationID, n))
		}
		for _, id := range n.mayBe {
			k.Deliveries = append(k.Deliveries, integration.DeliveryID(integration.Inbound, integrationID, id))
		}
	}
	k.Links = refs(integrationID, ns, func(notification) bool { return true })
	// A state matters only where there is one, and what we wrote only beside it.
	k.Campaigns = refs(integrationID, ns, func(n notification) bool { return n.status != "" })
	k.Seen = k.Campaigns
	rows, err := h.store.Read(ctx, k)
	if err != nil {
		return integration.Rows{}, unavailable(fmt.Errorf("read what is known of %d notifications: %w", len(ns), err))
	}
	return rows, nil
}

// refs names the Campaigns of the wanted notifications, each once.
func refs(integrationID string, ns []notification, want func(notification) bool) []integration.CampaignRef {
	var out []integration.CampaignRef
	seen := map[string]bool{}
	for _, n := range ns {
		if n.campaignID != "" && !seen[n.campaignID] && want(n) {
			seen[n.campaignID] = true
			out = append(out, n.ref(integrationID))
		}
	}
	return out
}
