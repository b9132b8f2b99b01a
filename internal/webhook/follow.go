package webhook

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"salesforce-integration/internal/integration"
)

// follow finds out which experiment each open item's Campaign follows, and which
// links are to be made for it. Within a message the first one that names an
// experiment for a Campaign decides; stored links are never changed.
func (r rules) follow(i integration.Integration, items []*item, stored map[integration.CampaignRef]integration.Link, seen map[integration.CampaignRef]integration.Seen, org look) {
	wanted := map[integration.CampaignRef]*integration.Link{}
	for _, it := range items {
		if !it.undecided() {
			continue
		}
		ref := it.ref(i.ID)
		link, linked := stored[ref]
		first := wanted[ref]
		switch {
		case linked && it.experimentKey != "" && it.experimentKey != link.ExperimentKey:
			it.verdict = linkConflict(it.notification, link.ExperimentKey)
		case linked:
			it.follows(link)
		case it.experimentKey == "": // it may still follow what another item links
		case first != nil && first.ExperimentKey != it.experimentKey:
			it.verdict = linkConflict(it.notification, first.ExperimentKey)
		case first == nil:
			wanted[ref] = it.newLink(i.ID, it.experimentKey, seen[ref])
		}
	}
	for _, it := range items {
		ref := it.ref(i.ID)
		if _, linked := stored[ref]; linked || wanted[ref] != nil || !it.undecided() || !r.lookupKey || !org.asked[it.campaignID] {
			continue
		}
		if key, v := r.keyOf(org, it); v.decided() {
			it.verdict = v
		} else {
			wanted[ref] = it.newLink(i.ID, key, seen[ref])
		}
	}
	for _, it := range items {
		if link := wanted[it.ref(i.ID)]; link != nil && it.undecided() {
			it.lookedUp = it.experimentKey == "" && org.asked[it.campaignID]
			it.follows(*link)
			it.makesLink = true
		}
	}
}

// newLink is the link that an item asks for. What was seen while there is no link is
// of a message that is about to make the same one: whoever makes it, it has that time,
// so that the request which is claimed under it is found.
func (it *item) newLink(integrationID, key string, seen integration.Seen) *integration.Link {
	at := it.delivery.CreatedAt
	if seen.ExperimentKey == key {
		at = seen.LinkedAt
	}
	return &integration.Link{
		IntegrationID: integrationID,
		CampaignID:    it.campaignID,
		ExperimentKey: key,
		Source:        integration.LinkWebhook,
		CreatedAt:     at,
		DeliveryID:    it.delivery.ID,
	}
}

// keyOf returns the experiment's key that the org has on an item's Campaign, or the
// verdict when it has none.
func (r rules) keyOf(org look, it *item) (string, verdict) {
	found, there, _ := org.status(it.campaignID)
	const nothing = "No experiment is linked to this Campaign, and the message carries no experiment's key. "
	switch {
	case org.NoField:
		return "", skip(integration.ReasonUnknownCampaign, nothing+
			"Salesforce was asked for it: the Campaign object has no field %s, or the Run-As user may not see it. Make the field and give the user read access to it, or switch lookup_key off in the integration's settings.",
			r.ExperimentKeyField)
	case !there:
		return "", skip(integration.ReasonUnknownCampaign, nothing+
			"Salesforce was asked for it: there is no such Campaign, or the Run-As user may not see it.")
	case strings.TrimSpace(found.Key) == "":
		return "", skip(integration.ReasonUnknownCampaign, nothing+
			"Salesforce was asked for it: the Campaign's field %s is empty. Fill it in, or link the Campaign by POST .../links.", r.ExperimentKeyField)
	}
	key, err := integration.ParseExperimentKey(found.Key)
	if err != nil {
		return "", badKey(r.ExperimentKeyField)
	}
	return key, verdict{}
}

// undecided says whether a verdict is still to be found.
func (it *item) undecided() bool { return it.open() && !it.verdict.decided() }

// follows notes the link that the item's Campaign has.
func (it *item) follows(l integration.Link) {
	it.link = &l
	it.linkedNow = l.DeliveryID == it.delivery.ID
}

// waitingForLinks are the items whose Campaign's link is still to be made.
func waitingForLinks(items []*item) []*item {
	var waiting []*item
	for _, it := range items {
		if it.makesLink && it.open() {
			waiting = append(waiting, it)
		}
	}
	return waiting
}

// linked is what became of a link that was to be made.
type linked struct {
	link integration.Link
	err  error
}

// makeLinks makes the links that items wait for, all in one go.
func (h *Handler) makeLinks(ctx context.Context, waiting []*item) map[integration.CampaignRef]linked {
	var links []integration.Link
	made := map[integration.CampaignRef]linked{}
	for _, it := range waiting {
		if _, there := made[it.link.Ref()]; !there {
			links = append(links, *it.link)
			made[it.link.Ref()] = linked{}
		}
	}
	if len(links) == 0 {
		return made
	}
	results, err := h.store.CreateLinks(ctx, links)
	for n, l := range links {
		if err != nil {
			made[l.Ref()] = linked{err: err}
		} else {
			made[l.Ref()] = linked{results[n].Link, results[n].Err}
		}
	}
	return made
}

// linkMade tells an item what became of the link that it waited for.
func (it *item) linkMade(l linked) {
	if l.err != nil {
		it.linkFailed(l.err)
		return
	}
	it.makesLink = false
	it.follows(l.link)
}

func (it *item) linkFailed(err error) {
	var known *integration.Error
	if !errors.As(err, &known) {
		known = &integration.Error{Code: integration.CodeInternal}
	}
	key := it.link.ExperimentKey
	it.makesLink = false
	switch known.Code {
	case integration.CodeConflict:
		it.verdict = skip(integration.ReasonConflict, "The Campaign was not linked to experiment %q, and nothing was requested: %s", key, known.Message)
	case integration.CodeInvalid:
		it.verdict = skip(integration.ReasonIgnored, "The Campaign cannot be linked to experiment %q: %s", key, known.Message)
	case integration.CodeNotFound:
		it.verdict = skip(integration.ReasonIntegrationGone, "The integration was deleted while the message was on its way.")
	default:
		it.err = fmt.Errorf("link campaign %s: %w", it.campaignID, err)
		return
	}
	it.link, it.linkedNow = nil, false
}
