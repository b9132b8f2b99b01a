package dynamo

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"salesforce-integration/internal/integration"
)

func deliveryItem(d integration.Delivery) item {
	it := deliveryKey(d.ID).item()
	it.putString(attrLogPK, pkLog)
	it.putString(attrLogSK, logPosition(d))
	// An empty one, or one longer than a key may be, is in no index but the log.
	for attr, value := range map[string]string{attrLogIntegration: d.IntegrationID, attrLogExperiment: d.ExperimentKey, attrLogCampaign: d.CampaignID} {
		if partitions(value) {
			it.putString(attr, value)
		}
	}
	if d.Waiting() {
		it.putString(attrParkedPK, parkedPartition(d.IntegrationID))
		it.putString(attrParkedSK, logPosition(d))
	}
	it.putString("id", d.ID)
	it.putString("direction", string(d.Direction))
	it.putString("status", string(d.Status))
	it.putString("reason", string(d.Reason))
	it.putString("detail", d.Detail)
	it.putString("event_type", d.EventType)
	it.putString("event_id", d.EventID)
	it.putString("integration_id", d.IntegrationID)
	it.putString("experiment_key", d.ExperimentKey)
	it.putString("campaign_id", d.CampaignID)
	it.putString("campaign_name", d.CampaignName)
	it.putString("campaign_state", d.CampaignState)
	it.putTime("occurred_at", d.OccurredAt)
	it.putString("error_code", d.ErrorCode)
	it.putString("cause", d.Cause)
	it.putString("fix", d.Fix)
	it.putInt("attempts", int64(d.Attempts))
	it.putInt("api_calls", int64(d.APICalls))
	it.putString("record_url", d.RecordURL)
	it.putString("note_id", d.NoteID)
	it.putString("note_kind", string(d.NoteKind))
	it.putBool("doubtful", d.Doubtful)
	it.putBytes("payload", d.Payload)
	if len(d.History) > 0 {
		it["history"] = historyList(d.History)
	}
	it.putTime("created_at", d.CreatedAt)
	it.putTime("resumed_at", d.ResumedAt)
	it.putTime("updated_at", d.UpdatedAt)
	it.putTime("next_attempt_at", d.NextAttemptAt)
	it.putTime("lease_until", d.LeaseUntil)
	it.putTTL(d.ExpiresAt)
	it.putInt(attrVersion, d.Version)
	return it
}

func readDelivery(it item) (integration.Delivery, error) {
	r := reader{item: it}
	d := integration.Delivery{
		ID:            r.string("id"),
		Direction:     integration.Direction(r.string("direction")),
		Status:        integration.DeliveryStatus(r.string("status")),
		Reason:        integration.Reason(r.string("reason")),
		Detail:        r.string("detail"),
		EventType:     r.string("event_type"),
		EventID:       r.string("event_id"),
		IntegrationID: r.string("integration_id"),
		ExperimentKey: r.string("experiment_key"),
		CampaignID:    r.string("campaign_id"),
		CampaignName:  r.string("campaign_name"),
		CampaignState: r.string("campaign_state"),
		OccurredAt:    r.time("occurred_at"),
		ErrorCode:     r.string("error_code"),
		Cause:         r.string("cause"),
		Fix:           r.string("fix"),
		Attempts:      int(r.int("attempts")),
		APICalls:      int(r.int("api_calls")),
		RecordURL:     r.string("record_url"),
		NoteID:        r.string("note_id"),
		NoteKind:      integration.NoteKind(r.string("note_kind")),
		Doubtful:      r.bool("doubtful"),
		Payload:       r.bytes("payload"),
		History:       r.history("history"),
		CreatedAt:     r.time("created_at"),
		ResumedAt:     r.time("resumed_at"),
		UpdatedAt:     r.time("updated_at"),
		NextAttemptAt: r.time("next_attempt_at"),
		LeaseUntil:    r.time("lease_until"),
		ExpiresAt:     r.epoch(attrTTL),
		Version:       r.int(attrVersion),
	}
	return d, r.err
}

// logPosition is the delivery's place in the log: by time, then by id.
func logPosition(d integration.Delivery) string { return formatTime(d.CreatedAt) + "#" + d.ID }

func historyList(history []integration.Transition) *types.AttributeValueMemberL {
	l := &types.AttributeValueMemberL{}
	for _, h := range history {
		m := item{}
		m.putTime("at", h.At)
		m.putString("status", string(h.Status))
		m.putString("reason", string(h.Reason))
		m.putString("detail", h.Detail)
		l.Value = append(l.Value, &types.AttributeValueMemberM{Value: m})
	}
	return l
}

func (r *reader) history(name string) []integration.Transition {
	l, ok := read[*types.AttributeValueMemberL](r, name)
	if !ok {
		return nil
	}
	var history []integration.Transition
	for _, v := range l.Value {
		m, ok := v.(*types.AttributeValueMemberM)
		if !ok {
			r.fail(name, fmt.Errorf("an element is a %T", v))
			return nil
		}
		e := reader{item: m.Value}
		history = append(history, integration.Transition{
			At: e.time("at"), Status: integration.DeliveryStatus(e.string("status")),
			Reason: integration.Reason(e.string("reason")), Detail: e.string("detail"),
		})
		if e.err != nil {
			r.fail(name, e.err)
		}
	}
	return history
}
