package push

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"salesforce-integration/internal/integration"
)

// planAll reads a batch's messages and what the store knows of their experiments,
// and says which deliveries are wanted, the newest events first. Commands are
// carried out on the way.
func (h *Handler) planAll(ctx context.Context, messages []Message, p *progress) ([]want, map[string]integration.Integration, error) {
	ins, err := h.take(ctx, messages, p)
	if err != nil {
		return nil, nil, err
	}
	keys := map[string]bool{}
	for _, in := range ins {
		if in.reject == nil {
			keys[in.event.ExperimentKey] = true
		}
	}
	links, integrations, err := h.read(ctx, keys)
	if err != nil {
		return nil, nil, err
	}
	var wants []want
	seen := map[string]int{}
	now := h.cfg.Now()
	for _, in := range ins {
		for _, w := range plan(in, links[in.event.ExperimentKey], integrations, now) {
			p.ofMessage[in.of] = append(p.ofMessage[in.of], w.delivery.ID)
			at, twice := seen[w.delivery.ID]
			switch {
			case !twice:
				seen[w.delivery.ID] = len(wants)
				wants = append(wants, w)
			case wants[at].onlyIfStored && !w.onlyIfStored:
				wants[at] = w
			}
		}
	}
	newestFirst(wants)
	return wants, integrations, nil
}

// take reads the events out of messages, and carries out the commands among them.
func (h *Handler) take(ctx context.Context, messages []Message, p *progress) ([]incoming, error) {
	var ins []incoming
	resends := map[int][]string{} // delivery ids, by message
	for i, m := range messages {
		c, ok := command(m.Body)
		switch {
		case ok && c.Kind == integration.CommandSend:
			resends[i] = c.DeliveryIDs
		case ok:
			if err := h.obey(ctx, c); err != nil {
				p.failed[i] = err
				h.cfg.Log.ErrorContext(ctx, "a command failed, it comes back", "command", c.Kind, "integration_id", c.IntegrationID, "error", err)
			}
		default:
			in, err := h.readEvent(i, m.Body)
			if err != nil {
				return nil, err
			}
			ins = append(ins, in)
		}
	}
	again, err := h.takeAgain(ctx, resends)
	return append(ins, again...), err
}

// takeAgain is [Handler.take] for what is sent once more: the events are kept with
// their deliveries, and are for these deliveries alone.
func (h *Handler) takeAgain(ctx context.Context, resends map[int][]string) ([]incoming, error) {
	ids := map[string]bool{}
	for _, of := range resends {
		for _, id := range of {
			ids[id] = true
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	stored, err := h.cfg.Store.GetDeliveries(ctx, sortedKeys(ids))
	if err != nil {
		return nil, fmt.Errorf("reading %d deliveries to send: %w", len(ids), err)
	}
	var ins []incoming
	for i, of := range resends {
		byEvent := map[string][]integration.Delivery{}
		for _, id := range of {
			if d, ok := stored[id]; ok && d.Direction == integration.Outbound {
				byEvent[d.EventID] = append(byEvent[d.EventID], d)
			}
		}
		for _, only := range byEvent {
			in, err := h.readEvent(i, only[0].Payload)
			if err != nil {
				return nil, err
			}
			in.only = only
			ins = append(ins, in)
		}
	}
	slices.SortFunc(ins, func(a, b incoming) int { return strings.Compare(a.event.ID, b.event.ID) })
	return ins, nil
}

// readEvent reads one event. What is wrong with it is told by the incoming's reject.
func (h *Handler) readEvent(of int, body []byte) (incoming, error) {
	event, err := ParseEvent(body)
	in := incoming{of: of, body: body, event: event}
	if err != nil {
		r, ok := errors.AsType[*rejection](err)
		if !ok {
			return in, fmt.Errorf("reading an event: %w", err)
		}
		in.reject = r
		return in, nil
	}
	if event.OccurredAt.After(h.cfg.Now().Add(maxAhead)) {
		in.reject = &rejection{integration.ReasonInvalidEvent, fmt.Sprintf(
			"the event's occurred_at, %s, lies in the future: taken for true, it would count as newer than every later event", event.OccurredAt.Format(time.RFC3339))}
	}
	return in, nil
}

// read reads the links of experiments, and the integrations that these name.
func (h *Handler) read(ctx context.Context, keys map[string]bool) (map[string][]integration.Link, map[string]integration.Integration, error) {
	if len(keys) == 0 {
		return nil, nil, nil
	}
	links, err := h.cfg.Store.LinksByExperiment(ctx, sortedKeys(keys))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the links of %d experiments: %w", len(keys), err)
	}
	ids := map[string]bool{}
	for _, of := range links {
		for _, link := range of {
			ids[link.IntegrationID] = true
		}
	}
	if len(ids) == 0 {
		return links, nil, nil
	}
	integrations, err := h.cfg.Store.GetIntegrations(ctx, sortedKeys(ids))
	if err != nil {
		return nil, nil, fmt.Errorf("reading %d integrations: %w", len(ids), err)
	}
	return links, integrations, nil
}
