package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"salesforce-integration/internal/integration"
)

// Outcomes that are not a delivery's reason.
const (
	outcomeDuplicate = "duplicate"
	outcomePending   = "pending"
)

// logEntry is the one line that a request writes. Of what a caller chose it holds
// ids that have the form of ids; URL, headers and body never go in.
type logEntry struct {
	started time.Time
	gateway string // API Gateway's request id, which its own access log has
	// integrationID is the one in the path, if it has the form of an id: a request
	// that is refused has to be found as well.
	integrationID string
	kind          kind
	trust         trust
	message       message
	items         []*item
	status        int
	err           error
}

// write logs the line; the logger adds the invocation's id.
func (l *logEntry) write(ctx context.Context, log *slog.Logger, now time.Time) {
	level := slog.LevelInfo
	switch {
	case l.status >= http.StatusInternalServerError:
		level = slog.LevelError
	case l.status >= http.StatusBadRequest:
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("api_request_id", l.gateway),
		slog.String("integration_id", l.integrationID),
		slog.String("kind", string(l.kind)),
		slog.Int("status", l.status),
		slog.Int("notifications", len(l.message.notifications)),
		slog.Any("outcomes", l.outcomes()),
		slog.Int64("duration_ms", now.Sub(l.started).Milliseconds()),
		slog.Bool("secret_given", l.trust.proven),
		slog.Bool("secret_outdated", l.trust.outdated),
	}
	if l.message.organizationID != "" {
		attrs = append(attrs,
			slog.String("organization_id", l.message.organizationID),
			slog.Bool("organization_pinned", l.trust.integration.OrgID != ""))
	}
	if l.err != nil {
		attrs = append(attrs, slog.String("error", l.cause()))
	}
	log.LogAttrs(ctx, level, "webhook request", attrs...)
}

// cause is what the log may know of an error: the fields at fault, but not the
// words about them, which quote the request.
func (l *logEntry) cause() string {
	var r *refusal
	if !errors.As(l.err, &r) {
		return l.err.Error()
	}
	if len(r.problems) == 0 {
		if r.cause != nil {
			return r.cause.Error()
		}
		return r.detail
	}
	text := "refused fields:"
	for _, p := range r.problems {
		text += " " + p.Location
	}
	return text
}

// outcomes counts what became of the notifications.
func (l *logEntry) outcomes() map[string]int {
	out := map[string]int{}
	for _, it := range l.items {
		switch {
		case it.duplicate:
			out[outcomeDuplicate]++
		case it.err != nil || !it.verdict.decided():
			out[outcomePending]++
		default:
			out[string(it.verdict.reason)]++
		}
	}
	return out
}

// metrics counts the request for the operator's graphs and alarms.
func (l *logEntry) metrics() map[string]int {
	return map[string]int{
		"WebhookRequests":        1,
		"WebhookNotifications":   len(l.message.notifications),
		"WebhookUnauthorized":    count(l.status == http.StatusUnauthorized),
		"WebhookOutdatedSecret":  count(l.trust.outdated),
		"WebhookFailures":        count(l.status >= http.StatusInternalServerError),
		"FinalizationsRequested": l.outcomes()[string(integration.ReasonFinalizationRequested)],
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
