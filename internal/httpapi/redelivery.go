package httpapi

import (
	"context"
	"net/http"
	"time"

	"salesforce-integration/internal/integration"
)

// RedeliverFilter chooses which parked deliveries are sent again. What narrows it may
// not be null: from a script whose variable is unset, that would send everything.
type RedeliverFilter struct {
	IntegrationID *string    `json:"integration_id,omitempty" nullable:"false" minLength:"1" doc:"Only this integration's." example:"0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90"`
	ExperimentKey *string    `json:"experiment_key,omitempty" nullable:"false" minLength:"1" maxLength:"256" doc:"Only this experiment's." example:"checkout-button-color"`
	CampaignID    *string    `json:"campaign_id,omitempty" nullable:"false" minLength:"1" doc:"Only this Campaign's, in 15 or 18 characters." example:"701xx000000001AAAQ"`
	EventType     *string    `json:"event_type,omitempty" nullable:"false" minLength:"1" maxLength:"256" doc:"Only this type of event." example:"Experiment Completed"`
	From          *time.Time `json:"from,omitempty" nullable:"false" doc:"Only what was created at this time or later." example:"2026-03-02T00:00:00Z"`
	To            *time.Time `json:"to,omitempty" nullable:"false" doc:"Only what was created before this time." example:"2026-03-03T00:00:00Z"`
	Limit         *int       `json:"limit,omitempty" nullable:"true" minimum:"1" maximum:"1000" doc:"How many at most; 100 when left out." example:"1000"`
	Cursor        *string    `json:"cursor,omitempty" nullable:"true" maxLength:"2048" doc:"Where to go on: the next_cursor of the last answer to the same question. Any other is refused (422)." example:"bG9nIzIwMjYtMDMtMDI"`
}

// Redelivery says that one delivery will be sent again.
type Redelivery struct {
	Accepted int    `json:"accepted" minimum:"0" doc:"Always 1." example:"1"`
	ID       string `json:"id" format:"uuid" doc:"The delivery's id." example:"3f1c2d4b-5e6f-8a90-b1c2-d3e4f5a6b7c8"`
}

// Redeliveries says how many deliveries will be sent again.
type Redeliveries struct {
	Accepted   int     `json:"accepted" minimum:"0" doc:"How many will be sent again; what became of each is in the delivery log." example:"42"`
	NextCursor *string `json:"next_cursor" doc:"There may be more, from this cursor on; null when all were found." example:"bG9nIzIwMjYtMDMtMDI"`
}

type redeliverManyInput struct{ Body RedeliverFilter }

type redeliveryOutput struct{ Body Redelivery }

type redeliveriesOutput struct{ Body Redeliveries }

func (a *API) redeliveryOperations() []operation {
	return []operation{
		serve(describe(http.MethodPost, deliveriesPath+"/{id}/redeliver", "redeliver", "Send a parked delivery again",
			"It goes out in a moment, unless the Campaign has a newer state by now. Only parked deliveries to Salesforce can be sent again.",
			tagDeliveries, http.StatusAccepted, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity),
			a.redeliver),
		serve(describe(http.MethodPost, deliveriesPath+"/redeliver", "redeliver-many", "Send parked deliveries again",
			"All parked ones to Salesforce that the filter lets pass, newest first; an empty filter lets all pass. A bounded part of the log is read for one answer: while next_cursor is set, there may be more, even when accepted is 0.",
			tagDeliveries, http.StatusAccepted, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity),
			a.redeliverMany),
	}
}

func (a *API) redeliver(ctx context.Context, in *deliveryIDInput) (*redeliveryOutput, error) {
	d, err := a.service.Redeliver(ctx, actor(ctx), in.ID)
	if err != nil {
		return nil, a.fail(ctx, "path", err)
	}
	return &redeliveryOutput{Redelivery{Accepted: 1, ID: d.ID}}, nil
}

func (a *API) redeliverMany(ctx context.Context, in *redeliverManyInput) (*redeliveriesOutput, error) {
	r, err := a.service.RedeliverMany(ctx, actor(ctx), in.Body.domain())
	if err != nil {
		return nil, a.fail(ctx, "body", err)
	}
	return &redeliveriesOutput{Redeliveries{Accepted: r.Accepted, NextCursor: orNull(r.NextCursor)}}, nil
}

func (f RedeliverFilter) domain() integration.RedeliverFilter {
	d := integration.RedeliverFilter{
		IntegrationID: orEmpty(f.IntegrationID),
		ExperimentKey: orEmpty(f.ExperimentKey),
		CampaignID:    orEmpty(f.CampaignID),
		EventType:     orEmpty(f.EventType),
		Cursor:        orEmpty(f.Cursor),
	}
	if f.From != nil {
		d.From = bound(*f.From)
	}
	if f.To != nil {
		d.To = bound(*f.To)
	}
	if f.Limit != nil {
		d.Limit = *f.Limit
	}
	return d
}
