package apidocs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// typeOf says what a value is made of; link is the schema that says more.
func typeOf(s *schema) (words, link string) {
	switch {
	case s == nil:
		return "any", ""
	case s.Ref != "":
		return name(s.Ref), name(s.Ref)
	}
	nullable := slices.Contains(s.Type, "null")
	words = strings.Join(slices.DeleteFunc(slices.Clone(s.Type), func(t string) bool { return t == "null" }), " or ")
	switch {
	case s.Items != nil:
		words, link = typeOf(s.Items)
		words = "list of " + words
	case words == "object":
		if values, ok := s.values(); ok {
			words, link = typeOf(values)
			words = "map to " + words
		}
	case words == "":
		words = "any"
	case s.Format != "" && !strings.HasPrefix(s.Format, "int"):
		words = s.Format
	}
	if nullable {
		words += " or null"
	}
	return words, link
}

// limitsOf lists what a value is held to.
func limitsOf(s *schema) []string {
	if s == nil {
		return nil
	}
	var l []string
	add := func(format string, args ...any) { l = append(l, fmt.Sprintf(format, args...)) }
	if len(s.Enum) > 0 {
		add("one of %s", values(s.Enum))
	}
	l = append(l, span("", s.Minimum, s.Maximum)...)
	l = append(l, span("characters", s.MinLength, s.MaxLength)...)
	l = append(l, span("items", s.MinItems, s.MaxItems)...)
	l = append(l, span("entries", nil, s.MaxProperties)...)
	if s.Pattern != "" {
		add("matches `%s`", s.Pattern)
	}
	if s.Default != nil {
		add("default %s", values([]any{s.Default}))
	}
	if s.ReadOnly {
		add("ignored in requests")
	}
	return l
}

// span says what a number lies between.
func span[N int | float64](of string, least, most *N) []string {
	var words string
	switch {
	case least != nil && most != nil:
		words = fmt.Sprintf("%v to %v", *least, *most)
	case least != nil:
		words = fmt.Sprintf("at least %v", *least)
	case most != nil:
		words = fmt.Sprintf("at most %v", *most)
	default:
		return nil
	}
	return []string{strings.TrimSpace(words + " " + of)}
}

// values lists JSON values as code.
func values(all []any) string {
	var texts []string
	for _, v := range all {
		b, err := json.Marshal(v)
		if err != nil {
			continue // it came from JSON
		}
		texts = append(texts, "`"+strings.Trim(string(b), `"`)+"`")
	}
	return strings.Join(texts, ", ")
}
