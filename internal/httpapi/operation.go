package httpapi

import (
	"context"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// operation is one operation of the API. huma is told of it by register, which costs
// it some 0.1 ms of reflection: so each operation has a huma of its own, made when
// it is first asked for, and a function that starts pays for one only.
type operation struct {
	description
	register func(huma.API)
}

// description is what the document says of an operation.
type description struct {
	method, path      string
	id, summary, text string
	tag               string
	status            int // of its answer
	errors            []int
}

// describe describes an operation. Besides those of errorStatuses it may have the
// errors that any request meets.
func describe(method, path, id, summary, text, tag string, status int, errorStatuses ...int) description {
	return description{method: method, path: path, id: id, summary: summary, text: text, tag: tag, status: status, errors: errorStatuses}
}

// serve makes an operation of its description and of what handles it. What the
// description has no word for is put in by more.
func serve[I, O any](d description, handle func(context.Context, *I) (*O, error), more ...func(*huma.OpenAPI, *huma.Operation)) operation {
	return operation{d, func(api huma.API) {
		op := d.operation()
		for _, put := range more {
			put(api.OpenAPI(), &op)
		}
		huma.Register(api, op, handle)
	}}
}

// operation says it as huma wants it. Its body, if it has one, is limited; its
// errors are all of the one shape.
func (d description) operation() huma.Operation {
	op := huma.Operation{
		OperationID:                  d.id,
		Method:                       d.method,
		Path:                         d.path,
		Summary:                      d.summary,
		Description:                  d.text,
		Tags:                         []string{d.tag},
		DefaultStatus:                d.status,
		MaxBodyBytes:                 bodyLimit(d.pattern()),
		RejectUnknownQueryParameters: true,
		Responses:                    map[string]*huma.Response{},
		Security:                     rolesFor(d.method, d.path),
	}
	addErrors(&op, d.errors)
	if d.method == http.MethodPost {
		op.Parameters = []*huma.Param{idempotencyParam()}
		addErrors(&op, []int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity})
	}
	return op
}

// pattern is what the router knows it by.
func (d description) pattern() string { return d.method + " " + d.path }

// handler serves the operation. It is made at the first request.
func (o operation) handler() http.HandlerFunc {
	made := sync.OnceValue(func() http.HandlerFunc {
		var it only
		o.register(newHuma(&it))
		return it.HandlerFunc
	})
	return func(w http.ResponseWriter, r *http.Request) { made()(w, r) }
}

// documentOf is the document of some operations, as huma has it.
func documentOf(operations []operation) *huma.OpenAPI {
	api := newHuma(&only{})
	for _, o := range operations {
		o.register(api)
	}
	return api.OpenAPI()
}

func newHuma(router humago.Mux) huma.API {
	api := humago.New(router, humaConfig())
	api.UseMiddleware(strict(api.OpenAPI().Components.Schemas), refuseEmptyParameters)
	return api
}

// only is a router that keeps what was registered last: the API's own router has
// found the operation by then, and put the path's values into the request.
type only struct{ http.HandlerFunc }

// HandleFunc implements humago.Mux.
func (o *only) HandleFunc(_ string, handle func(http.ResponseWriter, *http.Request)) {
	o.HandlerFunc = handle
}
