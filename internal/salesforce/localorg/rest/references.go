package rest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// reference is "@{ref.path}" in a subrequest's URL or body.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/using_composite_resources.htm
var reference = regexp.MustCompile(`@\{([^{}]*)\}`)

// goodReferenceID is what a referenceId may look like.
var goodReferenceID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_]*$`)

// answers holds the bodies of the subrequests done so far, as plain JSON values.
type answers struct {
	bodies map[string]any
	arrays bool // '[0]' right after the reference id is understood
}

func newAnswers(arrays bool) *answers { return &answers{bodies: map[string]any{}, arrays: arrays} }

func (s *answers) put(id string, body any) {
	raw, err := marshal(body)
	if err != nil {
		return
	}
	var plain any
	if decode(raw, &plain) == nil {
		s.bodies[id] = plain
	}
}

// badReference is a reference that leads nowhere.
type badReference struct{ path, id string }

func (e *badReference) Error() string {
	return fmt.Sprintf("Invalid reference specified. No value for %s found in %s. Provided referenceId ('%s') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_').", e.path, e.id, e.id)
}

// fillText replaces the references in a URL.
func (s *answers) fillText(text string) (string, error) {
	var bad error
	out := reference.ReplaceAllStringFunc(text, func(m string) string {
		v, err := s.find(m[2 : len(m)-1])
		if err != nil {
			bad = err
			return m
		}
		return fmt.Sprint(v)
	})
	return out, bad
}

// fillBody replaces the references in the strings of a JSON body.
func (s *answers) fillBody(body json.RawMessage) ([]byte, error) {
	if !reference.Match(body) {
		return body, nil
	}
	var v any
	if err := decode(body, &v); err != nil {
		return body, nil //nolint:nilerr // the route will say what is wrong with the JSON
	}
	v, err := s.fillValue(v)
	if err != nil {
		return nil, err
	}
	return marshal(v)
}

func (s *answers) fillValue(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case string:
		if m := reference.FindString(v); m != "" && m == v {
			return s.find(m[2 : len(m)-1])
		}
		return s.fillText(v)
	case []any:
		for i := range v {
			if v[i], err = s.fillValue(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range v {
			if v[k], err = s.fillValue(v[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// find follows "ref.records[0].Id".
func (s *answers) find(path string) (any, error) {
	id := referenceOf(path)
	bad := &badReference{path: path, id: id}
	v, ok := s.bodies[id]
	rest := path[len(id):]
	if !ok || rest == "" || strings.HasPrefix(rest, "[") && !s.arrays {
		return nil, bad
	}
	for rest != "" {
		switch rest[0] {
		case '.':
			end := 1 + strings.IndexAny(rest[1:]+".", ".[")
			object, isObject := v.(map[string]any)
			if !isObject {
				return nil, bad
			}
			if v, ok = object[rest[1:end]]; !ok {
				return nil, bad
			}
			rest = rest[end:]
		case '[':
			index, after, closed := strings.Cut(rest[1:], "]")
			n, err := strconv.Atoi(index)
			list, isList := v.([]any)
			if !closed || err != nil || !isList || n < 0 || n >= len(list) {
				return nil, bad
			}
			v, rest = list[n], after
		default:
			return nil, bad
		}
	}
	if v == nil {
		return nil, bad
	}
	return v, nil
}

// referenceOf is the "ref" of "ref.records[0].Id".
func referenceOf(path string) string {
	if i := strings.IndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return path
}

// referencesIn lists the referenceIds that a subrequest needs.
func referencesIn(sub Subrequest) []string {
	var out []string
	for _, text := range []string{sub.URL, string(sub.Body)} {
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			out = append(out, referenceOf(m[1]))
		}
	}
	return out
}
