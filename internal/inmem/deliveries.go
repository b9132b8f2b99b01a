package inmem

import (
	"context"
	"fmt"
	"slices"

	"salesforce-integration/internal/integration"
)

// GetDeliveries implements [integration.DeliveryStore].
func (s *Store) GetDeliveries(ctx context.Context, ids []string) (map[string]integration.Delivery, error) {
	return run(ctx, s, "GetDeliveries", func() (map[string]integration.Delivery, error) {
		return pick(s.deliveries, ids, cloneDelivery), nil
	})
}

// Read implements [integration.DeliveryStore].
func (s *Store) Read(ctx context.Context, k integration.Keys) (integration.Rows, error) {
	return run(ctx, s, "Read", func() (integration.Rows, error) {
		return integration.Rows{
			Deliveries: pick(s.deliveries, k.Deliveries, cloneDelivery),
			Links:      pick(s.links, k.Links, func(l integration.Link) integration.Link { return l }),
			Campaigns:  pick(s.campaigns, k.Campaigns, cloneCampaign),
			Seen:       pick(s.seen, k.Seen, cloneSeen),
		}, nil
	})
}

// Commit implements [integration.DeliveryStore].
func (s *Store) Commit(ctx context.Context, units []integration.Unit) ([]integration.UnitResult, error) {
	return run(ctx, s, "Commit", func() ([]integration.UnitResult, error) {
		if err := checkUnits(units); err != nil {
			return nil, err
		}
		results := make([]integration.UnitResult, len(units))
		for n, u := range units {
			results[n] = s.commit(u)
		}
		return results, nil
	})
}

func (s *Store) commit(u integration.Unit) integration.UnitResult {
	// A row that is not there reads as Version 0, just what a first write expects.
	fits := (u.Delivery == nil || s.deliveries[u.Delivery.ID].Version == u.Delivery.Version) &&
		(u.Campaign == nil || s.campaigns[u.Campaign.CampaignRef].Version == u.Campaign.Version) &&
		(u.Seen == nil || s.seen[u.Seen.CampaignRef].Version == u.Seen.Version)
	if fits && u.Delivery != nil {
		d := cloneDelivery(*u.Delivery)
		d.Version++
		s.deliveries[d.ID] = d
	}
	if fits && u.Campaign != nil {
		c := cloneCampaign(*u.Campaign)
		c.Version++
		s.campaigns[c.CampaignRef] = c
	}
	if fits && u.Seen != nil {
		v := cloneSeen(*u.Seen)
		v.Version++
		s.seen[v.CampaignRef] = v
	}
	r := integration.UnitResult{Committed: fits}
	if u.Delivery != nil {
		if d, ok := s.deliveries[u.Delivery.ID]; ok {
			d = cloneDelivery(d)
			r.Delivery = &d
		}
	}
	if u.Campaign != nil {
		if c, ok := s.campaigns[u.Campaign.CampaignRef]; ok {
			r.Campaign = &c
		}
	}
	if u.Seen != nil {
		if v, ok := s.seen[u.Seen.CampaignRef]; ok {
			r.Seen = &v
		}
	}
	return r
}

func checkUnits(units []integration.Unit) error {
	rows := map[any]bool{}
	for n, u := range units {
		if d := u.Delivery; d != nil {
			if d.ID == "" || rows[d.ID] {
				return unfit(n, fmt.Sprintf("delivery id %q is empty or there twice", d.ID))
			}
			if len(d.Payload) > integration.MaxPayload {
				return integration.Invalidf("payload", "Delivery %s carries %d bytes; %d is the limit.", d.ID, len(d.Payload), integration.MaxPayload)
			}
			rows[d.ID] = true
		}
		if c := u.Campaign; c != nil {
			if c.IntegrationID == "" || c.CampaignID == "" || rows[c.CampaignRef] {
				return unfit(n, fmt.Sprintf("campaign %q of integration %q is empty or there twice", c.CampaignID, c.IntegrationID))
			}
			rows[c.CampaignRef] = true
		}
		if v := u.Seen; v != nil {
			row := seenRow{v.CampaignRef}
			if v.IntegrationID == "" || v.CampaignID == "" || rows[row] {
				return unfit(n, fmt.Sprintf("what was seen of campaign %q of integration %q is empty or there twice", v.CampaignID, v.IntegrationID))
			}
			rows[row] = true
		}
	}
	return nil
}

// seenRow tells what was seen of a campaign from the campaign itself.
type seenRow struct{ integration.CampaignRef }

func unfit(n int, what string) error {
	return &integration.Error{Code: integration.CodeInternal, Message: fmt.Sprintf("unit %d: %s", n, what)}
}

// ListDeliveries implements [integration.DeliveryStore].
func (s *Store) ListDeliveries(ctx context.Context, f integration.DeliveryFilter, p integration.Page) (integration.List[integration.Delivery], error) {
	return run(ctx, s, "ListDeliveries", func() (integration.List[integration.Delivery], error) {
		return s.listDeliveries("log", p, func(d integration.Delivery) bool { return matches(d, f) })
	})
}

// ListWaiting implements [integration.DeliveryStore].
func (s *Store) ListWaiting(ctx context.Context, integrationID string, p integration.Page) (integration.List[integration.Delivery], error) {
	return run(ctx, s, "ListWaiting", func() (integration.List[integration.Delivery], error) {
		return s.listDeliveries("parked "+integrationID, p, func(d integration.Delivery) bool {
			return d.IntegrationID == integrationID && d.Waiting()
		})
	})
}

// listDeliveries cuts a part out of the deliveries that belong to a list.
func (s *Store) listDeliveries(list string, p integration.Page, belongs func(integration.Delivery) bool) (integration.List[integration.Delivery], error) {
	var positions []string
	ids := map[string]string{}
	for id, d := range s.deliveries {
		if belongs(d) {
			at := d.CreatedAt.Format("2006-01-02T15:04:05.000000000Z") + "#" + id
			positions = append(positions, at)
			ids[at] = id
		}
	}
	slices.Sort(positions)
	slices.Reverse(positions)
	return page(positions, p, list, descending, func(at string) integration.Delivery {
		return cloneDelivery(s.deliveries[ids[at]])
	})
}

func matches(d integration.Delivery, f integration.DeliveryFilter) bool {
	return (f.Direction == "" || d.Direction == f.Direction) &&
		(f.Status == "" || d.Status == f.Status) &&
		(f.EventType == "" || d.EventType == f.EventType) &&
		(f.IntegrationID == "" || d.IntegrationID == f.IntegrationID) &&
		(f.ExperimentKey == "" || d.ExperimentKey == f.ExperimentKey) &&
		(f.CampaignID == "" || d.CampaignID == f.CampaignID) &&
		(f.From.IsZero() || !d.CreatedAt.Before(f.From)) &&
		(f.To.IsZero() || d.CreatedAt.Before(f.To))
}
