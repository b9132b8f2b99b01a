package integration

import "time"

// Writable says whether a time is one of the years 1 to 9999 in UTC, which a zone
// leads out of: 9999-12-31T23:59:59-05:00 can be read, and not written again by RFC
// 3339, nor put in order among others by the store.
// https://www.rfc-editor.org/rfc/rfc3339#section-1
func Writable(t time.Time) bool {
	year := t.UTC().Year()
	return 1 <= year && year <= 9999
}
