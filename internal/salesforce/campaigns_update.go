package salesforce

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"salesforce-integration/internal/salesforce/sfid"
)

const (
	// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_update.htm
	maxCollection = 200
	// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
	maxCollectionsPerComposite = 5
)

// StatusUpdate is one campaign's new status.
type StatusUpdate struct {
	CampaignID string // 15 or 18 characters
	Status     string // the picklist value, not its label
}

// UpdateResult is what became of one [StatusUpdate].
type UpdateResult struct {
	CampaignID string // 18 characters
	Err        error  // nil: written
}

// UpdateCampaignStatuses writes many statuses in few calls: one for up to 1,000
// campaigns. Each stands for itself: a campaign that is refused does not keep the
// others from being written. There is one result for each update, in their order.
// A call that failed as a whole is the result of each campaign in it.
//
// An error wrapping [ErrArgument] means that nothing was sent: an id is not a
// campaign's, or one campaign is named twice.
func (c *Client) UpdateCampaignStatuses(ctx context.Context, updates []StatusUpdate) ([]UpdateResult, error) {
	results := make([]UpdateResult, len(updates))
	records := make([]record, len(updates))
	order := make([]int, len(updates))
	seen := make(map[string]bool, len(updates))
	for i, u := range updates {
		id, err := sfid.ParsePrefix(u.CampaignID, sfid.PrefixCampaign)
		if err != nil {
			return nil, fmt.Errorf("%w: update %d: %w", ErrArgument, i+1, err)
		}
		if seen[id] {
			return nil, fmt.Errorf("%w: campaign %s is updated twice in one call", ErrArgument, id)
		}
		seen[id] = true
		if records[i], err = statusRecord(id, u); err != nil {
			return nil, fmt.Errorf("%w: campaign %s: %w", ErrArgument, id, err)
		}
		results[i].CampaignID = id
		order[i] = i
	}
	// The same order in every function that runs: rows are locked in it, so two
	// of them cannot wait for each other.
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(results[a].CampaignID, results[b].CampaignID) })
	for group := range slices.Chunk(order, maxCollection*maxCollectionsPerComposite) {
		sorted := make([]record, len(group))
		for i, at := range group {
			sorted[i] = records[at]
		}
		for i, err := range c.patchRecords(ctx, sorted) {
			results[group[i]].Err = err
		}
	}
	return results, nil
}

func statusRecord(id string, u StatusUpdate) (record, error) {
	if u.Status == "" {
		return record{}, fmt.Errorf("the status is empty")
	}
	return record{kind: "Campaign", id: id, fields: map[string]any{"Status": u.Status}}, nil
}

const opUpdate = "update campaign statuses"

// patchRecords writes up to 1,000 records in one call and returns an error, or nil,
// for each.
func (c *Client) patchRecords(ctx context.Context, records []record) []error {
	if len(records) <= maxCollection {
		var saved []saveResult
		what := call{op: opUpdate, method: http.MethodPatch, path: c.data + "/composite/sobjects", write: true,
			body: collection{Records: records}}
		if err := c.do(ctx, what, &saved); err != nil {
			return slices.Repeat([]error{err}, len(records))
		}
		return saveErrors(opUpdate, saved, len(records))
	}
	return c.patchComposite(ctx, records)
}

func (c *Client) patchComposite(ctx context.Context, records []record) []error {
	var subs []subrequest
	var sizes []int
	for part := range slices.Chunk(records, maxCollection) {
		subs = append(subs, subrequest{Method: http.MethodPatch, URL: c.data + "/composite/sobjects",
			ReferenceID: fmt.Sprintf("part%d", len(subs)), Body: collection{Records: part}})
		sizes = append(sizes, len(part))
	}
	var answer struct {
		CompositeResponse []subresponse `json:"compositeResponse"`
	}
	what := call{op: opUpdate, method: http.MethodPost, path: c.data + "/composite", write: true,
		body: composite{Subs: subs}}
	if err := c.do(ctx, what, &answer); err != nil {
		return slices.Repeat([]error{err}, len(records))
	}
	byRef := make(map[string]subresponse, len(subs))
	for _, sub := range answer.CompositeResponse {
		byRef[sub.ReferenceID] = sub
	}
	var errs []error
	for i, sub := range subs {
		errs = append(errs, subErrors(opUpdate, byRef[sub.ReferenceID], sizes[i])...)
	}
	return errs
}

// subErrors reads one collection out of a composite answer.
func subErrors(op string, sub subresponse, n int) []error {
	if sub.Status < 200 || sub.Status > 299 {
		err := recordError(op, sub.Status, apiErrors(sub.Body))
		err.Uncertain = sub.Status == 0 || uncertainAnswer(err)
		return slices.Repeat([]error{error(err)}, n)
	}
	var saved []saveResult
	if err := json.Unmarshal(sub.Body, &saved); err != nil {
		saved = nil
	}
	return saveErrors(op, saved, n)
}

// record is a row as the composite resources take it, attributes first.
type record struct {
	kind   string
	id     string // empty for a create
	fields map[string]any
}

// MarshalJSON implements json.Marshaler.
func (r record) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"attributes":{"type":%q}`, r.kind)
	if r.id != "" {
		fmt.Fprintf(&b, `,"id":%q`, r.id)
	}
	for _, name := range slices.Sorted(maps.Keys(r.fields)) {
		value, err := encodeJSON(r.fields[name])
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", name, err)
		}
		fmt.Fprintf(&b, `,%q:%s`, name, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

type collection struct {
	AllOrNone bool     `json:"allOrNone"`
	Records   []record `json:"records"`
}

type composite struct {
	AllOrNone bool `json:"allOrNone"`
	// Collate would let Salesforce change the order.
	Collate bool         `json:"collateSubrequests"`
	Subs    []subrequest `json:"compositeRequest"`
}

type subrequest struct {
	Method      string `json:"method"`
	URL         string `json:"url"`
	ReferenceID string `json:"referenceId"`
	Body        any    `json:"body"`
}

type subresponse struct {
	Body        json.RawMessage `json:"body"`
	Status      int             `json:"httpStatusCode"`
	ReferenceID string          `json:"referenceId"`
}

// saveResult is a record's outcome. Only Success tells: a record that was rolled
// back may keep its id.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_update.htm
type saveResult struct {
	ID      string     `json:"id"`
	Success bool       `json:"success"`
	Errors  []apiError `json:"errors"`
}

// saveErrors returns an error or nil for each of n records. Salesforce answers in
// the order of the request; an answer of another length can't be matched to it.
func saveErrors(op string, saved []saveResult, n int) []error {
	errs := make([]error, n)
	for i := range errs {
		switch {
		case len(saved) != n:
			errs[i] = &Error{Op: op, Status: http.StatusOK, Code: CodeUnreadable, Uncertain: true,
				Message: fmt.Sprintf("%d results came for %d records", len(saved), n)}
		case !saved[i].Success:
			errs[i] = recordError(op, 0, saved[i].Errors)
		}
	}
	return errs
}
