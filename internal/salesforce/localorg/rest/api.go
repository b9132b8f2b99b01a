// Package rest answers the calls under /services/data: rows, describes, queries,
// the composite family, limits. It knows nothing of HTTP connections, sessions or
// locks: the org brings one [Request] at a time and commits or not.
package rest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/settings"
)

// API answers the calls of one org.
type API struct {
	store    *records.Store
	settings func() *settings.Settings
	orgID    string
	used     func() int
	started  time.Time
	cursors  cursors
}

// New returns the API of an org. used says how many calls of the daily allowance
// are spent; started is when the objects were last described anew.
func New(store *records.Store, set func() *settings.Settings, orgID string, used func() int, started time.Time) *API {
	return &API{store: store, settings: set, orgID: orgID, used: used, started: started, cursors: cursors{byID: map[string]*cursor{}}}
}

// Request is one call, or one subrequest of a composite one.
type Request struct {
	Method  string
	Version string   // "66.0"
	Path    []string // below /services/data/v66.0
	Query   url.Values
	Header  http.Header
	Body    []byte
	Actor   records.Actor
	// Base is the URL that the org was reached by.
	Base string
}

// Response is the answer to a Request.
type Response struct {
	Status int
	Header http.Header
	// Body is encoded as JSON; nil: no body. Raw, if not nil, is sent as it is.
	Body any
	Raw  []byte
	// ExtraCalls are API calls spent besides the one that every call costs.
	ExtraCalls int
}

// Failed tells whether the call did not do what it was asked to.
func (r Response) Failed() bool { return r.Status >= http.StatusMultipleChoices }

// handler answers one route.
type handler func(*API, *Request) Response

// route finds who answers a call and its route name, as faults know it.
func route(path []string) (string, handler) {
	n := len(path)
	if n == 0 {
		return "resources", (*API).resources
	}
	switch path[0] {
	case "limits":
		if n == 2 && path[1] == "recordCount" {
			return "limits", (*API).recordCount
		}
		if n == 1 {
			return "limits", (*API).limits
		}
	case "query", "queryAll":
		if n <= 2 {
			return "query", (*API).query
		}
	case "recent":
		return "resources", (*API).recent
	case "sobjects":
		return sobjectRoute(path)
	case "composite":
		return compositeRoute(path)
	case "ui-api":
		return "describe", (*API).uiPicklist
	}
	return "", notFoundHandler
}

func sobjectRoute(path []string) (string, handler) {
	switch n := len(path); {
	case n == 1:
		return "sobjects", (*API).global
	case n == 2:
		return "row", (*API).object
	case n == 3 && path[2] == "describe":
		return "describe", (*API).describe
	case n == 3 && (path[2] == "updated" || path[2] == "deleted"):
		return "query", (*API).changed
	case n == 3:
		return "row", (*API).row
	case n == 4:
		return "upsert", (*API).byExternalID
	}
	return "", notFoundHandler
}

func compositeRoute(path []string) (string, handler) {
	switch n := len(path); {
	case n == 1:
		return "composite", (*API).composite
	case path[1] == "batch" && n == 2:
		return "batch", (*API).batch
	case path[1] == "graph" && n == 2:
		return "graph", (*API).graph
	case path[1] == "tree" && n == 3:
		return "tree", (*API).tree
	case path[1] == "sobjects" && n <= 4:
		return "collections", (*API).collections
	}
	return "", notFoundHandler
}

// Route names the kind of a call, as faults and the journal know it; "" for a path
// that does not exist.
func Route(path []string) string {
	name, _ := route(path)
	return name
}

// Handle answers a call. What it wrote is not committed yet.
func (a *API) Handle(req *Request) Response {
	if override := req.Query.Get("_HttpMethod"); override != "" && req.Method == http.MethodPost {
		req.Method = strings.ToUpper(override)
	}
	_, h := route(req.Path)
	return h(a, req)
}

func notFoundHandler(*API, *Request) Response { return notFound() }

// Fault is one entry of an error answer.
type Fault struct {
	Message string   `json:"message"`
	Code    string   `json:"errorCode"`
	Fields  []string `json:"fields,omitempty"`
	// showFields keeps an empty list of fields visible.
	showFields bool
}

// MarshalJSON leaves fields out unless the error is about fields.
func (f Fault) MarshalJSON() ([]byte, error) {
	type member struct {
		Message string    `json:"message"`
		Code    string    `json:"errorCode"`
		Fields  *[]string `json:"fields,omitempty"`
	}
	m := member{Message: f.Message, Code: f.Code}
	if f.showFields || len(f.Fields) > 0 {
		fields := f.Fields
		if fields == nil {
			fields = []string{}
		}
		m.Fields = &fields
	}
	return marshal(m)
}

// Fail makes the error answer of a call.
func Fail(status int, code, message string) Response {
	return Response{Status: status, Body: []Fault{{Message: message, Code: code}}}
}

func failRecord(err *records.Error) Response {
	return Response{Status: err.HTTPStatus(), Body: []Fault{{Message: err.Message, Code: err.Code, Fields: err.Fields, showFields: err.Fields != nil}}}
}

func notFound() Response {
	return Fail(http.StatusNotFound, records.CodeNotFound, "The requested resource does not exist")
}

func badMethod(method, allowed string) Response {
	return Fail(http.StatusMethodNotAllowed, records.CodeMethodNotAllowed, "HTTP Method '"+method+"' not allowed. Allowed are "+allowed)
}

func badJSON(err error) Response {
	return Fail(http.StatusBadRequest, records.CodeJSON, "The request body is not valid JSON: "+err.Error())
}

// versionNumber is the 66 of "66.0".
func (r *Request) versionNumber() int {
	whole, _, _ := strings.Cut(r.Version, ".")
	n, err := strconv.Atoi(whole)
	if err != nil {
		return 0
	}
	return n
}

func (r *Request) prefix() string { return "/services/data/v" + r.Version }

func marshal(v any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}
