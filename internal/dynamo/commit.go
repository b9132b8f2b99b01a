package dynamo

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"salesforce-integration/internal/integration"
)

// change is a [integration.Unit] on its way into the table.
type change struct {
	rows      []row // the delivery's, the campaign's and what was seen of it, as far as there are any
	size      int   // in bytes, estimated
	committed bool
	current   map[key]item // what is stored under the rows' keys instead, as far as it is known
	unknown   []key        // keys of which it is not
}

// Commit implements [integration.DeliveryStore]. Units that have nothing to do
// with each other share a transaction to save calls. When one of them loses, the
// whole transaction does, and is sent again without the losers.
func (s *Store) Commit(ctx context.Context, units []integration.Unit) ([]integration.UnitResult, error) {
	if err := checkUnits(units); err != nil {
		return nil, err
	}
	changes := make([]*change, len(units))
	for n, u := range units {
		changes[n] = newChange(u)
	}
	g, groupCtx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for _, chunk := range pack(changes) {
		g.Go(func() error { return s.send(groupCtx, chunk, 0) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := s.lookUp(ctx, changes); err != nil {
		return nil, err
	}
	results := make([]integration.UnitResult, len(units))
	for n := range units {
		var err error
		if results[n], err = changes[n].result(); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// checkUnits finds what a caller must not ask for.
func checkUnits(units []integration.Unit) error {
	seen := map[key]bool{}
	check := func(n int, k key, ids ...string) error {
		if !usable(ids...) || seen[k] {
			return &integration.Error{Code: integration.CodeInternal, Message: fmt.Sprintf("unit %d: its ids %.64q are empty, too long, or there twice", n, ids)}
		}
		seen[k] = true
		return nil
	}
	for n, u := range units {
		if d := u.Delivery; d != nil {
			if err := check(n, deliveryKey(d.ID), d.ID); err != nil {
				return err
			}
			if len(d.Payload) > integration.MaxPayload {
				return integration.Invalidf("payload", "Delivery %s carries %d bytes; %d is the limit.", d.ID, len(d.Payload), integration.MaxPayload)
			}
		}
		if c := u.Campaign; c != nil {
			if err := check(n, campaignKey(c.CampaignRef), c.IntegrationID, c.CampaignID); err != nil {
				return err
			}
		}
		if v := u.Seen; v != nil {
			if err := check(n, seenKey(v.CampaignRef), v.IntegrationID, v.CampaignID); err != nil {
				return err
			}
		}
	}
	return nil
}

func newChange(u integration.Unit) *change {
	c := &change{committed: u.Delivery == nil && u.Campaign == nil && u.Seen == nil}
	if u.Delivery != nil {
		d := *u.Delivery
		d.Version++
		c.rows = append(c.rows, row{deliveryItem(d)})
	}
	if u.Campaign != nil {
		m := *u.Campaign
		m.Version++
		c.rows = append(c.rows, row{campaignItem(m)})
	}
	if u.Seen != nil {
		v := *u.Seen
		v.Version++
		c.rows = append(c.rows, row{seenItem(v)})
	}
	for _, r := range c.rows {
		c.size += r.item.size()
	}
	return c
}

// pack cuts changes into chunks that fit a transaction each.
func pack(changes []*change) [][]*change {
	var chunks [][]*change
	var chunk []*change
	rows, size := 0, 0
	for _, c := range changes {
		if len(c.rows) == 0 {
			continue
		}
		if len(chunk) > 0 && (rows+len(c.rows) > maxTransactItems || size+c.size > maxTransactBytes) {
			chunks = append(chunks, chunk)
			chunk, rows, size = nil, 0, 0
		}
		chunk = append(chunk, c)
		rows, size = rows+len(c.rows), size+c.size
	}
	if len(chunk) > 0 {
		chunks = append(chunks, chunk)
	}
	return chunks
}

// send stores a chunk: what loses is marked and left out, what is contended is
// tried again after a pause, the others at once.
func (s *Store) send(ctx context.Context, chunk []*change, try int) error {
	if len(chunk) == 1 && len(chunk[0].rows) == 1 {
		return s.sendOne(ctx, chunk[0])
	}
	var items []types.TransactWriteItem
	for _, c := range chunk {
		for _, r := range c.rows {
			items = append(items, types.TransactWriteItem{Put: r.put(s.table)})
		}
	}
	reasons, err := s.transactOnce(ctx, items)
	if err != nil {
		return err
	}
	if reasons == nil {
		for _, c := range chunk {
			c.committed = true
		}
		return nil
	}
	var free, busy []*change
	for _, c := range chunk {
		switch c.judge(reasons[:len(c.rows)]) {
		case innocent:
			free = append(free, c)
		case contended:
			busy = append(busy, c)
		case refused:
		}
		reasons = reasons[len(c.rows):]
	}
	if len(free) > 0 {
		// There is at least one change less than before: this ends.
		if err := s.send(ctx, free, try); err != nil {
			return err
		}
	}
	if len(busy) == 0 {
		return nil
	}
	if err := s.again(ctx, try); err != nil {
		return err
	}
	return s.send(ctx, busy, try+1)
}

// sendOne stores a change of one row, at half of a transaction's price.
func (s *Store) sendOne(ctx context.Context, c *change) error {
	current, ok, err := s.put(ctx, c.rows[0])
	if err != nil {
		return err
	}
	c.committed = ok
	c.current = map[key]item{keyOf(c.rows[0].item): current}
	return nil
}

// judge gives the verdict on a change, by the reasons of its rows, and takes down
// what is stored when it lost.
func (c *change) judge(reasons []reason) verdict {
	all := innocent
	for _, r := range reasons {
		if r.verdict == refused || all == innocent {
			all = r.verdict
		}
	}
	if all != refused {
		return all
	}
	c.current, c.unknown = map[key]item{}, nil
	for n, r := range reasons {
		k := keyOf(c.rows[n].item)
		if r.verdict == refused {
			c.current[k] = r.stored
		} else {
			c.unknown = append(c.unknown, k)
		}
	}
	return refused
}

// lookUp reads the rows of losers that no cancellation told about.
func (s *Store) lookUp(ctx context.Context, changes []*change) error {
	var keys []key
	for _, c := range changes {
		keys = append(keys, c.unknown...)
	}
	if len(keys) == 0 {
		return nil
	}
	found, err := s.batchGet(ctx, keys)
	if err != nil {
		return err
	}
	for _, c := range changes {
		for _, k := range c.unknown {
			c.current[k] = found[k]
		}
	}
	return nil
}

// result reads back what is stored now.
func (c *change) result() (integration.UnitResult, error) {
	r := integration.UnitResult{Committed: c.committed}
	for _, w := range c.rows {
		it := w.item
		if !c.committed {
			it = c.current[keyOf(w.item)]
		}
		if it == nil {
			continue
		}
		switch sk := keyOf(it).sk; {
		case sk == skDelivery:
			d, err := readDelivery(it)
			if err != nil {
				return r, err
			}
			r.Delivery = &d
		case strings.HasPrefix(sk, skSeen):
			v, err := readSeen(it)
			if err != nil {
				return r, err
			}
			r.Seen = &v
		default:
			m, err := readCampaign(it)
			if err != nil {
				return r, err
			}
			r.Campaign = &m
		}
	}
	return r, nil
}
