package integration

import (
	"fmt"
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

// ParameterWebhookReads is the template's parameter by which an operator lets the
// webhook look into the orgs. It faces the internet, and has no right to open an
// org's credentials without.
const ParameterWebhookReads = "WebhookReadsSalesforce"

// ReadWebhookReads reads that parameter from a function's environment,
// WEBHOOK_READS_SALESFORCE: yes or no, the default.
func ReadWebhookReads(getenv func(string) string) (bool, error) {
	switch v := getenv("WEBHOOK_READS_SALESFORCE"); v {
	case "yes":
		return true, nil
	case "no", "":
		return false, nil
	default:
		return false, fmt.Errorf("WEBHOOK_READS_SALESFORCE %q is neither yes nor no", v)
	}
}

// checkLooks refuses the settings that want the webhook to look into the org, where
// it may not.
func (s *Service) checkLooks(reread, lookupKey bool) error {
	if s.c.WebhookReads {
		return nil
	}
	var errs []error
	for _, look := range []struct {
		name string
		on   bool
	}{{"settings.reread", reread}, {"settings.lookup_key", lookupKey}} {
		if look.on {
			errs = append(errs, Invalidf(look.name, "This deployment does not let the webhook read in Salesforce. Whoever deploys it allows that by setting the template parameter %s to yes.", ParameterWebhookReads))
		}
	}
	return joined(errs)
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
