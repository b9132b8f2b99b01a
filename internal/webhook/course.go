package webhook

import (
	"slices"
	"time"

	"salesforce-integration/internal/integration"
)

// course is what one linked Campaign went through, as far as a message and what is
// stored tell.
type course struct {
	link   integration.Link
	stored integration.Seen // as it is in the store, or a row to begin with
	alien  bool             // what is stored is another link's: one that was, or that another message is about to make
	after  integration.Seen // with the message
	last   *item            // who brought the newest state; nil: nobody
	asker  *item            // who asks for the request that after holds; nil: nobody
}

// holder is the item that what was seen is stored with: the one that asks, so that
// its request is known wherever its delivery is.
func (c *course) holder() *item {
	if c.asker != nil {
		return c.asker
	}
	return c.last
}

// changed says whether there is something to store.
func (c *course) changed() bool { return c.after != c.stored }

// linkFirst says whether an item has to make its link before it may claim its request.
// What another message claimed for a link that it is about to make is written over
// only by whoever got the link.
func (c *course) linkFirst(it *item) bool { return c != nil && c.alien && it.makesLink }

// judgeAll gives all items whose Campaign is linked their verdict, each Campaign's
// in the order of their times. The state that an item tells of is seen as well when
// its verdict is found already: the integration is off, or its message is in
// conflict with the link.
func (r rules) judgeAll(integrationID string, items []*item, known integration.Rows, org look, now time.Time) map[integration.CampaignRef]*course {
	courses := map[integration.CampaignRef]*course{}
	for _, it := range items {
		ref := it.ref(integrationID)
		link, linked := known.Links[ref]
		if it.undecided() && it.link != nil {
			link, linked = *it.link, true
		}
		if !linked || !it.open() || courses[ref] != nil {
			continue
		}
		row, stored := known.Seen[ref], known.Seen[ref].Of(link)
		courses[ref] = &course{link: link, stored: stored, alien: row.Version > 0 && !row.BelongsTo(link), after: stored}
	}
	ordered := slices.Clone(items)
	slices.SortStableFunc(ordered, func(a, b *item) int { return a.at.Compare(b.at) })
	for _, it := range ordered {
		c := courses[it.ref(integrationID)]
		switch {
		case c == nil:
			if it.undecided() {
				it.verdict = r.unlinked(it)
			}
		case it.undecided():
			r.step(c, it, known.Campaigns[it.ref(integrationID)], org, now)
		case it.open() && it.verdict.reason != integration.ReasonSuperseded:
			r.note(c, it, known.Campaigns[it.ref(integrationID)], now)
		case it.status != "" && !r.finalizes(it.status) && (!it.duplicate || !it.modifiedAt.IsZero()):
			// It decides nothing any more, but the Campaign was in that state.
			if it.at.After(c.after.At) {
				c.after, c.last, c.asker = withState(c.after, it), it, nil
			}
		}
	}
	return courses
}

// step takes a Campaign's course one item further.
func (r rules) step(c *course, it *item, wrote integration.Campaign, org look, now time.Time) {
	before := c.before()
	after, v := r.judge(c.link, before, it, wrote, now)
	it.verdict = v
	switch found, there, asked := org.status(it.campaignID); {
	case !r.reread || !it.asking() || after.Accounted:
	case !r.ReadsSalesforce:
		// Nothing is seen of it, so that the same state counts once this is mended.
		it.verdict, after = r.mayNotAsk(it), before
	case asked && !r.finalizes(found.Status):
		it.verdict = r.notConfirmed(it, found, there)
		after = withState(before, it)
		if there {
			after.Status, after.At = found.Status, later(it.at, found.ModifiedAt)
			after.Accounted, after.Dealt = true, integration.DealtNotFinal
		}
	}
	if it.asking() {
		it.asks = ask{id: after.RequestID, at: after.RequestedAt, done: after.Accounted}
		c.asker = it
	}
	c.advance(before, after, it)
}

// note takes a Campaign's course on by the state of an item that asks for nothing,
// whatever its state is. A completion that a conflict holds back stays open: once the
// conflict is gone, the next message about it asks.
func (r rules) note(c *course, it *item, wrote integration.Campaign, now time.Time) {
	before := c.before()
	after, _ := r.judge(c.link, before, it, wrote, now)
	if after.RequestID == it.delivery.ID && before.RequestID != after.RequestID {
		after = withState(before, it)
	}
	c.advance(before, after, it)
}

// before is the newest state so far. A request of this message counts as made for
// those that follow in it.
func (c *course) before() integration.Seen {
	s := c.after
	if c.asker != nil {
		s.Accounted = true
	}
	return s
}

// advance takes in what an item made of the newest state.
func (c *course) advance(before, after integration.Seen, it *item) {
	if after == before {
		return
	}
	if c.asker != nil && c.asker.asks.id != after.RequestID {
		c.asker = nil
	}
	if c.asker != nil {
		after.Accounted = c.stored.Accounted && c.stored.RequestID == after.RequestID
	}
	c.after, c.last = after, it
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
