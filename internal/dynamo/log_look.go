package dynamo

import (
	"strconv"
	"strings"
)

// maxLook is how many deliveries one answer of the log looks at, at most: with some
// 400 bytes each in an index they are about the 1 MB at which DynamoDB stops by
// itself.
const maxLook = 2500

// wider says at how many deliveries the next part looks, after one that looked at so
// many and found some of them: as many as fill a part if it goes on like this, and
// four times as many at most, so that a filter that lets nothing pass is not paid for
// before it is known.
func wider(looked, found, limit int) int {
	return min(4*looked, looked*(limit+1)/max(found, 1), maxLook)
}

// formatLogCursor makes the cursor for what follows a position of the log. It holds
// how much to look at there, unless that is what the limit says by itself.
func formatLogCursor(position string, look, limit int) string {
	if look > limit+1 {
		position += "\n" + strconv.Itoa(look)
	}
	return formatCursor(logName, position)
}

// parseLogCursor returns the position in a cursor of the log, and how many
// deliveries to look at, 0 when it does not say.
func parseLogCursor(cursor string) (position string, look int, err error) {
	whole, err := parseCursor(logName, cursor)
	if err != nil || whole == "" {
		return "", 0, err
	}
	position, number, wide := strings.Cut(whole, "\n")
	if err := checkPosition(position); err != nil {
		return "", 0, err
	}
	if !wide {
		return position, 0, nil
	}
	look, err = strconv.Atoi(number)
	if err != nil || look < 1 {
		return "", 0, badCursor()
	}
	return position, look, nil
}
