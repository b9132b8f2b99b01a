package push

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"salesforce-integration/internal/integration"
)

const (
	// waitingPages bounds how much one look of a command takes in.
	waitingPages = 20
	waitingPage  = 100
	// secondLook is when an integration is resumed once more: the list of what
	// waits may lag by a moment.
	secondLook = 30 * time.Second
	// sweepAgain is when a sweep looks again: by then a function that was writing
	// when the link went has ended.
	sweepAgain = 3 * time.Minute
	// overdue is how long after its time a delivery's message counts as lost.
	overdue = time.Hour
	// sentTogether is how many deliveries go out by one message. They come back
	// together when one of them fails, so it is not all.
	sentTogether = 20
	// sendsAtOnce bounds how many messages are put on the queue side by side.
	sendsAtOnce = 8
)

const unlinked = "the Campaign is not linked to the experiment any more"

// command reads a message as a command; ok is false for an event.
func command(body []byte) (c integration.Command, ok bool) {
	var probe struct {
		Command *integration.CommandKind `json:"command"`
	}
	if json.Unmarshal(body, &probe) != nil || probe.Command == nil {
		return c, false
	}
	return c, json.Unmarshal(body, &c) == nil
}

// obey carries out a command other than [integration.CommandSend]. It writes nothing
// to Salesforce: what is to go out is taken out of being parked, and put on the queue
// again by name, so that it goes the way of every event. Doing it twice is harmless.
func (h *Handler) obey(ctx context.Context, c integration.Command) error {
	switch c.Kind {
	case integration.CommandResume:
		return h.resume(ctx, c)
	case integration.CommandRedeliver:
		return h.redeliver(ctx, c)
	case integration.CommandSweep:
		return h.sweep(ctx, c)
	default:
		h.cfg.Log.ErrorContext(ctx, "an unknown command is dropped", "command", clip(string(c.Kind), 100))
		return nil
	}
}

// resume takes up what an integration held up. It looks twice, half a minute apart,
// and no more: what fails again is not for it to try for ever.
func (h *Handler) resume(ctx context.Context, c integration.Command) error {
	integrations, err := h.cfg.Store.GetIntegrations(ctx, []string{c.IntegrationID})
	if err != nil {
		return fmt.Errorf("reading the integration to resume: %w", err)
	}
	i, ok := integrations[c.IntegrationID]
	if !ok || !i.Active || i.Attention != nil {
		h.cfg.Log.InfoContext(ctx, "the integration cannot be resumed now", "integration_id", c.IntegrationID)
		return nil
	}
	waiting, more, err := h.waiting(ctx, i.ID)
	if err != nil {
		return err
	}
	now := h.cfg.Now()
	waiting = slices.DeleteFunc(waiting, func(d integration.Delivery) bool {
		// One that is tried again has a message of its own, unless that got lost.
		return d.Status == integration.StatusRetrying && now.Sub(d.NextAttemptAt) < overdue
	})
	if err := h.unpark(ctx, waiting, "the integration works again"); err != nil {
		return err
	}
	h.cfg.Log.InfoContext(ctx, "what was parked goes out", "integration_id", i.ID, "deliveries", len(waiting), "look", c.Look)
	if more {
		// What was taken up now is gone from the list by then.
		return h.dispatch(ctx, c, secondLook)
	}
	return h.lookAgain(ctx, c, secondLook)
}

// sweep closes what waits for a link, or an integration, that is no more.
func (h *Handler) sweep(ctx context.Context, c integration.Command) error {
	waiting, more, err := h.waiting(ctx, c.IntegrationID)
	if err != nil {
		return err
	}
	links, err := h.linksOf(ctx, waiting)
	if err != nil {
		return err
	}
	var units []integration.Unit
	for _, d := range waiting {
		if links[campaignOf(d)].ExperimentKey == d.ExperimentKey {
			continue
		}
		if err := d.Move(h.cfg.Now(), integration.StatusSkipped, integration.ReasonNoLink, unlinked); err != nil {
			return fmt.Errorf("sweeping: %w", err)
		}
		units = append(units, integration.Unit{Delivery: &d})
	}
	if len(units) > 0 {
		if _, err := h.cfg.Store.Commit(ctx, units); err != nil {
			return fmt.Errorf("sweeping %d deliveries: %w", len(units), err)
		}
	}
	if more && len(units) > 0 {
		return h.dispatch(ctx, c, secondLook)
	}
	return h.lookAgain(ctx, c, sweepAgain)
}

// lookAgain puts a command on the queue once more, the first time only.
func (h *Handler) lookAgain(ctx context.Context, c integration.Command, after time.Duration) error {
	if c.Look > 0 {
		return nil
	}
	c.Look++
	return h.dispatch(ctx, c, after)
}

// waiting lists what waits in an integration, newest first, and says whether there
// is more than one look takes in.
func (h *Handler) waiting(ctx context.Context, integrationID string) (all []integration.Delivery, more bool, err error) {
	cursor := ""
	for range waitingPages {
		list, err := h.cfg.Store.ListWaiting(ctx, integrationID, integration.Page{Limit: waitingPage, Cursor: cursor})
		if err != nil {
			return nil, false, fmt.Errorf("listing what waits: %w", err)
		}
		all = append(all, list.Items...)
		if cursor = list.NextCursor; cursor == "" {
			break
		}
	}
	return all, cursor != "", nil
}

func (h *Handler) redeliver(ctx context.Context, c integration.Command) error {
	found, err := h.cfg.Store.GetDeliveries(ctx, c.DeliveryIDs)
	if err != nil {
		return fmt.Errorf("reading %d deliveries to send again: %w", len(c.DeliveryIDs), err)
	}
	var again []integration.Delivery
	for _, d := range found {
		if d.Direction == integration.Outbound && (d.Status == integration.StatusParked || d.Status == integration.StatusPending) {
			again = append(again, d)
		}
	}
	slices.SortFunc(again, func(a, b integration.Delivery) int { return strings.Compare(a.ID, b.ID) })
	return h.unpark(ctx, again, "somebody asked for it to be sent again")
}

// unpark makes deliveries pending and puts them on the queue by name. Of several
// statuses of one campaign only that of the newest event goes out.
func (h *Handler) unpark(ctx context.Context, waiting []integration.Delivery, why string) error {
	now := h.cfg.Now()
	links, err := h.linksOf(ctx, waiting)
	if err != nil {
		return err
	}
	newest, err := h.newestStatuses(ctx, waiting)
	if err != nil {
		return err
	}
	var units []integration.Unit
	var out []string
	for _, d := range waiting {
		campaign := campaignOf(d)
		var err error
		switch {
		case links[campaign].ExperimentKey != d.ExperimentKey:
			err = d.Move(now, integration.StatusSkipped, integration.ReasonNoLink, unlinked)
		case len(d.Payload) == 0:
			err = d.Move(now, integration.StatusSkipped, integration.ReasonInvalidEvent, "the event was too large to be kept: publish it again")
		case d.CampaignState != "" && newest[campaign] != "" && newest[campaign] != d.ID:
			err = d.Move(now, integration.StatusSkipped, integration.ReasonSuperseded, "a newer event that was parked, too, decides the Campaign's status")
		default:
			out = append(out, d.ID)
			if d.Status != integration.StatusParked {
				continue
			}
			d.ResumedAt = now
			err = d.Move(now, integration.StatusPending, integration.ReasonResumed, why)
		}
		if err != nil {
			return fmt.Errorf("resuming: %w", err)
		}
		units = append(units, integration.Unit{Delivery: &d})
	}
	if len(units) > 0 {
		// One that somebody else has moved meanwhile needs nothing more.
		if _, err := h.cfg.Store.Commit(ctx, units); err != nil {
			return fmt.Errorf("resuming %d deliveries: %w", len(units), err)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sendsAtOnce)
	for ids := range slices.Chunk(out, sentTogether) {
		g.Go(func() error {
			return h.dispatch(ctx, integration.Command{Kind: integration.CommandSend, DeliveryIDs: ids}, 0)
		})
	}
	return g.Wait()
}

func campaignOf(d integration.Delivery) integration.CampaignRef {
	return integration.CampaignRef{IntegrationID: d.IntegrationID, CampaignID: d.CampaignID}
}

// newestStatuses finds, for each campaign, the delivery whose event decides its
// status by today's settings.
func (h *Handler) newestStatuses(ctx context.Context, waiting []integration.Delivery) (map[integration.CampaignRef]string, error) {
	ids := map[string]bool{}
	for _, d := range waiting {
		ids[d.IntegrationID] = true
	}
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // nothing waits
	}
	integrations, err := h.cfg.Store.GetIntegrations(ctx, sortedKeys(ids))
	if err != nil {
		return nil, fmt.Errorf("reading %d integrations: %w", len(ids), err)
	}
	newest := map[integration.CampaignRef]integration.Delivery{}
	for _, d := range waiting {
		writes := integrations[d.IntegrationID].Settings.Effect(integration.EventType(d.EventType)).Status != ""
		if d.CampaignState == "" || !writes || len(d.Payload) == 0 {
			continue
		}
		ref := campaignOf(d)
		best, ok := newest[ref]
		if !ok || (integration.Campaign{EventAt: best.OccurredAt, EventID: best.EventID}).Newer(d.OccurredAt, d.EventID) {
			newest[ref] = d
		}
	}
	decides := make(map[integration.CampaignRef]string, len(newest))
	for ref, d := range newest {
		decides[ref] = d.ID
	}
	return decides, nil
}

func (h *Handler) linksOf(ctx context.Context, deliveries []integration.Delivery) (map[integration.CampaignRef]integration.Link, error) {
	refs := map[integration.CampaignRef]bool{}
	for _, d := range deliveries {
		refs[campaignOf(d)] = true
	}
	if len(refs) == 0 {
		return nil, nil
	}
	links, err := h.cfg.Store.GetLinks(ctx, slices.Collect(maps.Keys(refs)))
	if err != nil {
		return nil, fmt.Errorf("reading the links of %d campaigns: %w", len(refs), err)
	}
	return links, nil
}

// dispatch puts a command on the queue.
func (h *Handler) dispatch(ctx context.Context, c integration.Command, after time.Duration) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encoding a command: %w", err)
	}
	if err := h.cfg.Queue.Send(ctx, body, after); err != nil {
		return fmt.Errorf("putting a command on the queue: %w", err)
	}
	return nil
}
