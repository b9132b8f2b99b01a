package integration

import (
	"encoding/json"
	"log/slog"
)

// Mask is what a reader sees in the place of a secret. Sent back in an update, it
// means 'unchanged'.
const Mask = "***REDACTED***"

// Secret is a string that shows [Mask] wherever it is printed, logged or
// marshalled. Only [Secret.Reveal] gives the value away, so each use of one can be
// found by that name.
type Secret string

// Reveal returns the value itself.
func (s Secret) Reveal() string { return string(s) }

// String implements [fmt.Stringer].
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return Mask
}

// GoString implements [fmt.GoStringer], for %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON writes the mask, never the value.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }
