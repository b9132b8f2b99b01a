// Package schema holds the objects of an org: their fields, what may be done with
// them, and how Salesforce describes them. The built-in objects are definition
// files too (the objects folder), so a file of your own can say whatever they say.
package schema

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"
)

// ErrDefinition is wrapped by every error about a definition file.
var ErrDefinition = errors.New("object definition")

//go:embed objects/*.json
var builtin embed.FS

// Schema is the set of objects of one org. It has no lock of its own: the org's
// does that.
type Schema struct {
	byName   map[string]*Object
	byPrefix map[string]*Object
	prefixes int
}

// Builtin returns a new Schema with the objects that come with every org.
func Builtin() (*Schema, error) {
	s := &Schema{byName: map[string]*Object{}, byPrefix: map[string]*Object{}}
	files, err := fs.Glob(builtin, "objects/*.json")
	if err != nil {
		return nil, fmt.Errorf("list built-in definitions: %w", err)
	}
	for _, name := range files {
		body, err := builtin.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if err := s.Load(body); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, nil
}

// Load adds what a definition file says: one object, or a list of them. An object
// that exists already gets the fields that are new to it and keeps the others, so
// a file can add a custom field to Campaign. Errors wrap [ErrDefinition].
func (s *Schema) Load(body []byte) error {
	var list []*Object
	if strings.HasPrefix(strings.TrimSpace(string(body)), "[") {
		if err := json.Unmarshal(body, &list); err != nil {
			return fmt.Errorf("%w: %w", ErrDefinition, err)
		}
	} else {
		var one Object
		if err := json.Unmarshal(body, &one); err != nil {
			return fmt.Errorf("%w: %w", ErrDefinition, err)
		}
		list = append(list, &one)
	}
	for _, o := range list {
		if err := s.Add(o); err != nil {
			return err
		}
	}
	return nil
}

// Add is [Schema.Load] for one object.
func (s *Schema) Add(def *Object) error {
	if def.Name == "" {
		return fmt.Errorf("%w: it has no name", ErrDefinition)
	}
	known, ok := s.byName[strings.ToLower(def.Name)]
	if !ok {
		return s.create(def)
	}
	for _, f := range def.Fields {
		if _, dup := known.Field(f.Name); dup {
			continue
		}
		if err := known.addField(f); err != nil {
			return err
		}
	}
	return nil
}

func (s *Schema) create(def *Object) error {
	o := *def
	if o.KeyPrefix == "" {
		// Custom objects get prefixes from a00 on, as in a real org.
		o.KeyPrefix = fmt.Sprintf("a%02d", s.prefixes)
		s.prefixes++
	}
	if err := o.complete(); err != nil {
		return err
	}
	if other, ok := s.byPrefix[o.KeyPrefix]; ok && !o.SharedPrefix && !other.SharedPrefix {
		return fmt.Errorf("%w: %s and %s have the same key prefix %s", ErrDefinition, o.Name, other.Name, o.KeyPrefix)
	}
	s.byName[strings.ToLower(o.Name)] = &o
	if !o.SharedPrefix {
		s.byPrefix[o.KeyPrefix] = &o
	}
	return nil
}

// Object finds an object by its API name, in any case.
func (s *Schema) Object(name string) (*Object, bool) {
	o, ok := s.byName[strings.ToLower(name)]
	return o, ok
}

// OfID finds the object whose key prefix an id has.
func (s *Schema) OfID(id string) (*Object, bool) {
	if len(id) < 3 {
		return nil, false
	}
	o, ok := s.byPrefix[id[:3]]
	return o, ok
}

// Objects lists all objects by name.
func (s *Schema) Objects() []*Object {
	out := make([]*Object, 0, len(s.byName))
	for _, o := range s.byName {
		out = append(out, o)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Children lists the relationships that point at an object, as its describe does.
func (s *Schema) Children(parent *Object) []Child {
	out := []Child{}
	for _, o := range s.Objects() {
		for _, f := range o.Fields {
			if f.Type != TypeReference || !f.PointsAt(parent.Name) {
				continue
			}
			out = append(out, Child{Object: o.Name, Field: f.Name, Relationship: f.childRelationship(), Cascade: f.Cascade})
		}
	}
	return out
}

// Child is one entry of childRelationships.
type Child struct {
	Object, Field, Relationship string
	Cascade                     bool
}
