package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/integration"
)

const (
	headerIdempotencyKey = "Idempotency-Key"
	// headerReplayed marks an answer that was given before.
	headerReplayed = "Idempotency-Replayed"
)

// underWaySeconds is what a caller is asked to wait for the first request's answer.
const underWaySeconds = "1"

// keptAnswer is an answer as it is kept, sealed, for repetitions.
type keptAnswer struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// serveOnce lets a POST with a key have its effect once: its repetition gets the
// first one's answer. What has no key passes at no cost; nor has what is as long as
// the operation's limit, or longer.
// https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07
func (a *API) serveOnce(w http.ResponseWriter, r *http.Request, who integration.Actor, limit int64) {
	lines := r.Header.Values(headerIdempotencyKey)
	if r.Method != http.MethodPost || len(lines) == 0 {
		a.mux.ServeHTTP(w, r)
		return
	}
	ctx := r.Context()
	key, err := parseIdempotencyKey(lines)
	if err != nil {
		writeProblem(w, badHeader(ctx, headerIdempotencyKey, err))
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit))
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil || int64(len(body)) == limit {
		a.mux.ServeHTTP(w, r) // to be refused
		return
	}
	attempt, err := a.service.BeginRequest(ctx, who, key, r.Method, r.URL.RequestURI(), string(body))
	if err != nil {
		p := a.fail(ctx, "header", err)
		if p.Status == http.StatusConflict {
			p.retryAfter = underWaySeconds
		}
		writeProblem(w, p)
		return
	}
	if attempt.Answer != nil {
		a.replay(w, r, attempt.Answer)
		return
	}
	out := &held{header: http.Header{}, status: http.StatusOK}
	outcome := integration.Outcome{State: integration.RequestUnsettled}
	defer func() { // also after a panic
		a.service.EndRequest(ctx, attempt, outcome)
		out.release(w)
	}()
	a.mux.ServeHTTP(out, r.WithContext(context.WithValue(ctx, attemptKey{}, attempt)))
	switch {
	case out.status < http.StatusMultipleChoices:
		outcome.State = integration.RequestAnswered
		// Neither the map nor the bytes can fail to encode.
		outcome.Answer, _ = json.Marshal(keptAnswer{out.status, out.header, out.body.Bytes()})
	case out.status < http.StatusInternalServerError:
		outcome.State = integration.RequestRefused
	}
}

// replay answers as the first request was answered.
func (a *API) replay(w http.ResponseWriter, r *http.Request, answer []byte) {
	var kept keptAnswer
	if err := json.Unmarshal(answer, &kept); err != nil {
		writeProblem(w, a.fail(r.Context(), "header", err))
		return
	}
	kept.Header.Set(headerReplayed, "true")
	again := held{header: kept.Header, status: kept.Status, written: true}
	again.body.Write(kept.Body)
	again.release(w)
}

// idempotencyParam documents the header, for every POST.
func idempotencyParam() *huma.Param {
	shortest, longest := 1, maxIdempotencyKey+2
	return &huma.Param{
		Name: headerIdempotencyKey, In: "header",
		Description: "A key of your own for this request, best a new UUID, in quotes or without. Sent again with the same body within 24 hours, the request has no second effect and gets the first one's answer, with the header Idempotency-Replayed: true. " +
			"While the first is under way the answer is 409; with another body or at another address, 422. A request that was refused (4xx) leaves its key free.",
		Schema: &huma.Schema{Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest, Examples: []any{`"8e03978e-40d5-43e8-bc93-6894a57f9324"`}},
	}
}

type attemptKey struct{}

// effectID is the id that what the request creates has to have; "" for any.
func effectID(ctx context.Context) string {
	if attempt, ok := ctx.Value(attemptKey{}).(*integration.Attempt); ok {
		return attempt.EffectID()
	}
	return ""
}

// held is a response that is kept back until it is remembered: who has heard an
// answer must hear the same one again.
type held struct {
	header  http.Header
	status  int
	written bool
	body    bytes.Buffer
}

// Header implements http.ResponseWriter.
func (h *held) Header() http.Header { return h.header }

// WriteHeader implements http.ResponseWriter.
func (h *held) WriteHeader(status int) {
	if !h.written {
		h.status, h.written = status, true
	}
}

// Write implements http.ResponseWriter.
func (h *held) Write(b []byte) (int, error) {
	h.written = true
	return h.body.Write(b)
}

// release sends the response, if there is one.
func (h *held) release(w http.ResponseWriter) {
	if !h.written {
		return
	}
	for name, values := range h.header {
		w.Header()[name] = values
	}
	w.WriteHeader(h.status)
	_, _ = w.Write(h.body.Bytes())
}
