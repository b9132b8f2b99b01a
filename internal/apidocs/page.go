package apidocs

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's style
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed style.css
var style string

// Page is a page and what a browser has to be told of it.
type Page struct {
	HTML []byte
	// Policy is the Content-Security-Policy: nothing but the page's own style.
	Policy string
}

// Render makes the page of an OpenAPI document in JSON. base is the address that
// the document's paths come after, for the commands to copy, for example
// https://api.example.com; it may be empty.
func Render(openAPI []byte, base string) (Page, error) {
	var d document
	if err := json.Unmarshal(openAPI, &d); err != nil {
		return Page{}, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	sum := sha256.Sum256([]byte(style))
	return Page{
		HTML: d.view(base).page(),
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}, nil
}

// view is what the page shows.
type view struct {
	Title, Version, Description, Base string
	Auth                              []string
	Groups                            []group
	Errors                            []answer
	Schemas                           []shape
}

type group struct {
	Name, Anchor, Description string
	Operations                []entry
}

type entry struct {
	ID, Method, Path, Summary, Description, Curl string
	Roles                                        []string // none: for anybody
	Parameters                                   []field
	Bodies                                       []content // one for each media type
	Answers                                      []answer
}

type field struct {
	Name, In, Type, Link, Description string
	Required                          bool
	Limits                            []string
}

type answer struct {
	Status, Name, Description string
	Shared                    bool // it is described once, under Errors
	Headers                   []field
	Contents                  []content
}

type content struct {
	MediaType, Type, Link, Example string
	Required                       bool
}

type shape struct {
	Name, Description string
	Fields            []field
}

func (d document) view(base string) view {
	v := view{Title: d.Info.Title, Version: d.Info.Version, Description: d.Info.Description, Base: base}
	for _, scheme := range slices.Sorted(maps.Keys(d.Components.SecuritySchemes)) {
		v.Auth = append(v.Auth, d.Components.SecuritySchemes[scheme].Description)
	}
	for _, tag := range d.Tags {
		v.Groups = append(v.Groups, group{Name: tag.Name, Anchor: anchor(tag.Name), Description: tag.Description, Operations: d.entries(tag.Name)})
	}
	for _, r := range slices.Sorted(maps.Keys(d.Components.Responses)) {
		v.Errors = append(v.Errors, answerOf("", d.Components.Responses[r], r))
	}
	for _, s := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		v.Schemas = append(v.Schemas, shape{Name: s, Description: d.Components.Schemas[s].Description, Fields: fields(d.Components.Schemas[s])})
	}
	return v
}

// methods is the order in which they are shown.
func methods() []string { return []string{"get", "post", "put", "patch", "delete"} }

func (d document) entries(tag string) []entry {
	var all []entry
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range methods() {
			op, ok := d.Paths[path][method]
			if !ok || !slices.Contains(op.Tags, tag) {
				continue
			}
			e := entry{ID: op.ID, Method: strings.ToUpper(method), Path: path, Summary: op.Summary, Description: op.Description, Roles: roles(op)}
			for _, p := range op.Parameters {
				e.Parameters = append(e.Parameters, fieldOf(p.Name, p.In, p.Required, p.Description, p.Schema))
			}
			if op.Body != nil {
				for _, c := range contents(op.Body.Content) {
					c.Required = op.Body.Required
					e.Bodies = append(e.Bodies, c)
				}
			}
			for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
				r := op.Responses[status]
				if r.Ref != "" {
					e.Answers = append(e.Answers, answer{Status: status, Name: name(r.Ref), Description: d.Components.Responses[name(r.Ref)].Description, Shared: true})
					continue
				}
				e.Answers = append(e.Answers, answerOf(status, r, ""))
			}
			e.Curl = curl(e, op)
			all = append(all, e)
		}
	}
	return all
}

// roles lists who may use an operation, each once.
func roles(op operation) []string {
	var all []string
	for _, way := range op.Security {
		for _, scheme := range way {
			all = append(all, scheme...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func answerOf(status string, r response, name string) answer {
	a := answer{Status: status, Name: name, Description: r.Description, Contents: contents(r.Content)}
	for _, header := range slices.Sorted(maps.Keys(r.Headers)) {
		h := r.Headers[header]
		doc := h.Description
		if doc == "" && h.Schema != nil {
			doc = h.Schema.Description
		}
		a.Headers = append(a.Headers, fieldOf(header, "header", false, doc, h.Schema))
	}
	return a
}

func contents(all map[string]media) []content {
	var l []content
	for _, mediaType := range slices.Sorted(maps.Keys(all)) {
		m := all[mediaType]
		c := content{MediaType: mediaType, Example: pretty(m.Example)}
		c.Type, c.Link = typeOf(m.Schema)
		l = append(l, c)
	}
	return l
}

func fields(s *schema) []field {
	var l []field
	for _, property := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[property]
		l = append(l, fieldOf(property, "", slices.Contains(s.Required, property), p.Description, p))
	}
	return l
}

func fieldOf(name, in string, required bool, description string, s *schema) field {
	f := field{Name: name, In: in, Required: required, Description: description, Limits: limitsOf(s)}
	f.Type, f.Link = typeOf(s)
	return f
}

// anchor makes an id of a name.
func anchor(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "-") }

// pretty indents JSON; what is a text is shown as it is.
func pretty(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var b bytes.Buffer
	if len(raw) == 0 || json.Indent(&b, raw, "", "  ") != nil {
		return ""
	}
	return b.String()
}
