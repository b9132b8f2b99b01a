package integration

import (
	"context"
	"log/slog"
)

// audit writes one line of the audit trail: who did what to which integration.
// Secrets are in it as 'changed' only.
func (s *Service) audit(ctx context.Context, by Actor, what, id string, details ...slog.Attr) {
	s.c.Log.LogAttrs(ctx, slog.LevelInfo, "audit", append([]slog.Attr{
		slog.String("action", what),
		slog.String("subject", by.Subject),
		slog.String("role", string(by.Role)),
		slog.String("integration_id", id),
	}, details...)...)
}

// audited writes the line of a change that something else was asked for: the store,
// the queue. When that failed, nobody knows whether the change is made, and the same
// request, sent again, may find nothing left to change: so the line says that it is
// not known. A refusal has none.
func (s *Service) audited(ctx context.Context, err error, by Actor, what, id string, details ...slog.Attr) {
	switch ErrorCode(err) {
	case "":
		s.audit(ctx, by, what, id, details...)
	case CodeUnavailable, CodeInternal:
		s.audit(ctx, by, what, id, append(details, outcomeUnknown())...)
	default:
	}
}

func outcomeUnknown() slog.Attr { return slog.String("outcome", "unknown") }

// beginnings lists what a new integration has, under the names that a later change of
// it goes by. Settings that are the contract's are left out.
func beginnings(i Integration) []slog.Attr {
	details := []slog.Attr{slog.String("name", i.Name)}
	if i.Description != "" {
		details = append(details, slog.String("description", "changed"))
	}
	details = append(details, slog.Bool("is_active", i.Active), slog.String("instance_url", i.InstanceURL),
		slog.String("client_id", i.ClientID), slog.String("client_secret", "changed"))
	if i.HasAccessToken {
		details = append(details, slog.String("access_token", "changed"))
	}
	given := Patch{
		StatusMap: i.Settings.StatusMap, NoteEvents: i.Settings.NoteEvents, NoteKind: &i.Settings.NoteKind,
		FinalizeStatuses: &i.Settings.FinalizeStatuses, Reread: &i.Settings.Reread, LookupKey: &i.Settings.LookupKey,
	}
	var none Settings
	details = append(details, mergeSettings(&none, given)...)
	return append(details, mergeInbound(&none, given)...)
}
