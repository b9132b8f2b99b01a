package salesforce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode"
)

const maxMessageRunes = 1000

// statusEdgeRouting is Salesforce's own: its edge could not route the request.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
const statusEdgeRouting = 420

// apiError is one element of an error answer. The REST API spells the code
// errorCode, collections spell it statusCode.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
type apiError struct {
	ErrorCode  string   `json:"errorCode"`
	StatusCode string   `json:"statusCode"`
	Message    string   `json:"message"`
	Fields     []string `json:"fields"`
}

func (a apiError) code() string {
	if a.ErrorCode != "" {
		return a.ErrorCode
	}
	return a.StatusCode
}

// noSessionRepair is in the text of a 401 that a new token does not cure: the
// app lacks the scope 'api'.
const noSessionRepair = "not valid for use with the rest api"

const codeInvalidSession = "INVALID_SESSION_ID"

func sessionExpired(r reply) bool {
	if r.status != http.StatusUnauthorized {
		return false
	}
	errs := apiErrors(r.body)
	return len(errs) > 0 && errs[0].code() == codeInvalidSession &&
		!strings.Contains(strings.ToLower(errs[0].Message), noSessionRepair)
}

// apiErrors reads the array form, a lone object, and nothing else.
func apiErrors(body []byte) []apiError {
	body = bytes.TrimSpace(body)
	var many []apiError
	if json.Unmarshal(body, &many) != nil {
		var one apiError
		if json.Unmarshal(body, &one) != nil {
			return nil
		}
		many = []apiError{one}
	}
	for _, e := range many {
		if e.code() != "" {
			return many
		}
	}
	return nil
}

// answerError turns an answer that is not a 2xx into an Error. The secret is
// taken out of the text, should the answer quote it.
func answerError(what call, r reply, secret Secret) *Error {
	errs := redactErrors(apiErrors(r.body), secret)
	e := recordError(what.op, r.status, errs)
	e.Record = false // the call as a whole
	if errs == nil {
		e.Code, e.Message = "", describeBody(r)
	}
	e.RetryAfter = retryAfter(r.header, r.at)
	e.Uncertain = what.write && uncertainAnswer(e)
	return e
}

// redactErrors takes the secret out of all that is quoted of an answer. It comes before
// a message is cut, which could leave a part of it.
func redactErrors(errs []apiError, secret Secret) []apiError {
	if secret.IsZero() {
		return errs
	}
	mask := func(s string) string { return strings.ReplaceAll(s, secret.Reveal(), redacted) }
	for i := range errs {
		e := &errs[i]
		e.Message, e.ErrorCode, e.StatusCode = mask(e.Message), mask(e.ErrorCode), mask(e.StatusCode)
		for n := range e.Fields {
			e.Fields[n] = mask(e.Fields[n])
		}
	}
	return errs
}

// uncertainAnswer: a refusal that names its reason did nothing. A 5xx without one,
// or with one that only says 'something broke', may have come after the commit.
func uncertainAnswer(e *Error) bool {
	if e.Status < http.StatusInternalServerError {
		return e.Code == "" && (e.Status == http.StatusRequestTimeout || e.Status == statusEdgeRouting)
	}
	switch Classify(e).Class {
	case ClassOutage, ClassUnknown:
		return true
	default:
		return false
	}
}

// recordError makes the error of one record, or of one part of a call, from the list
// that Salesforce gives: of the first that names a code.
func recordError(op string, status int, errs []apiError) *Error {
	for _, a := range errs {
		if a.code() != "" {
			return &Error{Op: op, Status: status, Code: a.code(), Message: oneLine(a.Message), Fields: a.Fields, Record: true}
		}
	}
	return &Error{Op: op, Status: status, Code: CodeUnreadable, Record: true, Message: "Salesforce gave no reason"}
}

// isHalted tells the codes of records that only failed because others did.
func isHalted(code string) bool {
	return code == codeHalted || code == codeRolledBack
}

// describeBody says what an answer was without quoting it: a gateway's page helps nobody.
func describeBody(r reply) string {
	kind, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil {
		kind = "no content type"
	}
	return fmt.Sprintf("the answer (%s, %d bytes) is not what Salesforce's API returns here", kind, len(r.body))
}

// oneLine cuts a foreign text to a bounded line without control characters.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if r := []rune(s); len(r) > maxMessageRunes {
		s = string(r[:maxMessageRunes-1]) + "…"
	}
	return strings.ToValidUTF8(s, "�")
}
