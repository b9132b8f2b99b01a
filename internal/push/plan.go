package push

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"salesforce-integration/internal/integration"
)

// effect is what an event does to a Campaign: it writes a status, or a note.
type effect struct {
	status string // "" writes none
	note   bool
}

// effects is the one place that says which event does what.
func effects(t integration.EventType) (effect, bool) {
	switch t {
	case integration.EventCompleted:
		return effect{status: "Completed"}, true
	case integration.EventRolledBack:
		return effect{status: "Paused"}, true
	case integration.EventSignificance:
		return effect{note: true}, true
	default:
		return effect{}, false
	}
}

// want is one delivery of the plan: what it is to be, before what is stored of it
// is known. With a target of "" it is to be written to Salesforce; else it only
// has to be recorded in that state.
type want struct {
	delivery integration.Delivery
	event    integration.Event
	effect   effect

	target integration.DeliveryStatus
	reason integration.Reason
	detail string
}

func (w want) ref() integration.CampaignRef {
	return integration.CampaignRef{IntegrationID: w.delivery.IntegrationID, CampaignID: w.delivery.CampaignID}
}

// incoming is a message with the event read from it.
type incoming struct {
	message Message
	event   integration.Event
	reject  *rejection // set when the event cannot be acted on
}

// plan turns events into the deliveries they ask for, by message. It is pure:
// links and integrations are what the store knew, now is when the log says it
// was received.
func plan(in incoming, links []integration.Link, integrations map[string]integration.Integration, now time.Time) []want {
	record := func(reason integration.Reason, detail string) []want {
		w := newWant(in, integration.Link{ExperimentKey: in.event.ExperimentKey}, now)
		w.target, w.reason, w.detail = integration.StatusSkipped, reason, detail
		return []want{w}
	}
	if in.reject != nil {
		return record(in.reject.reason, in.reject.detail)
	}
	does, ok := effects(in.event.Type)
	if !ok {
		return record(integration.ReasonUnknownEvent, fmt.Sprintf("nothing is done in Salesforce for an event of type %q", clip(string(in.event.Type), 100)))
	}
	if len(links) == 0 {
		return record(integration.ReasonNoLink, fmt.Sprintf("no Campaign is linked to experiment %q: link one with POST /api/v1/integrations/{id}/links", in.event.ExperimentKey))
	}
	wants := make([]want, 0, len(links))
	for _, link := range links {
		w := newWant(in, link, now)
		w.effect = does
		w.delivery.CampaignState = does.status
		target, known := integrations[link.IntegrationID]
		switch {
		case !known:
			w.target, w.reason = integration.StatusSkipped, integration.ReasonIntegrationGone
			w.detail = "the integration was deleted while the event was on its way"
		case !target.Active:
			w.target, w.reason = integration.StatusParked, integration.ReasonInactive
			w.detail = "the integration is switched off (is_active is false): switch it on to send what is parked"
		default:
			w.delivery.RecordURL = target.InstanceURL + "/" + link.CampaignID
		}
		wants = append(wants, w)
	}
	return wants
}

func newWant(in incoming, link integration.Link, now time.Time) want {
	eventID := in.event.ID
	if eventID == "" {
		eventID = "message:" + in.message.ID
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
			Payload:       in.message.Body,
			CreatedAt:     now,
			UpdatedAt:     now,
		},
	}
}

func deliveryID(eventID string, link integration.Link) string {
	return integration.DeliveryID(integration.Outbound, eventID, link.IntegrationID, link.CampaignID)
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
