package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"salesforce-integration/internal/integration"
)

// linkersAtOnce bounds how many links are made at a time. Each is a transaction
// that looks at the integration's row, so more of them would only wait for each
// other.
const linkersAtOnce = 25

// process deals with all notifications of a verified message. An error means that
// at least one of them is still pending and the message has to come again; the
// items are returned as far as they are known.
//
// Outside calls, one after the other: record beside the two reads; the links that
// are new; publish; settle. With the integration's own read that makes four for a
// message that makes no link, and with one more for those that do.
func (h *Handler) process(ctx context.Context, i integration.Integration, ns []notification, now time.Time) ([]*item, error) {
	var (
		items []*item
		facts known
		reads errgroup.Group
	)
	reads.Go(func() (err error) {
		items, err = h.record(ctx, i, ns, now)
		return err
	})
	if i.Active {
		reads.Go(func() (err error) {
			facts.links, err = h.readLinks(ctx, i.ID, ns)
			return err
		})
		reads.Go(func() (err error) {
			facts.campaigns, err = h.readCampaigns(ctx, i.ID, ns)
			return err
		})
	}
	if err := reads.Wait(); err != nil {
		return items, err
	}

	for _, it := range items {
		if !it.duplicate {
			it.verdict = triage(i, it.notification, it.newest)
		}
	}
	h.follow(ctx, i.ID, items, facts.links, now)
	for _, it := range open(items) {
		it.verdict = h.config.decide(it.notification, it.link, it.linkedNow, facts.campaigns[it.ref(i.ID)], now)
	}
	h.publish(ctx, items)
	return items, errors.Join(h.settle(ctx, items, h.now()), failed(items))
}

// known is what the store tells about a message's Campaigns.
type known struct {
	links     map[integration.CampaignRef]integration.Link
	campaigns map[integration.CampaignRef]integration.Campaign
}

func (h *Handler) readLinks(ctx context.Context, integrationID string, ns []notification) (map[integration.CampaignRef]integration.Link, error) {
	refs := refs(integrationID, ns, func(notification) bool { return true })
	if len(refs) == 0 {
		return map[integration.CampaignRef]integration.Link{}, nil
	}
	links, err := h.store.GetLinks(ctx, refs)
	if err != nil {
		return nil, unavailable(fmt.Errorf("read links: %w", err))
	}
	return links, nil
}

// readCampaigns reads what we wrote, where an echo would matter.
func (h *Handler) readCampaigns(ctx context.Context, integrationID string, ns []notification) (map[integration.CampaignRef]integration.Campaign, error) {
	refs := refs(integrationID, ns, func(n notification) bool { return h.config.finalizes(n.status) })
	if len(refs) == 0 {
		return map[integration.CampaignRef]integration.Campaign{}, nil
	}
	campaigns, err := h.store.GetCampaigns(ctx, refs)
	if err != nil {
		return nil, unavailable(fmt.Errorf("read campaigns: %w", err))
	}
	return campaigns, nil
}

// refs names the Campaigns of the wanted notifications, each once.
func refs(integrationID string, ns []notification, want func(notification) bool) []integration.CampaignRef {
	var out []integration.CampaignRef
	seen := map[string]bool{}
	for _, n := range ns {
		if n.campaignID != "" && n.problem == "" && !seen[n.campaignID] && want(n) {
			seen[n.campaignID] = true
			out = append(out, n.ref(integrationID))
		}
	}
	return out
}

// open returns the items that nothing is decided about yet.
func open(items []*item) []*item {
	var out []*item
	for _, it := range items {
		if !it.duplicate && it.err == nil && !it.verdict.decided() {
			out = append(out, it)
		}
	}
	return out
}

// follow finds out which experiment each open item's Campaign follows, and makes
// the links that items ask for. Within a message the first one that names an
// experiment for a Campaign decides; stored links are never changed.
func (h *Handler) follow(ctx context.Context, integrationID string, items []*item, links map[integration.CampaignRef]integration.Link, now time.Time) {
	wanted := map[integration.CampaignRef][]*item{} // of one experiment each
	for _, it := range open(items) {
		ref := it.ref(integrationID)
		link, linked := links[ref]
		switch first := wanted[ref]; {
		case linked && it.experimentKey != "" && it.experimentKey != link.ExperimentKey:
			it.verdict = linkConflict(it.notification, link.ExperimentKey)
		case linked:
			it.linked(link)
		case it.experimentKey == "": // it may still follow what another item links
		case len(first) > 0 && first[0].experimentKey != it.experimentKey:
			it.verdict = linkConflict(it.notification, first[0].experimentKey)
		default:
			wanted[ref] = append(first, it)
		}
	}
	made := h.makeLinks(ctx, wanted, now)
	for _, it := range open(items) {
		if link, ok := made[it.ref(integrationID)]; ok && it.link == nil {
			it.linked(link)
		}
	}
}

// linked notes the link that the item's Campaign has. A try of the same
// notification that did not get to its end may have made it.
func (it *item) linked(l integration.Link) {
	it.link = &l
	it.linkedNow = it.experimentKey != "" && l.Source == integration.LinkWebhook && !l.CreatedAt.Before(it.delivery.CreatedAt)
}

// makeLinks makes the wanted links and returns them; what fails is told to the
// items. Those of one experiment are made one after the other: the store keeps
// them in one row.
func (h *Handler) makeLinks(ctx context.Context, wanted map[integration.CampaignRef][]*item, now time.Time) map[integration.CampaignRef]integration.Link {
	byExperiment := map[string][]integration.CampaignRef{}
	for ref, items := range wanted {
		key := items[0].experimentKey
		byExperiment[key] = append(byExperiment[key], ref)
	}
	type result struct {
		ref  integration.CampaignRef
		link integration.Link
		err  error
	}
	results := make(chan result, len(wanted))
	var group errgroup.Group
	group.SetLimit(linkersAtOnce)
	for key, refs := range byExperiment {
		group.Go(func() error {
			for _, ref := range refs {
				link, _, err := h.store.CreateLink(ctx, integration.Link{
					IntegrationID: ref.IntegrationID,
					CampaignID:    ref.CampaignID,
					ExperimentKey: key,
					Source:        integration.LinkWebhook,
					CreatedAt:     now,
				})
				results <- result{ref, link, err}
			}
			return nil
		})
	}
	_ = group.Wait() // results hold the errors
	close(results)

	made := map[integration.CampaignRef]integration.Link{}
	for r := range results {
		if r.err == nil {
			made[r.ref] = r.link
			continue
		}
		for _, it := range wanted[r.ref] {
			it.linkFailed(r.err)
		}
	}
	return made
}

func (it *item) linkFailed(err error) {
	var known *integration.Error
	if !errors.As(err, &known) {
		known = &integration.Error{Code: integration.CodeInternal}
	}
	switch known.Code {
	case integration.CodeConflict:
		it.verdict = skip(integration.ReasonConflict, "The Campaign was not linked to experiment %q, and nothing was requested: %s", it.experimentKey, known.Message)
	case integration.CodeInvalid:
		it.verdict = skip(integration.ReasonIgnored, "The Campaign cannot be linked to experiment %q: %s", it.experimentKey, known.Message)
	case integration.CodeNotFound:
		it.verdict = skip(integration.ReasonIntegrationGone, "The integration was deleted while the message was on its way.")
	default:
		it.err = fmt.Errorf("link campaign %s: %w", it.campaignID, err)
	}
}

// errNoAnswer is a publisher that broke its word.
var errNoAnswer = errors.New("the publisher does not say what became of the request")

// publish puts the finalization requests on the bus.
func (h *Handler) publish(ctx context.Context, items []*item) {
	var requests []integration.FinalizationRequest
	var asking []*item
	for _, it := range items {
		if it.verdict.reason != integration.ReasonFinalizationRequested {
			continue
		}
		asking = append(asking, it)
		requests = append(requests, integration.FinalizationRequest{
			ID:            it.delivery.ID,
			ExperimentKey: it.link.ExperimentKey,
			IntegrationID: it.delivery.IntegrationID,
			CampaignID:    it.campaignID,
			CampaignName:  it.campaignName,
			Status:        it.status,
			RequestedAt:   it.delivery.CreatedAt, // the same when it is published again
		})
	}
	if len(requests) == 0 {
		return
	}
	errs := h.publisher.Publish(ctx, requests)
	for n, it := range asking {
		if n < len(errs) {
			it.err = errs[n]
		} else {
			it.err = errNoAnswer
		}
	}
}

// failed is an error when any item is still pending.
func failed(items []*item) error {
	var errs []error
	for _, it := range items {
		if it.err != nil {
			errs = append(errs, it.err)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return unavailable(fmt.Errorf("%d of %d notifications stay pending: %w", len(errs), len(items), errs[0]))
}
