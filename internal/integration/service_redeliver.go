package integration

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// Limits of a bulk redelivery.
const (
	DefaultRedeliverLimit = 100
	MaxRedeliverLimit     = 1000
	// maxRedeliverPages bounds the parts of the log that one request reads. A filter
	// that hardly anything passes ends it before, by [MaxPassedOver].
	maxRedeliverPages = 20
)

// Redeliver asks push to send one outbound delivery again that is parked, or that
// should long have gone on by itself (see [Delivery.Overdue]). Errors:
// [CodeNotFound]; [CodeConflict] for another one, with
// words that say what is the matter; [CodeUnavailable].
func (s *Service) Redeliver(ctx context.Context, by Actor, id string) (Delivery, error) {
	d, err := s.GetDelivery(ctx, id)
	if err != nil {
		return Delivery{}, err
	}
	if why := notRedeliverable(d, s.c.Now()); why != "" {
		return Delivery{}, Conflictf("%s", why)
	}
	c := Command{Kind: CommandRedeliver, DeliveryIDs: []string{d.ID}, RequestedBy: by.Subject}
	err = s.c.Commands.Dispatch(ctx, c)
	s.audited(ctx, err, by, "delivery redelivered", d.IntegrationID, slog.String("delivery_id", d.ID))
	if err != nil {
		return Delivery{}, fmt.Errorf("redeliver %s: %w", d.ID, err)
	}
	return d, nil
}

// notRedeliverable says why a delivery cannot be sent again; "" when it can.
func notRedeliverable(d Delivery, now time.Time) string {
	if d.Direction != Outbound {
		return "This delivery came from Salesforce. Only what goes to Salesforce can be sent again; Salesforce itself repeats an outbound message under Setup, Outbound Messages."
	}
	if d.Overdue(now) {
		return ""
	}
	switch d.Status {
	case StatusParked:
		return ""
	case StatusDelivered:
		return "This delivery has arrived: there is nothing to send again."
	case StatusSkipped:
		return "This delivery was rightly skipped, and is not sent again. Its detail says why."
	case StatusRetrying:
		when := "by itself"
		if !d.NextAttemptAt.IsZero() {
			when += ", next at " + d.NextAttemptAt.UTC().Format(time.RFC3339)
		}
		return "This delivery is still being tried " + when + ". Only parked ones can be sent again."
	default:
		return "This delivery is on its way. Only parked ones can be sent again."
	}
}

// RedeliverFilter chooses what a bulk redelivery sends again; empty fields do not
// narrow it.
type RedeliverFilter struct {
	IntegrationID string
	ExperimentKey string
	CampaignID    string
	EventType     string
	From          time.Time // created at or after
	To            time.Time // created before
	Limit         int       // at most so many, 1..MaxRedeliverLimit; 0: DefaultRedeliverLimit
	Cursor        string    // where to go on: what the last one returned
}

// Redelivered is what became of a bulk redelivery.
type Redelivered struct {
	Accepted   int
	NextCursor string // "" when the whole log was gone through
}

// RedeliverMany asks push to send parked outbound deliveries again, newest first.
// It reads a bounded part of the log; while NextCursor is set there may be more.
// When the queue fails after a part was accepted, NextCursor is where the rest
// begins. Errors: [CodeInvalid] for a filter, limit or cursor, [CodeUnavailable].
func (s *Service) RedeliverMany(ctx context.Context, by Actor, f RedeliverFilter) (Redelivered, error) {
	if f.Limit == 0 {
		f.Limit = DefaultRedeliverLimit
	}
	if f.Limit < 1 || f.Limit > MaxRedeliverLimit {
		return Redelivered{}, Invalidf("limit", "It has to be between 1 and %d.", MaxRedeliverLimit)
	}
	filter := DeliveryFilter{
		Direction: Outbound, Status: StatusParked, EventType: f.EventType,
		IntegrationID: f.IntegrationID, ExperimentKey: f.ExperimentKey, CampaignID: f.CampaignID, From: f.From, To: f.To,
	}
	done := Redelivered{NextCursor: f.Cursor}
	var err error
	passedOver := 0
	for range maxRedeliverPages {
		var part List[Delivery]
		if part, err = s.redeliverPage(ctx, by, filter, Page{Limit: min(f.Limit-done.Accepted, MaxPageLimit, MaxCommandDeliveries), Cursor: done.NextCursor}); err != nil {
			break
		}
		done.Accepted += len(part.Items)
		done.NextCursor = part.NextCursor
		passedOver += part.PassedOver
		if done.NextCursor == "" || done.Accepted == f.Limit || passedOver >= MaxPassedOver {
			break
		}
	}
	if err != nil && done.Accepted == 0 {
		return Redelivered{}, err
	}
	if err != nil {
		s.c.Log.WarnContext(ctx, "a bulk redelivery stopped half-way", "accepted", done.Accepted, "error", err)
	}
	return done, nil
}

// redeliverPage hands one page of the log to push, by one command: a page is never
// longer. What the queue took is in the audit trail before the next page is read,
// since nobody takes it back when the request dies on the way.
func (s *Service) redeliverPage(ctx context.Context, by Actor, f DeliveryFilter, p Page) (List[Delivery], error) {
	l, err := s.ListDeliveries(ctx, f, p)
	if err != nil || len(l.Items) == 0 {
		return l, err
	}
	c := Command{Kind: CommandRedeliver, RequestedBy: by.Subject}
	of := map[string]int{} // by integration
	for _, d := range l.Items {
		c.DeliveryIDs = append(c.DeliveryIDs, d.ID)
		of[d.IntegrationID]++
	}
	err = s.c.Commands.Dispatch(ctx, c)
	for _, id := range slices.Sorted(maps.Keys(of)) {
		s.audited(ctx, err, by, "deliveries redelivered", id, slog.Int("accepted", of[id]))
	}
	if err != nil {
		return List[Delivery]{}, fmt.Errorf("redeliver %d deliveries: %w", len(l.Items), err)
	}
	return l, nil
}
