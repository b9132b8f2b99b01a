package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// request is one HTTP request. The body is sent as it is when it is a string, else as JSON.
type request struct {
	method, url string
	bearer      string
	header      map[string]string
	body        any
}

// reply is its answer.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request, also while the test is being cleaned up.
func send(t *testing.T, r request) reply {
	t.Helper()
	var body io.Reader
	header := map[string]string{}
	switch b := r.body.(type) {
	case nil:
	case string:
		body = bytes.NewReader([]byte(b))
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		body, header["Content-Type"] = bytes.NewReader(encoded), "application/json"
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		t.Fatal("the request cannot be made") // the error would quote the URL, and with it a secret
	}
	maps.Copy(header, r.header)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	if r.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+r.bearer)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		var without *url.Error // the error itself quotes the URL, and with it a secret
		if errors.As(err, &without) {
			err = without.Err
		}
		t.Fatalf("%s %s: %v", r.method, req.URL.Path, err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", r.method, req.URL.Path, err)
	}
	return reply{resp.StatusCode, resp.Header, got}
}

// want ends the test unless the answer has the status.
func (r reply) want(t *testing.T, status int) reply {
	t.Helper()
	if r.status == status {
		return r
	}
	if r.status/100 == 2 { // its body may hold a secret
		t.Fatalf("the answer is %d, want %d", r.status, status)
	}
	t.Fatalf("the answer is %d, want %d: %s", r.status, status, r.body)
	return r
}

// into decodes a JSON answer.
func (r reply) into(t *testing.T, value any) {
	t.Helper()
	if err := json.Unmarshal(r.body, value); err != nil {
		t.Fatalf("an answer with status %d is no JSON: %v", r.status, err)
	}
}

// problem is the product's one shape of errors.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
	} `json:"errors"`
}

// wantProblem checks that a refusal has the status, and words for a person.
func (r reply) wantProblem(t *testing.T, status int) problem {
	t.Helper()
	r.want(t, status)
	var p problem
	r.into(t, &p)
	if p.Detail == "" {
		t.Errorf("a refusal has no detail: %s", r.body)
	}
	return p
}

const (
	pollEvery = 200 * time.Millisecond
	// soon is ample for what takes about two seconds on an idle machine.
	soon = 30 * time.Second
	// backedOff is for what is tried again: a write whose answer was lost waits for 20 s.
	backedOff = 90 * time.Second
	// outlasted is for what many faults in a row held up.
	outlasted = 2 * time.Minute
)

// eventually asks until there is no complaint any more, and ends the test with the last one.
func eventually(t *testing.T, within time.Duration, complaint func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		last := complaint()
		if last == "" {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("after %s still: %s", within, last)
		case <-tick.C:
		}
	}
}
