package push

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"salesforce-integration/internal/integration"
)

// farApart is when deliveries of one message no longer wait for each other: until
// then they come back together, since each return of a message counts.
const farApart = time.Minute

// comeback is a part of a message's deliveries that are tried again at a time.
type comeback struct {
	at  time.Time // of the last of them
	ids []string
}

// comebacks groups by time what of a message is tried again, the first ones first.
func (p *progress) comebacks(i int) []comeback {
	var ids []string
	for _, id := range p.ofMessage[i] {
		if _, ok := p.comeBack[id]; ok {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(p.comeBack[a].Compare(p.comeBack[b]), strings.Compare(a, b))
	})
	var groups []comeback
	for n, id := range ids {
		at := p.comeBack[id]
		if n == 0 || at.Sub(p.comeBack[groups[len(groups)-1].ids[0]]) > farApart {
			groups = append(groups, comeback{})
		}
		last := &groups[len(groups)-1]
		last.at, last.ids = at, append(last.ids, id)
	}
	return groups
}

// sendable says whether all of these can be sent by name: they are stored with their
// event.
func (p *progress) sendable(groups []comeback) bool {
	for _, g := range groups {
		for _, id := range g.ids {
			if d, ok := p.deliveries[id]; !ok || d.Version == 0 || len(d.Payload) == 0 {
				return false
			}
		}
	}
	return true
}

// split puts the parts of a message on the queue by name, each for its own time, so
// that an org which is down for hours holds up no other. They take the message's place.
func (h *Handler) split(ctx context.Context, groups []comeback) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sendsAtOnce)
	now := h.cfg.Now()
	for _, part := range groups {
		for ids := range slices.Chunk(part.ids, integration.MaxCommandDeliveries) {
			g.Go(func() error {
				return h.dispatch(ctx, integration.Command{Kind: integration.CommandSend, DeliveryIDs: ids}, max(part.at.Sub(now), minWait))
			})
		}
	}
	return g.Wait()
}

// comesBack says when a message is tried again, if it is. One whose deliveries are to
// be tried at times far apart is split instead, and done.
func (h *Handler) comesBack(ctx context.Context, p *progress, i int) (time.Time, bool) {
	if p.later[i] {
		return h.cfg.Now(), true
	}
	groups := p.comebacks(i)
	switch {
	case len(groups) == 0:
		return time.Time{}, false
	case len(groups) == 1 || !p.sendable(groups):
		return groups[0].at, true
	}
	if err := h.split(ctx, groups); err != nil {
		h.cfg.Log.WarnContext(ctx, "a message comes back whole, since it could not be split", "error", err)
		return groups[0].at, true
	}
	return time.Time{}, false
}
