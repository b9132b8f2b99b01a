// Package sfid knows the form of Salesforce record ids. An id has 15
// case-sensitive characters; an 18-character form adds three that spell out the
// case of the first 15, so that it survives systems that fold case. Two ids are
// equal only when their 18-character forms are, which is why the product accepts
// both and keeps the longer one. It knows the form of API names, too.
package sfid

import (
	"errors"
	"fmt"
	"strings"
)

// Key prefixes: the first three characters of an id name its object.
// https://help.salesforce.com/s/articleView?id=000385203
const (
	PrefixOrganization        = "00D"
	PrefixUser                = "005"
	PrefixCampaign            = "701"
	PrefixContentDocument     = "069"
	PrefixContentVersion      = "068"
	PrefixContentDocumentLink = "06A"
	PrefixFeedItem            = "0D5"
	PrefixAction              = "04k"
	PrefixNotification        = "04l"
)

// ErrInvalid is wrapped by every error of this package.
var ErrInvalid = errors.New("not a Salesforce id")

// suffixAlphabet spells five bits as one character.
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
const suffixAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

const (
	shortLen = 15
	longLen  = 18
	groupLen = 5
)

// Parse accepts a 15- or 18-character id and returns its 18-character form. An
// 18-character id whose letters have all lost their case (a spreadsheet does
// that) is restored from its suffix; any other one whose suffix does not fit is
// refused, since it is a typing error. Errors wrap [ErrInvalid].
func Parse(s string) (string, error) {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) {
			return "", fmt.Errorf("%w: character %d is neither an ASCII letter nor a digit", ErrInvalid, i+1)
		}
	}
	switch len(s) {
	case shortLen:
		return s + suffix(s), nil
	case longLen:
		return parseLong(s)
	default:
		return "", fmt.Errorf("%w: it has %d characters, an id has 15 or 18", ErrInvalid, len(s))
	}
}

// ParsePrefix is [Parse] for an id of one kind of object: prefix is one of the
// Prefix constants. An id of another kind is refused, too.
func ParsePrefix(s, prefix string) (string, error) {
	id, err := Parse(s)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(id, prefix) {
		return "", fmt.Errorf("%w: it starts with %s, and not with %s", ErrInvalid, id[:len(prefix)], prefix)
	}
	return id, nil
}

// Short returns the 15-character form of an id that [Parse] returned.
func Short(id string) string {
	if len(id) < shortLen {
		return id
	}
	return id[:shortLen]
}

func parseLong(s string) (string, error) {
	base, given := s[:shortLen], s[shortLen:]
	if suffix(base) == given {
		return s, nil
	}
	if s != strings.ToUpper(s) && s != strings.ToLower(s) {
		return "", fmt.Errorf("%w: its last three characters do not fit the first 15, check for a typing error", ErrInvalid)
	}
	restored, ok := restoreCase(strings.ToLower(base), strings.ToUpper(given))
	if !ok {
		return "", fmt.Errorf("%w: its last three characters do not fit the first 15, check for a typing error", ErrInvalid)
	}
	return restored, nil
}

// restoreCase puts back the capitals that the suffix names.
func restoreCase(base, wanted string) (string, bool) {
	b := []byte(base)
	for group := range wanted {
		bits := strings.IndexByte(suffixAlphabet, wanted[group])
		if bits < 0 {
			return "", false
		}
		for i := range groupLen {
			if bits&(1<<i) == 0 {
				continue
			}
			c := b[group*groupLen+i]
			if c < 'a' || c > 'z' {
				return "", false
			}
			b[group*groupLen+i] = c - 'a' + 'A'
		}
	}
	return string(b) + wanted, true
}

// suffix spells, for each five characters, which of them are capitals.
func suffix(base string) string {
	var out [longLen - shortLen]byte
	for group := range out {
		bits := 0
		for i := range groupLen {
			if c := base[group*groupLen+i]; c >= 'A' && c <= 'Z' {
				bits |= 1 << i
			}
		}
		out[group] = suffixAlphabet[bits]
	}
	return string(out[:])
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
