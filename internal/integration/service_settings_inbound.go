package integration

import (
	"log/slog"
	"slices"
	"strings"
	"unicode/utf8"
)

// checkFinalizeStatuses cleans the statuses that finish an experiment; one that is
// there in other letters already is left out.
func checkFinalizeStatuses(statuses []string) ([]string, error) {
	const name = "settings.finalize_statuses"
	if len(statuses) > MaxSettingsEntries {
		return nil, Invalidf(name, "It has more than %d entries.", MaxSettingsEntries)
	}
	var errs []error
	var cleaned []string
	for _, raw := range statuses {
		status := strings.TrimSpace(raw)
		switch {
		case status == "":
			errs = append(errs, Invalidf(name, "A status is empty. Without any, the statuses of the deployment count."))
		case utf8.RuneCountInString(status) > MaxStatusLen:
			errs = append(errs, Invalidf(name, "A status is longer than the %d characters that a Campaign's status has.", MaxStatusLen))
		case !printable(status):
			errs = append(errs, Invalidf(name, "A status holds a control character."))
		case !slices.ContainsFunc(cleaned, func(s string) bool { return strings.EqualFold(s, status) }):
			cleaned = append(cleaned, status)
		}
	}
	return cleaned, joined(errs)
}

// mergeInbound applies the part of a checked patch that is about messages of
// Salesforce. Nothing that is sent there hangs on it, so it mends nothing.
func mergeInbound(s *Settings, p Patch) []slog.Attr {
	var changes []slog.Attr
	if p.FinalizeStatuses != nil && !slices.Equal(s.FinalizeStatuses, *p.FinalizeStatuses) {
		s.FinalizeStatuses = *p.FinalizeStatuses
		changes = append(changes, slog.Any("finalize_statuses", s.FinalizeStatuses))
	}
	if set(&s.Reread, p.Reread) {
		changes = append(changes, slog.Bool("reread", s.Reread))
	}
	if set(&s.LookupKey, p.LookupKey) {
		changes = append(changes, slog.Bool("lookup_key", s.LookupKey))
	}
	return changes
}
