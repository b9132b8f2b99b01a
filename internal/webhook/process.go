package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"salesforce-integration/internal/integration"
)

// maxRounds bounds how often a message is judged anew because somebody else changed
// what it was judged by.
const maxRounds = 4

// errContended is a message that others kept coming in the way of.
var errContended = errors.New("others kept changing what is known about the same Campaigns")

// process deals with all notifications of a verified message. An error means that
// at least one of them is not dealt with and the message has to come again; the
// items are returned as far as they are known.
//
// Outside calls, one after the other: reads beside each other; begin, beside the
// links that are new; publish; settle. What asks for nothing ends with begin. The
// integration's own read comes before, or for a small message beside the first. A
// look into the org, where the settings want one, comes before begin.
func (h *Handler) process(ctx context.Context, i integration.Integration, m message, a *ahead, now time.Time) ([]*item, error) {
	items, err := newItems(i, m.notifications, now)
	if err != nil {
		return nil, err
	}
	r := h.config.rules(i)
	r.newID = h.newID
	org := newLook()
	var courses map[integration.CampaignRef]*course
	for round := 0; ; round++ {
		f, err := h.known(ctx, i, m, a)
		if err != nil {
			return items, err
		}
		a = nil // whatever was read ahead is old by the next round
		if courses, err = r.consider(i, items, f, org, now); err != nil {
			return items, err
		}
		if next, looked := h.lookInto(ctx, i, r, items, org); looked {
			org = next
			if courses, err = r.consider(i, items, f, org, now); err != nil {
				return items, err
			}
		}
		all, err := h.begin(ctx, i, items, courses)
		if err != nil {
			return items, err
		}
		if all {
			break
		}
		if round == maxRounds {
			return items, unavailable(errContended)
		}
	}
	for _, it := range items {
		if it.verdict.reason == integration.ReasonLinked && !it.linkedNow { // somebody else was faster
			it.verdict = r.asksNothing(it)
		}
	}
	h.publish(ctx, items)
	return items, errors.Join(h.settle(ctx, i, items, courses), failed(items))
}

// consider gives every item that is still open its verdict, by what is known.
func (r rules) consider(i integration.Integration, items []*item, known integration.Rows, org look, now time.Time) (map[integration.CampaignRef]*course, error) {
	for _, it := range items {
		if !it.open() {
			continue
		}
		it.link, it.makesLink, it.linkedNow, it.lookedUp, it.asks = nil, false, false, false, ask{}
		it.verdict = verdict{}
		it.bind(i.ID, known.Deliveries, r.newID)
		if stored, ok := known.Deliveries[it.delivery.ID]; ok {
			if err := it.recall(stored); err != nil {
				return nil, err
			}
		}
		if it.open() {
			it.verdict = triage(i, it.notification, it.newest)
		}
	}
	r.follow(i, items, known.Links, known.Seen, org)
	return r.judgeAll(i.ID, items, known, org, now), nil
}

// begin stores that duplicates came again, the verdicts that nothing is left to be done for, and everything
// else as pending, with the requests that will be made; beside that it makes the
// links that are new. It says whether all of it is stored: what somebody else has
// changed since it was read is to be considered anew.
func (h *Handler) begin(ctx context.Context, i integration.Integration, items []*item, courses map[integration.CampaignRef]*course) (all bool, err error) {
	now := h.now()
	var units []integration.Unit
	var begun []*item
	for _, it := range items {
		if it.again {
			it.again = false // whether it is stored or not: others may have noted the same
			it.delivery.Repeat(now)
			units, begun = append(units, integration.Unit{Delivery: &it.delivery}), append(begun, it)
		}
		if !it.open() {
			continue
		}
		var u integration.Unit
		c := courses[it.ref(i.ID)]
		linkFirst := c.linkFirst(it)
		waits := it.makesLink || it.asking() && !it.asks.done
		switch {
		case !waits:
			d, err := it.outcome(now)
			if err != nil {
				return false, err
			}
			u.Delivery = &d
		case it.asking() && !linkFirst && it.claim(), !it.resumed():
			u.Delivery = &it.delivery
		}
		if c != nil && !linkFirst && c.holder() == it && c.changed() && (it.asking() || !waits) {
			u.Seen = &c.after
		}
		if u != (integration.Unit{}) {
			units, begun = append(units, u), append(begun, it)
		}
	}
	var work errgroup.Group
	var results []integration.UnitResult
	work.Go(func() (err error) {
		if len(units) > 0 {
			results, err = h.store.Commit(ctx, units)
		}
		return err
	})
	waiting := waitingForLinks(items)
	made := map[integration.CampaignRef]linked{}
	work.Go(func() error {
		made = h.makeLinks(ctx, waiting)
		return nil
	})
	if err := work.Wait(); err != nil {
		return false, unavailable(fmt.Errorf("record notifications: %w", err))
	}
	all = true
	for k, u := range results {
		it := begun[k]
		if it.duplicate {
			continue
		}
		if !u.Committed {
			all = false
			continue
		}
		if u.Delivery != nil {
			it.delivery = *u.Delivery
			it.done = it.delivery.Status.Final()
			it.claimedNow = it.claimedNow || it.delivery.Doubtful && it.begunFor == ""
		}
		if u.Seen != nil {
			c := courses[it.ref(i.ID)]
			c.stored, c.after = *u.Seen, *u.Seen
		}
	}
	for _, it := range waiting {
		c := courses[it.ref(i.ID)]
		linkFirst := c.linkFirst(it)
		it.linkMade(made[it.link.Ref()])
		if it.asking() && (linkFirst || !c.stored.LinkedAt.Equal(it.link.CreatedAt)) {
			all = false // the request is to be claimed under the link that is there now: ours, or another message's
		}
	}
	return all, nil
}

// errNoAnswer is a publisher that broke its word.
var errNoAnswer = errors.New("the publisher does not say what became of the request")

// publish puts the finalization requests on the bus.
func (h *Handler) publish(ctx context.Context, items []*item) {
	var requests []integration.FinalizationRequest
	var asking []*item
	for _, it := range items {
		if !it.asking() || it.asks.done {
			continue
		}
		asking = append(asking, it)
		requests = append(requests, integration.FinalizationRequest{
			ID:            it.asks.id,
			ExperimentKey: it.link.ExperimentKey,
			IntegrationID: it.delivery.IntegrationID,
			CampaignID:    it.campaignID,
			CampaignName:  it.campaignName,
			Status:        it.status,
			RequestedAt:   it.asks.at, // the same when it is published again
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
