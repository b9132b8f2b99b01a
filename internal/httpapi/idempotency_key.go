package httpapi

import "strings"

// maxIdempotencyKey bounds a key, in characters: a UUID has 36.
const maxIdempotencyKey = 255

const errIdempotencyKey = headerWords(`It has to be one text of 1 to 255 visible ASCII characters, best a new UUID, in quotes or without: "8e03978e-40d5-43e8-bc93-6894a57f9324".`)

// parseIdempotencyKey reads the header: a structured field's string, or the same
// without quotes, as most clients send it. Both name the same key. Parameters mean
// nothing that is known, so they are refused.
// https://www.rfc-editor.org/rfc/rfc9651#section-3.3.3
func parseIdempotencyKey(lines []string) (string, error) {
	if len(lines) != 1 {
		return "", errIdempotencyKey
	}
	raw := strings.Trim(lines[0], " \t")
	key := raw
	if quoted, ok := strings.CutPrefix(raw, `"`); ok {
		if key, ok = unquote(quoted); !ok {
			return "", errIdempotencyKey
		}
	} else if strings.ContainsAny(raw, ` "\,;`) {
		return "", errIdempotencyKey
	}
	if key == "" || len(key) > maxIdempotencyKey || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", errIdempotencyKey
	}
	return key, nil
}

// unquote reads a string up to its closing quote, which has to be the end.
func unquote(s string) (string, bool) {
	var b strings.Builder
	for n := 0; n < len(s); n++ {
		switch c := s[n]; c {
		case '"':
			return b.String(), n == len(s)-1
		case '\\':
			if n++; n == len(s) || s[n] != '"' && s[n] != '\\' {
				return "", false
			}
			b.WriteByte(s[n])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}
