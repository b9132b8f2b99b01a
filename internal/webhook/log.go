package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// metricsNamespace is where CloudWatch shows the metrics of a request's log line.
const metricsNamespace = "SalesforceIntegration"

// Outcomes that are not a delivery's reason.
const (
	outcomeDuplicate = "duplicate"
	outcomePending   = "pending"
)

// logEntry is the one line that a request writes. What a caller chose goes in only
// once it is verified; URL, headers and body never do.
type logEntry struct {
	started   time.Time
	requestID string
	kind      kind
	trust     trust
	message   message
	items     []*item
	status    int
	err       error
}

// write logs the line. It carries its metrics with it, in CloudWatch's embedded
// metric format.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func (l *logEntry) write(ctx context.Context, log *slog.Logger, now time.Time) {
	outcomes := l.outcomes()
	level := slog.LevelInfo
	switch {
	case l.status >= http.StatusInternalServerError:
		level = slog.LevelError
	case l.status >= http.StatusBadRequest:
		level = slog.LevelWarn
	}
	took := now.Sub(l.started)
	attrs := []slog.Attr{
		slog.String("request_id", l.requestID),
		slog.String("integration_id", l.trust.integration.ID),
		slog.String("kind", string(l.kind)),
		slog.Int("status", l.status),
		slog.Int("notifications", len(l.message.notifications)),
		slog.Any("outcomes", outcomes),
		slog.Int64("duration_ms", took.Milliseconds()),
		slog.Bool("secret_given", l.trust.proven),
	}
	if l.message.organizationID != "" && l.status != http.StatusUnauthorized && l.trust.integration.OrgID == "" {
		// Nothing is pinned yet: an administrator may want to know who is calling.
		attrs = append(attrs, slog.String("unpinned_organization_id", l.message.organizationID))
	}
	if l.err != nil {
		attrs = append(attrs, slog.String("error", l.cause()))
	}
	attrs = append(attrs,
		slog.Int("WebhookNotifications", len(l.message.notifications)),
		slog.Int("FinalizationsRequested", outcomes["finalization_requested"]),
		slog.Int("WebhookUnauthorized", count(l.status == http.StatusUnauthorized)),
		slog.Int("WebhookFailures", count(l.status >= http.StatusInternalServerError)),
		slog.Any("_aws", embeddedMetrics(now)),
	)
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

func embeddedMetrics(now time.Time) map[string]any {
	metric := func(name, unit string) map[string]string { return map[string]string{"Name": name, "Unit": unit} }
	return map[string]any{
		"Timestamp": now.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace":  metricsNamespace,
			"Dimensions": [][]string{{}},
			"Metrics": []any{
				metric("WebhookNotifications", "Count"),
				metric("FinalizationsRequested", "Count"),
				metric("WebhookUnauthorized", "Count"),
				metric("WebhookFailures", "Count"),
				metric("duration_ms", "Milliseconds"),
			},
		}},
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
