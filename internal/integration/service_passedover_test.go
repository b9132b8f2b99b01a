package integration_test

import (
	"context"
	"fmt"
	"testing"

	"salesforce-integration/internal/integration"
)

// endless is a store whose log goes on for ever: each part passes over so many
// deliveries, and has so many that fit.
type endless struct {
	integration.Store
	passedOver, fitting, parts int
}

func (e *endless) ListDeliveries(context.Context, integration.DeliveryFilter, integration.Page) (integration.List[integration.Delivery], error) {
	e.parts++
	part := integration.List[integration.Delivery]{NextCursor: fmt.Sprint("c", e.parts), PassedOver: e.passedOver}
	for n := range e.fitting {
		part.Items = append(part.Items, integration.Delivery{ID: fmt.Sprint("d", e.parts, "-", n), Direction: integration.Outbound, IntegrationID: someID})
	}
	return part, nil
}

// TestABulkRedeliveryReadsAPartOfTheLog: what it looks at for one answer has a bound,
// whatever there is and however long the log is.
func TestABulkRedeliveryReadsAPartOfTheLog(t *testing.T) {
	tests := []struct {
		name                              string
		passedOver, fitting, parts, taken int
	}{
		{"nothing fits", 2500, 0, 2, 0},
		{"little fits", 1000, 1, 5, 5},
		{"all fits", 0, 100, 10, 1000},
		{"empty parts that pass over nothing", 0, 0, 20, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := &endless{passedOver: tt.passedOver, fitting: tt.fitting}
			b := newBench(t, func(c *integration.ServiceConfig) { log.Store, c.Store = c.Store, log })
			r, err := b.service.RedeliverMany(t.Context(), ada, integration.RedeliverFilter{Limit: 1000})
			if err != nil || log.parts != tt.parts || r.Accepted != tt.taken || r.NextCursor == "" {
				t.Errorf("%d parts, %+v, %v", log.parts, r, err)
			}
		})
	}
}
