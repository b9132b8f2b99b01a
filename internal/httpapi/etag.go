package httpapi

import (
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/integration"
)

// entityTag is the strong validator of an integration: the counter of its stored
// changes, so that no two states ever share one.
// https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3
func entityTag(i integration.Integration) string {
	return `"` + strconv.FormatInt(i.Version, 10) + `"`
}

// IfMatchInput takes the header If-Match; huma looks into embedded types only if
// they are exported.
type IfMatchInput struct {
	IfMatch string `header:"If-Match" doc:"The ETag that the change is based on. When the integration has another one by now, nothing is changed and the answer is 412. Without this header it is changed whatever it is." example:"\"3\""`
	lines   []string
}

// Resolve implements huma.Resolver: huma itself reads the first line of a header
// only, and takes an empty one for none.
func (in *IfMatchInput) Resolve(ctx huma.Context) []error {
	in.lines = headerLines(ctx, "If-Match")
	return nil
}

// match is what the header asks for. Weak tags never match, as RFC 9110 wants it
// for changes, nor do tags that are not ours.
// https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
func (in *IfMatchInput) match() (integration.Match, error) {
	if in.lines == nil {
		return nil, nil
	}
	tags, err := parseEntityTags(in.lines)
	if err != nil || tags.any {
		return nil, err
	}
	m := integration.Match{}
	for _, opaque := range tags.strong {
		if version, err := strconv.ParseInt(opaque, 10, 64); err == nil && strconv.FormatInt(version, 10) == opaque {
			m = append(m, version)
		}
	}
	return m, nil
}

// IfNoneMatchInput takes the header If-None-Match.
type IfNoneMatchInput struct {
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag of what is known already: when it is still that, the answer is 304, without a body." example:"\"3\""`
	lines       []string
}

// Resolve implements huma.Resolver, as that of [IfMatchInput] does.
func (in *IfNoneMatchInput) Resolve(ctx huma.Context) []error {
	in.lines = headerLines(ctx, "If-None-Match")
	return nil
}

// matches says whether the caller knows the integration already. Weak tags count,
// as a read compares weakly.
// https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
func (in *IfNoneMatchInput) matches(i integration.Integration) (bool, error) {
	if in.lines == nil {
		return false, nil
	}
	tags, err := parseEntityTags(in.lines)
	if err != nil {
		return false, err
	}
	for _, opaque := range append(tags.strong, tags.weak...) {
		if `"`+opaque+`"` == entityTag(i) {
			return true, nil
		}
	}
	return tags.any, nil
}

// headerLines returns a header's lines, nil when there is none.
func headerLines(ctx huma.Context, name string) []string {
	var lines []string
	ctx.EachHeader(func(n, value string) {
		if strings.EqualFold(n, name) {
			lines = append(lines, value)
		}
	})
	return lines
}

// entityTags is what an If-Match or If-None-Match names, without the quotes.
type entityTags struct {
	any          bool // it is *
	strong, weak []string
}

const errEntityTags = headerWords(`It has to be an ETag in its quotes, as it was answered: "3". Several are separated by commas; * stands for any.`)

// parseEntityTags reads "*" or a list of tags. Empty elements are skipped, but a
// header without any tag is refused: somebody meant to say something.
func parseEntityTags(lines []string) (entityTags, error) {
	var tags entityTags
	rest := strings.Trim(strings.Join(lines, ","), " \t")
	if rest == "*" {
		return entityTags{any: true}, nil
	}
	for {
		rest = strings.TrimLeft(rest, ", \t")
		if rest == "" {
			break
		}
		tail, weak := strings.CutPrefix(rest, "W/")
		opaque, after, ok := cutQuoted(tail)
		if !ok {
			return entityTags{}, errEntityTags
		}
		if weak {
			tags.weak = append(tags.weak, opaque)
		} else {
			tags.strong = append(tags.strong, opaque)
		}
		rest = strings.TrimLeft(after, " \t")
		if rest != "" && rest[0] != ',' {
			return entityTags{}, errEntityTags
		}
	}
	if len(tags.strong)+len(tags.weak) == 0 {
		return entityTags{}, errEntityTags
	}
	return tags, nil
}

// cutQuoted takes one opaque-tag off the front of s.
func cutQuoted(s string) (opaque, after string, ok bool) {
	s, ok = strings.CutPrefix(s, `"`)
	if !ok {
		return "", "", false
	}
	opaque, after, ok = strings.Cut(s, `"`)
	etagc := func(r rune) bool { return r == 0x21 || r >= 0x23 && r <= 0x7e || r >= 0x80 }
	if !ok || strings.ContainsFunc(opaque, func(r rune) bool { return !etagc(r) }) {
		return "", "", false
	}
	return opaque, after, true
}
