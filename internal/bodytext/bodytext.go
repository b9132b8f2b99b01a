// Package bodytext looks at a request's body before it is parsed: whether its text
// is still the one that its sender had. Parsers put U+FFFD in the place of what is
// lost, and go on.
package bodytext

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// Lost says whether a part of the text is lost: it is not UTF-8, or holds U+FFFD
// itself. API Gateway hands a body over as a text, with U+FFFD for every byte that was
// no UTF-8, so nobody can tell the two apart. In JSON the escape \ufffd is none of
// them, and says what it means.
func Lost(body []byte) bool {
	return bytes.ContainsRune(body, utf8.RuneError) // it finds what is no UTF-8, too
}

// Packed says whether a body is compressed by gzip, to judge by how it begins, also
// after API Gateway took it for a text.
// https://www.rfc-editor.org/rfc/rfc1952#page-6
func Packed(body []byte) bool {
	return bytes.HasPrefix(body, []byte("\x1f\x8b")) || bytes.HasPrefix(body, []byte("\x1f\ufffd"))
}

// HalfCharacter says whether a JSON text holds an escaped half of a character:
// \ud800 to \udfff, which mean something only in pairs. It is told of a text that is
// no JSON as well.
// https://www.rfc-editor.org/rfc/rfc8259#section-8.2
func HalfCharacter(json []byte) bool {
	for n := 0; n < len(json); n++ {
		if json[n] != '\\' {
			continue
		}
		unit, ok := escapedUnit(json[n:])
		switch {
		case !ok:
			n++ // what is escaped
		case unit >= 0xdc00 && unit <= 0xdfff:
			return true
		case unit >= 0xd800 && unit <= 0xdbff:
			low, ok := escapedUnit(json[n+6:])
			if !ok || low < 0xdc00 || low > 0xdfff {
				return true
			}
			n += 11
		default:
			n += 5
		}
	}
	return false
}

// escapedUnit reads \uXXXX at the front of b.
func escapedUnit(b []byte) (uint64, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return unit, err == nil
}
