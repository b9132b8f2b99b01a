package push

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"salesforce-integration/internal/integration"
)

const (
	// sentTogether is how many deliveries go out by one message. They come back
	// together when one of them fails, so it is not all.
	sentTogether = 20
	// sendsAtOnce bounds how many messages are put on the queue side by side.
	sendsAtOnce = 8
)

// unpark makes deliveries pending and puts them on the queue by name. Of several
// statuses of one campaign only that of the newest event goes out.
func (h *Handler) unpark(ctx context.Context, waiting []integration.Delivery, why string) error {
	now := h.cfg.Now()
	links, err := h.linksOf(ctx, waiting)
	if err != nil {
		return err
	}
	newest, err := h.newestStatuses(ctx, waiting, links)
	if err != nil {
		return err
	}
	var units []integration.Unit
	var out []string
	for _, d := range waiting {
		campaign := campaignOf(d)
		var err error
		switch {
		case links[campaign].ExperimentKey != d.ExperimentKey:
			err = d.Move(now, integration.StatusSkipped, integration.ReasonNoLink, unlinked)
		case len(d.Payload) == 0:
			err = d.Move(now, integration.StatusSkipped, integration.ReasonInvalidEvent, "the event was too large to be kept: publish it again")
		case d.CampaignState != "" && newest[campaign] != "" && newest[campaign] != d.ID:
			err = d.Move(now, integration.StatusSkipped, integration.ReasonSuperseded, "a newer event that was parked, too, decides the Campaign's status")
		default:
			out = append(out, d.ID)
			if d.Status != integration.StatusParked {
				continue
			}
			d.ResumedAt = now
			err = d.Move(now, integration.StatusPending, integration.ReasonResumed, why)
		}
		if err != nil {
			return fmt.Errorf("resuming: %w", err)
		}
		units = append(units, integration.Unit{Delivery: &d})
	}
	if len(units) > 0 {
		// One that somebody else has moved meanwhile needs nothing more.
		if _, err := h.cfg.Store.Commit(ctx, units); err != nil {
			return fmt.Errorf("resuming %d deliveries: %w", len(units), err)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sendsAtOnce)
	for ids := range slices.Chunk(out, sentTogether) {
		g.Go(func() error {
			return h.dispatch(ctx, integration.Command{Kind: integration.CommandSend, DeliveryIDs: ids}, 0)
		})
	}
	return g.Wait()
}

func campaignOf(d integration.Delivery) integration.CampaignRef {
	return integration.CampaignRef{IntegrationID: d.IntegrationID, CampaignID: d.CampaignID}
}

// newestStatuses finds, for each campaign, the delivery whose event decides its
// status by today's settings.
func (h *Handler) newestStatuses(ctx context.Context, waiting []integration.Delivery, links map[integration.CampaignRef]integration.Link) (map[integration.CampaignRef]string, error) {
	ids := map[string]bool{}
	for _, d := range waiting {
		ids[d.IntegrationID] = true
	}
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // nothing waits
	}
	integrations, err := h.cfg.Store.GetIntegrations(ctx, sortedKeys(ids))
	if err != nil {
		return nil, fmt.Errorf("reading %d integrations: %w", len(ids), err)
	}
	newest := map[integration.CampaignRef]integration.Delivery{}
	for _, d := range waiting {
		writes := integrations[d.IntegrationID].Settings.Effect(integration.EventType(d.EventType)).Status != ""
		ref := campaignOf(d)
		if d.CampaignState == "" || !writes || len(d.Payload) == 0 || links[ref].ExperimentKey != d.ExperimentKey {
			continue
		}
		best, ok := newest[ref]
		if !ok || (integration.Campaign{EventAt: best.OccurredAt, EventID: best.EventID}).Newer(d.OccurredAt, d.EventID) {
			newest[ref] = d
		}
	}
	decides := make(map[integration.CampaignRef]string, len(newest))
	for ref, d := range newest {
		decides[ref] = d.ID
	}
	return decides, nil
}

func (h *Handler) linksOf(ctx context.Context, deliveries []integration.Delivery) (map[integration.CampaignRef]integration.Link, error) {
	refs := map[integration.CampaignRef]bool{}
	for _, d := range deliveries {
		refs[campaignOf(d)] = true
	}
	if len(refs) == 0 {
		return nil, nil
	}
	links, err := h.cfg.Store.GetLinks(ctx, slices.Collect(maps.Keys(refs)))
	if err != nil {
		return nil, fmt.Errorf("reading the links of %d campaigns: %w", len(refs), err)
	}
	return links, nil
}
