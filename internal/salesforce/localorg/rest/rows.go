package rest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/sfid"
)

// SaveResult is the answer to one written record, outside of collections.
type SaveResult struct {
	ID      string  `json:"id"`
	Success bool    `json:"success"`
	Errors  []Fault `json:"errors"`
	Created *bool   `json:"created,omitempty"`
}

// create is POST /sobjects/X.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_create.htm
func (a *API) create(req *Request, o *schema.Object) Response {
	fields, err := decodeFields(req.Body)
	if err != nil {
		return badJSON(err)
	}
	id, bad := a.store.Create(req.Actor, o, fields)
	if bad != nil {
		return failRecord(bad)
	}
	return a.created(req, o, id, nil)
}

func (a *API) created(req *Request, o *schema.Object, id string, flag *bool) Response {
	location := req.prefix() + "/sobjects/" + o.Name + "/" + id
	return Response{Status: http.StatusCreated, Header: http.Header{"Location": {location}}, Body: SaveResult{ID: id, Success: true, Errors: []Fault{}, Created: flag}}
}

// row is GET, PATCH and DELETE of /sobjects/X/{id}.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_retrieve.htm
func (a *API) row(req *Request) Response {
	o, ok := a.lookup(req.Path[1])
	if !ok {
		return notFound()
	}
	id := req.Path[2]
	if strings.EqualFold(id, "Id") && (req.Method == http.MethodPost || req.Method == http.MethodPatch) {
		return a.create(req, o) // an upsert by Id without one inserts
	}
	switch req.Method {
	case http.MethodGet, http.MethodHead:
		return a.read(req, o, id)
	case http.MethodPatch:
		return a.update(req, o, id)
	case http.MethodDelete:
		if bad := a.rowID(o, id); bad != nil {
			return *bad
		}
		if err := a.store.Delete(req.Actor, o, id); err != nil {
			return failRecord(err)
		}
		return Response{Status: http.StatusNoContent}
	}
	return badMethod(req.Method, "HEAD,GET,PATCH,DELETE")
}

// rowID refuses a path segment that can't be an id of the object.
func (a *API) rowID(o *schema.Object, id string) *Response {
	if _, err := sfid.Parse(id); err != nil {
		res := Fail(http.StatusNotFound, records.CodeNotFound, "Provided external ID field does not exist or is not accessible: "+id)
		return &res
	}
	if err := a.store.CheckID(o, id); err != nil {
		res := failRecord(err)
		return &res
	}
	return nil
}

func (a *API) read(req *Request, o *schema.Object, id string) Response {
	if _, err := sfid.Parse(id); err != nil || id[:3] != o.KeyPrefix {
		return Fail(http.StatusNotFound, records.CodeNotFound, "Provided external ID field does not exist or is not accessible: "+id)
	}
	rec, ok := a.store.Get(o, id)
	if !ok {
		return notFound()
	}
	if rec.Deleted {
		return failRecord(&records.Error{Code: records.CodeDeleted, Message: "entity is deleted", Fields: []string{}, Status: http.StatusNotFound})
	}
	header := http.Header{}
	modified := rec.Modified().Truncate(time.Second)
	if !modified.IsZero() {
		header.Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
		if since, err := http.ParseTime(req.Header.Get("If-Modified-Since")); err == nil && !modified.After(since) {
			return Response{Status: http.StatusNotModified, Header: header}
		}
	}
	fields := o.Fields
	if list := req.Query.Get("fields"); list != "" {
		var bad *Response
		if fields, bad = a.chosen(o, strings.Split(list, ",")); bad != nil {
			return *bad
		}
	}
	return Response{Status: http.StatusOK, Header: header, Body: a.render(req, rec, fields)}
}

// chosen resolves a list of field names.
func (a *API) chosen(o *schema.Object, names []string) ([]*schema.Field, *Response) {
	var out []*schema.Field
	for _, name := range names {
		name = strings.TrimSpace(name)
		f, ok := o.Field(name)
		if !ok || !a.visible(o.Name, f.Name) {
			res := Fail(http.StatusBadRequest, records.CodeInvalidField, "No such column '"+name+"' on sobject of type "+o.Name)
			return nil, &res
		}
		out = append(out, f)
	}
	return out, nil
}

func (a *API) render(req *Request, rec *records.Record, fields []*schema.Field) Object {
	out := Object{{"attributes", attributes(req.prefix(), rec)}}
	hasID := false
	for _, f := range fields {
		if !a.visible(rec.Object.Name, f.Name) {
			continue
		}
		hasID = hasID || f.Name == "Id"
		out = append(out, Member{f.Name, fieldValue(req.prefix(), rec, f)})
	}
	if !hasID {
		out = append(out, Member{"Id", rec.ID})
	}
	return out
}

func (a *API) update(req *Request, o *schema.Object, id string) Response {
	if bad := a.rowID(o, id); bad != nil {
		return *bad
	}
	fields, err := decodeFields(req.Body)
	if err != nil {
		return badJSON(err)
	}
	if since := req.Header.Get("If-Unmodified-Since"); since != "" {
		t, err := http.ParseTime(since)
		if err != nil {
			return Fail(http.StatusBadRequest, "INVALID_CONDITIONAL_HEADER", "If-Unmodified-Since is not an HTTP date")
		}
		if rec, ok := a.store.Get(o, id); ok && rec.Modified().Truncate(time.Second).After(t) {
			return Fail(http.StatusPreconditionFailed, "PRECONDITION_FAILED", "The request's precondition is not met: the record has been modified since")
		}
	}
	if bad := a.store.Update(req.Actor, o, id, fields); bad != nil {
		return failRecord(bad)
	}
	return Response{Status: http.StatusNoContent}
}

// byExternalID is /sobjects/X/{field}/{value}: upsert, read and delete by an
// external id, or the bytes of a blob field.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_upsert.htm
func (a *API) byExternalID(req *Request) Response {
	o, ok := a.lookup(req.Path[1])
	if !ok {
		return notFound()
	}
	if f, ok := o.Field(req.Path[3]); ok && f.Type == schema.TypeBase64 && req.Method == http.MethodGet {
		return a.blob(o, req.Path[2], f)
	}
	f, ok := o.Field(req.Path[2])
	if !ok || !f.ExternalID && f.Type != schema.TypeID || !a.visible(o.Name, f.Name) {
		return Fail(http.StatusNotFound, records.CodeNotFound, "Provided external ID field does not exist or is not accessible: "+req.Path[2])
	}
	if f.Type == schema.TypeID {
		inner := *req
		inner.Path = []string{"sobjects", o.Name, req.Path[3]}
		return a.row(&inner)
	}
	if req.Method == http.MethodPatch || req.Method == http.MethodPost {
		return a.upsert(req, o, f)
	}
	rows, _ := a.store.Lookup(o, f.Name, req.Path[3])
	switch {
	case len(rows) == 0:
		return notFound()
	case len(rows) > 1:
		ids := make([]string, len(rows))
		for i, rec := range rows {
			ids[i] = rec.ID
		}
		return several(req, o, ids)
	case req.Method == http.MethodGet:
		return a.read(req, o, rows[0].ID)
	case req.Method == http.MethodDelete:
		if err := a.store.Delete(req.Actor, o, rows[0].ID); err != nil {
			return failRecord(err)
		}
		return Response{Status: http.StatusNoContent}
	}
	return badMethod(req.Method, "HEAD,GET,PATCH,DELETE")
}

// upsertAnswers is the version from which an upsert that updates answers 200.
const upsertAnswers = 46

func (a *API) upsert(req *Request, o *schema.Object, f *schema.Field) Response {
	fields, err := decodeFields(req.Body)
	if err != nil {
		return badJSON(err)
	}
	for name := range fields {
		if strings.EqualFold(name, f.Name) {
			return Fail(http.StatusBadRequest, records.CodeInvalidField, "The "+f.Name+" field should not be specified in the sobject data.")
		}
	}
	id, created, bad := a.store.Upsert(req.Actor, o, f, req.Path[3], fields, req.Query.Get("updateOnly") == "true")
	switch {
	case bad != nil && len(bad.Several) > 0:
		return several(req, o, bad.Several)
	case bad != nil:
		return failRecord(bad)
	case created:
		return a.created(req, o, id, &created)
	case req.versionNumber() < upsertAnswers:
		return Response{Status: http.StatusNoContent}
	}
	return Response{Status: http.StatusOK, Body: SaveResult{ID: id, Success: true, Errors: []Fault{}, Created: &created}}
}

func several(req *Request, o *schema.Object, ids []string) Response {
	urls := make([]string, len(ids))
	for i, id := range ids {
		urls[i] = req.prefix() + "/sobjects/" + o.Name + "/" + url.PathEscape(id)
	}
	return Response{Status: http.StatusMultipleChoices, Body: urls}
}

func (a *API) blob(o *schema.Object, id string, f *schema.Field) Response {
	rec, ok := a.store.Get(o, id)
	if !ok || rec.Deleted {
		return notFound()
	}
	raw, err := base64.StdEncoding.DecodeString(rec.Text(f.Name))
	if err != nil {
		return Fail(http.StatusInternalServerError, records.CodeUnknown, "An unexpected error occurred.")
	}
	return Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/octetstream"}}, Raw: raw}
}

// changed is /sobjects/X/updated and /deleted.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getupdated.htm
func (a *API) changed(req *Request) Response {
	o, ok := a.lookup(req.Path[1])
	if !ok {
		return notFound()
	}
	start, err1 := records.ParseDateTime(req.Query.Get("start"))
	end, err2 := records.ParseDateTime(req.Query.Get("end"))
	if err1 != nil || err2 != nil {
		return Fail(http.StatusBadRequest, "INVALID_REPLICATION_DATE", "start and end must be datetimes")
	}
	ids, deleted := []string{}, []Object{}
	for _, rec := range a.store.All(o) {
		t := rec.Modified()
		if t.Before(start) || !t.Before(end) {
			continue
		}
		if rec.Deleted {
			deleted = append(deleted, Object{{"deletedDate", t.UTC().Format(records.DateTimeLayout)}, {"id", rec.ID}})
		} else {
			ids = append(ids, rec.ID)
		}
	}
	latest := end.UTC().Format(records.DateTimeLayout)
	if req.Path[2] == "deleted" {
		return Response{Status: http.StatusOK, Body: Object{{"deletedRecords", deleted}, {"earliestDateAvailable", a.started.UTC().Format(records.DateTimeLayout)}, {"latestDateCovered", latest}}}
	}
	return Response{Status: http.StatusOK, Body: Object{{"ids", ids}, {"latestDateCovered", latest}}}
}
