package inmem

import (
	"encoding/base64"
	"strings"

	"salesforce-integration/internal/integration"
)

// maxLimit is the largest page that may be asked for.
const maxLimit = 100

// order compares two positions of a list; what is behind a comes after it.
type order func(position, cursor string) (behind bool)

func ascending(position, cursor string) bool  { return position > cursor }
func descending(position, cursor string) bool { return position < cursor }

// page cuts one part out of the sorted positions of a list. The cursor is the
// last position given out, with the list's name, so that it fits no other list.
func page[T any](positions []string, p integration.Page, list string, behind order, item func(position string) T) (integration.List[T], error) {
	var l integration.List[T]
	if p.Limit < 1 || p.Limit > maxLimit {
		return l, integration.Invalidf("limit", "The limit must be from 1 to %d.", maxLimit)
	}
	after, err := parseCursor(p.Cursor, list)
	if err != nil {
		return l, err
	}
	last := ""
	for _, position := range positions {
		if p.Cursor != "" && !behind(position, after) {
			continue
		}
		if len(l.Items) == p.Limit {
			l.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(list + "\n" + last))
			return l, nil
		}
		l.Items = append(l.Items, item(position))
		last = position
	}
	return l, nil
}

func parseCursor(cursor, list string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	name, position, ok := strings.Cut(string(raw), "\n")
	if err != nil || !ok || name != list || position == "" {
		return "", integration.Invalidf("cursor", "The cursor does not belong to this list.")
	}
	return position, nil
}
