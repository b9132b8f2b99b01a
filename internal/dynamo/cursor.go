package dynamo

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"salesforce-integration/internal/integration"
)

// cursorVersion starts every cursor, so that another form can replace this one.
const cursorVersion = "1"

// maxPosition bounds a position in bytes, as DynamoDB bounds a sort key.
const maxPosition = 1024

// formatCursor makes the opaque cursor for what follows a position of a list. It
// holds the list's name, so that it fits no other list, and nothing secret.
func formatCursor(list, position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorVersion + "\n" + list + "\n" + position))
}

// parseCursor returns the position, "" for the start of the list.
func parseCursor(list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	position, ok := strings.CutPrefix(string(raw), cursorVersion+"\n"+list+"\n")
	if err != nil || !ok || position == "" || len(position) > maxPosition || !utf8.ValidString(position) {
		return "", badCursor()
	}
	return position, nil
}

func badCursor() error {
	return integration.Invalidf("cursor", "The cursor does not belong to this list; start again without one.")
}
