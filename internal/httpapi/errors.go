package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"salesforce-integration/internal/integration"
)

// statuses is the one table from what went wrong to what the caller is told. A
// detail here stands in for the error's own message, which is then for the log
// only.
func statuses() map[integration.Code]struct {
	status int
	detail string
} {
	return map[integration.Code]struct {
		status int
		detail string
	}{
		integration.CodeInvalid:     {status: http.StatusUnprocessableEntity},
		integration.CodeNotFound:    {status: http.StatusNotFound},
		integration.CodeConflict:    {status: http.StatusConflict},
		integration.CodeUndone:      {status: http.StatusConflict},
		integration.CodeStale:       {status: http.StatusPreconditionFailed},
		integration.CodeStored:      {status: http.StatusServiceUnavailable},
		integration.CodeOrgAway:     {status: http.StatusServiceUnavailable},
		integration.CodeUnavailable: {http.StatusServiceUnavailable, "Something that this needs did not answer in time. Try again in a moment."},
		integration.CodeInternal:    {http.StatusInternalServerError, "Something went wrong on our side. Try again; if it stays, give the operator the request_id."},
	}
}

// details says in words what the statuses mean that the domain does not know of.
func details() map[int]string {
	return map[int]string{
		http.StatusBadRequest:            "The request's body is not JSON. Send one JSON object.",
		http.StatusForbidden:             "Your role does not allow this: changes, and looking for Campaigns in the org, need the role admin.",
		http.StatusNotFound:              "There is nothing at this address.",
		http.StatusMethodNotAllowed:      "This address does not know that method. The header Allow lists those that it knows.",
		http.StatusRequestTimeout:        "The request's body did not arrive in time. Send it again.",
		http.StatusRequestEntityTooLarge: "The request's body is too large: at most 64 KB are read.",
		http.StatusUnsupportedMediaType:  "The request's body has to be JSON: send it with Content-Type: application/json.",
		http.StatusUnprocessableEntity:   "The request is not valid.",
	}
}

// retryAfterSeconds is what a caller is asked to wait when a dependency fails.
const retryAfterSeconds = "2"

// Problem is the one shape of all errors.
// https://www.rfc-editor.org/rfc/rfc9457
type Problem struct {
	Title     string       `json:"title" doc:"The status in words." example:"Unprocessable Entity"`
	Status    int          `json:"status" doc:"The HTTP status." minimum:"400" maximum:"599" example:"422"`
	Detail    string       `json:"detail" doc:"What is wrong and what to do about it, for people." example:"config.client_secret: This field is required."`
	RequestID string       `json:"request_id,omitempty" doc:"Names the request in the log; also in the header X-Request-Id." example:"c6af9ac6-7b61-11e6-9a41-93e8deadbeef"`
	Errors    []FieldError `json:"errors,omitempty" nullable:"false" doc:"The fields at fault."`

	retryAfter string // seconds; "" for none
}

// FieldError says what is wrong with one field. The value itself is not repeated:
// it may be a secret.
type FieldError struct {
	Location string `json:"location" doc:"Where: body, query, path or header, and the field's name. In a row of many links: items, the row's place in the answer from 0 on, and the field's name." example:"body.config.client_secret"`
	Message  string `json:"message" doc:"What is wrong with it." example:"This field is required."`
}

// Error implements error, so that huma takes a problem from a handler.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	if p.retryAfter != "" {
		return http.Header{"Retry-After": {p.retryAfter}}
	}
	return http.Header{}
}

// newProblem makes the problem of a status. Without a detail it gets the status's
// own, or the fields' words.
func newProblem(ctx context.Context, status int, detail string, fields ...FieldError) *Problem {
	p := &Problem{Title: http.StatusText(status), Status: status, Detail: detail, RequestID: requestID(ctx), Errors: sorted(fields)}
	if status == http.StatusServiceUnavailable {
		p.retryAfter = retryAfterSeconds
	}
	if p.Detail == "" {
		p.Detail = summary(p.Errors)
	}
	if p.Detail == "" {
		p.Detail = details()[status]
	}
	return p
}

// fail turns a use case's error into a problem; where is the part of the request
// that its fields are in. What is ours to mend is logged, and not told.
func (a *API) fail(ctx context.Context, where string, err error) *Problem {
	code := integration.ErrorCode(err)
	told, known := statuses()[code]
	if !known {
		told = statuses()[integration.CodeInternal]
	}
	if told.status >= http.StatusInternalServerError {
		a.log.ErrorContext(ctx, "request failed", slog.String("code", string(code)), slog.String("error", err.Error()))
	}
	if told.detail != "" {
		return newProblem(ctx, told.status, told.detail)
	}
	messages, fields := flatten(where, err)
	detail := strings.Join(messages, " ")
	if len(fields) > 0 && code == integration.CodeInvalid {
		detail = ""
	}
	p := newProblem(ctx, told.status, detail, fields...)
	var e *integration.Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		p.retryAfter = strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds())))
	}
	return p
}

// headerWords is an error in words for the caller: whole sentences.
type headerWords string

// Error implements error.
func (w headerWords) Error() string { return string(w) }

// badHeader is the problem of a header that cannot be read.
func badHeader(ctx context.Context, name string, err error) *Problem {
	return newProblem(ctx, http.StatusBadRequest, "", FieldError{Location: "header." + name, Message: err.Error()})
}

// flatten lists what the domain's errors in err say, and of which fields.
func flatten(where string, err error) (messages []string, fields []FieldError) {
	for _, e := range domainErrors(err) {
		messages = append(messages, e.Message)
		if e.Field != "" {
			fields = append(fields, FieldError{Location: where + "." + e.Field, Message: e.Message})
		}
	}
	return messages, fields
}

// domainErrors finds the outermost errors of the domain, joined ones included.
func domainErrors(err error) []*integration.Error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*integration.Error
		for _, e := range joined.Unwrap() {
			all = append(all, domainErrors(e)...)
		}
		return all
	}
	if e, ok := err.(*integration.Error); ok { //nolint:errorlint // the wrapped ones are visited below
		return []*integration.Error{e}
	}
	if inner := errors.Unwrap(err); inner != nil {
		return domainErrors(inner)
	}
	return nil
}

// summary puts the fields' errors into one sentence.
func summary(fields []FieldError) string {
	switch len(fields) {
	case 0:
		return ""
	case 1:
		return fieldName(fields[0]) + ": " + fields[0].Message
	default:
		var names []string
		for _, f := range fields {
			names = append(names, fieldName(f))
		}
		return "These fields are at fault: " + strings.Join(slices.Compact(names), ", ") + ". What is wrong with each is under errors."
	}
}

// fieldName is a location without the part of the request.
func fieldName(f FieldError) string {
	if _, name, ok := strings.Cut(f.Location, "."); ok {
		return name
	}
	return f.Location
}

func sorted(fields []FieldError) []FieldError {
	slices.SortStableFunc(fields, func(a, b FieldError) int { return strings.Compare(a.Location, b.Location) })
	return fields
}

// requestID is the invocation's, which every line of our log has.
func requestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}
