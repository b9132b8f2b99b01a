package apidocs

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// placeholder is a parameter in a path.
var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

// curl is a command that does the operation. What only its reader knows stands in
// the shell's variables: BASE, TOKEN, and one for each parameter of the path.
func curl(e entry, op operation) string {
	var b strings.Builder
	b.WriteString("curl -s")
	if e.Method != http.MethodGet {
		b.WriteString(" -X " + e.Method)
	}
	path := placeholder.ReplaceAllStringFunc(e.Path, func(p string) string { return "$" + strings.ToUpper(strings.Trim(p, "{}")) })
	fmt.Fprintf(&b, " \"$BASE%s%s\"", path, requiredQuery(op))
	if len(e.Roles) > 0 {
		b.WriteString(" \\\n  -H \"Authorization: Bearer $TOKEN\"")
	}
	if len(e.Bodies) > 0 && e.Bodies[0].Example != "" {
		fmt.Fprintf(&b, " \\\n  -H 'Content-Type: %s' \\\n  -d '%s'", e.Bodies[0].MediaType, strings.ReplaceAll(e.Bodies[0].Example, "'", `'\''`))
	}
	return b.String()
}

// requiredQuery holds the parameters that have to be there, with their examples.
func requiredQuery(op operation) string {
	query := url.Values{}
	for _, p := range op.Parameters {
		if p.In == "query" && p.Required && p.Schema != nil && len(p.Schema.Examples) > 0 {
			query.Set(p.Name, fmt.Sprint(p.Schema.Examples[0]))
		}
	}
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}
