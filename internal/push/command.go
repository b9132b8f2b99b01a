package push

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"salesforce-integration/internal/integration"
)

const (
	// resumePages bounds how much one command looks at; what is left is another
	// command's.
	resumePages = 10
	resumePage  = 100
	// secondLook is when an integration is resumed once more: the list of what is
	// parked may lag by a moment.
	secondLook = 30 * time.Second
)

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

// obey carries out a command. It writes nothing to Salesforce: what is to go out is
// taken out of being parked, and its event put on the queue again, so that it goes
// the way of every event. Doing it twice is harmless.
func (h *Handler) obey(ctx context.Context, c integration.Command) error {
	switch c.Kind {
	case integration.CommandResume:
		return h.resume(ctx, c)
	case integration.CommandRedeliver:
		return h.redeliver(ctx, c)
	default:
		h.cfg.Log.ErrorContext(ctx, "an unknown command is dropped", "command", clip(string(c.Kind), 100))
		return nil
	}
}

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
	var waiting []integration.Delivery
	cursor := ""
	for range resumePages {
		list, err := h.cfg.Store.ListWaiting(ctx, i.ID, integration.Page{Limit: resumePage, Cursor: cursor})
		if err != nil {
			return fmt.Errorf("listing what is parked: %w", err)
		}
		waiting = append(waiting, list.Items...)
		if cursor = list.NextCursor; cursor == "" {
			break
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	if err := h.unpark(ctx, waiting, "the integration works again"); err != nil {
		return err
	}
	h.cfg.Log.InfoContext(ctx, "what was parked goes out", "integration_id", i.ID, "deliveries", len(waiting))
	if err := h.tellRecovered(ctx, i, waiting); err != nil {
		return err
	}
	return h.dispatch(ctx, c, secondLook)
}

func (h *Handler) tellRecovered(ctx context.Context, i integration.Integration, waiting []integration.Delivery) error {
	at := slices.IndexFunc(waiting, func(d integration.Delivery) bool { return d.Reason == integration.ReasonAttention })
	if at < 0 {
		return nil
	}
	err := h.cfg.Bus.Notify(ctx, integration.Notice{
		ID:   integration.DeliveryID(integration.Outbound, integration.EventRecovered, i.ID, waiting[at].ID, waiting[at].UpdatedAt.UTC().String()),
		Type: integration.EventRecovered, IntegrationID: i.ID, IntegrationName: i.Name, At: h.cfg.Now(),
	})
	if err != nil {
		return fmt.Errorf("telling that the integration works again: %w", err)
	}
	return nil
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

// unpark makes deliveries pending and puts their events on the queue. Of several
// statuses of one campaign only that of the newest event goes out.
func (h *Handler) unpark(ctx context.Context, waiting []integration.Delivery, why string) error {
	now := h.cfg.Now()
	newest := newestStatuses(waiting)
	links, err := h.linksOf(ctx, waiting)
	if err != nil {
		return err
	}
	var units []integration.Unit
	bodies := map[string][]byte{}
	for _, d := range waiting {
		campaign := integration.CampaignRef{IntegrationID: d.IntegrationID, CampaignID: d.CampaignID}
		var err error
		switch {
		case links[campaign].ExperimentKey != d.ExperimentKey:
			err = d.Move(now, integration.StatusSkipped, integration.ReasonNoLink, "the Campaign is not linked to the experiment any more")
		case d.CampaignState != "" && newest[campaign] != d.ID:
			err = d.Move(now, integration.StatusSkipped, integration.ReasonSuperseded, "a newer event that was parked, too, decides the Campaign's status")
		case len(d.Payload) == 0:
			h.cfg.Log.ErrorContext(ctx, "a delivery cannot be sent again: its event was too large to be kept", "delivery_id", d.ID)
			continue
		default:
			bodies[d.EventID] = d.Payload
			if d.Status == integration.StatusPending {
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
	for _, id := range slices.Sorted(maps.Keys(bodies)) {
		if err := h.cfg.Queue.Send(ctx, bodies[id], 0); err != nil {
			return fmt.Errorf("putting a resumed event on the queue: %w", err)
		}
	}
	return nil
}

// newestStatuses finds, for each campaign, the delivery whose event decides its
// status.
func newestStatuses(waiting []integration.Delivery) map[integration.CampaignRef]string {
	newest := map[integration.CampaignRef]integration.Delivery{}
	for _, d := range waiting {
		if d.CampaignState == "" {
			continue
		}
		ref := integration.CampaignRef{IntegrationID: d.IntegrationID, CampaignID: d.CampaignID}
		best, ok := newest[ref]
		if !ok || (integration.Campaign{EventAt: best.OccurredAt, EventID: best.EventID}).Newer(d.OccurredAt, d.EventID) {
			newest[ref] = d
		}
	}
	ids := make(map[integration.CampaignRef]string, len(newest))
	for ref, d := range newest {
		ids[ref] = d.ID
	}
	return ids
}

func (h *Handler) linksOf(ctx context.Context, deliveries []integration.Delivery) (map[integration.CampaignRef]integration.Link, error) {
	refs := map[integration.CampaignRef]bool{}
	for _, d := range deliveries {
		refs[integration.CampaignRef{IntegrationID: d.IntegrationID, CampaignID: d.CampaignID}] = true
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
