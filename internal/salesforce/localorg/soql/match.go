package soql

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"salesforce-integration/internal/salesforce/localorg/records"
)

func (p comparePred) match(e *env, rec *records.Record) bool {
	got := p.path.value(e.store, rec)
	switch p.op {
	case "IN", "NOT IN":
		return p.among(e, got) == (p.op == "IN")
	case "INCLUDES", "EXCLUDES":
		return includes(got, p.values) == (p.op == "INCLUDES")
	case "LIKE":
		text, ok := got.(string)
		pattern, _ := p.values[0].value.(string)
		return ok && like(strings.ToLower(text), strings.ToLower(pattern))
	}
	want := p.values[0]
	if want.span != nil {
		return matchSpan(got, p.op, *want.span)
	}
	if got == nil || want.value == nil {
		switch p.op {
		case "=":
			return got == nil && want.value == nil
		case "!=":
			return got != nil || want.value != nil
		}
		return false
	}
	c, ok := compare(got, want.value)
	if !ok {
		return false
	}
	switch p.op {
	case "=":
		return c == 0
	case "!=":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

func (p comparePred) among(e *env, got any) bool {
	if p.semi != nil {
		return got != nil && e.semi(p.semi)[got]
	}
	for _, want := range p.values {
		switch {
		case want.span != nil:
			if matchSpan(got, "=", *want.span) {
				return true
			}
		case got == nil || want.value == nil:
			if got == nil && want.value == nil {
				return true
			}
		default:
			if c, ok := compare(got, want.value); ok && c == 0 {
				return true
			}
		}
	}
	return false
}

// compare orders two values of one type; texts without regard to case, but ids,
// which are told by nothing but case, exactly.
func compare(a, b any) (int, bool) {
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		if looksLikeID(a) && looksLikeID(b) {
			return strings.Compare(a, b), ok
		}
		return strings.Compare(strings.ToLower(a), strings.ToLower(b)), ok
	case float64:
		b, ok := b.(float64)
		return cmp.Compare(a, b), ok
	case time.Time:
		b, ok := b.(time.Time)
		return a.Compare(b), ok
	case bool:
		b, ok := b.(bool)
		switch {
		case a == b:
			return 0, ok
		case b:
			return -1, ok
		}
		return 1, ok
	}
	return 0, false
}

// looksLikeID is a cheap test: the store only holds ids with 18 characters that
// start with a key prefix and the pod's letters.
func looksLikeID(s string) bool { return len(s) == 18 && s[3:5] == "xx" }

func matchSpan(got any, op string, sp span) bool {
	var t time.Time
	switch v := got.(type) {
	case time.Time:
		t = v
	case string:
		parsed, err := time.Parse(records.DateLayout, v)
		if err != nil {
			return false
		}
		t = parsed
	default:
		return op == "!="
	}
	inside := !t.Before(sp.from) && t.Before(sp.to)
	switch op {
	case "=":
		return inside
	case "!=":
		return !inside
	case "<":
		return t.Before(sp.from)
	case "<=":
		return t.Before(sp.to)
	case ">":
		return !t.Before(sp.to)
	}
	return !t.Before(sp.from)
}

// includes tells whether a multi-select value has all parts of one of the operands.
func includes(got any, wants []operand) bool {
	text, _ := got.(string)
	have := strings.Split(text, ";")
	for _, want := range wants {
		w, _ := want.value.(string)
		all := w != ""
		for _, part := range strings.Split(w, ";") {
			all = all && slices.Contains(have, part)
		}
		if all {
			return true
		}
	}
	return false
}

// like matches a pattern with % and _ ; a backslash makes the next one plain.
func like(text, pattern string) bool {
	t, p := []rune(text), []rune(pattern)
	star, mark := -1, 0
	i, j := 0, 0
	for i < len(t) {
		switch {
		case j < len(p) && p[j] == '%':
			star, mark = j, i
			j++
		case j < len(p) && p[j] == '\\' && j+1 < len(p) && p[j+1] == t[i]:
			i, j = i+1, j+2
		case j < len(p) && p[j] != '\\' && (p[j] == '_' || p[j] == t[i]):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(p) && p[j] == '%' {
		j++
	}
	return j == len(p)
}
