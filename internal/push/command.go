package push

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"salesforce-integration/internal/integration"
)

const (
	// waitingPages bounds how much one look of a command takes in.
	waitingPages = 20
	waitingPage  = 100
	// secondLook is when an integration is resumed once more: the list of what
	// waits may lag by a moment.
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
		if c.IntegrationID == "" {
			return h.sweepAll(ctx, c)
		}
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
	waiting, next, err := h.waiting(ctx, i.ID, c.Cursor)
	if err != nil {
		return err
	}
	waiting = slices.DeleteFunc(waiting, func(d integration.Delivery) bool {
		// One that is being sent, or tried again, has a message of its own, unless that got lost.
		return (d.Status == integration.StatusSending || d.Status == integration.StatusRetrying) && !d.Overdue(h.cfg.Now())
	})
	if err := h.unpark(ctx, waiting, "the integration works again"); err != nil {
		return err
	}
	h.cfg.Log.InfoContext(ctx, "what was parked goes out", "integration_id", i.ID, "deliveries", len(waiting), "look", c.Look)
	return h.goOn(ctx, c, next, secondLook)
}

// goOn puts a command on the queue for the rest of what waits, or, when there is none,
// to look once more from the start.
func (h *Handler) goOn(ctx context.Context, c integration.Command, next string, after time.Duration) error {
	if c.Cursor = next; next != "" {
		return h.dispatch(ctx, c, 0)
	}
	return h.lookAgain(ctx, c, after)
}

// lookAgain puts a command on the queue once more, the first time only.
func (h *Handler) lookAgain(ctx context.Context, c integration.Command, after time.Duration) error {
	if c.Look > 0 {
		return nil
	}
	c.Look++
	return h.dispatch(ctx, c, after)
}

// waiting lists what waits in an integration, newest first, as much as one look takes
// in, and where the next look begins ("": there is no more).
func (h *Handler) waiting(ctx context.Context, integrationID, cursor string) (all []integration.Delivery, next string, err error) {
	for range waitingPages {
		list, err := h.cfg.Store.ListWaiting(ctx, integrationID, integration.Page{Limit: waitingPage, Cursor: cursor})
		if err != nil {
			return nil, "", fmt.Errorf("listing what waits: %w", err)
		}
		all = append(all, list.Items...)
		if cursor = list.NextCursor; cursor == "" {
			break
		}
	}
	return all, cursor, nil
}

func (h *Handler) redeliver(ctx context.Context, c integration.Command) error {
	found, err := h.cfg.Store.GetDeliveries(ctx, c.DeliveryIDs)
	if err != nil {
		return fmt.Errorf("reading %d deliveries to send again: %w", len(c.DeliveryIDs), err)
	}
	var again []integration.Delivery
	for _, d := range found {
		if d.Direction == integration.Outbound && (d.Status == integration.StatusParked || d.Status == integration.StatusPending || d.Overdue(h.cfg.Now())) {
			again = append(again, d)
		}
	}
	slices.SortFunc(again, func(a, b integration.Delivery) int { return strings.Compare(a.ID, b.ID) })
	return h.unpark(ctx, again, "somebody asked for it to be sent again")
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
