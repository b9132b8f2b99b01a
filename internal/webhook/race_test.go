package webhook_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/webhook"
)

// party is one of several functions that work on one table. Its writes can be held up
// without those of the others.
type party struct {
	*inmem.Store
	before, after func(op string)
}

func (p *party) Commit(ctx context.Context, units []integration.Unit) ([]integration.UnitResult, error) {
	return around(p, "Commit", func() ([]integration.UnitResult, error) { return p.Store.Commit(ctx, units) })
}

func (p *party) CreateLinks(ctx context.Context, links []integration.Link) ([]integration.LinkResult, error) {
	return around(p, "CreateLinks", func() ([]integration.LinkResult, error) { return p.Store.CreateLinks(ctx, links) })
}

func around[T any](p *party, op string, call func() (T, error)) (T, error) {
	p.before(op)
	result, err := call()
	p.after(op)
	return result, err
}

// function is a handler of its own on the rig's table and bus.
func (r *rig) function(p *party) *webhook.Handler {
	r.tb.Helper()
	whole := r.Handler
	r.handleWith(p, r.bus)
	made := r.Handler
	r.Handler = whole
	return made
}

// gate is a point of a story that others wait for.
type gate struct {
	once sync.Once
	open chan struct{}
}

func newGate() *gate   { return &gate{open: make(chan struct{})} }
func (g *gate) pass()  { g.once.Do(func() { close(g.open) }) }
func (g *gate) await() { <-g.open }

// atOnce sends two messages by functions of their own. The second comes when the first
// is recorded, with its claim if it makes one, and has no link yet; it is recorded
// before that link is made, and finds the link there when it makes its own.
func (r *rig) atOnce(first, second chapter) {
	r.tb.Helper()
	recorded, recordedToo, linked := newGate(), newGate(), newGate()
	late := r.function(&party{r.store,
		func(op string) {
			if op == "CreateLinks" {
				linked.await()
			}
		},
		func(op string) {
			if op == "Commit" {
				recordedToo.pass()
			}
		},
	})
	var sending sync.WaitGroup
	var once sync.Once
	send := func(h *webhook.Handler, n int, c chapter) {
		if _, err := h.Handle(context.Background(), soapEnvelope(c.note(n))); err != nil {
			r.tb.Errorf("Handle returned an error: %v", err)
		}
	}
	early := r.function(&party{r.store,
		func(op string) {
			if op == "CreateLinks" {
				recorded.await()
				once.Do(func() { sending.Go(func() { send(late, 2, second) }) })
				recordedToo.await()
			}
		},
		func(op string) {
			switch op {
			case "Commit":
				recorded.pass()
			case "CreateLinks":
				linked.pass()
			}
		},
	})
	send(early, 1, first)
	sending.Wait()
}

// TestTwoExperimentsForOneCampaign: two messages name different experiments for a
// Campaign that follows nothing, at the same moment. Whoever makes the link is heard;
// the other one is in conflict, and what the first one left for whoever comes next
// stays.
func TestTwoExperimentsForOneCampaign(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second chapter
		dies          bool // the first, once the bus has its request
		then          []chapter
		ids           int
	}{
		"both ask": {
			first: names("alpha", "Completed", "09:50:00", asks), second: names("beta", "Completed", "09:51:00", conflicts),
			then: []chapter{says("Completed", "09:55:00", already)}, ids: 1,
		},
		"both ask, and the first dies": {
			first: names("alpha", "Completed", "09:50:00", ""), second: names("beta", "Completed", "09:51:00", conflicts), dies: true,
			then: []chapter{says("Completed", "09:55:00", asks), says("Completed", "09:56:00", already)}, ids: 1,
		},
		"only the second asks": {
			first: names("alpha", "In Progress", "09:50:00", integration.ReasonLinked), second: names("beta", "Completed", "09:51:00", conflicts),
			then: []chapter{says("Completed", "09:40:00", superseded), says("Completed", "09:55:00", asks)}, ids: 1,
		},
		"only the first asks": {
			first: names("alpha", "Completed", "09:50:00", asks), second: names("beta", "In Progress", "09:51:00", conflicts),
			then: []chapter{says("Completed", "09:55:00", already)}, ids: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			unlink().deed(r)
			if c.dies {
				r.bus.after = func() error { return errCrash }
			}
			r.atOnce(c.first, c.second)
			r.bus.after = nil
			r.became(1, c.first)
			r.became(2, c.second)
			for n, next := range c.then {
				r.clock.Add(int64(time.Minute))
				r.tell(3+n, next)
			}
			if n := len(r.bus.published(t)); n != c.ids {
				t.Errorf("%d finalization ids, want %d: %+v", n, c.ids, r.bus.requests)
			}
		})
	}
}

// TestClaimWithoutItsLink: a message that claimed its request was killed before its link
// was made, and may never come again. Another experiment's message makes its own link,
// and asks.
func TestClaimWithoutItsLink(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	unlink().deed(r)
	r.store.Before(func(_ context.Context, op string) error {
		if op == "CreateLinks" {
			return errCrash
		}
		return nil
	})
	r.send(soapEnvelope(names("alpha", "Completed", "09:50:00", "").note(1)))
	r.store.Before(nil)
	r.clock.Add(int64(time.Minute))
	r.tell(2, names("beta", "Completed", "09:55:00", asks))
	r.tell(1, names("alpha", "Completed", "09:50:00", conflicts))
	r.tell(3, says("Completed", "09:56:00", already))
	if n := len(r.bus.published(t)); n != 1 {
		t.Errorf("%d finalization ids, want 1: %+v", n, r.bus.requests)
	}
}

// TestManyExperimentsForOneCampaign is the same without a script.
func TestManyExperimentsForOneCampaign(t *testing.T) {
	t.Parallel()
	for range 50 {
		r := newRig(t)
		unlink().deed(r)
		var senders sync.WaitGroup
		for n := range 4 {
			senders.Go(func() {
				e := soapEnvelope(names(fmt.Sprint("experiment-", n), "Completed", "09:50:00", "").note(n))
				r.sendUntilTaken(e)
			})
		}
		senders.Wait()
		r.clock.Add(int64(time.Minute))
		r.tell(9, says("Completed", "09:55:00", already))
		if n := len(r.bus.published(t)); n != 1 {
			t.Errorf("%d finalization ids, want 1: %+v", n, r.reasons())
		}
	}
}
