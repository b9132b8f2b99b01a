package rest

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
)

// maxTreeDepth is how deep children may nest.
const maxTreeDepth = 5

// TreeResult is the outcome of one record of a tree.
type TreeResult struct {
	ReferenceID string        `json:"referenceId"`
	ID          string        `json:"id,omitempty"`
	Errors      []RecordFault `json:"errors,omitempty"`
}

// tree creates up to 200 records with their children, all of them or none.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobject_tree.htm
func (a *API) tree(req *Request) Response {
	o, ok := a.lookup(req.Path[2])
	if !ok {
		return notFound()
	}
	if req.Method != http.MethodPost {
		return badMethod(req.Method, "POST")
	}
	var body struct {
		Records []map[string]any `json:"records"`
	}
	if err := decode(req.Body, &body); err != nil {
		return badJSON(err)
	}
	start := a.store.Savepoint()
	g := &grower{api: a, req: req}
	for _, fields := range body.Records {
		g.grow(o, "", "", fields, 1)
	}
	if g.count > maxRecords {
		a.store.Rollback(start)
		return Fail(http.StatusBadRequest, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records into this call")
	}
	if len(g.failed) > 0 {
		a.store.Rollback(start)
		return Response{Status: http.StatusBadRequest, Body: Object{{"hasErrors", true}, {"results", g.failed}}}
	}
	return Response{Status: http.StatusCreated, Body: Object{{"hasErrors", false}, {"results", g.made}}}
}

// grower creates a tree from its root down.
type grower struct {
	api          *API
	req          *Request
	count        int
	made, failed []TreeResult
}

func (g *grower) grow(o *schema.Object, parentField, parentID string, fields map[string]any, depth int) {
	g.count++
	attr, _ := fields["attributes"].(map[string]any)
	ref, _ := attr["referenceId"].(string)
	fail := func(err *records.Error) {
		g.failed = append(g.failed, TreeResult{ReferenceID: ref, Errors: []RecordFault{recordFault(err)}})
	}
	if ref == "" || depth > maxTreeDepth {
		fail(&records.Error{Code: "INVALID_INPUT", Message: textNoReference})
		return
	}
	own := map[string]any{}
	var children []child
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if kids, ok := g.children(o, name, fields[name]); ok {
			children = append(children, kids...)
			continue
		}
		own[name] = fields[name]
	}
	if parentField != "" {
		own[parentField] = parentID
	}
	id, err := g.api.store.Create(g.req.Actor, o, own)
	if err != nil {
		fail(err)
		return
	}
	g.made = append(g.made, TreeResult{ReferenceID: ref, ID: id})
	for _, k := range children {
		g.grow(k.object, k.field, id, k.fields, depth+1)
	}
}

const textNoReference = "every record of a tree needs attributes.referenceId, and children nest five levels deep at most"

// child is a record to create below another.
type child struct {
	object *schema.Object
	field  string
	fields map[string]any
}

// children reads "Contacts": {"records": […]}.
func (g *grower) children(o *schema.Object, name string, v any) ([]child, bool) {
	body, ok := v.(map[string]any)
	list, isList := body["records"].([]any)
	if !ok || !isList {
		return nil, false
	}
	for _, c := range g.api.store.Schema().Children(o) {
		target, ok := g.api.lookup(c.Object)
		if !ok || !strings.EqualFold(c.Relationship, name) {
			continue
		}
		var kids []child
		for _, one := range list {
			if fields, ok := one.(map[string]any); ok {
				kids = append(kids, child{target, c.Field, fields})
			}
		}
		return kids, true
	}
	return nil, false
}
