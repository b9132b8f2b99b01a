package salesforce

import (
	"html"
	"regexp"
	"strings"
	"sync"
	"unicode/utf16"
)

// entity is a character reference, by name or by number. A function that starts
// does not wait for what only a note needs.
var entity = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)
})

var (
	anyTag   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<[^>]*>`) })
	blockEnd = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)<br\s*/?>|</(p|li|h[1-6]|tr|div|ul|ol|table)\s*>`)
	})
)

// EscapeText makes plain text safe inside a note's HTML. It uses the five
// references that a ContentNote takes; others, such as &apos;, are refused by some orgs.
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentnote.htm
func EscapeText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(s)
}

// noteHTML brings HTML into the form that a ContentNote keeps as it is: no raw
// line breaks, and no references but the five of [EscapeText].
func noteHTML(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "�"), func(r rune) bool { return r == '\n' || r == '\r' }), " ")
	var b strings.Builder
	for {
		at := strings.IndexByte(s, '&')
		if at < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:at])
		s = s[at:]
		ref := entity().FindString(s)
		if ref == "" || !strings.HasPrefix(s, ref) || html.UnescapeString(ref) == ref {
			b.WriteString("&amp;")
			s = s[1:]
			continue
		}
		b.WriteString(EscapeText(html.UnescapeString(ref)))
		s = s[len(ref):]
	}
}

// plainText is a note's HTML for a place that takes no tags.
func plainText(s string) string {
	s = blockEnd().ReplaceAllString(noteHTML(s), "\n")
	s = html.UnescapeString(anyTag().ReplaceAllString(s, ""))
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// cut shortens s to n characters, the last of them an ellipsis. Salesforce counts
// UTF-16 units, so an emoji is two.
func cut(s string, n int) string {
	units, last := 0, 0
	for at, r := range s {
		if units < n {
			last = at // where the ellipsis would go
		}
		if units += utf16.RuneLen(r); units > n {
			return strings.TrimRight(s[:last], " ") + "…"
		}
	}
	return s
}

// textLen is a text's length as Salesforce counts it.
func textLen(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
