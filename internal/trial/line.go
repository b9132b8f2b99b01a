package trial

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"time"

	"salesforce-integration/internal/push/pushtest"
	"salesforce-integration/internal/salesforce/localorg"
)

// OrgURL is where the line leads to.
const OrgURL = "https://trial.my.salesforce.com"

// Line is the way to a local org without a network, so that it works in virtual
// time. It is an [http.RoundTripper], safe for concurrent use.
type Line struct {
	org     *localorg.Org
	latency time.Duration
	// watch is called after each request that reached the org; it may be nil.
	watch func()

	mu      sync.Mutex
	refused bool
	calls   int
	logins  int
}

// NewLine returns a line to org that adds a latency to each answer.
func NewLine(org *localorg.Org, latency time.Duration) *Line {
	return &Line{org: org, latency: latency}
}

// Refuse makes the org's host refuse connections, or take them again.
func (l *Line) Refuse(refused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = refused
}

// Spent returns the REST calls and the token exchanges that reached the org,
// whatever it answered.
func (l *Line) Spent() (calls, logins int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls, l.logins
}

// RoundTrip implements [http.RoundTripper].
func (l *Line) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	reached := l.count(r)
	pushtest.Trace(r, reached)
	if !reached {
		return nil, syscall.ECONNREFUSED
	}
	resp, err := l.serve(r)
	if l.watch != nil {
		l.watch()
	}
	timer := time.NewTimer(l.latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return resp, err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (l *Line) count(r *http.Request) (reached bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.refused:
		return false
	case strings.HasPrefix(r.URL.Path, "/services/data/"):
		l.calls++
	case strings.HasSuffix(r.URL.Path, "/oauth2/token"):
		l.logins++
	}
	return true
}

// serve hands the request to the org as a server would.
func (l *Line) serve(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler: // a handler's way to break the connection
			resp, err = nil, syscall.ECONNRESET
		default:
			panic(p)
		}
	}()
	in := r.Clone(r.Context())
	in.RequestURI, in.Host, in.TLS = r.URL.RequestURI(), r.URL.Host, &tls.ConnectionState{}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	l.org.ServeHTTP(w, in)
	resp = w.Result()
	resp.Request = r
	if _, err := io.Copy(io.Discard, in.Body); err != nil && !errors.Is(err, http.ErrBodyReadAfterClose) {
		return nil, err
	}
	return resp, nil
}
