package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"salesforce-integration/internal/integration"
)

// maxEventBytes is more than an event on the bus may have: 256 KB.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
const maxEventBytes = 300 << 10

// PreviewEvent is an experiment's event as the bus hands it on. What the bus adds may
// be left out. What is wrong with it is told in the preview, as it would be in the
// delivery log, so nothing here is required.
type PreviewEvent struct {
	_          struct{}        `additionalProperties:"true"`
	DetailType string          `json:"detail-type,omitempty" nullable:"true" doc:"What happened." example:"Experiment Completed"`
	Source     string          `json:"source,omitempty" nullable:"true" doc:"Who published it. Another one than the bus's rule lets through, EventSource in template.yaml, never arrives, and the preview says so." example:"experimentation.platform"`
	Detail     json.RawMessage `json:"detail,omitempty" doc:"The experiment, and its results."`
	ID         string          `json:"id,omitempty" nullable:"true" doc:"The event's id: with the one of an event that was published, the preview says what became of it." example:"17793124-05d4-b198-2fde-7ededc63b103"`
	Time       string          `json:"time,omitempty" nullable:"true" doc:"When it was published; now, when left out." example:"2026-03-02T10:00:00Z"`
}

// Preview is what an event would do. Nothing of it is done.
type Preview struct {
	Event      PreviewedEvent  `json:"event" doc:"The event as it was understood."`
	Effects    []PreviewEffect `json:"effects" nullable:"false" doc:"What it would do, Campaign by Campaign, by their ids: a status and a note are two effects."`
	Note       *PreviewNote    `json:"note" doc:"What each note says; null when there is none."`
	APICalls   int             `json:"api_calls_spent" minimum:"0" doc:"How much of the org's API allowance the preview used: at most 1." example:"1"`
	OrgProblem *DeliveryError  `json:"org_problem" doc:"Why the Campaigns could not be read as they are now; null when they were, or none had to be. But for ALLOWANCE_RESERVED, when its calls are spared, a write would fail by it as well: it waits or is parked."`
	NextCursor *string         `json:"next_cursor" doc:"The cursor of further Campaigns, null after the last." example:"MQpwcmV2aWV3CjcwMQ"`
}

// PreviewedEvent is an event as it was understood.
type PreviewedEvent struct {
	ID            *string    `json:"id" doc:"Null when it has none yet." example:"17793124-05d4-b198-2fde-7ededc63b103"`
	Type          string     `json:"type" example:"Experiment Completed"`
	ExperimentKey *string    `json:"experiment_key" example:"checkout-button-color"`
	OccurredAt    *time.Time `json:"occurred_at" doc:"By this time it is known which of two events is newer." example:"2026-03-02T10:00:00Z"`
}

// PreviewEffect is one effect of an event, and what would become of it.
type PreviewEffect struct {
	CampaignID *string          `json:"campaign_id" doc:"Null when no Campaign is concerned." example:"701xx000000001AAAQ"`
	Campaign   *CampaignNow     `json:"campaign" doc:"As it is now; null when it was not read, or is not in the org."`
	RecordURL  *string          `json:"record_url" doc:"The record in Salesforce, for a browser." example:"https://your-org.my.salesforce.com/701xx000000001AAAQ"`
	DeliveryID *string          `json:"delivery_id" doc:"Under which the delivery log has, or will have, it; null for an event without an id." example:"3f1c2d4b-5e6f-8a90-b1c2-d3e4f5a6b7c8"`
	Outcome    string           `json:"outcome" enum:"write,wait,park,skip,duplicate" doc:"What would become of it, as the org and the integration are now. write: it would be written; wait: the same, but not at once, as the org fails for the moment or its calls are spared; park: it would be kept until something is mended, such as the credentials or a Campaign that is not there; skip: it would rightly not be done; duplicate: this event was taken before, and nothing more would happen." example:"write"`
	Reason     string           `json:"reason" doc:"Why, for programs: as in the delivery log." example:"status_written"`
	Detail     string           `json:"detail" doc:"Why, for people." example:"the Campaign's Status would be set to \"Completed\""`
	Field      *string          `json:"field" doc:"Of an event that is not valid: the field at fault." example:"detail.experiment_key"`
	Warning    *string          `json:"warning" doc:"What is odd about a write, or about what is waited for." example:"The Campaign has this status already: writing it again changes nothing."`
	Until      *time.Time       `json:"until" doc:"Until when it waits, at least." example:"2026-03-02T10:05:00Z"`
	Changes    []PreviewChange  `json:"changes" nullable:"false" doc:"The Campaign's fields that would be written."`
	Note       *PreviewNoteHead `json:"note" doc:"The note that would be added; null for none."`
}

// CampaignNow is a Campaign as its org has it now.
type CampaignNow struct {
	_            struct{}   `nullable:"true"`
	Name         string     `json:"name" example:"Q1 Checkout Optimization"`
	Status       *string    `json:"status" example:"In Progress"`
	IsActive     bool       `json:"is_active" example:"true"`
	LastModified *time.Time `json:"last_modified_at" example:"2026-03-02T09:00:00Z"`
}

// PreviewChange is one field, before and after.
type PreviewChange struct {
	Field  string  `json:"field" doc:"Its API name." example:"Status"`
	Before *string `json:"before" doc:"As it is now; null when it is empty, or was not read: see campaign." example:"In Progress"`
	After  string  `json:"after" example:"Completed"`
}

// PreviewNoteHead says in which form a note would be added, and under which title.
type PreviewNoteHead struct {
	_     struct{} `nullable:"true"`
	Form  string   `json:"form" enum:"content_note,feed_item" doc:"content_note: an enhanced note; feed_item: a Chatter post." example:"content_note"`
	Title string   `json:"title" doc:"The title, or a post's first line. What stands in brackets is how the note is found again; it hangs on the event's id." example:"A/B test: Checkout button colour: green wins (+4.2 %) [#c21e29c4e477]"`
}

// PreviewNote is the text of a note, the same on each Campaign.
type PreviewNote struct {
	_    struct{} `nullable:"true"`
	HTML string   `json:"html" doc:"As an enhanced note shows it." example:"<p><b>Checkout button colour</b> has reached statistical significance.</p>"`
	Text string   `json:"text" doc:"As a Chatter post shows it below the title." example:"Checkout button colour has reached statistical significance."`
}

type previewInput struct {
	IDInput
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"200" doc:"How many Campaigns at most."`
	Cursor string `query:"cursor" maxLength:"2048" doc:"Where to go on: the next_cursor of the last answer to the same question. Any other is refused (422)." example:"MQpwcmV2aWV3CjcwMQ"`
	Body   PreviewEvent
}

func (a *API) previewOperations() []operation {
	return []operation{
		serve(describe(http.MethodPost, previewPath, "preview-event", "Preview what an event would do",
			"Says, for each linked Campaign of this integration, what the event would write there, before and after, or why it would not. The code that decides is that of a real event. "+
				"What only the write itself meets (a right on a record, a picklist, a validation rule) it cannot foresee. "+
				"Nothing is written, neither in Salesforce nor here; Salesforce is asked, by one API call, only when something would be written. The body may have 300 KB.",
			tagDeliveries, http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity),
			a.preview),
	}
}

func (a *API) preview(ctx context.Context, in *previewInput) (*listOutput[Preview], error) {
	envelope, err := json.Marshal(in.Body)
	if err != nil {
		return nil, a.fail(ctx, "body", fmt.Errorf("encode an event: %w", err))
	}
	p, err := a.service.Preview(ctx, actor(ctx), in.ID, envelope, integration.Page{Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, a.fail(ctx, "query", err)
	}
	return &listOutput[Preview]{toPreview(p)}, nil
}

func toPreview(p integration.Preview) Preview {
	w := Preview{
		Event: PreviewedEvent{ID: orNull(p.Event.ID), Type: string(p.Event.Type), ExperimentKey: orNull(p.Event.ExperimentKey),
			OccurredAt: secondsOrNull(p.Event.OccurredAt)},
		Effects:    convert(p.Effects, toPreviewEffect),
		APICalls:   p.APICalls,
		NextCursor: orNull(p.NextCursor),
	}
	if p.Note != nil {
		w.Note = &PreviewNote{HTML: p.Note.HTML, Text: p.Note.Text}
	}
	if o := p.OrgProblem; o != nil {
		w.OrgProblem = &DeliveryError{Code: o.Code, Cause: o.Cause, Fix: o.Fix}
	}
	return w
}

func toPreviewEffect(e integration.PreviewEffect) PreviewEffect {
	w := PreviewEffect{
		CampaignID: orNull(e.CampaignID),
		RecordURL:  orNull(e.RecordURL),
		DeliveryID: orNull(e.DeliveryID),
		Outcome:    string(e.Outcome),
		Reason:     string(e.Reason),
		Detail:     e.Detail,
		Field:      orNull(e.Field),
		Warning:    orNull(e.Warning),
		Until:      secondsOrNull(e.Until),
		Changes:    []PreviewChange{},
	}
	if c := e.Campaign; c != nil {
		w.Campaign = &CampaignNow{Name: c.Name, Status: orNull(c.Status), IsActive: c.Active, LastModified: secondsOrNull(c.LastModified)}
	}
	if e.Status != "" {
		change := PreviewChange{Field: "Status", After: e.Status}
		if w.Campaign != nil {
			change.Before = w.Campaign.Status
		}
		w.Changes = append(w.Changes, change)
	}
	if e.NoteTitle != "" {
		w.Note = &PreviewNoteHead{Form: string(e.NoteKind), Title: e.NoteTitle}
	}
	return w
}
