package integration

import (
	"context"
	"fmt"
)

// ListDeliveries lists the delivery log, newest first. Errors: [CodeInvalid] for
// a filter, limit or cursor.
func (s *Service) ListDeliveries(ctx context.Context, f DeliveryFilter, p Page) (List[Delivery], error) {
	var errs []error
	if f.IntegrationID != "" {
		f.IntegrationID = field(&errs, f.IntegrationID, parseIntegrationID)
	}
	if f.CampaignID != "" {
		f.CampaignID = field(&errs, f.CampaignID, ParseCampaignID)
	}
	if f.ExperimentKey != "" {
		f.ExperimentKey = field(&errs, f.ExperimentKey, ParseExperimentKey)
	}
	if !printable(f.EventType) {
		errs = append(errs, Invalidf("event_type", "It holds a control character."))
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		errs = append(errs, Invalidf("to", "The range is empty: 'to' has to be later than 'from'."))
	}
	p = field(&errs, p, checkPage)
	p.Cursor = field(&errs, p.Cursor, func(c string) (string, error) { return unmarked(c, f.marks()...) })
	if err := joined(errs); err != nil {
		return List[Delivery]{}, err
	}
	l, err := s.c.Store.ListDeliveries(ctx, f, p)
	if err != nil {
		return List[Delivery]{}, fmt.Errorf("list deliveries: %w", err)
	}
	l.NextCursor = marked(l.NextCursor, f.marks()...)
	return l, nil
}

// GetDelivery reads one delivery with its whole history. Errors: [CodeNotFound].
func (s *Service) GetDelivery(ctx context.Context, id string) (Delivery, error) {
	id, err := parseID("delivery", id)
	if err != nil {
		return Delivery{}, err
	}
	found, err := s.c.Store.GetDeliveries(ctx, []string{id})
	if err != nil {
		return Delivery{}, fmt.Errorf("get delivery %s: %w", id, err)
	}
	d, ok := found[id]
	if !ok {
		return Delivery{}, notFound("delivery")
	}
	return d, nil
}
