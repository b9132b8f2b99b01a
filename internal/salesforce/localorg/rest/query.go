package rest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/soql"
)

// cursors are the answers that did not fit into one page.
type cursors struct {
	byID   map[string]*cursor
	order  []string
	serial uint64
}

type cursor struct {
	plan *soql.Plan
	rows []*records.Record
	opts soql.Options
	size int
}

// Sizes of a page, and how many cursors stay open.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_queryoptions.htm
const (
	defaultPage = 2000
	smallest    = 200
	largest     = 2000
	maxCursors  = 50
)

// query is /query and /queryAll, and the further pages of their answers.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm
func (a *API) query(req *Request) Response {
	if req.Method != http.MethodGet {
		return badMethod(req.Method, "HEAD,GET")
	}
	if len(req.Path) == 2 {
		return a.more(req, req.Path[1])
	}
	text := req.Query.Get("q")
	if text == "" {
		return Fail(http.StatusBadRequest, soql.CodeMalformed, "A query string has to be specified")
	}
	opts := soql.Options{Now: a.store.Now(), Deleted: req.Path[0] == "queryAll", AllFiles: a.settings().QueryAllFiles}
	plan, err := a.compile(text, opts)
	if err != nil {
		var bad *soql.Error
		if errors.As(err, &bad) {
			return Fail(http.StatusBadRequest, bad.Code, bad.Message)
		}
		return Fail(http.StatusInternalServerError, records.CodeUnknown, "An unexpected error occurred.")
	}
	rows := plan.Run(a.store, opts)
	if plan.Query.Count {
		return Response{Status: http.StatusOK, Body: Object{{"totalSize", len(rows)}, {"done", true}, {"records", []any{}}}}
	}
	return a.page(req, "", &cursor{plan: plan, rows: rows, opts: opts, size: pageSize(req)}, 0)
}

func (a *API) compile(text string, opts soql.Options) (*soql.Plan, error) {
	q, err := soql.Parse(text)
	if err != nil {
		return nil, err
	}
	if o, ok := a.store.Schema().Object(q.From); ok {
		if _, on := a.lookup(o.Name); !on {
			q.From = o.Name + " "
		}
	}
	return soql.Compile(q, a.store.Schema(), a.visible, opts)
}

func pageSize(req *Request) int {
	for part := range strings.SplitSeq(req.Header.Get("Sforce-Query-Options"), ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(part), "=")
		if n, err := strconv.Atoi(number); err == nil && strings.EqualFold(name, "batchSize") {
			return min(max(n, smallest), largest)
		}
	}
	return defaultPage
}

// page renders the rows from an offset on, and keeps a cursor for the rest.
func (a *API) page(req *Request, id string, c *cursor, from int) Response {
	to := min(from+c.size, len(c.rows))
	list := []Object{}
	for _, rec := range c.rows[from:to] {
		list = append(list, a.rowOf(req, c.plan.Columns, rec, c.opts))
	}
	body := Object{{"totalSize", len(c.rows)}, {"done", to == len(c.rows)}}
	if to < len(c.rows) {
		if id == "" {
			id = a.keep(c)
		}
		body = append(body, Member{"nextRecordsUrl", fmt.Sprintf("%s/query/%s-%d", req.prefix(), id, to)})
	}
	return Response{Status: http.StatusOK, Body: append(body, Member{"records", list})}
}

func (a *API) keep(c *cursor) string {
	a.cursors.serial++
	id := records.MakeID("01g", a.cursors.serial)
	a.cursors.byID[id] = c
	a.cursors.order = append(a.cursors.order, id)
	if len(a.cursors.order) > maxCursors {
		delete(a.cursors.byID, a.cursors.order[0])
		a.cursors.order = a.cursors.order[1:]
	}
	return id
}

func (a *API) more(req *Request, locator string) Response {
	id, offset, _ := strings.Cut(locator, "-")
	from, err := strconv.Atoi(offset)
	c, ok := a.cursors.byID[id]
	if err != nil || !ok || from < 0 || from > len(c.rows) {
		return Fail(http.StatusBadRequest, "INVALID_QUERY_LOCATOR", "invalid query locator")
	}
	return a.page(req, id, c, from)
}

// rowOf renders one row of an answer.
func (a *API) rowOf(req *Request, columns []*soql.Column, rec *records.Record, opts soql.Options) Object {
	out := Object{{"attributes", attributes(req.prefix(), rec)}}
	for _, col := range columns {
		out = append(out, Member{col.Name, a.cell(req, col, rec, opts)})
	}
	return out
}

func (a *API) cell(req *Request, col *soql.Column, rec *records.Record, opts soql.Options) any {
	switch {
	case col.Sub != nil:
		rows := col.Children(a.store, opts, rec)
		if len(rows) == 0 {
			return nil
		}
		list := []Object{}
		for _, child := range rows {
			list = append(list, a.rowOf(req, col.Sub.Columns, child, opts))
		}
		return Object{{"totalSize", len(rows)}, {"done", true}, {"records", list}}
	case col.Poly != "":
		return soql.PolyValue(rec, col.Poly)
	case col.Parent != nil:
		parent, ok := soql.Follow(a.store, rec, col.Link())
		if !ok {
			return nil
		}
		return a.rowOf(req, col.Parent, parent, opts)
	}
	return fieldValue(req.prefix(), rec, col.Field)
}
