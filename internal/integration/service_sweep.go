package integration

import (
	"context"
	"log/slog"
)

// sweep tells push to close what still waits for a link, or an integration, that
// was just deleted. The deletion is done by then and cannot be asked for again, so
// a queue that fails is only logged: what waits is then closed when its time comes.
func (s *Service) sweep(ctx context.Context, by Actor, integrationID string) {
	err := s.c.Commands.Dispatch(ctx, Command{Kind: CommandSweep, IntegrationID: integrationID, RequestedBy: by.Subject})
	if err != nil {
		s.c.Log.LogAttrs(ctx, slog.LevelWarn, "what waits for what was deleted could not be told to close",
			slog.String("integration_id", integrationID), slog.Any("error", err))
	}
}
