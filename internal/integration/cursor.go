package integration

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// filterMark is how many bytes of a hash a cursor carries of the filter that it
// came with: enough to see a mistake, and no protection against anybody.
const filterMark = 6

// A cursor is a place in one list. Taken to a list with another filter, it would
// leave out what lies before that place, and nobody would notice. So it carries a
// mark of its filter. A range of times is not part of that: the place stays what it
// is, and a script may reckon the range anew for each part.

// marked adds the mark of a filter to a store's cursor.
func marked(cursor string, filter ...string) string {
	if cursor == "" {
		return ""
	}
	return cursor + "." + mark(filter)
}

// unmarked takes the mark off, and refuses a cursor of another filter.
func unmarked(cursor string, filter ...string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	place, found, ok := strings.Cut(cursor, ".")
	if !ok || place == "" || found != mark(filter) {
		return "", Invalidf("cursor", "The cursor does not belong to this list, or came with another filter; start again without one.")
	}
	return place, nil
}

func mark(filter []string) string {
	return base64.RawURLEncoding.EncodeToString(hashed(sha256.New(), filter...)[:filterMark])
}

// marks are the parts of the filter that a cursor holds to.
func (f DeliveryFilter) marks() []string {
	return []string{"deliveries", string(f.Direction), string(f.Status), f.EventType, f.IntegrationID, f.ExperimentKey, f.CampaignID}
}

// marks are the parts of the filter that a cursor holds to.
func (f LinkFilter) marks() []string { return []string{"links", f.ExperimentKey, f.CampaignID} }
