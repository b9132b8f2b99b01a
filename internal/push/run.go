package push

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"salesforce-integration/internal/integration"
)

const (
	// beginRounds bounds how often a delivery is decided anew because somebody
	// else changed its rows in between.
	beginRounds = 4
	// orgsAtOnce bounds how many orgs one invocation writes to side by side.
	orgsAtOnce = 16
)

// begin claims, in the store, every delivery that is to be written, and records
// those that are not. What it returns may be written until the lease ends.
func (h *Handler) begin(ctx context.Context, wants []want, p *progress) ([]job, error) {
	lease := h.lease(ctx)
	var jobs []job
	for round := 0; len(wants) > 0; round++ {
		lost, began, err := h.beginRound(ctx, wants, lease, p)
		jobs = append(jobs, began...)
		if err != nil {
			return jobs, err
		}
		if round == beginRounds {
			for _, w := range lost {
				p.comeBack[w.delivery.ID] = h.cfg.Now().Add(h.cfg.Retry.Wait(1, 0))
			}
			break
		}
		wants = lost
	}
	return jobs, nil
}

// beginRound returns the wants whose rows somebody else changed meanwhile.
func (h *Handler) beginRound(ctx context.Context, wants []want, lease time.Time, p *progress) (lost []want, jobs []job, err error) {
	stored, campaigns, err := current(ctx, h.cfg.Store, wants)
	if err != nil {
		return nil, nil, err
	}
	if err := h.dropUnlinked(ctx, wants, campaigns); err != nil {
		return nil, nil, err
	}
	now := h.cfg.Now()
	type undecided struct {
		want     want
		decision decision
	}
	var open []undecided
	var units []integration.Unit
	for _, w := range wants {
		d, err := decide(w, pick(stored, w.delivery.ID), pick(campaigns, w.ref()), now, lease, h.cfg.Retry)
		if err != nil {
			return nil, nil, fmt.Errorf("deciding about a delivery: %w", err)
		}
		switch d.verdict {
		case verdictDone:
			s, ok := stored[w.delivery.ID]
			if !ok {
				p.absent[w.delivery.ID] = true
				continue
			}
			p.deliveries[s.ID] = s
			if mendable(s) && w.target == "" {
				p.parked[s.IntegrationID] = true // it could go out now
			}
			continue
		case verdictBusy:
			p.deliveries[w.delivery.ID] = w.delivery
			if s, ok := stored[w.delivery.ID]; ok {
				p.deliveries[w.delivery.ID] = s
			}
			p.comeBack[w.delivery.ID] = d.busyUntil
			continue
		case verdictSend:
			if d.unit.Campaign != nil {
				campaigns[w.ref()] = *d.unit.Campaign // the next want of this campaign sees the claim
			}
		case verdictRecord, verdictWait:
		}
		open = append(open, undecided{w, d})
		units = append(units, d.unit)
	}
	if len(units) == 0 {
		return nil, nil, nil
	}
	results, err := h.cfg.Store.Commit(ctx, units)
	if err != nil {
		return nil, nil, fmt.Errorf("beginning %d deliveries: %w", len(units), err)
	}
	for i, r := range results {
		u := open[i]
		if !r.Committed {
			lost = append(lost, u.want)
			continue
		}
		p.deliveries[u.want.delivery.ID] = *r.Delivery
		switch {
		case u.decision.verdict == verdictWait:
			p.comeBack[r.Delivery.ID] = u.decision.busyUntil
		case r.Delivery.Status == integration.StatusRetrying:
			p.comeBack[r.Delivery.ID] = r.Delivery.NextAttemptAt
		}
		if mendable(*r.Delivery) {
			p.parked[r.Delivery.IntegrationID] = true
		}
		if u.decision.verdict == verdictSend {
			jobs = append(jobs, job{want: u.want, delivery: *r.Delivery, campaign: r.Campaign})
		}
	}
	return lost, jobs, nil
}

// mendable says whether a delivery is parked by a state of its integration that
// somebody may be changing at this moment.
func mendable(d integration.Delivery) bool {
	return d.Resumable() && (d.Reason == integration.ReasonInactive || d.Reason == integration.ReasonAttention)
}

// current reads what is stored of the wanted deliveries and their campaigns.
func current(ctx context.Context, store integration.DeliveryStore, wants []want) (map[string]integration.Delivery, map[integration.CampaignRef]integration.Campaign, error) {
	var k integration.Keys
	refs := map[integration.CampaignRef]bool{}
	for _, w := range wants {
		k.Deliveries = append(k.Deliveries, w.delivery.ID)
		if w.target == "" && w.effect.Status != "" {
			refs[w.ref()] = true
		}
	}
	k.Campaigns = slices.Collect(maps.Keys(refs))
	rows, err := store.Read(ctx, k)
	if err != nil {
		return nil, nil, fmt.Errorf("reading what is known of %d deliveries: %w", len(wants), err)
	}
	return rows.Deliveries, rows.Campaigns, nil
}

// dropUnlinked looks again at the links of campaigns whose state is another
// experiment's. Either they were linked anew since that state, or between our reading
// of the links and now: then the state is newer than the wanted one, which is not
// written. A link that changes after this look changes after the write, for the
// campaign's claim fails when another experiment's event is faster.
func (h *Handler) dropUnlinked(ctx context.Context, wants []want, campaigns map[integration.CampaignRef]integration.Campaign) error {
	refs := map[integration.CampaignRef]bool{}
	for _, w := range wants {
		if c, ok := campaigns[w.ref()]; ok && c.ExperimentKey != w.delivery.ExperimentKey && w.target == "" && w.effect.Status != "" {
			refs[w.ref()] = true
		}
	}
	if len(refs) == 0 {
		return nil
	}
	links, err := h.cfg.Store.GetLinks(ctx, slices.Collect(maps.Keys(refs)))
	if err != nil {
		return fmt.Errorf("looking again at the links of %d campaigns: %w", len(refs), err)
	}
	for n, w := range wants {
		if refs[w.ref()] && links[w.ref()].ExperimentKey != w.delivery.ExperimentKey {
			wants[n].target, wants[n].reason, wants[n].detail = integration.StatusSkipped, integration.ReasonNoLink, unlinked
		}
	}
	return nil
}

// write carries the jobs out, the orgs side by side, and returns an outcome for
// each.
func (h *Handler) write(ctx context.Context, jobs []job, integrations map[string]integration.Integration) []outcome {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-settleReserve))
		defer cancel()
	}
	byOrg := map[string][]int{}
	for i, j := range jobs {
		byOrg[j.delivery.IntegrationID] = append(byOrg[j.delivery.IntegrationID], i)
	}
	outcomes := make([]outcome, len(jobs))
	limit := make(chan struct{}, orgsAtOnce)
	var wg sync.WaitGroup
	for id, indexes := range byOrg {
		limit <- struct{}{}
		wg.Go(func() {
			defer func() { <-limit }()
			mine := make([]job, len(indexes))
			for i, index := range indexes {
				mine[i] = jobs[index]
			}
			for i, o := range h.cfg.Orgs.write(ctx, integrations[id], mine, h.cfg.ReservePercent) {
				outcomes[indexes[i]] = o
			}
		})
	}
	wg.Wait()
	return outcomes
}

// settleAll stores what came of the jobs. A delivery whose rows somebody else has
// taken meanwhile comes back, to be decided anew.
func (h *Handler) settleAll(ctx context.Context, jobs []job, outcomes []outcome, p *progress) error {
	if len(jobs) == 0 {
		return nil
	}
	now := h.cfg.Now()
	units := make([]integration.Unit, len(jobs))
	for i, j := range jobs {
		unit, err := settle(j, outcomes[i], now, h.cfg.Retry)
		if err != nil {
			return fmt.Errorf("settling: %w", err)
		}
		units[i] = unit
		if outcomes[i].err != nil && unit.Delivery.Reason != integration.ReasonAllowance {
			h.cfg.Log.WarnContext(ctx, "a delivery failed", "delivery_id", j.delivery.ID, "integration_id", j.delivery.IntegrationID,
				"campaign_id", j.delivery.CampaignID, "status", unit.Delivery.Status, "attempts", unit.Delivery.Attempts, "error", outcomes[i].err)
		}
	}
	results, err := h.cfg.Store.Commit(ctx, units)
	if err != nil {
		return fmt.Errorf("settling %d deliveries: %w", len(units), err)
	}
	if err := h.settleAlone(ctx, jobs, units, results); err != nil {
		return err
	}
	for i, r := range results {
		id := jobs[i].delivery.ID
		if !r.Committed {
			p.comeBack[id] = now.Add(h.cfg.Retry.Wait(1, 0))
			continue
		}
		p.deliveries[id] = *r.Delivery
		if r.Delivery.Status == integration.StatusRetrying {
			p.comeBack[id] = r.Delivery.NextAttemptAt
		}
	}
	return nil
}

// settleAlone stores, without its campaign, a delivery that is still ours while its
// campaign's row is not: the integration was deleted meanwhile, and the campaign's
// row with it, or the claim ran out and somebody else has it now.
func (h *Handler) settleAlone(ctx context.Context, jobs []job, units []integration.Unit, results []integration.UnitResult) error {
	var alone []integration.Unit
	var origin []int
	for i, r := range results {
		ours := r.Delivery != nil && r.Delivery.Version == jobs[i].delivery.Version
		if !r.Committed && ours && units[i].Campaign != nil {
			alone = append(alone, integration.Unit{Delivery: units[i].Delivery})
			origin = append(origin, i)
		}
	}
	if len(alone) == 0 {
		return nil
	}
	again, err := h.cfg.Store.Commit(ctx, alone)
	if err != nil {
		return fmt.Errorf("settling %d deliveries without their campaigns: %w", len(alone), err)
	}
	for n, r := range again {
		results[origin[n]] = r
	}
	return nil
}

func (h *Handler) lease(ctx context.Context) time.Time {
	if deadline, ok := ctx.Deadline(); ok {
		return deadline.Add(leaseMargin)
	}
	return h.cfg.Now().Add(defaultLease)
}

// pick returns a copy of a map's value, nil when it has none.
func pick[K comparable, V any](m map[K]V, k K) *V {
	v, ok := m[k]
	if !ok {
		return nil
	}
	return &v
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
