package webhook

import (
	"context"
	"errors"
	"fmt"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// settling is an item with what is to be stored of it.
type settling struct {
	item *item
	unit integration.Unit
}

// settle stores what became of the notifications that had to wait, all in one go.
func (h *Handler) settle(ctx context.Context, i integration.Integration, items []*item, courses map[integration.CampaignRef]*course) error {
	open, err := h.unsettled(i, items, courses)
	if err != nil {
		return err
	}
	for round := 0; len(open) > 0; round++ {
		units := make([]integration.Unit, len(open))
		for k, s := range open {
			units[k] = s.unit
		}
		results, err := h.store.Commit(ctx, units)
		if err != nil {
			return unavailable(fmt.Errorf("settle notifications: %w", err))
		}
		links, err := h.linksOf(ctx, open, results)
		if err != nil {
			return err
		}
		var again []settling
		var errs []error
		for k, r := range results {
			switch next, ok := open[k].next(r, links); {
			case !ok:
				errs = append(errs, fmt.Errorf("settle notification %s: it was changed meanwhile", open[k].item.id))
			case next != nil:
				again = append(again, *next)
			}
		}
		if len(errs) > 0 {
			return unavailable(errors.Join(errs...))
		}
		if open = again; round == maxRounds && len(open) > 0 {
			return unavailable(errContended)
		}
	}
	return nil
}

func (h *Handler) unsettled(i integration.Integration, items []*item, courses map[integration.CampaignRef]*course) ([]settling, error) {
	now := h.now()
	var open []settling
	for _, it := range items {
		if it.duplicate || it.done {
			continue
		}
		s := settling{item: it}
		if it.err != nil {
			// It stays pending, and says why to whoever looks.
			d := it.delivery
			d.Cause, d.UpdatedAt = "The last try failed.", now
			d.Detail = "Received; the last try to deal with it failed. The sender was asked to send it again."
			d.APICalls += it.apiCalls
			var org *orgError
			if errors.As(it.err, &org) {
				diagnosis := salesforce.Classify(org.err)
				d.ErrorCode, d.Cause, d.Fix = diagnosis.Code, diagnosis.Cause, diagnosis.Fix
				d.Detail = "Received; Salesforce had to be asked about the Campaign, and gave no answer. The sender was asked to send the message again."
				if a := org.held; a != nil {
					d.ErrorCode, d.Cause, d.Fix = a.Code, a.Cause, a.Fix
					d.Detail = "Received; Salesforce would have to be asked about the Campaign, and the integration needs attention: nothing is sent to its org meanwhile. The sender was asked to send the message again."
				}
			}
			s.unit.Delivery = &d
			open = append(open, s)
			continue
		}
		d, err := it.outcome(now)
		if err != nil {
			return nil, err
		}
		s.unit.Delivery = &d
		if c := courses[it.ref(i.ID)]; c != nil && it.link != nil && c.holder() == it {
			seen := c.after
			seen.LinkedAt = it.link.CreatedAt
			if it.asking() {
				seen.Accounted = true
			}
			s.unit.Seen = &seen
		}
		open = append(open, s)
	}
	return open, nil
}

// next says what is still to be stored after a try: nil is nothing. It is not ok
// when somebody else changed the notification and has not settled it.
func (s settling) next(r integration.UnitResult, links map[integration.CampaignRef]integration.Link) (next *settling, ok bool) {
	switch {
	case r.Committed:
		return nil, true
	case r.Delivery != nil && r.Delivery.Status.Final():
		return nil, true // the same message was dealt with twice at a time
	case r.Delivery == nil || r.Delivery.Version != s.item.delivery.Version || s.unit.Seen == nil:
		return nil, false
	}
	// Another message about the same Campaign came between.
	s.unit.Seen = merge(r.Seen, *s.unit.Seen, links)
	return &s, true
}

// linksOf reads the links of the Campaigns that something is stored of under another
// link than an item's: which of the two is there decides whose word counts.
func (h *Handler) linksOf(ctx context.Context, open []settling, results []integration.UnitResult) (map[integration.CampaignRef]integration.Link, error) {
	var refs []integration.CampaignRef
	for k, r := range results {
		mine := open[k].unit.Seen
		if !r.Committed && r.Seen != nil && mine != nil && !sameLink(*r.Seen, *mine) {
			refs = append(refs, mine.CampaignRef)
		}
	}
	links := map[integration.CampaignRef]integration.Link{}
	if len(refs) > 0 {
		var err error
		if links, err = h.store.GetLinks(ctx, refs); err != nil {
			return nil, unavailable(fmt.Errorf("read links: %w", err))
		}
	}
	return links, nil
}

func sameLink(a, b integration.Seen) bool {
	return a.ExperimentKey == b.ExperimentKey && a.LinkedAt.Equal(b.LinkedAt)
}

// merge brings what is to be stored into what somebody else has stored since; nil:
// nothing is left to be brought in.
func merge(stored *integration.Seen, mine integration.Seen, links map[integration.CampaignRef]integration.Link) *integration.Seen {
	if stored == nil {
		return nil // the link was deleted
	}
	current := *stored
	switch {
	case !sameLink(current, mine):
		if link, there := links[mine.CampaignRef]; !there || !mine.BelongsTo(link) {
			return nil // it was linked anew
		}
		mine.Version = current.Version // the other link was not made
		return &mine
	case mine.RequestID != "" && current.RequestID == mine.RequestID:
		if current.Accounted {
			return nil
		}
		current.Accounted = mine.Accounted
		return &current
	case mine.At.After(current.At):
		mine.Version = current.Version
		return &mine
	default:
		return nil
	}
}
