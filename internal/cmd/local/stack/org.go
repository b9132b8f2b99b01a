package stack

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"salesforce-integration/internal/salesforce/localorg"
)

// newOrg returns the local Salesforce org, and what stops it. The org sends its
// outbound messages until then.
func newOrg(ctx context.Context, log io.Writer) (http.Handler, func() error, error) {
	org, err := localorg.New(localorg.Config{})
	if err != nil {
		return nil, nil, fmt.Errorf("start the local org: %w", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it ends with the stack
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := org.Run(ctx); err != nil && ctx.Err() == nil {
			slog.New(slog.NewTextHandler(log, nil)).Error("the org stopped", "error", err)
		}
	}()
	return org, func() error {
		cancel()
		<-ended
		return nil
	}, nil
}
