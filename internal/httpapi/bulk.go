package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/integration"
)

// maxBulkBytes is room for as many links as one request makes, with long names.
const maxBulkBytes = 512 << 10

const csvType = "text/csv"

// BulkLinks is what became of many links.
type BulkLinks struct {
	Items    []BulkLink `json:"items" nullable:"false" doc:"One for each row, in their order."`
	Created  int        `json:"created" minimum:"0" doc:"How many were made." example:"1"`
	Exists   int        `json:"exists" minimum:"0" doc:"How many were there already." example:"0"`
	Conflict int        `json:"conflict" minimum:"0" doc:"How many Campaigns follow another experiment." example:"0"`
	Invalid  int        `json:"invalid" minimum:"0" doc:"How many rows have a field at fault." example:"0"`
	Failed   int        `json:"failed" minimum:"0" doc:"How many may work when they are sent again, not with the same Idempotency-Key: it gets this answer again." example:"0"`
}

// BulkLink is what became of one row.
type BulkLink struct {
	Row           int          `json:"row" minimum:"1" doc:"Which row: 1 is the first, or of CSV the first below the header." example:"1"`
	Result        string       `json:"result" enum:"created,exists,conflict,invalid,failed" doc:"created; exists: it was there already; conflict: the Campaign follows another experiment, or the experiment has too many; invalid: a field is at fault; failed: it was not made, and may be when the row is sent again, in a request without an Idempotency-Key or with a new one." example:"created"`
	ExperimentKey *string      `json:"experiment_key" doc:"Null for an invalid row." example:"checkout-button-color"`
	CampaignID    *string      `json:"campaign_id" doc:"In 18 characters, also where the row had a name; null for an invalid row." example:"701xx000000001AAAQ"`
	CampaignName  *string      `json:"campaign_name" doc:"As the row has it." example:"Q1 Checkout Optimization"`
	Detail        *string      `json:"detail" doc:"Why nothing was made, and what to do about it; null when there is nothing to say." example:"campaign_name: There is no Campaign of this name."`
	Errors        []FieldError `json:"errors" nullable:"false" doc:"The fields at fault; location is the one in this answer: items, the place from 0 on, and the field."`
}

type bulkLinksInput struct {
	IDInput
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte `contentType:"text/csv"`
}

func (a *API) bulkLinkOperations() []operation {
	return []operation{
		serve(describe(http.MethodPost, bulkLinksPath, "create-links", "Link many Campaigns to experiments",
			"Up to 500 links, each for itself: what cannot be made is told in its row, and keeps no other from being made. The same request again does no harm. "+
				"A row has an experiment_key, and a campaign_id or a campaign_name; names are looked up in the org by few API calls. Of rows with the same Campaign the first counts. "+
				"Send a JSON array, or CSV (RFC 4180, UTF-8, commas) with the header experiment_key,campaign_id or experiment_key,campaign_name, or with all three columns. The body may have 512 KB.",
			tagLinks, http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity),
			a.createLinks, takesTables),
	}
}

// takesTables documents the two kinds of bodies.
func takesTables(o *huma.OpenAPI, op *huma.Operation) {
	most := integration.MaxBulkLinks
	least := 1
	op.SkipValidateBody = true // each row is checked for itself
	op.RequestBody = &huma.RequestBody{Description: "The links to make.", Content: map[string]*huma.MediaType{
		jsonType: {Schema: &huma.Schema{Type: huma.TypeArray, Items: schemaOf[NewLink](o), MinItems: &least, MaxItems: &most}},
	}}
}

// documentCSV puts right what huma says of a raw body, that it is binary.
func documentCSV(o *huma.OpenAPI) {
	o.Paths[bulkLinksPath].Post.RequestBody.Content[csvType] = &huma.MediaType{
		Schema:  &huma.Schema{Type: huma.TypeString, Description: "The first row names the columns."},
		Example: "experiment_key,campaign_id\r\ncheckout-button-color,701xx000000001AAAQ\r\n",
	}
}

func (a *API) createLinks(ctx context.Context, in *bulkLinksInput) (*listOutput[BulkLinks], error) {
	rows, p := bulkRows(ctx, in.ContentType, in.RawBody)
	if p != nil {
		return nil, p
	}
	results, err := a.service.CreateLinks(ctx, actor(ctx), in.ID, rows)
	if err != nil {
		return nil, a.fail(ctx, "body", err)
	}
	out := BulkLinks{Items: make([]BulkLink, 0, len(results))}
	counts := map[integration.BulkOutcome]*int{
		integration.BulkCreated: &out.Created, integration.BulkExists: &out.Exists, integration.BulkConflict: &out.Conflict,
		integration.BulkInvalid: &out.Invalid, integration.BulkFailed: &out.Failed,
	}
	for n, r := range results {
		out.Items = append(out.Items, toBulkLink(n+1, r))
		*counts[r.Outcome]++
	}
	return &listOutput[BulkLinks]{out}, nil
}

// bulkRows reads the rows by the body's type. The problem is one of the body as a
// whole.
func bulkRows(ctx context.Context, contentType string, body []byte) ([]integration.BulkRow, *Problem) {
	if bodyKind(contentType) != csvType { // it was refused if it is neither
		return bulkJSON(ctx, body)
	}
	return bulkCSV(ctx, body)
}

func toBulkLink(row int, r integration.BulkResult) BulkLink {
	w := BulkLink{
		Row:           row,
		Result:        string(r.Outcome),
		ExperimentKey: orNull(r.ExperimentKey),
		CampaignID:    orNull(r.CampaignID),
		CampaignName:  orNull(r.CampaignName),
		Errors:        []FieldError{},
	}
	if r.Err == nil {
		return w
	}
	messages, fields := flatten("items."+strconv.Itoa(row-1), r.Err)
	for n, e := range domainErrors(r.Err) {
		if e.Field != "" {
			messages[n] = e.Field + ": " + messages[n]
		}
	}
	detail := strings.Join(messages, " ")
	if status, known := statuses()[integration.ErrorCode(r.Err)]; !known || status.detail != "" {
		fields, detail = nil, "It was not made, as something that this needs did not answer. Send the row again."
	}
	if r.Outcome == integration.BulkFailed {
		detail += " A request with an Idempotency-Key needs a new one for that."
	}
	w.Detail, w.Errors = orNull(detail), append(w.Errors, fields...)
	return w
}
