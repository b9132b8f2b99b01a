package push

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"salesforce-integration/internal/integration"
)

const (
	// sweepAgain is when a sweep looks again: by then a function that was writing
	// when the link went has ended.
	sweepAgain = 3 * time.Minute
	// sweepPage is how many integrations one message's sweep looks at.
	sweepPage = 100
	// sweepsAtOnce bounds how many of them it looks at side by side.
	sweepsAtOnce = 8
)

const unlinked = "the Campaign is not linked to the experiment any more"

// sweep goes through what waits in one integration, which may be no more.
func (h *Handler) sweep(ctx context.Context, c integration.Command) error {
	integrations, err := h.cfg.Store.GetIntegrations(ctx, []string{c.IntegrationID})
	if err != nil {
		return fmt.Errorf("reading the integration to sweep: %w", err)
	}
	next, err := h.sweepOne(ctx, c.IntegrationID, pick(integrations, c.IntegrationID), c.Cursor)
	if err != nil {
		return err
	}
	return h.goOn(ctx, c, next, sweepAgain)
}

// sweepOne closes what waits for a link, or for an integration (nil), that is no more,
// and takes up what was forgotten. It returns where the next look begins.
func (h *Handler) sweepOne(ctx context.Context, id string, i *integration.Integration, cursor string) (next string, err error) {
	if i != nil && i.Attention != nil && !i.Attention.Announced {
		if err := h.announceAgain(ctx, id); err != nil {
			return "", err
		}
	}
	waiting, next, err := h.waiting(ctx, id, cursor)
	if err != nil || len(waiting) == 0 {
		return next, err
	}
	linked, err := h.closeUnlinked(ctx, waiting)
	if err != nil || i == nil {
		return next, err
	}
	return next, h.takeUpForgotten(ctx, *i, linked)
}

// closeUnlinked ends the deliveries whose Campaign does not follow their experiment,
// and returns the others.
func (h *Handler) closeUnlinked(ctx context.Context, waiting []integration.Delivery) ([]integration.Delivery, error) {
	links, err := h.linksOf(ctx, waiting)
	if err != nil {
		return nil, err
	}
	now := h.cfg.Now()
	var linked []integration.Delivery
	var units []integration.Unit
	for _, d := range waiting {
		if links[campaignOf(d)].ExperimentKey == d.ExperimentKey {
			linked = append(linked, d)
			continue
		}
		if d.LeaseUntil.After(now) {
			continue // the function that is at it ends it
		}
		if err := d.Move(now, integration.StatusSkipped, integration.ReasonNoLink, unlinked); err != nil {
			return nil, fmt.Errorf("sweeping: %w", err)
		}
		units = append(units, integration.Unit{Delivery: &d})
	}
	if len(units) > 0 {
		if _, err := h.cfg.Store.Commit(ctx, units); err != nil {
			return nil, fmt.Errorf("sweeping %d deliveries: %w", len(units), err)
		}
	}
	return linked, nil
}

// sweepAll looks at every integration, a page with each message. It is for what
// should not be: a message that got lost, a command that never reached the queue.
func (h *Handler) sweepAll(ctx context.Context, c integration.Command) error {
	list, err := h.cfg.Store.ListIntegrations(ctx, integration.Page{Limit: sweepPage, Cursor: c.Cursor})
	if err != nil {
		return fmt.Errorf("listing the integrations to sweep: %w", err)
	}
	if list.NextCursor != "" {
		// Ahead of the work, so that one page which fails holds up no other.
		next := c
		next.Cursor = list.NextCursor
		if err := h.dispatch(ctx, next, 0); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sweepsAtOnce)
	for _, i := range list.Items {
		g.Go(func() error {
			next, err := h.sweepOne(ctx, i.ID, &i, "")
			if err != nil || next == "" {
				return err
			}
			return h.dispatch(ctx, integration.Command{Kind: integration.CommandSweep, IntegrationID: i.ID, Cursor: next, Look: 1}, 0)
		})
	}
	return g.Wait()
}

// takeUpForgotten sends what has waited in an integration for long after its time, or
// though what held it up is over.
func (h *Handler) takeUpForgotten(ctx context.Context, i integration.Integration, waiting []integration.Delivery) error {
	ample, err := h.ample(ctx, i, waiting)
	if err != nil {
		return err
	}
	now := h.cfg.Now()
	works := i.Active && i.Attention == nil
	waiting = slices.DeleteFunc(waiting, func(d integration.Delivery) bool {
		over := mendable(d) || d.Resumable() && d.Reason == integration.ReasonAllowance && ample
		left := works && over && now.Sub(d.UpdatedAt) >= integration.OverdueAfter
		return !d.Overdue(now) && !left
	})
	if len(waiting) == 0 {
		return nil
	}
	h.cfg.Log.WarnContext(ctx, "deliveries were forgotten, they are taken up", "integration_id", i.ID, "deliveries", len(waiting))
	return h.unpark(ctx, waiting, "it was found waiting after its time")
}

// ample says whether an org has calls to spare, when something was parked for want of
// them. It may have, when there was no news of it for a day: the next call finds out.
func (h *Handler) ample(ctx context.Context, i integration.Integration, waiting []integration.Delivery) (bool, error) {
	if !slices.ContainsFunc(waiting, func(d integration.Delivery) bool { return d.Reason == integration.ReasonAllowance }) {
		return false, nil
	}
	allowances, err := h.cfg.Store.GetAllowances(ctx, []integration.AllowanceKey{i.AllowanceKey()})
	if err != nil {
		return false, fmt.Errorf("reading what is left of an org's allowance: %w", err)
	}
	a := allowances[i.AllowanceKey()]
	return !a.Known(h.cfg.Now()) || !a.Low(h.cfg.ReservePercent), nil
}
