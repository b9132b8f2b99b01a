package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// Notifier tells the platform of an integration's state.
type Notifier interface {
	Notify(ctx context.Context, n integration.Notice) error
}

// heldUp says whether a failure is one that only a person can end, and ends for
// every delivery like it at once.
func heldUp(err error) bool {
	class := salesforce.Classify(err).Class
	return class == salesforce.ClassCredential || class == salesforce.ClassPermission && refusesAll(err)
}

// noRight says whether the integration's user may not write just this record, or no
// notes. Somebody may give him the right, which the next resume finds out.
func noRight(err error) bool {
	return salesforce.Classify(err).Class == salesforce.ClassPermission && !refusesAll(err)
}

// needsAttention looks through what came of one org's jobs for a failure of the
// integration as a whole: its credentials, the right to use the API at all, or
// the right to write Campaigns when not one status of several Campaigns could be
// written. A single Campaign that the integration's user may not write holds up its
// own delivery only, and so does a right that only notes lack.
func needsAttention(jobs []job, outcomes []outcome) *integration.Attention {
	var whole, records *integration.Attention
	refused, written := map[string]bool{}, false
	for i, o := range outcomes {
		status := !jobs[i].want.effect.Note
		if o.err == nil {
			written = written || status
			continue
		}
		d := salesforce.Classify(o.err)
		found := &integration.Attention{Code: d.Code, Cause: d.Cause, Fix: d.Fix}
		switch {
		case heldUp(o.err):
			whole = found
		case noRight(o.err) && status && jobs[i].delivery.Attempts == 1:
			// One that was refused before says nothing new about the others.
			records = found
			refused[jobs[i].delivery.CampaignID] = true
		}
	}
	if whole != nil {
		return whole
	}
	if !written && len(refused) > 1 {
		return records
	}
	return nil
}

// refusesAll says whether it was the call that was refused, and not a record in it.
func refusesAll(err error) bool {
	e, ok := errors.AsType[*salesforce.Error](err)
	return ok && !e.Record && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}

// attend marks an integration as needing attention, so that no function sends to
// its org any more, and tells the platform once. When the integration was changed
// meanwhile, what failed may already be mended: then it is left as it is.
func (h *Handler) attend(ctx context.Context, seen integration.Integration, a integration.Attention, p *progress) error {
	current, err := h.cfg.Store.GetIntegration(ctx, seen.ID)
	if err != nil {
		return fmt.Errorf("reading the integration that needs attention: %w", err)
	}
	if current.Attention != nil {
		return nil
	}
	if current.Version != seen.Version {
		p.parked[seen.ID] = true // by what may be mended since
		return nil
	}
	a.Since = h.cfg.Now()
	current.Attention = &a
	marked, err := h.cfg.Store.UpdateIntegration(ctx, current)
	switch {
	case integration.ErrorCode(err) == integration.CodeConflict:
		p.parked[seen.ID] = true // somebody changed it just now: perhaps it is mended
		return nil
	case err != nil:
		return fmt.Errorf("marking the integration as needing attention: %w", err)
	}
	h.cfg.Log.WarnContext(ctx, "the integration needs attention, nothing is sent to its org", "integration_id", seen.ID, "code", a.Code, "cause", a.Cause, "fix", a.Fix)
	return h.announce(ctx, marked)
}

// announce tells the platform of an integration's attention, and remembers that it
// did.
func (h *Handler) announce(ctx context.Context, i integration.Integration) error {
	a := *i.Attention
	err := h.cfg.Bus.Notify(ctx, integration.Notice{
		ID:   integration.DeliveryID(integration.Outbound, integration.EventNeedsAttention, i.ID, a.Since.UTC().String()),
		Type: integration.EventNeedsAttention, IntegrationID: i.ID, IntegrationName: i.Name, At: a.Since,
		Code: a.Code, Cause: a.Cause, Fix: a.Fix,
	})
	if err != nil {
		return fmt.Errorf("telling that the integration needs attention: %w", err)
	}
	a.Announced = true
	i.Attention = &a
	if _, err := h.cfg.Store.UpdateIntegration(ctx, i); err != nil && integration.ErrorCode(err) != integration.CodeConflict {
		return fmt.Errorf("remembering that it was told: %w", err)
	}
	return nil
}

// announceAgain is for a function that finds an attention untold: the one that
// should have told is gone, or is about to.
func (h *Handler) announceAgain(ctx context.Context, id string) error {
	i, err := h.cfg.Store.GetIntegration(ctx, id)
	if err != nil || i.Attention == nil || i.Attention.Announced {
		return err
	}
	return h.announce(ctx, i)
}

// tellRecovered tells the platform that an integration works again, with the first
// delivery that proves it.
func (h *Handler) tellRecovered(ctx context.Context, jobs []job, outcomes []outcome, integrations map[string]integration.Integration) error {
	told := map[string]bool{}
	for at, j := range jobs {
		i := integrations[j.delivery.IntegrationID]
		if outcomes[at].err != nil || !i.Recovering || told[i.ID] {
			continue
		}
		told[i.ID] = true
		current, err := h.cfg.Store.GetIntegration(ctx, i.ID)
		if err != nil {
			return fmt.Errorf("reading the integration that works again: %w", err)
		}
		if !current.Recovering || current.Attention != nil {
			continue
		}
		if err := h.cfg.Bus.Notify(ctx, integration.Notice{
			ID:   integration.DeliveryID(integration.Outbound, integration.EventRecovered, i.ID, fmt.Sprint(current.CredentialsVersion), current.UpdatedAt.UTC().String()),
			Type: integration.EventRecovered, IntegrationID: i.ID, IntegrationName: i.Name, At: h.cfg.Now(),
		}); err != nil {
			return fmt.Errorf("telling that the integration works again: %w", err)
		}
		current.Recovering = false
		if _, err := h.cfg.Store.UpdateIntegration(ctx, current); err != nil && integration.ErrorCode(err) != integration.CodeConflict {
			return fmt.Errorf("remembering that the recovery was told: %w", err)
		}
	}
	return nil
}

// attendAll does what [Handler.attend] does for every org of a batch. What goes
// wrong is logged: the next batch finds the same failure, or the missing
// announcement, and mends it.
func (h *Handler) attendAll(ctx context.Context, jobs []job, outcomes []outcome, integrations map[string]integration.Integration, p *progress) {
	type part struct {
		jobs     []job
		outcomes []outcome
	}
	parts := map[string]*part{}
	for i, j := range jobs {
		of := parts[j.delivery.IntegrationID]
		if of == nil {
			of = &part{}
			parts[j.delivery.IntegrationID] = of
		}
		of.jobs, of.outcomes = append(of.jobs, j), append(of.outcomes, outcomes[i])
	}
	for id, of := range parts {
		if a := needsAttention(of.jobs, of.outcomes); a != nil {
			if err := h.attend(ctx, integrations[id], *a, p); err != nil {
				h.cfg.Log.ErrorContext(ctx, "an integration needs attention", "integration_id", id, "error", err)
			}
		}
	}
	for id, i := range integrations {
		if i.Attention != nil && !i.Attention.Announced {
			if err := h.announceAgain(ctx, id); err != nil {
				h.cfg.Log.ErrorContext(ctx, "an integration needs attention", "integration_id", id, "error", err)
			}
		}
	}
}

// recheck looks again at integrations for which something was just parked by what
// was known of them a moment ago. One that was mended in that moment has had its
// resume already, which did not see what was parked after it: so it is resumed once
// more.
func (h *Handler) recheck(ctx context.Context, p *progress) error {
	if len(p.parked) == 0 {
		return nil
	}
	integrations, err := h.cfg.Store.GetIntegrations(ctx, sortedKeys(p.parked))
	if err != nil {
		return fmt.Errorf("looking again at %d integrations: %w", len(p.parked), err)
	}
	for _, id := range sortedKeys(p.parked) {
		i, ok := integrations[id]
		if !ok || !i.Active || i.Attention != nil {
			continue
		}
		if err := h.dispatch(ctx, integration.Command{Kind: integration.CommandResume, IntegrationID: id}, minWait); err != nil {
			return err
		}
	}
	return nil
}
