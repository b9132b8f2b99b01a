package rest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/sfid"
)

// Limits of collections.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm
const (
	maxRecords   = 200
	maxChunks    = 10
	maxReadByURL = 800
	maxRead      = 2000
)

// Code and text of the records that were fine but had to go with the others.
const (
	codeRolledBack = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
	textRolledBack = "Record rolled back because not all records were valid and the request was using AllOrNone header"
)

// RecordResult is the outcome for one record of a collection.
type RecordResult struct {
	ID      string        `json:"id,omitempty"`
	Success bool          `json:"success"`
	Errors  []RecordFault `json:"errors"`
	Created *bool         `json:"created,omitempty"`
}

// RecordFault is one error of a record in a collection: what is errorCode
// elsewhere is statusCode here.
type RecordFault struct {
	StatusCode string   `json:"statusCode"`
	Message    string   `json:"message"`
	Fields     []string `json:"fields"`
}

func recordFault(err *records.Error) RecordFault {
	fields := err.Fields
	if fields == nil {
		fields = []string{}
	}
	return RecordFault{StatusCode: err.Code, Message: err.Message, Fields: fields}
}

// results is the body of a collection's answer.
type results []RecordResult

func (r results) anyFailed() bool {
	for _, one := range r {
		if !one.Success {
			return true
		}
	}
	return false
}

// collections answers every call under /composite/sobjects.
func (a *API) collections(req *Request) Response {
	switch n := len(req.Path); {
	case n == 2 && req.Method == http.MethodPost:
		return a.saveAll(req, a.createOne)
	case n == 2 && req.Method == http.MethodPatch:
		return a.saveAll(req, a.updateOne())
	case n == 2 && req.Method == http.MethodDelete:
		return a.deleteAll(req)
	case n == 3 && (req.Method == http.MethodGet || req.Method == http.MethodPost):
		return a.readAll(req)
	case n == 4 && req.Method == http.MethodPatch:
		return a.upsertAll(req)
	}
	return badMethod(req.Method, "DELETE,GET,PATCH,POST")
}

type collection struct {
	AllOrNone bool             `json:"allOrNone"`
	Records   []map[string]any `json:"records"`
}

// item is one record of a collection with its object.
type item struct {
	object *schema.Object
	id     string
	fields map[string]any
}

// parse reads a collection and refuses what makes the call as a whole wrong.
func (a *API) parse(req *Request) (collection, []item, *Response) {
	var c collection
	if err := decode(req.Body, &c); err != nil {
		res := badJSON(err)
		return c, nil, &res
	}
	if len(c.Records) > maxRecords {
		res := Fail(http.StatusBadRequest, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records into this call")
		return c, nil, &res
	}
	items := make([]item, len(c.Records))
	chunks, last := 0, ""
	for i, fields := range c.Records {
		it, err := a.item(fields)
		if err != nil {
			res := Fail(http.StatusBadRequest, "INVALID_TYPE", err.Error())
			return c, nil, &res
		}
		if it.object.Name != last {
			chunks, last = chunks+1, it.object.Name
		}
		items[i] = it
	}
	if chunks > maxChunks {
		res := Fail(http.StatusBadRequest, "LIMIT_EXCEEDED", "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce chunking.")
		return c, nil, &res
	}
	return c, items, nil
}

func (a *API) item(fields map[string]any) (item, error) {
	attr, _ := fields["attributes"].(map[string]any)
	name, _ := attr["type"].(string)
	if name == "" {
		return item{}, errors.New("an sObject type is required: attributes.type is missing")
	}
	o, ok := a.lookup(name)
	if !ok {
		return item{}, fmt.Errorf("sObject type '%s' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.", name) //nolint:revive,staticcheck // Salesforce's own words
	}
	it := item{object: o, fields: make(map[string]any, len(fields))}
	for k, v := range fields {
		if strings.EqualFold(k, "id") {
			it.id, _ = v.(string)
			continue
		}
		it.fields[k] = v
	}
	return it, nil
}

// saver writes one record of a collection.
type saver func(*Request, item) RecordResult

// saveAll writes the records in turn and rolls back when asked to.
func (a *API) saveAll(req *Request, save saver) Response {
	c, items, bad := a.parse(req)
	if bad != nil {
		return *bad
	}
	return Response{Status: http.StatusOK, Body: a.all(req, c.AllOrNone, items, save)}
}

func (a *API) all(req *Request, allOrNone bool, items []item, save saver) results {
	start := a.store.Savepoint()
	out := make(results, len(items))
	for i, it := range items {
		out[i] = save(req, it)
	}
	if allOrNone && out.anyFailed() {
		a.store.Rollback(start)
		for i := range out {
			if !out[i].Success {
				continue
			}
			// All but creates keep their id: only success tells that it was rolled back.
			if items[i].id == "" && out[i].Created == nil {
				out[i].ID = ""
			}
			out[i].Success = false
			out[i].Errors = []RecordFault{{StatusCode: codeRolledBack, Message: textRolledBack, Fields: []string{}}}
		}
	}
	return out
}

func refused(err *records.Error) RecordResult {
	return RecordResult{Errors: []RecordFault{recordFault(err)}}
}

func saved(id string) RecordResult {
	return RecordResult{ID: id, Success: true, Errors: []RecordFault{}}
}

func (a *API) createOne(req *Request, it item) RecordResult {
	if it.id != "" {
		return refused(&records.Error{Code: records.CodeNotWriteable, Message: "cannot specify Id in an insert call", Fields: []string{"Id"}})
	}
	id, err := a.store.Create(req.Actor, it.object, it.fields)
	if err != nil {
		return refused(err)
	}
	return saved(id)
}

// updateOne refuses the second update of a record in one call.
func (a *API) updateOne() saver {
	seen := map[string]bool{}
	return func(req *Request, it item) RecordResult {
		if it.id == "" {
			return refused(&records.Error{Code: records.CodeMissingArgument, Message: "Id not specified in an update call", Fields: []string{}})
		}
		long, err := sfid.Parse(it.id)
		if err == nil && seen[long] {
			return refused(&records.Error{Code: records.CodeDuplicateValue, Message: "duplicate id specified: " + long, Fields: []string{}})
		}
		seen[long] = true
		if err := a.store.Update(req.Actor, it.object, it.id, it.fields); err != nil {
			return refused(err)
		}
		return saved(long)
	}
}

// upsertAll is PATCH /composite/sobjects/X/{external id field}.
func (a *API) upsertAll(req *Request) Response {
	o, ok := a.lookup(req.Path[2])
	if !ok {
		return notFound()
	}
	f, ok := o.Field(req.Path[3])
	if !ok || !f.ExternalID && f.Type != schema.TypeID {
		return Fail(http.StatusNotFound, records.CodeNotFound, "Provided external ID field does not exist or is not accessible: "+req.Path[3])
	}
	update := a.updateOne()
	return a.saveAll(req, func(req *Request, it item) RecordResult {
		if it.object != o {
			return refused(&records.Error{Code: "INVALID_TYPE", Message: "all records of an upsert must be of type " + o.Name})
		}
		if f.Type == schema.TypeID {
			created, save := it.id == "", update
			if created {
				save = a.createOne
			}
			res := save(req, it)
			res.Created = &created
			return res
		}
		var key any
		for name, v := range it.fields {
			if strings.EqualFold(name, f.Name) {
				key = v
				delete(it.fields, name)
			}
		}
		id, created, err := a.store.Upsert(req.Actor, o, f, key, it.fields, false)
		res := saved(id)
		if err != nil {
			res = refused(err)
		}
		res.Created = &created // of a refused record too: what it would have been
		return res
	})
}

// deleteAll is DELETE /composite/sobjects?ids=…
func (a *API) deleteAll(req *Request) Response {
	ids := strings.Split(req.Query.Get("ids"), ",")
	if len(ids) > maxRecords {
		return Fail(http.StatusBadRequest, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records into this call")
	}
	items := make([]item, len(ids))
	for i, id := range ids {
		items[i] = item{id: strings.TrimSpace(id)}
	}
	return Response{Status: http.StatusOK, Body: a.all(req, req.Query.Get("allOrNone") == "true", items, func(req *Request, it item) RecordResult {
		o, ok := a.store.Schema().OfID(it.id)
		if !ok {
			return refused(&records.Error{Code: records.CodeMalformedID, Message: "bad id " + it.id, Fields: []string{}})
		}
		if err := a.store.Delete(req.Actor, o, it.id); err != nil {
			return refused(err)
		}
		long, err := sfid.Parse(it.id)
		if err != nil {
			long = it.id
		}
		return saved(long)
	})}
}

// readAll reads many records of one object; one that is missing is null.
func (a *API) readAll(req *Request) Response {
	o, ok := a.lookup(req.Path[2])
	if !ok {
		return notFound()
	}
	var want struct {
		IDs    []string `json:"ids"`
		Fields []string `json:"fields"`
	}
	most := maxRead
	if req.Method == http.MethodGet {
		want.IDs = strings.Split(req.Query.Get("ids"), ",")
		want.Fields = strings.Split(req.Query.Get("fields"), ",")
		most = maxReadByURL
	} else if err := decode(req.Body, &want); err != nil {
		return badJSON(err)
	}
	if len(want.IDs) > most {
		return Fail(http.StatusBadRequest, "EXCEEDED_ID_LIMIT", fmt.Sprintf("record limit reached. cannot submit more than %d records into this call", most))
	}
	fields, bad := a.chosen(o, want.Fields)
	if bad != nil {
		return *bad
	}
	list := make([]any, len(want.IDs))
	for i, id := range want.IDs {
		if rec, ok := a.store.Get(o, strings.TrimSpace(id)); ok && !rec.Deleted {
			list[i] = a.render(req, rec, fields)
		}
	}
	return Response{Status: http.StatusOK, Body: list}
}
