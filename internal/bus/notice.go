package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"salesforce-integration/internal/integration"
)

// notice is the detail of an [integration.Notice].
type notice struct {
	ID              string `json:"id"`
	IntegrationID   string `json:"integration_id"`
	IntegrationName string `json:"integration_name"`
	At              string `json:"at"`
	Code            string `json:"code,omitempty"`
	Cause           string `json:"cause,omitempty"`
	Fix             string `json:"fix,omitempty"`
}

// Notify puts one notice on the bus.
func (p *Publisher) Notify(ctx context.Context, n integration.Notice) error {
	entry, err := p.event(n.Type, n.At, notice{
		ID: n.ID, IntegrationID: n.IntegrationID, IntegrationName: n.IntegrationName,
		At: n.At.UTC().Format(time.RFC3339Nano), Code: n.Code, Cause: n.Cause, Fix: n.Fix,
	})
	if err == nil {
		err = p.put(ctx, []types.PutEventsRequestEntry{entry})[0]
	}
	if err != nil {
		return fmt.Errorf("publish notice %s: %w", n.ID, err)
	}
	return nil
}
