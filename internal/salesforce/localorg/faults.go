package localorg

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"salesforce-integration/internal/salesforce/localorg/fault"
	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/rest"
)

// recordFault is what a record that is struck answers.
func recordFault(e Effect, id string, set *Settings) *records.Error {
	out := &records.Error{Code: e.Code, Message: e.Message, Fields: e.Fields, Status: e.Status}
	switch e.Kind {
	case fault.LockRow:
		out.Code = records.CodeLock
		if out.Message == "" {
			out.Message = "unable to obtain exclusive access to this record or 1 records: " + id
		}
		if out.Status == 0 {
			out.Status = set.Disputed.LockStatus
		}
	case fault.Validation:
		out.Code = records.CodeValidation
		if out.Message == "" {
			out.Message = "This record can't be changed now."
		}
	default: // the code and the message are the fault's own
	}
	if out.Fields == nil {
		out.Fields = []string{}
	}
	return out
}

// htmlPage is what the gateways before an org answer with.
func htmlPage(title string) []byte {
	return fmt.Appendf(nil, "<!DOCTYPE html>\n<html><head><title>%[1]s</title></head>\n<body><h1>%[1]s</h1></body></html>\n", title)
}

// strike applies what an effect does instead of the call. handled is false when
// the call is to be done after all.
func (o *Org) strike(a *answer, e Effect, token string) (handled bool) {
	status := func(preset int) int {
		if e.Status != 0 {
			return e.Status
		}
		return preset
	}
	text := func(preset string) string {
		if e.Message != "" {
			return e.Message
		}
		return preset
	}
	switch e.Kind {
	case fault.Unavailable:
		a.html(status(http.StatusServiceUnavailable), htmlPage("Service Unavailable"))
	case fault.ServerError:
		a.json(rest.Fail(status(http.StatusInternalServerError), records.CodeUnknown, text("An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-12345 (1234567890)")))
	case fault.TooMany:
		a.Header().Set("Retry-After", "1")
		a.json(rest.Fail(status(http.StatusTooManyRequests), records.CodeLimit, text("Too many requests")))
	case fault.Limit:
		a.json(rest.Fail(status(http.StatusForbidden), records.CodeLimit, text("TotalRequests Limit exceeded.")))
	case fault.CustomAnswer:
		a.Header().Set("Content-Type", e.ContentType)
		a.status = e.Status
		a.body.WriteString(e.Body)
	case fault.Reset:
		a.lost = true
	case fault.RevokeToken:
		o.tokens.Revoke(token)
		return false
	default:
		return false
	}
	return true
}

// wait sleeps unless the caller goes away.
func wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// reset breaks the connection, so that the caller sees neither status nor body.
func reset(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // a reset instead of a tidy end
			}
			_ = conn.Close()
			return
		}
	}
	// HTTP/2 and recorders can't be hijacked: this is how a handler of net/http
	// says that there is no answer.
	panic(http.ErrAbortHandler)
}
