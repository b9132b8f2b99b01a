package httpapi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"path"
	"runtime/debug"
	"strings"

	"salesforce-integration/internal/integration"
)

// ServeHTTP is the edge around the operations: it names the request, refuses who
// may not do what is asked, gives even a wrong address the one shape of errors,
// survives a panic, and writes one line a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	h := w.Header()
	h.Set("X-Request-Id", requestID(ctx))
	h.Set("Cache-Control", "no-store") // answers may carry a secret
	h.Set("X-Content-Type-Options", "nosniff")

	who := authorizedActor(ctx)
	out := &recorder{ResponseWriter: w, bodyless: r.Method == http.MethodHead}
	route := "none"
	defer func() {
		if cause := recover(); cause != nil {
			a.log.ErrorContext(ctx, "panic", slog.String("cause", fmt.Sprint(cause)), slog.String("stack", string(debug.Stack())))
			if out.status == 0 {
				writeProblem(out, newProblem(ctx, http.StatusInternalServerError, statuses()[integration.CodeInternal].detail))
			}
		}
		a.log.InfoContext(ctx, "request", slog.String("method", r.Method), slog.String("route", route),
			slog.Int("status", out.status), slog.String("subject", who.Subject), slog.String("role", string(who.Role)),
			slog.String("api_request_id", apiRequestID(ctx)))
	}()
	route = a.route(out, r.WithContext(withActor(ctx, who)), who)
}

// route answers one request and returns the pattern that it matched.
func (a *API) route(w http.ResponseWriter, r *http.Request, who integration.Actor) string {
	ctx := r.Context()
	// API Gateway takes a slash at the end for the same address, and asks for no token.
	if open := strings.TrimSuffix(r.URL.Path, "/"); open == openAPIPath || open == docsPath {
		a.serveOpen(w, r, open)
		return open
	}
	if !who.Role.MayRead() {
		writeProblem(w, newProblem(ctx, http.StatusForbidden, "Your token gives you no role here. Ask for the role viewer or admin."))
		return "none"
	}
	handler, pattern := a.mux.Handler(r)
	switch {
	case pattern == "" || path.Clean(r.URL.Path) != r.URL.Path:
		// The second would be a redirect, to a path without the stage.
		writeProblem(w, a.unrouted(handler, w, r))
		return "none"
	case forAdmins(r.Method, pathOf(pattern)) && !who.Role.MayWrite():
		writeProblem(w, newProblem(ctx, http.StatusForbidden, ""))
	default:
		a.serveOnce(w, r, who, bodyLimit(pattern))
	}
	return pattern
}

// unrouted asks the router's own answer whether the method or the address is
// unknown.
func (a *API) unrouted(handler http.Handler, w http.ResponseWriter, r *http.Request) *Problem {
	probe := &recorder{ResponseWriter: discard{http.Header{}}}
	handler.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", cmp.Or(a.allowed(r.URL.Path), probe.Header().Get("Allow")))
		return newProblem(r.Context(), http.StatusMethodNotAllowed, "")
	}
	return newProblem(r.Context(), http.StatusNotFound, "")
}

// serveOpen serves what needs no token, and is only read.
func (a *API) serveOpen(w http.ResponseWriter, r *http.Request, path string) {
	switch {
	case !isRead(r.Method):
		w.Header().Set("Allow", "GET, HEAD")
		writeProblem(w, newProblem(r.Context(), http.StatusMethodNotAllowed, ""))
	case path == openAPIPath:
		a.serveDocument(w, r)
	default:
		a.servePage(w, r)
	}
}

func (a *API) serveDocument(w http.ResponseWriter, r *http.Request) {
	document, err := a.document()
	if err != nil {
		a.log.ErrorContext(r.Context(), "OpenAPI document", "error", err)
		writeProblem(w, newProblem(r.Context(), http.StatusInternalServerError, statuses()[integration.CodeInternal].detail))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(document)
}

// servePage serves the document as a page for people.
func (a *API) servePage(w http.ResponseWriter, r *http.Request) {
	page, err := a.pages.Page(a.publicBase(r.Context()))
	if err != nil {
		a.log.ErrorContext(r.Context(), "page of the OpenAPI document", "error", err)
		writeProblem(w, newProblem(r.Context(), http.StatusInternalServerError, statuses()[integration.CodeInternal].detail))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", page.Policy)
	h.Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(page.HTML)
}

// pathOf returns a pattern of the router without its method.
func pathOf(pattern string) string {
	_, path, _ := strings.Cut(pattern, " ")
	return path
}

// isRead says whether a method changes nothing.
func isRead(method string) bool { return method == http.MethodGet || method == http.MethodHead }

func writeProblem(w http.ResponseWriter, p *Problem) {
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// recorder remembers the status, and keeps an answer to HEAD without a body.
type recorder struct {
	http.ResponseWriter
	status   int
	bodyless bool
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	if r.bodyless {
		return len(b), nil
	}
	return r.ResponseWriter.Write(b)
}

// discard is a response that nobody reads.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
