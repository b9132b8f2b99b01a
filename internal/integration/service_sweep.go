package integration

import (
	"context"
	"fmt"
	"log/slog"
)

// sweepLink tells push to close what still waits for a link that was just deleted.
// The deletion is done by then and cannot be asked for again, so a queue that fails
// is only logged: the sweep that push makes every few hours closes it then.
func (s *Service) sweepLink(ctx context.Context, by Actor, integrationID string) {
	if err := s.sweep(ctx, by, integrationID); err != nil {
		s.c.Log.LogAttrs(ctx, slog.LevelWarn, "what waits for what was deleted could not be told to close",
			slog.String("integration_id", integrationID), slog.Any("error", err))
	}
}

// sweepIntegration tells push to close what still waits for an integration that is
// no more, which nothing else would find. So when the queue fails, the caller has to
// know, and to ask again.
func (s *Service) sweepIntegration(ctx context.Context, by Actor, integrationID string) error {
	err := s.sweep(ctx, by, integrationID)
	if err == nil {
		return nil
	}
	return &Error{
		Code:    CodeStored,
		Message: "The integration is deleted, but what waited for it could not be told to close. Send the same request again in a moment: it answers 404 then, and tells it again.",
		Err:     fmt.Errorf("sweep integration %s: %w", integrationID, err),
	}
}

func (s *Service) sweep(ctx context.Context, by Actor, integrationID string) error {
	return s.c.Commands.Dispatch(ctx, Command{Kind: CommandSweep, IntegrationID: integrationID, RequestedBy: by.Subject})
}
