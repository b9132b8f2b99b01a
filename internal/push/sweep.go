package push

import (
	"context"
	"fmt"
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

// sweep closes what waits for a link, or an integration, that is no more.
func (h *Handler) sweep(ctx context.Context, c integration.Command) error {
	waiting, more, err := h.waiting(ctx, c.IntegrationID)
	if err != nil {
		return err
	}
	closed, err := h.closeUnlinked(ctx, waiting)
	if err != nil {
		return err
	}
	if more && closed > 0 {
		return h.dispatch(ctx, c, secondLook)
	}
	return h.lookAgain(ctx, c, sweepAgain)
}

// closeUnlinked ends the deliveries whose Campaign does not follow their experiment,
// and returns how many these are.
func (h *Handler) closeUnlinked(ctx context.Context, waiting []integration.Delivery) (int, error) {
	links, err := h.linksOf(ctx, waiting)
	if err != nil {
		return 0, err
	}
	now := h.cfg.Now()
	var units []integration.Unit
	for _, d := range waiting {
		if links[campaignOf(d)].ExperimentKey == d.ExperimentKey || d.LeaseUntil.After(now) {
			continue // it goes on, or a function that is at it ends it
		}
		if err := d.Move(now, integration.StatusSkipped, integration.ReasonNoLink, unlinked); err != nil {
			return 0, fmt.Errorf("sweeping: %w", err)
		}
		units = append(units, integration.Unit{Delivery: &d})
	}
	if len(units) == 0 {
		return 0, nil
	}
	if _, err := h.cfg.Store.Commit(ctx, units); err != nil {
		return 0, fmt.Errorf("sweeping %d deliveries: %w", len(units), err)
	}
	return len(units), nil
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
		g.Go(func() error { return h.takeUpForgotten(ctx, i) })
	}
	return g.Wait()
}

// takeUpForgotten sends what has waited in an integration for long after its time,
// or for an integration that works.
func (h *Handler) takeUpForgotten(ctx context.Context, i integration.Integration) error {
	waiting, _, err := h.waiting(ctx, i.ID)
	if err != nil || len(waiting) == 0 {
		return err
	}
	now := h.cfg.Now()
	works := i.Active && i.Attention == nil
	var forgotten []integration.Delivery
	for _, d := range waiting {
		if d.Overdue(now) || works && mendable(d) && now.Sub(d.UpdatedAt) >= integration.OverdueAfter {
			forgotten = append(forgotten, d)
		}
	}
	if len(forgotten) == 0 {
		return nil
	}
	h.cfg.Log.WarnContext(ctx, "deliveries were forgotten, they are taken up", "integration_id", i.ID, "deliveries", len(forgotten))
	return h.unpark(ctx, forgotten, "it was found waiting after its time")
}
