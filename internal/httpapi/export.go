package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/integration"
)

const (
	ndjsonType = "application/x-ndjson"
	// headerNextCursor says where an export goes on.
	headerNextCursor = "X-Next-Cursor"
)

const (
	// maxExportBytes keeps an answer within what a function may return: 6 MB, as the
	// JSON text that API Gateway gets it in.
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	maxExportBytes = 5 << 20
	maxExportLines = 5000
	// exportTime bounds how long an export reads. API Gateway waits for 29 s.
	exportTime = 15 * time.Second
	// maxExportReads bounds the parts of the log that one answer is made of.
	maxExportReads = 100
)

type exportInput struct {
	DeliveryFilterInput
	Limit  int    `query:"limit" minimum:"1" maximum:"5000" default:"5000" doc:"How many lines at most. An answer may have fewer while more follow."`
	Cursor string `query:"cursor" maxLength:"2048" doc:"Where to go on: the X-Next-Cursor of the last answer to the same question, or the next_cursor of the list. Any other is refused (422)." example:"bG9nIzIwMjYtMDMtMDI"`
}

type exportOutput struct {
	ContentType string `header:"Content-Type"`
	NextCursor  string `header:"X-Next-Cursor" doc:"The cursor of the next part; missing after the last."`
	Body        []byte
}

func (a *API) exportOperations() []operation {
	return []operation{
		serve(describe(http.MethodGet, exportPath, "export-deliveries", "Export the delivery log",
			"The list in long parts, one delivery a line (NDJSON), newest first. A part ends after 5,000 lines, 5 MB, 5,000 deliveries that the filter does not let pass, or some seconds of looking; while the header "+headerNextCursor+" is there, more follows, even after a part without lines.",
			tagDeliveries, http.StatusOK, http.StatusUnprocessableEntity),
			a.exportDeliveries, answersLines),
	}
}

// answersLines says that the answer is no JSON document, but one a line.
func answersLines(_ *huma.OpenAPI, op *huma.Operation) {
	op.Responses["200"] = &huma.Response{
		Description: "A part of the log. Each line is a delivery, as the list has it.",
		Content:     map[string]*huma.MediaType{ndjsonType: {Schema: &huma.Schema{Type: huma.TypeString}, Example: "{\"id\":\"3f1c2d4b-5e6f-8a90-b1c2-d3e4f5a6b7c8\",\"direction\":\"outbound\",\"status\":\"delivered\"}\n"}},
	}
}

func (a *API) exportDeliveries(ctx context.Context, in *exportInput) (*exportOutput, error) {
	// It ends the reading between two parts, and cuts none off.
	enough, cancel := context.WithTimeout(ctx, exportTime)
	defer cancel()
	e := export{cursor: in.Cursor}
	page, passedOver := integration.MaxPageLimit, 0
	for range maxExportReads {
		l, err := a.service.ListDeliveries(ctx, in.filter(), integration.Page{Limit: min(page, in.Limit-e.lines), Cursor: e.cursor})
		if err != nil {
			return nil, a.fail(ctx, "query", err)
		}
		fits, err := e.add(l, page == 1 && e.lines == 0)
		if err != nil {
			return nil, a.fail(ctx, "query", err)
		}
		if !fits && e.lines == 0 {
			page /= 2
			continue
		}
		passedOver += l.PassedOver
		if !fits || e.cursor == "" || e.lines == in.Limit || passedOver >= integration.MaxPassedOver || enough.Err() != nil {
			break
		}
	}
	return &exportOutput{ContentType: ndjsonType, NextCursor: e.cursor, Body: e.body.Bytes()}, nil
}

// export is an answer that grows.
type export struct {
	body   bytes.Buffer
	size   int // of the body within JSON
	lines  int
	cursor string // of what follows; "" when nothing does
}

// add appends a part of the log, if it fits as a whole, or has to.
func (e *export) add(l integration.List[integration.Delivery], must bool) (fits bool, err error) {
	var part bytes.Buffer
	size := 0
	lines := json.NewEncoder(&part)
	lines.SetEscapeHTML(false)
	for _, d := range l.Items {
		before := part.Len()
		if err := lines.Encode(toDelivery(d)); err != nil {
			return false, fmt.Errorf("encode delivery %s: %w", d.ID, err)
		}
		quoted, err := json.Marshal(string(part.Bytes()[before:]))
		if err != nil {
			return false, fmt.Errorf("encode delivery %s: %w", d.ID, err)
		}
		size += len(quoted)
	}
	if e.size+size > maxExportBytes && !must {
		return false, nil
	}
	e.body.Write(part.Bytes())
	e.size, e.lines, e.cursor = e.size+size, e.lines+len(l.Items), l.NextCursor
	return true, nil
}
