package integration

import (
	"errors"
	"fmt"
	"time"
)

// Code says what kind of failure an [Error] is; the edge maps each one once.
type Code string

// The codes.
const (
	CodeInvalid     Code = "invalid"     // the request is at fault; Field says where
	CodeNotFound    Code = "not_found"   // no such thing, or somebody else's
	CodeConflict    Code = "conflict"    // it contradicts what is stored
	CodeUnavailable Code = "unavailable" // a dependency did not answer; try again
	CodeInternal    Code = "internal"    // ours to mend; the message is for the log only
)

// Error is a failure with words for the person who caused it. Message is safe to
// show; what is wrapped is for the log.
type Error struct {
	Code    Code
	Field   string // the field at fault, dotted ("config.instance_url"); may be empty
	Message string
	Err     error
	// RetryAfter is when the same may work, when that is known; else 0.
	RetryAfter time.Duration
}

// Error implements error.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Field != "" {
		s += " " + e.Field
	}
	s += ": " + e.Message
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, &Error{Code: c}) compare by code.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code && t.Field == "" && t.Message == "" && t.Err == nil
}

// Invalidf makes an error about one field of a request.
func Invalidf(field, format string, args ...any) error {
	return &Error{Code: CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// NotFoundf makes an error about something that is not there.
func NotFoundf(format string, args ...any) error {
	return &Error{Code: CodeNotFound, Message: fmt.Sprintf(format, args...)}
}

// Conflictf makes an error about a request that contradicts what is stored.
func Conflictf(format string, args ...any) error {
	return &Error{Code: CodeConflict, Message: fmt.Sprintf(format, args...)}
}

// ErrorCode returns the code of err, [CodeInternal] for an error without one and
// "" for nil.
func ErrorCode(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
