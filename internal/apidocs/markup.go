package apidocs

import (
	"fmt"
	"html"
	"strings"
)

// markup gathers HTML. It is not html/template, as that looks methods up by their
// names: with it the linker keeps three megabytes that nothing calls.
type markup struct{ b strings.Builder }

// raw is HTML already.
type raw string

// add writes a format whose texts are escaped, but for those that are raw.
func (m *markup) add(format string, args ...any) {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = html.EscapeString(text)
		}
	}
	fmt.Fprintf(&m.b, format+"\n", args...)
}

// prose is a description: what stands between backquotes is code.
func prose(text string) raw {
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		part = html.EscapeString(part)
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		b.WriteString(part)
	}
	return raw(b.String())
}

// typed names a type, with a link to what says more of it.
func typed(words, link string) raw {
	if link == "" {
		return raw(html.EscapeString(words))
	}
	return raw(fmt.Sprintf(`<a href="#schema-%s">%s</a>`, html.EscapeString(link), html.EscapeString(words)))
}

// code is a block that the keyboard can scroll.
func (m *markup) code(text string) {
	if text != "" {
		m.add(`<pre tabindex="0"><code>%s</code></pre>`, text)
	}
}
