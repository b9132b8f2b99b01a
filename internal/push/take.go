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

// maxWants is how many deliveries one invocation takes on; messages beyond come back.
// A thousand take about a second and 30 MB of memory, and an event may have 2,000.
const maxWants = 4000

// planAll reads a batch's messages and what the store knows of their experiments,
// and says which deliveries are wanted, the newest events first. Commands are
// carried out on the way.
func (h *Handler) planAll(ctx context.Context, messages []Message, p *progress) ([]want, known, error) {
	ins, err := h.take(ctx, messages, p)
	if err != nil {
		return nil, known{}, err
	}
	keys := map[string]bool{}
	for _, in := range ins {
		if in.reject == nil {
			keys[in.event.ExperimentKey] = true
		}
	}
	k, err := h.read(ctx, keys)
	if err != nil {
		return nil, known{}, err
	}
	var wants []want
	seen := map[string]int{}
	now := h.cfg.Now()
	for _, in := range ins {
		if len(wants) >= maxWants && len(p.ofMessage[in.of]) == 0 {
			p.later[in.of] = true
			continue
		}
		for _, w := range plan(in, k.links[in.event.ExperimentKey], k.integrations, now) {
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
	return wants, k, h.holdBack(ctx, wants, k)
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
			in, err := readEvent(i, m.Body, h.cfg.Now())
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
			in, err := readEvent(i, only[0].Payload, h.cfg.Now())
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
func readEvent(of int, body []byte, now time.Time) (incoming, error) {
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
	if event.OccurredAt.After(now.Add(maxAhead)) {
		in.reject = &rejection{reason: integration.ReasonInvalidEvent, field: fieldOccurredAt, detail: fmt.Sprintf(
			"the event's occurred_at, %s, lies in the future: taken for true, it would count as newer than every later event", event.OccurredAt.Format(time.RFC3339))}
	}
	return in, nil
}

// known is what the store knows of a batch's experiments.
type known struct {
	links        map[string][]integration.Link      // by experiment
	integrations map[string]integration.Integration // that these name
	// Of the orgs that had little left.
	allowances map[integration.AllowanceKey]integration.Allowance
}

// allowance is what is known of an integration's, which may be nothing.
func (k known) allowance(id string) integration.Allowance {
	key := k.integrations[id].AllowanceKey()
	a := k.allowances[key]
	a.Key = key
	return a
}

// read reads what is known of experiments.
func (h *Handler) read(ctx context.Context, keys map[string]bool) (known, error) {
	k := known{allowances: map[integration.AllowanceKey]integration.Allowance{}}
	if len(keys) == 0 {
		return k, nil
	}
	var err error
	if k.links, err = h.cfg.Store.LinksByExperiment(ctx, sortedKeys(keys)); err != nil {
		return k, fmt.Errorf("reading the links of %d experiments: %w", len(keys), err)
	}
	ids := map[string]bool{}
	for _, of := range k.links {
		for _, link := range of {
			ids[link.IntegrationID] = true
		}
	}
	if len(ids) == 0 {
		return k, nil
	}
	if k.integrations, err = h.cfg.Store.GetIntegrations(ctx, sortedKeys(ids)); err != nil {
		return k, fmt.Errorf("reading %d integrations: %w", len(ids), err)
	}
	if h.cfg.ReservePercent == 0 {
		return k, nil
	}
	var of []integration.AllowanceKey
	for _, i := range k.integrations {
		if key := i.AllowanceKey(); !slices.Contains(of, key) {
			of = append(of, key)
		}
	}
	if k.allowances, err = h.cfg.Store.GetAllowances(ctx, of); err != nil {
		return k, fmt.Errorf("reading what is left of %d orgs' allowances: %w", len(of), err)
	}
	return k, nil
}
