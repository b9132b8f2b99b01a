package push

import (
	"context"
	"time"

	"salesforce-integration/internal/integration"
)

// report says, in one log line and in metrics, what the invocation did.
func (h *Handler) report(ctx context.Context, p *progress, messages int, started time.Time, callsBefore int, failure error) {
	states := map[integration.DeliveryStatus]int{}
	reserved := 0
	for _, d := range p.deliveries {
		states[d.Status]++
		if d.Status == integration.StatusRetrying && d.Reason == integration.ReasonAllowance {
			reserved++
		}
	}
	failed := 0
	if failure != nil || len(p.failed) > 0 {
		failed = 1
	}
	calls := h.cfg.Orgs.Calls() - callsBefore
	h.cfg.Log.InfoContext(ctx, "events processed",
		"messages", messages,
		"delivered", states[integration.StatusDelivered],
		"skipped", states[integration.StatusSkipped],
		"retrying", states[integration.StatusRetrying],
		"parked", states[integration.StatusParked],
		"salesforce_calls", calls,
		"duration_ms", h.cfg.Now().Sub(started).Milliseconds())
	if err := h.cfg.Metrics(map[string]int{
		"Messages":            messages,
		"BatchesFailed":       failed,
		"DeliveriesDelivered": states[integration.StatusDelivered],
		"DeliveriesSkipped":   states[integration.StatusSkipped],
		"DeliveriesRetrying":  states[integration.StatusRetrying],
		"DeliveriesParked":    states[integration.StatusParked],
		"DeliveriesReserved":  reserved,
		"SalesforceCalls":     calls,
	}); err != nil {
		h.cfg.Log.WarnContext(ctx, "metrics are lost", "error", err)
	}
}
