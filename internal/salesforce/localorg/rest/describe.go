package rest

import (
	"net/http"
	"strings"
	"time"

	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/localorg/settings"
)

// lookup finds the object of a path segment; one that is switched off is not there.
func (a *API) lookup(name string) (*schema.Object, bool) {
	o, ok := a.store.Schema().Object(name)
	set := a.settings()
	if !ok || o.Name == "ContentNote" && !set.Notes || o.Name == "FeedItem" && !set.Chatter {
		return nil, false
	}
	return o, true
}

// visible tells whether the integration may see a field.
func (a *API) visible(object, field string) bool {
	return a.settings().FieldLevel(object, field) != settings.FieldHidden
}

// global is the list of all objects.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_describeGlobal.htm
func (a *API) global(req *Request) Response {
	if req.Method != http.MethodGet {
		return badMethod(req.Method, "HEAD,GET")
	}
	list := []Object{}
	for _, o := range a.store.Schema().Objects() {
		if _, ok := a.lookup(o.Name); ok {
			list = append(list, a.brief(req, o))
		}
	}
	return Response{Status: http.StatusOK, Body: Object{{"encoding", "UTF-8"}, {"maxBatchSize", 200}, {"sobjects", list}}}
}

// brief is what the list of objects, and the start of a describe, say of one.
func (a *API) brief(req *Request, o *schema.Object) Object {
	row := req.prefix() + "/sobjects/" + o.Name
	writeable := o.Name != "Campaign" || a.settings().MarketingUser
	return Object{
		{"activateable", false}, {"associateEntityType", nil}, {"associateParentEntity", nil},
		{"createable", !o.NoCreate && writeable}, {"custom", o.Custom()}, {"customSetting", false}, {"deepCloneable", false},
		{"deletable", !o.NoDelete && writeable}, {"deprecatedAndHidden", false}, {"feedEnabled", true}, {"hasSubtypes", false},
		{"isInterface", false}, {"isSubtype", false}, {"keyPrefix", o.KeyPrefix}, {"label", o.Label}, {"labelPlural", o.LabelPlural},
		{"layoutable", true}, {"mergeable", false}, {"mruEnabled", true}, {"name", o.Name}, {"queryable", true}, {"replicateable", true},
		{"retrieveable", true}, {"searchable", true}, {"triggerable", true}, {"undeletable", !o.NoDelete}, {"updateable", !o.NoUpdate && writeable},
		{"urls", Object{{"rowTemplate", row + "/{ID}"}, {"describe", row + "/describe"}, {"sobject", row}}},
	}
}

// describe is everything about one object.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
func (a *API) describe(req *Request) Response {
	o, ok := a.lookup(req.Path[1])
	if !ok {
		return notFound()
	}
	if req.Method != http.MethodGet {
		return badMethod(req.Method, "HEAD,GET")
	}
	modified := a.started.UTC().Truncate(time.Second)
	header := http.Header{"Last-Modified": {modified.Format(http.TimeFormat)}}
	if since, err := http.ParseTime(req.Header.Get("If-Modified-Since")); err == nil && !modified.After(since) {
		return Response{Status: http.StatusNotModified, Header: header}
	}
	fields := []schema.FieldDescribe{}
	for _, f := range o.Fields {
		if a.visible(o.Name, f.Name) {
			fields = append(fields, a.describeField(o, f))
		}
	}
	children := []Object{}
	for _, c := range a.store.Schema().Children(o) {
		var relationship any
		if c.Relationship != "" {
			relationship = c.Relationship
		}
		children = append(children, Object{{"cascadeDelete", c.Cascade}, {"childSObject", c.Object}, {"deprecatedAndHidden", false}, {"field", c.Field},
			{"junctionIdListNames", []string{}}, {"junctionReferenceTo", []string{}}, {"relationshipName", relationship}, {"restrictedDelete", false}})
	}
	body := append(Object{{"actionOverrides", []any{}}}, a.brief(req, o)...)
	body = append(body, Member{"childRelationships", children}, Member{"compactLayoutable", true}, Member{"fields", fields},
		Member{"namedLayoutInfos", []any{}}, Member{"networkScopeFieldName", nil}, Member{"recordTypeInfos", []Object{{
			{"active", true}, {"available", true}, {"defaultRecordTypeMapping", true}, {"developerName", "Master"}, {"master", true},
			{"name", "Master"}, {"recordTypeId", masterRecordType}, {"urls", Object{{"layout", req.prefix() + "/sobjects/" + o.Name + "/describe/layouts/" + masterRecordType}}}}}},
		Member{"searchLayoutable", true}, Member{"supportedScopes", []Object{{{"label", "All " + strings.ToLower(o.LabelPlural)}, {"name", "everything"}}}})
	return Response{Status: http.StatusOK, Header: header, Body: body}
}

// masterRecordType is the id of the record type that every object has.
const masterRecordType = "012000000000000AAA"

func (a *API) describeField(o *schema.Object, f *schema.Field) schema.FieldDescribe {
	d := f.Describe()
	if a.settings().FieldLevel(o.Name, f.Name) == settings.FieldRead || o.Name == "Campaign" && !a.settings().MarketingUser {
		d.Createable, d.Updateable = false, false
	}
	return d
}

// Redescribe makes the next describes look new to If-Modified-Since.
func (a *API) Redescribe(now time.Time) { a.started = now }

// object is a POST of a new row, or what a GET says of the object.
func (a *API) object(req *Request) Response {
	o, ok := a.lookup(req.Path[1])
	if !ok {
		return notFound()
	}
	switch req.Method {
	case http.MethodPost:
		return a.create(req, o)
	case http.MethodGet:
		return Response{Status: http.StatusOK, Body: Object{{"objectDescribe", a.brief(req, o)}, {"recentItems", []any{}}}}
	}
	return badMethod(req.Method, "HEAD,GET,POST")
}

// uiPicklist is the UI API's list of a picklist's values.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_resources_picklist_values.htm
func (a *API) uiPicklist(req *Request) Response {
	p := req.Path
	if len(p) != 6 || p[1] != "object-info" || p[3] != "picklist-values" || req.Method != http.MethodGet {
		return notFound()
	}
	o, ok := a.lookup(p[2])
	if !ok {
		return notFound()
	}
	f, ok := o.Field(p[5])
	if !ok || len(f.Picklist) == 0 || !a.visible(o.Name, f.Name) {
		return notFound()
	}
	values := []Object{}
	var preset any
	for _, v := range f.Describe().PicklistValues {
		item := Object{{"attributes", nil}, {"label", v.Label}, {"validFor", []int{}}, {"value", v.Value}}
		values = append(values, item)
		if v.DefaultValue {
			preset = item
		}
	}
	return Response{Status: http.StatusOK, Body: Object{{"controllerValues", Object{}}, {"defaultValue", preset},
		{"url", req.prefix() + "/" + strings.Join(p, "/")}, {"values", values}}}
}
