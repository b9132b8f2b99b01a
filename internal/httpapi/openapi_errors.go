package httpapi

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/integration"
)

const (
	jsonType    = "application/json"
	problemType = "application/problem+json"
)

// commonErrors can meet any request.
func commonErrors() []int {
	return []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestHeaderFieldsTooLarge, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout}
}

// failure is what the document says of a status that errors have.
type failure struct {
	// meaning completes what the status is for.
	meaning string
	// ours is a problem of this package's, gateways one of API Gateway's, as
	// template.yaml words it: as application/json. A status that
	// both answer with has both.
	ours, gateways *Problem
	headers        map[string]string
}

// failures lists the statuses that errors have.
func failures() map[int]failure {
	problem := func(status int, detail string, fields ...FieldError) *Problem {
		p := &Problem{Title: http.StatusText(status), Status: status, Detail: detail, RequestID: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", Errors: fields}
		if p.Detail == "" {
			p.Detail = summary(fields)
		}
		return p
	}
	own := func(status int) *Problem { return problem(status, details()[status]) }
	unsaid := func(status int, detail string) *Problem {
		return &Problem{Title: http.StatusText(status), Status: status, Detail: detail, RequestID: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"}
	}
	tooLarge := unsaid(http.StatusRequestEntityTooLarge, "The request is too large.")
	tooLarge.Title = "Content Too Large"
	told := statuses()
	return map[int]failure{
		http.StatusBadRequest: {meaning: "The body is not JSON, or a header cannot be read.", ours: own(http.StatusBadRequest)},
		http.StatusUnauthorized: {meaning: "There is no bearer token, or not a valid one.", gateways: unsaid(http.StatusUnauthorized, "A valid bearer token is required."),
			headers: map[string]string{"WWW-Authenticate": "How to prove who one is: `Bearer`."}},
		http.StatusForbidden: {meaning: "The token's role does not allow this.", ours: own(http.StatusForbidden),
			gateways: unsaid(http.StatusForbidden, "Your role does not allow this.")},
		http.StatusNotFound: {meaning: "What the address names does not exist, or not any more.", ours: problem(http.StatusNotFound, "There is no integration with this id. It may have been deleted.")},
		http.StatusConflict: {meaning: "It does not go together with what is stored; `detail` says with what.",
			ours:    problem(http.StatusConflict, "This Campaign is linked to the experiment \"checkout-button-size\" already. Delete that link first."),
			headers: map[string]string{"Retry-After": "After how many seconds to try again, where that helps: while the first request with the same Idempotency-Key is under way."}},
		http.StatusPreconditionFailed:    {meaning: "It has another ETag by now than If-Match names: somebody else was faster. Nothing was changed.", ours: problem(http.StatusPreconditionFailed, "It was changed in the meantime. Read it again, and decide anew.")},
		http.StatusRequestEntityTooLarge: {meaning: "The body is larger than 64 KB, or than the operation says that it takes.", ours: own(http.StatusRequestEntityTooLarge), gateways: tooLarge},
		http.StatusUnsupportedMediaType:  {meaning: "The body's Content-Type is none that this operation takes, its charset is not UTF-8, or it is compressed.", ours: own(http.StatusUnsupportedMediaType)},
		http.StatusUnprocessableEntity: {meaning: "A field or parameter is at fault; `errors` says which, and what is wrong with it.",
			ours: problem(http.StatusUnprocessableEntity, "", FieldError{Location: "body.config.client_secret", Message: "This field is required."})},
		http.StatusRequestHeaderFieldsTooLarge: {meaning: "The address and the headers are longer than API Gateway takes, about 10 KB together."},
		http.StatusTooManyRequests: {meaning: "More requests than this deployment takes at a time.", gateways: unsaid(http.StatusTooManyRequests, "Too many requests. Try again in a second."),
			headers: map[string]string{"Retry-After": "After how many seconds to try again."}},
		http.StatusInternalServerError: {meaning: "Something went wrong on our side. It is in the log, under `request_id`.",
			ours:     problem(http.StatusInternalServerError, told[integration.CodeInternal].detail),
			gateways: unsaid(http.StatusInternalServerError, "Something went wrong on our side. Try again; if it stays, look at the logs.")},
		http.StatusServiceUnavailable: {meaning: "Something that this needs did not answer. Send the same request again.",
			ours: problem(http.StatusServiceUnavailable, told[integration.CodeUnavailable].detail), headers: map[string]string{"Retry-After": "After how many seconds to try again."}},
		http.StatusGatewayTimeout: {meaning: "This took longer than the 29 seconds that API Gateway waits.", gateways: unsaid(http.StatusGatewayTimeout, "This took too long. Try again.")},
	}
}

// response puts a failure into the document's words.
func (f failure) response(o *huma.OpenAPI, status int) *huma.Response {
	r := &huma.Response{Description: http.StatusText(status) + ". " + f.meaning, Content: map[string]*huma.MediaType{}, Headers: map[string]*huma.Param{}}
	r.Headers["X-Request-Id"] = textHeader("Names the request in the log; `request_id` in the body.")
	if f.ours != nil {
		r.Content[problemType] = &huma.MediaType{Schema: schemaOf[Problem](o), Example: f.ours}
	}
	if f.gateways != nil {
		r.Content[jsonType] = &huma.MediaType{Schema: schemaOf[Problem](o), Example: f.gateways}
	}
	for name, doc := range f.headers {
		r.Headers[name] = textHeader(doc)
	}
	return r
}

// addErrors documents what an operation may fail with, each by a reference, as it
// means the same everywhere. Listing them in the operation's Errors would document
// huma's own shape.
func addErrors(op *huma.Operation, statuses []int) {
	for _, status := range slices.Concat(commonErrors(), statuses) {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Ref: responseRef + responseName(status)}
	}
}

// addFailures puts in what the references of [addErrors] point to.
func addFailures(o *huma.OpenAPI) {
	o.Components.Responses = map[string]*huma.Response{}
	all := failures()
	for _, status := range slices.Sorted(maps.Keys(all)) {
		o.Components.Responses[responseName(status)] = all[status].response(o, status)
	}
}

const responseRef = "#/components/responses/"

func responseName(status int) string {
	return strings.ReplaceAll(http.StatusText(status), " ", "")
}

func textHeader(doc string) *huma.Param {
	return &huma.Param{Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
}
