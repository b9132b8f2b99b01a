package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"salesforce-integration/internal/salesforce/egress"
)

// limitHeader tells the org's API use in nearly every answer, for free.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
const limitHeader = "Sforce-Limit-Info"

// call is one request to the org.
type call struct {
	op     string
	method string
	path   string // with its query
	body   any    // encoded as JSON; nil for none
	write  bool   // the org changes, so a lost answer is an uncertain outcome
	open   bool   // needs no token and counts against no allowance
}

// reply is an answer read in full.
type reply struct {
	status int
	header http.Header
	body   []byte
	at     time.Time
}

// do sends a call and decodes a 2xx answer into out. A token that the org no longer
// accepts is replaced once and the call repeated: Salesforce refuses a token before
// it does anything else, so nothing can happen twice.
func (c *Client) do(ctx context.Context, what call, out any) error {
	if err := c.enoughTime(ctx, what); err != nil {
		return err
	}
	var body []byte
	if what.body != nil {
		var err error
		if body, err = encodeJSON(what.body); err != nil {
			return fmt.Errorf("salesforce: %s: encode the request: %w", what.op, err)
		}
	}
	var token Token
	if !what.open {
		var err error
		if token, err = c.tokens.Token(ctx); err != nil {
			return fmt.Errorf("%s: %w", what.op, err)
		}
	}
	got, err := c.send(ctx, what, body, token)
	if err == nil && sessionExpired(got) {
		if token, err = c.tokens.Refresh(ctx, token); err != nil {
			return fmt.Errorf("%s: replace the refused token: %w", what.op, err)
		}
		got, err = c.send(ctx, what, body, token)
	}
	if err != nil {
		return err
	}
	if got.status < 200 || got.status > 299 {
		return answerError(what, got, token.Value)
	}
	if out == nil || got.status == http.StatusNoContent {
		return nil
	}
	if err := json.Unmarshal(got.body, out); err != nil {
		return &Error{Op: what.op, Status: got.status, Code: CodeUnreadable, Uncertain: what.write,
			Message: describeBody(got), Err: err}
	}
	return nil
}

// send makes one attempt. Its errors are about the way there and back only.
func (c *Client) send(ctx context.Context, what call, body []byte, token Token) (reply, error) {
	if err := c.enoughTime(ctx, what); err != nil {
		return reply{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errRequestTimeout)
	defer cancel()
	trace := &sendTrace{}
	req, err := c.newRequest(trace.watch(ctx), what, body, token)
	if err != nil {
		return reply{}, fmt.Errorf("salesforce: %s: make the request: %w", what.op, err)
	}
	if !what.open {
		c.calls.Add(1)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, networkError(ctx, what, err, trace.mayHaveSent())
	}
	defer resp.Body.Close()
	c.noteUsage(resp.Header)
	got := reply{status: resp.StatusCode, header: resp.Header, at: c.now()}
	got.body, err = io.ReadAll(io.LimitReader(resp.Body, c.maxBytes+1))
	if err != nil {
		return reply{}, networkError(ctx, what, err, true)
	}
	if int64(len(got.body)) > c.maxBytes {
		return reply{}, &Error{Op: what.op, Status: got.status, Code: CodeTooLarge, Uncertain: what.write,
			Message: fmt.Sprintf("the answer is longer than %d bytes", c.maxBytes)}
	}
	return got, nil
}

func (c *Client) newRequest(ctx context.Context, what call, body []byte, token Token) (*http.Request, error) {
	var r io.Reader
	if body != nil {
		r = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, what.method, c.base+what.path, r)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.agent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json; charset=UTF-8")
	}
	if !what.open {
		req.Header.Set("Authorization", "Bearer "+token.Value.Reveal())
	}
	return req, nil
}

// enoughTime says whether a call may be started: a read with the least time left, a
// write only with as much as it may take, since one that is cut off leaves behind the
// question whether the org has it.
func (c *Client) enoughTime(ctx context.Context, what call) error {
	if err := ctx.Err(); err != nil {
		return &Error{Op: what.op, Code: CodeNotSent, Err: fmt.Errorf("%w: %w", ErrDeadline, context.Cause(ctx))}
	}
	needed := c.minTime
	if what.write && needed >= 0 {
		needed = max(needed, c.timeout)
	}
	// A context's deadline is on the runtime's clock, whatever the injected one says.
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < needed {
		return &Error{Op: what.op, Code: CodeNotSent, Err: ErrDeadline}
	}
	return nil
}

func (c *Client) noteUsage(h http.Header) {
	for part := range strings.SplitSeq(h.Get(limitHeader), ",") {
		value, ok := strings.CutPrefix(strings.TrimSpace(part), "api-usage=")
		if !ok {
			continue
		}
		used, limit, _ := strings.Cut(value, "/")
		u, err1 := strconv.Atoi(used)
		m, err2 := strconv.Atoi(limit)
		if err1 == nil && err2 == nil {
			c.usage.Store(&Usage{Used: u, Max: m, At: c.now()})
		}
	}
}

// sendTrace learns whether a request had a connection to go out on. Anything after
// that may have reached the org: the moment of writing itself is not told reliably.
type sendTrace struct{ asked, got atomic.Bool }

func (t *sendTrace) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
	})
}

// mayHaveSent is also true for a transport that reports nothing.
func (t *sendTrace) mayHaveSent() bool { return t.got.Load() || !t.asked.Load() }

func networkError(ctx context.Context, what call, err error, sent bool) *Error {
	if at, ok := errors.AsType[*url.Error](err); ok {
		err = at.Err // without the address: a query is long and holds customers' data
	}
	e := &Error{Op: what.op, Code: CodeNetwork, Uncertain: what.write && sent, Err: err}
	if _, refused := errors.AsType[*egress.AddressError](err); refused {
		e.Code, e.Uncertain = CodeAddress, false
		return e
	}
	var timeout net.Error
	if ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout() {
		e.Code = CodeTimeout
		if cause := context.Cause(ctx); cause != nil {
			e.Err = cause
		}
	}
	return e
}

// retryAfter reads the header's seconds or date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil && s > 0 {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
