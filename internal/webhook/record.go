package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"salesforce-integration/internal/integration"
)

// item is a notification on its way.
type item struct {
	notification
	newest    bool
	delivery  integration.Delivery // as it is stored
	duplicate bool                 // an earlier message, or an earlier place in this one, has dealt with it
	link      *integration.Link    // what its Campaign follows
	linkedNow bool                 // this notification made the link
	verdict   verdict
	err       error // why it could not be dealt with; it stays pending
}

// record stores every notification as pending, all in one go. One that is stored
// already is a duplicate when it was dealt with, and continues when it was not.
func (h *Handler) record(ctx context.Context, i integration.Integration, ns []notification, now time.Time) ([]*item, error) {
	items := make([]*item, len(ns))
	fresh := newest(ns)
	units := make([]integration.Unit, 0, len(ns))
	recorded := make([]*item, 0, len(ns))
	seen := map[string]bool{}
	for k, n := range ns {
		it := &item{notification: n, newest: fresh[k]}
		items[k] = it
		d, err := newDelivery(i, n, now)
		if err != nil {
			return nil, err
		}
		if seen[d.ID] {
			it.duplicate = true
			continue
		}
		seen[d.ID] = true
		it.delivery = d
		units = append(units, integration.Unit{Delivery: &d})
		recorded = append(recorded, it)
	}
	results, err := h.store.Commit(ctx, units)
	if err != nil {
		return nil, unavailable(fmt.Errorf("record notifications: %w", err))
	}
	for k, r := range results {
		if err := recorded[k].recorded(r); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// recorded takes in what the store answered for a notification.
func (it *item) recorded(r integration.UnitResult) error {
	switch {
	case r.Delivery == nil:
		return unavailable(fmt.Errorf("record notification %s: the store tells of no row", it.id))
	case r.Committed:
		it.delivery = *r.Delivery
		return nil
	case it.fromCaller && !bytes.Equal(r.Delivery.Payload, it.delivery.Payload):
		return reusedKey()
	case r.Delivery.Status != integration.StatusPending:
		it.duplicate = true
		return nil
	}
	// It was left pending. What counts is what the message says now: Salesforce fills
	// it with the record's values at the time of sending.
	earlier := it.delivery
	it.delivery = *r.Delivery
	it.delivery.CampaignName, it.delivery.CampaignState = earlier.CampaignName, earlier.CampaignState
	it.delivery.ExperimentKey, it.delivery.Payload = earlier.ExperimentKey, earlier.Payload
	it.delivery.OccurredAt = earlier.OccurredAt
	return nil
}

// newDelivery is a notification as the log has it.
func newDelivery(i integration.Integration, n notification, now time.Time) (integration.Delivery, error) {
	body, err := n.payload()
	if err != nil {
		return integration.Delivery{}, unavailable(err)
	}
	d := integration.Delivery{
		ID:            integration.DeliveryID(integration.Inbound, i.ID, n.id),
		Direction:     integration.Inbound,
		EventType:     n.eventType,
		EventID:       n.id,
		IntegrationID: i.ID,
		ExperimentKey: n.experimentKey,
		CampaignID:    n.campaignID,
		CampaignName:  n.campaignName,
		CampaignState: n.status,
		OccurredAt:    n.modifiedAt,
		Payload:       body,
		CreatedAt:     now,
	}
	if d.OccurredAt.IsZero() {
		d.OccurredAt = now
	}
	if n.campaignID != "" {
		d.RecordURL = i.InstanceURL + "/" + n.campaignID
	}
	if err := d.Move(now, integration.StatusPending, "", "Received; not dealt with yet."); err != nil {
		return integration.Delivery{}, unavailable(err)
	}
	return d, nil
}

// reusedKey refuses an Idempotency-Key that came with another body before.
// https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
func reusedKey() error {
	return &refusal{
		status:   http.StatusUnprocessableEntity,
		detail:   "This Idempotency-Key was used for a different body. Use a new key for a new message.",
		problems: []fieldProblem{{Location: "header.Idempotency-Key", Message: "expected a key that no other body was sent with"}},
	}
}

// settle stores what became of the notifications, all in one go.
func (h *Handler) settle(ctx context.Context, items []*item, now time.Time) error {
	var units []integration.Unit
	var settled []*item
	for _, it := range items {
		if it.duplicate {
			continue
		}
		d := it.delivery
		if it.link != nil {
			d.ExperimentKey = it.link.ExperimentKey
		}
		if it.err != nil {
			// It stays pending, and says why to whoever looks.
			d.Cause, d.UpdatedAt = "The last try failed.", now
			d.Detail = "Received; the last try to deal with it failed. The sender was asked to send it again."
		} else {
			d.Cause = ""
			if err := d.Move(now, it.verdict.status, it.verdict.reason, it.verdict.detail); err != nil {
				return unavailable(err)
			}
		}
		units = append(units, integration.Unit{Delivery: &d})
		settled = append(settled, it)
	}
	if len(units) == 0 {
		return nil
	}
	results, err := h.store.Commit(ctx, units)
	if err != nil {
		return unavailable(fmt.Errorf("settle notifications: %w", err))
	}
	var errs []error
	for k, r := range results {
		// Not committed: the same message was dealt with twice at a time. That is all
		// right once the other one has settled it.
		if !r.Committed && (r.Delivery == nil || r.Delivery.Status == integration.StatusPending) {
			errs = append(errs, fmt.Errorf("settle notification %s: it was changed meanwhile", settled[k].id))
		}
	}
	if len(errs) > 0 {
		return unavailable(errors.Join(errs...))
	}
	return nil
}
