package webhook

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"salesforce-integration/internal/integration"
)

// facts is what the store tells about a message.
type facts struct {
	deliveries map[string]integration.Delivery
	links      map[integration.CampaignRef]integration.Link
	campaigns  map[integration.CampaignRef]integration.Campaign
	seen       map[integration.CampaignRef]integration.Seen
}

// read reads all that is to be known about these notifications, beside each other.
func (h *Handler) read(ctx context.Context, integrationID string, ns []notification) (facts, error) {
	var f facts
	var ids []string
	for _, n := range ns {
		if len(n.mayBe) == 0 {
			ids = append(ids, deliveryID(integrationID, n))
		}
		for _, id := range n.mayBe {
			ids = append(ids, integration.DeliveryID(integration.Inbound, integrationID, id))
		}
	}
	all := refs(integrationID, ns, func(notification) bool { return true })
	// A state matters only where there is one, and what we wrote only beside it.
	states := refs(integrationID, ns, func(n notification) bool { return n.status != "" })
	g, ctx := errgroup.WithContext(ctx)
	fetch(g, "deliveries", ids, &f.deliveries, func(ids []string) (map[string]integration.Delivery, error) {
		return h.store.GetDeliveries(ctx, ids)
	})
	fetch(g, "links", all, &f.links, func(refs []integration.CampaignRef) (map[integration.CampaignRef]integration.Link, error) {
		return h.store.GetLinks(ctx, refs)
	})
	fetch(g, "campaigns", states, &f.campaigns, func(refs []integration.CampaignRef) (map[integration.CampaignRef]integration.Campaign, error) {
		return h.store.GetCampaigns(ctx, refs)
	})
	fetch(g, "what was seen", states, &f.seen, func(refs []integration.CampaignRef) (map[integration.CampaignRef]integration.Seen, error) {
		return h.store.GetSeen(ctx, refs)
	})
	if err := g.Wait(); err != nil {
		return facts{}, unavailable(err)
	}
	return f, nil
}

// fetch reads one kind of thing, unless none is wanted.
func fetch[K comparable, V any](g *errgroup.Group, what string, keys []K, into *map[K]V, get func([]K) (map[K]V, error)) {
	if len(keys) == 0 {
		return
	}
	g.Go(func() error {
		found, err := get(keys)
		if err != nil {
			return fmt.Errorf("read %s: %w", what, err)
		}
		*into = found
		return nil
	})
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
