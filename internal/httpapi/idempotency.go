package httpapi

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"

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

// serveOnce lets a POST with a key have its effect once: its repetition gets the
// first one's answer. What has no key passes at no cost.
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
	switch {
	case err != nil:
		a.mux.ServeHTTP(w, r) // to be refused
		return
	case int64(len(body)) == limit:
		writeProblem(w, newProblem(ctx, http.StatusRequestEntityTooLarge, tooLarge(limit)))
		return
	}
	attempt, err := a.service.BeginRequest(ctx, who, key, r.Method, address(r.URL), string(body))
	if err != nil {
		p := a.fail(ctx, "header", err)
		if integration.ErrorCode(err) == integration.CodeConflict {
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
		outcome.Answer = keep(out)
	case out.status < http.StatusInternalServerError:
		outcome.State = integration.RequestRefused
	}
}

// address is where a request goes, the same for parameters in another order: API
// Gateway's come as a map, which has none.
func address(u *url.URL) string { return u.Path + "?" + u.Query().Encode() }

// replay answers as the first request was answered.
func (a *API) replay(w http.ResponseWriter, r *http.Request, answer []byte) {
	again, err := kept(answer)
	if err != nil {
		writeProblem(w, a.fail(r.Context(), "header", err))
		return
	}
	again.header.Set(headerReplayed, "true")
	again.release(w)
}

// idempotencyParam documents the header, for every POST.
func idempotencyParam() *huma.Param {
	shortest, longest := 1, maxIdempotencyKey+2
	return &huma.Param{
		Name: headerIdempotencyKey, In: "header",
		Description: "A key of your own for this request, best a new UUID, in quotes or without. Sent again with the same body, within 24 hours of the first time, the request has no second effect and gets the first one's answer, with the header Idempotency-Replayed: true. " +
			"While the first is under way the answer is 409; with another body or at another address, 422. A request that was refused (4xx) leaves its key free, unless an earlier try of it failed. When the integration that it created was deleted since, or the webhook secret that it made was replaced, the answer is 409, and nothing is done: a secret is not shown once it was replaced.",
		Schema: &huma.Schema{Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest, Examples: []any{`"8e03978e-40d5-43e8-bc93-6894a57f9324"`}},
	}
}

type attemptKey struct{}

// effect is what the request makes.
func effect(ctx context.Context) integration.RequestEffect {
	if attempt, ok := ctx.Value(attemptKey{}).(*integration.Attempt); ok {
		return attempt.Effect()
	}
	return integration.RequestEffect{}
}
