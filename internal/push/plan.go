package push

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"salesforce-integration/internal/integration"
)

// want is one delivery of the plan: what it is to be, before what is stored of it
// is known. With a target of "" it is to be written to Salesforce; else it only
// has to be recorded in that state.
type want struct {
	delivery integration.Delivery
	event    integration.Event
	effect   integration.Effect // a status or a note, never both
	kind     integration.NoteKind

	target integration.DeliveryStatus
	reason integration.Reason
	detail string

	// held is why it has to wait though it could be written; nil: it need not.
	held *reservedError

	// onlyIfStored: it matters only when such a delivery was begun before.
	onlyIfStored bool
}

func (w want) ref() integration.CampaignRef {
	return integration.CampaignRef{IntegrationID: w.delivery.IntegrationID, CampaignID: w.delivery.CampaignID}
}

// incoming is an event with where it came from.
type incoming struct {
	of     int    // the message's place in its batch
	body   []byte // the event's envelope
	event  integration.Event
	reject *rejection // set when the event cannot be acted on
	// only holds the deliveries, as they are stored, that an event which is sent once
	// more is for; empty: it is for all that follow the experiment.
	only []integration.Delivery
}

// plan says which deliveries an event asks for. It is pure: links and integrations
// are what the store knew, now is when the log says it was received.
func plan(in incoming, links []integration.Link, integrations map[string]integration.Integration, now time.Time) []want {
	if len(in.only) > 0 {
		return planOnly(in, links, integrations, now)
	}
	return planAnyone(in, links, integrations, now)
}

// planOnly is the part of an event's plan that is for certain deliveries. Those that
// the plan does not know any more have lost their link.
func planOnly(in incoming, links []integration.Link, integrations map[string]integration.Integration, now time.Time) []want {
	planned := map[string]want{}
	for _, w := range planAnyone(in, links, integrations, now) {
		planned[w.delivery.ID] = w
	}
	wants := make([]want, len(in.only))
	for n, d := range in.only {
		w, ok := planned[d.ID]
		switch {
		case ok:
		case in.reject != nil:
			w = want{delivery: d, event: in.event, target: integration.StatusSkipped, reason: in.reject.reason, detail: in.reject.detail}
		default:
			w = want{delivery: d, event: in.event, target: integration.StatusSkipped, reason: integration.ReasonNoLink, detail: unlinked}
		}
		w.onlyIfStored = true
		wants[n] = w
	}
	return wants
}

func planAnyone(in incoming, links []integration.Link, integrations map[string]integration.Integration, now time.Time) []want {
	record := func(reason integration.Reason, detail string) []want {
		w := newWant(in, integration.Link{ExperimentKey: in.event.ExperimentKey}, now)
		w.target, w.reason, w.detail = integration.StatusSkipped, reason, detail
		return []want{w}
	}
	if in.reject != nil {
		return record(in.reject.reason, in.reject.detail)
	}
	if len(links) == 0 {
		return record(integration.ReasonNoLink, fmt.Sprintf("no Campaign is linked to experiment %q: link one with POST /api/v1/integrations/{id}/links", in.event.ExperimentKey))
	}
	wants := make([]want, 0, len(links))
	for _, link := range links {
		target, known := integrations[link.IntegrationID]
		if !known {
			w := newWant(in, link, now)
			w.target, w.reason = integration.StatusSkipped, integration.ReasonIntegrationGone
			w.detail = "the integration was deleted while the event was on its way"
			wants = append(wants, w)
			continue
		}
		wants = append(wants, wantsOf(in, link, target, now)...)
	}
	return wants
}

// wantsOf is what an event asks for on one linked Campaign: a status, a note, or
// both, each a delivery of its own, so that one does not wait for the other. What
// the settings do not ask for (any more) is wanted as skipped, so that a delivery
// which was begun under other settings ends as well.
func wantsOf(in incoming, link integration.Link, target integration.Integration, now time.Time) []want {
	does := target.Settings.Effect(in.event.Type)
	status, note := newWant(in, link, now), newWant(in, link, now)
	note.delivery.ID = noteDeliveryID(note.delivery.EventID, link)
	if does.Status != "" {
		status.effect.Status = does.Status
		status.delivery.CampaignState = does.Status
	} else {
		status.notMapped(in.event.Type)
		status.onlyIfStored = does.Note // with nothing at all to do, the log says so
	}
	switch {
	case !does.Note:
		note.notMapped(in.event.Type)
		note.onlyIfStored = true
	case in.event.ResultsProblem != "":
		note.target, note.reason, note.detail = integration.StatusSkipped, integration.ReasonInvalidEvent, in.event.ResultsProblem
	default:
		note.effect.Note, note.kind = true, target.Settings.Kind()
	}
	wants := []want{status, note}
	for i := range wants {
		park(&wants[i], target)
	}
	return wants
}

func (w *want) notMapped(t integration.EventType) {
	w.target, w.reason = integration.StatusSkipped, integration.ReasonNotMapped
	w.detail = fmt.Sprintf("the integration's settings do nothing of this kind for %q: map it to a status or a note to change that", clip(string(t), 100))
}

// park holds a want back whose integration cannot send now.
func park(w *want, target integration.Integration) {
	w.delivery.RecordURL = target.InstanceURL + "/" + w.delivery.CampaignID
	switch {
	case w.target != "":
	case !target.Active:
		w.target, w.reason = integration.StatusParked, integration.ReasonInactive
		w.detail = "the integration is switched off (is_active is false): switch it on to send what is parked"
	case target.Attention != nil:
		w.target, w.reason = integration.StatusParked, integration.ReasonAttention
		w.delivery.ErrorCode, w.delivery.Cause, w.delivery.Fix = target.Attention.Code, target.Attention.Cause, target.Attention.Fix
		w.detail = "the integration needs attention: " + target.Attention.Cause + " " + target.Attention.Fix
	}
}

func newWant(in incoming, link integration.Link, now time.Time) want {
	eventID := in.event.ID
	if eventID == "" {
		sum := sha256.Sum256(in.body)
		eventID = "unreadable:" + hex.EncodeToString(sum[:16])
	}
	payload := in.body
	if len(payload) > integration.MaxPayload {
		payload = nil
	}
	return want{
		event: in.event,
		delivery: integration.Delivery{
			ID:            deliveryID(eventID, link),
			Direction:     integration.Outbound,
			EventType:     clip(string(in.event.Type), 256),
			EventID:       eventID,
			IntegrationID: link.IntegrationID,
			ExperimentKey: link.ExperimentKey,
			CampaignID:    link.CampaignID,
			OccurredAt:    in.event.OccurredAt,
			Payload:       payload,
			CreatedAt:     now,
			UpdatedAt:     now,
		},
	}
}

func deliveryID(eventID string, link integration.Link) string {
	return integration.DeliveryID(integration.Outbound, eventID, link.IntegrationID, link.CampaignID)
}

// noteDeliveryID is apart from deliveryID, so that a change of settings between two
// tries of an event never makes a note out of what was a status.
func noteDeliveryID(eventID string, link integration.Link) string {
	return integration.DeliveryID(integration.Outbound, eventID, link.IntegrationID, link.CampaignID, "note")
}

// newestFirst puts, for each campaign, the newest event first, so that the older
// ones of the same batch are seen to be superseded and only one is written.
func newestFirst(wants []want) {
	slices.SortStableFunc(wants, func(a, b want) int {
		if c := b.event.OccurredAt.Compare(a.event.OccurredAt); c != 0 {
			return c
		}
		return strings.Compare(b.event.ID, a.event.ID)
	})
}
