package pushtest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
)

// ErrGone is what a vanished function's outside calls end with.
var ErrGone = errors.New("the function is gone")

// Mortal is a function that vanishes between two outside calls: from then on
// nothing it does reaches anybody. Each call counts twice, on its way out and on its
// way back, so that the function may vanish before a call's effect and after it.
type Mortal struct{ left atomic.Int64 }

// NewMortal returns a function that vanishes after so many steps.
func NewMortal(steps int64) *Mortal {
	m := &Mortal{}
	m.left.Store(steps)
	return m
}

// Kill makes the function vanish now, in the middle of whatever it waits for.
func (m *Mortal) Kill() { m.left.Store(0) }

func (m *Mortal) breathe() error {
	if m.left.Add(-1) < 0 {
		return ErrGone
	}
	return nil
}

// Dead tells whether the function has vanished, so that nobody has its answer.
func (m *Mortal) Dead() bool { return m.left.Load() < 0 }

// through does one call, during which the function may vanish.
func through[T any](m *Mortal, call func() (T, error)) (T, error) {
	var none T
	if err := m.breathe(); err != nil {
		return none, err
	}
	out, err := call()
	if gone := m.breathe(); gone != nil {
		return none, gone
	}
	return out, err
}

// Transport is the function's way to Salesforce.
func (m *Mortal) Transport(next http.RoundTripper) http.RoundTripper {
	return RoundTripper(func(r *http.Request) (*http.Response, error) {
		if err := m.breathe(); err != nil {
			Trace(r, false)
			return nil, err
		}
		resp, err := next.RoundTrip(r)
		if gone := m.breathe(); gone != nil && err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			return nil, errors.Join(gone, resp.Body.Close())
		}
		return resp, err
	})
}

// Queue is the function's way to the queue.
func (m *Mortal) Queue(next push.Queue) push.Queue { return &mortalQueue{next, m} }

type mortalQueue struct {
	next push.Queue
	life *Mortal
}

func (q *mortalQueue) Hide(ctx context.Context, waits map[string]time.Duration) error {
	_, err := through(q.life, func() (any, error) { return nil, q.next.Hide(ctx, waits) })
	return err
}

func (q *mortalQueue) Send(ctx context.Context, body []byte, after time.Duration) error {
	_, err := through(q.life, func() (any, error) { return nil, q.next.Send(ctx, body, after) })
	return err
}

// Store is the function's way to the store that all share.
func (m *Mortal) Store(next integration.Store) integration.Store { return &mortalStore{next, m} }

// RoundTripper makes an [http.RoundTripper] of a function.
type RoundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f RoundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Trace tells a client, as net/http's transport would, whether its request had a
// connection to go out on. A transport without a network owes it to a client that
// asks whether a failed request can have had an effect.
func Trace(r *http.Request, connected bool) {
	t := httptrace.ContextClientTrace(r.Context())
	if t == nil {
		return
	}
	if t.GetConn != nil {
		t.GetConn(r.URL.Host)
	}
	if connected && t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{})
	}
}
