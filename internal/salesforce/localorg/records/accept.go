package records

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/localorg/settings"
	"salesforce-integration/internal/salesforce/sfid"
)

// mayWrite checks the rights that hang on an object.
func (s *Store) mayWrite(a Actor, o *schema.Object) *Error {
	if a.Integration && o.Name == "Campaign" && !s.settings().MarketingUser {
		return &Error{Code: CodeAccess, Message: "insufficient access rights on object id", Fields: []string{}, Status: s.settings().Disputed.AccessStatus}
	}
	return nil
}

// accept checks the names and values of JSON input and converts them.
func (s *Store) accept(a Actor, o *schema.Object, in map[string]any, create bool) (map[string]any, *Error) {
	values := make(map[string]any, len(in)+8)
	var locked []string
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if strings.EqualFold(name, "attributes") {
			continue
		}
		f, ok := o.Field(name)
		if !ok {
			done, err := s.acceptParent(o, name, in[name], values)
			if err != nil {
				return nil, err
			}
			if done {
				continue
			}
			return nil, errNoColumn(name, o.Name)
		}
		level := ""
		if a.Integration {
			level = s.settings().FieldLevel(o.Name, f.Name)
		}
		switch {
		case level == settings.FieldHidden:
			return nil, errNoColumn(name, o.Name)
		case f.Type == schema.TypeID:
			return nil, &Error{Code: CodeInvalidField, Message: "The Id field should not be specified in the sobject data."}
		case f.ReadOnly, !create && f.CreateOnly, level == settings.FieldRead:
			locked = append(locked, f.Name)
			continue
		}
		v, err := s.convert(f, in[name])
		if err != nil {
			return nil, err
		}
		if v == nil && f.Type == schema.TypeBoolean {
			v = false
		}
		values[f.Name] = v
	}
	if len(locked) > 0 {
		return nil, &Error{Code: CodeNotWriteable, Fields: locked, Message: "Unable to create/update fields: " + strings.Join(locked, ", ") +
			". Please check the security settings of this field and verify that it is read/write for your profile or permission set."}
	}
	return values, nil
}

// acceptParent resolves "Parent__r": {"Key__c": "x"} to the parent's id.
func (s *Store) acceptParent(o *schema.Object, name string, in any, values map[string]any) (bool, *Error) {
	f, ok := o.Relationship(name)
	if !ok || f.ReadOnly {
		return false, nil
	}
	by, ok := in.(map[string]any)
	if !ok {
		if in == nil {
			values[f.Name] = nil
			return true, nil
		}
		return false, errDeserialize("reference", in)
	}
	parent, ok := s.schema.Object(f.ReferenceTo[0])
	if !ok {
		return false, nil
	}
	for key, want := range by {
		if strings.EqualFold(key, "attributes") {
			continue
		}
		ext, ok := parent.Field(key)
		if !ok || !ext.ExternalID {
			return false, errNoColumn(key, parent.Name)
		}
		v, err := s.convert(ext, want)
		if err != nil {
			return false, err
		}
		found := s.table(parent).find(ext, v)
		if len(found) == 0 {
			return false, &Error{Code: CodeInvalidField, Message: fmt.Sprintf("Foreign key external ID: %v not found for field %s in entity %s", want, ext.Name, parent.Name)}
		}
		values[f.Name] = found[0].ID
	}
	return true, nil
}

func (s *Store) checkUnique(o *schema.Object, self string, values map[string]any) *Error {
	for _, f := range o.Fields {
		if !f.Unique || values[f.Name] == nil {
			continue
		}
		for _, other := range s.table(o).find(f, values[f.Name]) {
			if other.ID != self {
				return &Error{Code: CodeDuplicateValue, Fields: []string{f.Name},
					Message: fmt.Sprintf("duplicate value found: %s duplicates value on record with id: %s", f.Name, sfid.Short(other.ID))}
			}
		}
	}
	return nil
}

func requireAll(o *schema.Object, values map[string]any) *Error {
	var missing []string
	for _, f := range o.Fields {
		if f.Required && !f.ReadOnly && values[f.Name] == nil {
			missing = append(missing, f.Name)
		}
	}
	if missing == nil {
		return nil
	}
	return &Error{Code: CodeRequired, Message: "Required fields are missing: [" + strings.Join(missing, ", ") + "]", Fields: missing}
}
