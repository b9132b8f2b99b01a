package httpapi

import (
	"context"
	"net/http"
	"time"

	"salesforce-integration/internal/integration"
)

const tagDeliveries = "Delivery log"

// Delivery is one effect of one message, and how far it got.
type Delivery struct {
	ID            string         `json:"id" format:"uuid" example:"3f1c2d4b-5e6f-8a90-b1c2-d3e4f5a6b7c8"`
	Direction     string         `json:"direction" enum:"outbound,inbound" doc:"outbound: an experiment's event to Salesforce; inbound: a message of Salesforce to the platform." example:"outbound"`
	Status        string         `json:"status" enum:"pending,sending,retrying,delivered,skipped,parked" doc:"delivered and skipped are final; parked waits until something is mended." example:"retrying"`
	Reason        string         `json:"reason" doc:"Why it stands there, for programs." example:"failing"`
	Detail        string         `json:"detail" doc:"Why it stands there and what to do about it, for people." example:"The Campaign is locked by another change; it is tried again."`
	EventType     string         `json:"event_type" example:"Experiment Completed"`
	EventID       string         `json:"event_id" doc:"The bus event's id, or Salesforce's notification id." example:"17793124-05d4-b198-2fde-7ededc63b103"`
	IntegrationID *string        `json:"integration_id" doc:"Null when no integration was concerned." example:"0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90"`
	ExperimentKey *string        `json:"experiment_key" example:"checkout-button-color"`
	CampaignID    *string        `json:"campaign_id" example:"701xx000000001AAAQ"`
	CampaignName  *string        `json:"campaign_name" example:"Q1 Checkout Optimization"`
	CampaignState *string        `json:"campaign_status" doc:"The Campaign's status that was to be written, or was reported." example:"Completed"`
	OccurredAt    *time.Time     `json:"occurred_at" example:"2026-03-02T10:00:00Z"`
	CreatedAt     time.Time      `json:"created_at" example:"2026-03-02T10:00:01Z"`
	UpdatedAt     time.Time      `json:"updated_at" example:"2026-03-02T10:00:03Z"`
	Attempts      int            `json:"attempts" minimum:"0" doc:"Tries that reached for Salesforce." example:"1"`
	APICalls      int            `json:"api_calls" minimum:"0" doc:"Salesforce API calls that it took part in." example:"1"`
	NextAttemptAt *time.Time     `json:"next_attempt_at" doc:"When it is tried again; null when no try is planned." example:"2026-03-02T10:00:33Z"`
	Error         *DeliveryError `json:"error,omitempty" doc:"The last failure, if there was one."`
	RecordURL     *string        `json:"record_url" doc:"The record in Salesforce, for a browser." example:"https://your-org.my.salesforce.com/701xx000000001AAAQ"`
	NoteID        *string        `json:"note_id" doc:"The note's id, once it is written." example:"0695g000003JkLmEAK"`
	History       []Transition   `json:"history" nullable:"false" doc:"The steps so far, oldest first."`
}

// DeliveryError is a failure in words that lead to a fix.
type DeliveryError struct {
	_     struct{} `nullable:"true"`
	Code  string   `json:"code" doc:"Salesforce's error code." example:"UNABLE_TO_LOCK_ROW"`
	Cause string   `json:"cause" doc:"What it means." example:"Another process was changing the Campaign."`
	Fix   string   `json:"fix" doc:"What to do about it." example:"Nothing: it is tried again."`
}

// Transition is one step of a delivery's life.
type Transition struct {
	At     time.Time `json:"at" example:"2026-03-02T10:00:03Z"`
	Status string    `json:"status" example:"retrying"`
	Reason string    `json:"reason" example:"failing"`
	Detail string    `json:"detail" example:"The Campaign is locked by another change; it is tried again."`
}

// DeliveryList is a part of the delivery log, newest first.
type DeliveryList struct {
	Items      []Delivery `json:"items" nullable:"false"`
	NextCursor *string    `json:"next_cursor" doc:"The cursor of the next part, null after the last." example:"bG9nIzIwMjYtMDMtMDI"`
}

// DeliveryFilterInput narrows the log. Filters work together; those that are left
// out do not narrow it.
type DeliveryFilterInput struct {
	Direction     string `query:"direction" enum:"outbound,inbound" doc:"Only this direction."`
	Status        string `query:"status" enum:"pending,sending,retrying,delivered,skipped,parked" doc:"Only what stands there."`
	EventType     string `query:"event_type" maxLength:"256" doc:"Only this type of event." example:"Experiment Completed"`
	IntegrationID string `query:"integration_id" doc:"Only this integration's." example:"0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90"`
	ExperimentKey string `query:"experiment_key" maxLength:"256" doc:"Only this experiment's." example:"checkout-button-color"`
	CampaignID    string `query:"campaign_id" doc:"Only this Campaign's, in 15 or 18 characters." example:"701xx000000001AAAQ"`
	From          Moment `query:"from" doc:"Only what was created at this time or later." example:"2026-03-02T00:00:00Z"`
	To            Moment `query:"to" doc:"Only what was created before this time." example:"2026-03-03T00:00:00Z"`
}

type listDeliveriesInput struct {
	PageInput
	DeliveryFilterInput
}

type deliveryIDInput struct {
	ID string `path:"id" doc:"The delivery's id." example:"3f1c2d4b-5e6f-8a90-b1c2-d3e4f5a6b7c8"`
}

type deliveryOutput struct{ Body Delivery }

func (a *API) deliveryOperations() []operation {
	return []operation{
		serve(describe(http.MethodGet, deliveryLogPath, "list-deliveries", "List the delivery log",
			"Newest first, both directions. Filters narrow it together; a part may hold fewer items than asked for, even none, while next_cursor is set.",
			tagDeliveries, http.StatusOK, http.StatusUnprocessableEntity),
			a.listDeliveries),
		serve(describe(http.MethodGet, deliveriesPath+"/{id}", "get-delivery", "Read one delivery",
			"With its whole history.", tagDeliveries, http.StatusOK, http.StatusNotFound, http.StatusUnprocessableEntity),
			a.getDelivery),
	}
}

func (a *API) listDeliveries(ctx context.Context, in *listDeliveriesInput) (*listOutput[DeliveryList], error) {
	l, err := a.service.ListDeliveries(ctx, in.filter(), in.page())
	if err != nil {
		return nil, a.fail(ctx, "query", err)
	}
	return &listOutput[DeliveryList]{DeliveryList{Items: convert(l.Items, toDelivery), NextCursor: orNull(l.NextCursor)}}, nil
}

func (in DeliveryFilterInput) filter() integration.DeliveryFilter {
	return integration.DeliveryFilter{
		Direction:     integration.Direction(in.Direction),
		Status:        integration.DeliveryStatus(in.Status),
		EventType:     in.EventType,
		IntegrationID: in.IntegrationID,
		ExperimentKey: in.ExperimentKey,
		CampaignID:    in.CampaignID,
		From:          in.From.bound(),
		To:            in.To.bound(),
	}
}

func (a *API) getDelivery(ctx context.Context, in *deliveryIDInput) (*deliveryOutput, error) {
	d, err := a.service.GetDelivery(ctx, in.ID)
	if err != nil {
		return nil, a.fail(ctx, "path", err)
	}
	return &deliveryOutput{toDelivery(d)}, nil
}

func toDelivery(d integration.Delivery) Delivery {
	w := Delivery{
		ID:            d.ID,
		Direction:     string(d.Direction),
		Status:        string(d.Status),
		Reason:        string(d.Reason),
		Detail:        d.Detail,
		EventType:     d.EventType,
		EventID:       d.EventID,
		IntegrationID: orNull(d.IntegrationID),
		ExperimentKey: orNull(d.ExperimentKey),
		CampaignID:    orNull(d.CampaignID),
		CampaignName:  orNull(d.CampaignName),
		CampaignState: orNull(d.CampaignState),
		OccurredAt:    secondsOrNull(d.OccurredAt),
		CreatedAt:     seconds(d.CreatedAt),
		UpdatedAt:     seconds(d.UpdatedAt),
		Attempts:      d.Attempts,
		APICalls:      d.APICalls,
		NextAttemptAt: secondsOrNull(d.NextAttemptAt),
		RecordURL:     orNull(d.RecordURL),
		NoteID:        orNull(d.NoteID),
		History:       convert(d.History, toTransition),
	}
	if d.ErrorCode != "" || d.Cause != "" || d.Fix != "" {
		w.Error = &DeliveryError{Code: d.ErrorCode, Cause: d.Cause, Fix: d.Fix}
	}
	return w
}

func toTransition(t integration.Transition) Transition {
	return Transition{At: seconds(t.At), Status: string(t.Status), Reason: string(t.Reason), Detail: t.Detail}
}
