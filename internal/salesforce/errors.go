package salesforce

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Codes of our own, for failures that Salesforce has no errorCode for.
const (
	CodeNotSent    = "NOT_SENT"           // too little time was left, nothing was sent
	CodeTimeout    = "TIMEOUT"            // no answer in time
	CodeNetwork    = "CONNECTION_FAILED"  // no connection, or it was lost
	CodeUnreadable = "UNREADABLE_ANSWER"  // an answer that is not what the call returns
	CodeTooLarge   = "ANSWER_TOO_LARGE"   // an answer over [Config.MaxResponseBytes]
	CodeTokenWait  = "TOKEN_WAIT_TIMEOUT" // another function was fetching a token for too long

	CodeAddress     = "ADDRESS_NOT_PUBLIC"       // the org's name leads where nothing may be sent to
	CodeInstanceURL = "INSTANCE_URL_NOT_ALLOWED" // secrets may not go to the integration's instance_url
	CodeSealed      = "CREDENTIALS_UNREADABLE"   // the stored credentials do not open
	CodeVault       = "KEY_SERVICE_UNAVAILABLE"  // KMS did not answer, or refused the key
	CodeRotated     = "CREDENTIALS_REPLACED"     // other credentials were stored while these were used
)

// ErrDeadline is wrapped by the error of a call that was not started because the
// context's remaining time was below [Config.MinCallTime], or for a write below
// [Config.RequestTimeout]. Its outcome is certain: nothing was sent.
var ErrDeadline = errors.New("too little time left to start a call")

// ErrArgument is wrapped by errors about what a caller passed in. Nothing was sent.
var ErrArgument = errors.New("salesforce: invalid argument")

// Error is a failed call, or one record of a call that failed.
type Error struct {
	// Op is what was being done, such as "update campaign statuses".
	Op string
	// Status is the HTTP status of the answer, or of a composite's part; 0 when no answer came.
	Status int
	// Code is Salesforce's errorCode or statusCode, the OAuth error, or one of
	// this package's codes. Empty when the answer, not being JSON, had none.
	Code string
	// Message is Salesforce's, on one line and cut to 1,000 characters.
	Message string
	// Fields names the fields at fault, where Salesforce names them.
	Fields []string
	// RetryAfter is how long Salesforce asks to wait; 0 when it does not say.
	RetryAfter time.Duration
	// Uncertain says that the write may have been committed all the same:
	// the answer was lost, or came from a gateway. Never set for a read.
	Uncertain bool
	// Record says that it is one record's, or one part's, of a call that Salesforce
	// took: others of the same call may have gone well.
	Record bool
	// Err is what lies beneath: a context's error, a network error, or nil.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("salesforce: ")
	b.WriteString(e.Op)
	b.WriteString(": ")
	switch {
	case e.Code != "" && e.Status != 0:
		fmt.Fprintf(&b, "%s (HTTP %d)", e.Code, e.Status)
	case e.Code != "":
		b.WriteString(e.Code)
	default:
		fmt.Fprintf(&b, "HTTP %d", e.Status)
	}
	if e.Message != "" {
		b.WriteString(": ")
		b.WriteString(e.Message)
	}
	if len(e.Fields) > 0 {
		fmt.Fprintf(&b, " [%s]", strings.Join(e.Fields, ", "))
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns what lies beneath.
func (e *Error) Unwrap() error { return e.Err }

// Uncertain reports whether the write that failed with err may have been
// committed. It is the question to ask before a create is sent again.
func Uncertain(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Uncertain
}
