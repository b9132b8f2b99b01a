package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/salesforce/outbound"
)

// Content types of the answers. Errors are RFC 9457 problems, as the API's are.
const (
	typeJSON    = "application/json"
	typeProblem = "application/problem+json"
)

// retryAfter is what a sender is asked to wait after a failure of ours, in seconds.
const retryAfter = 5

// authenticationFailed is the one answer to whatever is wrong with a request's
// credentials or its integration's id.
const authenticationFailed = `{"detail": "Webhook authentication failed"}`

// tryAgain is what a caller learns of a failure of ours.
const tryAgain = "The message could not be taken just now. Send it again."

// refusal is a request that is not taken. detail and problems go to the caller,
// cause only to the log.
type refusal struct {
	status   int
	detail   string
	problems []fieldProblem
	cause    error
}

// fieldProblem says what is wrong with one field.
type fieldProblem struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

// Error implements error.
func (r *refusal) Error() string {
	s := fmt.Sprintf("%d: %s", r.status, r.detail)
	if r.cause != nil {
		s += ": " + r.cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (r *refusal) Unwrap() error { return r.cause }

// unauthenticated makes the one 401; why is for the log.
func unauthenticated(why string) error {
	return &refusal{status: http.StatusUnauthorized, detail: "Webhook authentication failed", cause: errors.New(why)}
}

// unavailable is a failure of ours; the same message may be taken later.
func unavailable(cause error) error {
	return &refusal{status: http.StatusServiceUnavailable, detail: tryAgain, cause: cause}
}

func unprocessable(problems []fieldProblem) error {
	detail := fmt.Sprintf("%s: %s.", problems[0].Location, strings.TrimSuffix(problems[0].Message, "."))
	if n := len(problems) - 1; n > 0 {
		detail += fmt.Sprintf(" (%d more)", n)
	}
	return &refusal{status: http.StatusUnprocessableEntity, detail: detail, problems: problems}
}

// problem is the JSON of a refusal.
type problem struct {
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	RequestID string         `json:"request_id,omitempty"`
	Errors    []fieldProblem `json:"errors,omitempty"`
}

// respond turns what became of a request into its answer. An error that is not a
// refusal is a failure of ours.
func respond(k kind, err error, requestID string) events.APIGatewayProxyResponse {
	if err == nil {
		return accepted(k, requestID)
	}
	var r *refusal
	if !errors.As(err, &r) {
		r = &refusal{status: http.StatusServiceUnavailable, detail: tryAgain}
	}
	return refused(k, r, requestID)
}

// accepted is the answer once all notifications of a message are dealt with.
func accepted(k kind, requestID string) events.APIGatewayProxyResponse {
	if k == kindSOAP {
		return answer(http.StatusOK, outbound.ContentType, string(outbound.Ack(true)), requestID)
	}
	return answer(http.StatusOK, typeJSON, `{"processed": true}`, requestID)
}

// refused is the answer to a request that is not taken, in the form it came in.
// Salesforce takes every status but 200 as 'send it again', so a failure of ours
// can say 503, where alarms look, and carry the negative Ack beside it. The 401 is
// JSON for SOAP as well: it does not tell how far a request got.
func refused(k kind, r *refusal, requestID string) events.APIGatewayProxyResponse {
	switch {
	case r.status == http.StatusUnauthorized:
		return answer(r.status, typeJSON, authenticationFailed, requestID)
	case k == kindSOAP && r.status >= http.StatusInternalServerError:
		return answer(r.status, outbound.ContentType, string(outbound.Ack(false)), requestID)
	case k == kindSOAP:
		return answer(r.status, outbound.ContentType, string(outbound.Fault(outbound.FaultClient, r.detail)), requestID)
	}
	body, err := json.Marshal(problem{Title: http.StatusText(r.status), Status: r.status, Detail: r.detail, RequestID: requestID, Errors: r.problems})
	if err != nil { // strings and a number always encode
		body = []byte(`{}`)
	}
	return answer(r.status, typeProblem, string(body), requestID)
}

func answer(status int, contentType, body, requestID string) events.APIGatewayProxyResponse {
	headers := map[string]string{
		"Content-Type":           contentType,
		"Cache-Control":          "no-store",
		"X-Content-Type-Options": "nosniff",
		"X-Request-Id":           requestID,
	}
	if status == http.StatusServiceUnavailable {
		headers["Retry-After"] = strconv.Itoa(retryAfter)
	}
	if status == http.StatusMethodNotAllowed {
		headers["Allow"] = http.MethodPost
	}
	return events.APIGatewayProxyResponse{StatusCode: status, Headers: headers, Body: body}
}
