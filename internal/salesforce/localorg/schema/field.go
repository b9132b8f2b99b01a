package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Field types, as a describe names them.
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
const (
	TypeID            = "id"
	TypeString        = "string"
	TypeTextArea      = "textarea"
	TypePicklist      = "picklist"
	TypeMultiPicklist = "multipicklist"
	TypeBoolean       = "boolean"
	TypeInt           = "int"
	TypeDouble        = "double"
	TypeCurrency      = "currency"
	TypePercent       = "percent"
	TypeDate          = "date"
	TypeDateTime      = "datetime"
	TypeReference     = "reference"
	TypeEmail         = "email"
	TypePhone         = "phone"
	TypeURL           = "url"
	TypeBase64        = "base64"
)

// Field is one field of an object. The JSON form is the definition file's.
type Field struct {
	Name  string `json:"name"`
	Label string `json:"label,omitempty"`
	Type  string `json:"type,omitempty"`
	// Length is in characters, for texts.
	Length int `json:"length,omitempty"`
	// Precision and Scale are all digits and those behind the point, for numbers.
	Precision int `json:"precision,omitempty"`
	Scale     int `json:"scale,omitempty"`
	// Required fields must be given on create and can't be cleared.
	Required bool `json:"required,omitempty"`
	// ReadOnly fields are set by the org; CreateOnly ones can't be changed later.
	ReadOnly   bool `json:"readOnly,omitempty"`
	CreateOnly bool `json:"createOnly,omitempty"`
	// Default is the value of a new record: a string, a number or a boolean.
	Default any `json:"default,omitempty"`
	// ReferenceTo names the objects that a reference may point at.
	ReferenceTo      []string `json:"referenceTo,omitempty"`
	RelationshipName string   `json:"relationshipName,omitempty"`
	// ChildRelationshipName is what the parents call it; Cascade deletes the
	// record together with its parent.
	ChildRelationshipName string     `json:"childRelationshipName,omitempty"`
	Cascade               bool       `json:"cascade,omitempty"`
	Picklist              []Picklist `json:"picklist,omitempty"`
	// Restricted picklists refuse values that are not in the list.
	Restricted bool `json:"restricted,omitempty"`
	ExternalID bool `json:"externalId,omitempty"`
	Unique     bool `json:"unique,omitempty"`
	// CaseSensitive makes 'a' and 'A' two values of a unique field.
	CaseSensitive bool `json:"caseSensitive,omitempty"`
	NameField     bool `json:"nameField,omitempty"`
	NoFilter      bool `json:"noFilter,omitempty"`
}

// Picklist is one value of a picklist.
type Picklist struct {
	Value string `json:"value"`
	// Label is what people see; the value if empty.
	Label string `json:"label,omitempty"`
	// Inactive values are described but not offered.
	Inactive bool `json:"inactive,omitempty"`
	Default  bool `json:"default,omitempty"`
}

// UnmarshalJSON accepts a bare string for a plain value.
func (p *Picklist) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &p.Value)
	}
	type plain Picklist
	return json.Unmarshal(b, (*plain)(p))
}

// Custom tells whether an admin made the field.
func (f *Field) Custom() bool { return strings.HasSuffix(f.Name, "__c") }

// IsNumber tells whether values are float64.
func (f *Field) IsNumber() bool {
	switch f.Type {
	case TypeInt, TypeDouble, TypeCurrency, TypePercent:
		return true
	}
	return false
}

// IsID tells whether values are record ids.
func (f *Field) IsID() bool { return f.Type == TypeID || f.Type == TypeReference }

// PointsAt tells whether a reference may hold ids of an object.
func (f *Field) PointsAt(object string) bool {
	return slices.ContainsFunc(f.ReferenceTo, func(n string) bool { return strings.EqualFold(n, object) })
}

// Indexed tells whether the store can find records by this field's value.
func (f *Field) Indexed() bool { return f.Type == TypeReference || f.ExternalID || f.Unique }

// Allows tells whether a restricted picklist has the value.
func (f *Field) Allows(value string) bool {
	return slices.ContainsFunc(f.Picklist, func(p Picklist) bool { return !p.Inactive && p.Value == value })
}

// DefaultValue is the value of a new record, or nil.
func (f *Field) DefaultValue() any {
	for _, p := range f.Picklist {
		if p.Default {
			return p.Value
		}
	}
	return f.Default
}

func (f *Field) complete(object string) error {
	if f.Name == "" {
		return fmt.Errorf("%w: %s has a field without a name", ErrDefinition, object)
	}
	if f.Type == "" {
		f.Type = TypeString
	}
	if f.Label == "" {
		f.Label = labelOf(f.Name)
	}
	switch f.Type {
	case TypeString, TypePicklist, TypeURL:
		f.Length = orElse(f.Length, 255)
	case TypeTextArea:
		f.Length = orElse(f.Length, 32000)
	case TypeMultiPicklist:
		f.Length = orElse(f.Length, 4099)
	case TypeEmail:
		f.Length = orElse(f.Length, 80)
	case TypePhone:
		f.Length = orElse(f.Length, 40)
	case TypeCurrency, TypeDouble, TypePercent:
		f.Precision = orElse(f.Precision, 18)
	case TypeReference:
		if f.RelationshipName == "" {
			f.RelationshipName = relationshipOf(f.Name)
		}
	case TypeBoolean:
		if f.Default == nil {
			f.Default = false
		}
	case TypeID, TypeInt, TypeDate, TypeDateTime, TypeBase64:
	default:
		return fmt.Errorf("%w: %s.%s has the unknown type %q", ErrDefinition, object, f.Name, f.Type)
	}
	if f.Type == TypeID || f.Type == TypeReference {
		f.Length = 18
	}
	return nil
}

func (f *Field) childRelationship() string {
	if f.ChildRelationshipName != "" {
		return f.ChildRelationshipName
	}
	if f.Custom() {
		return strings.TrimSuffix(f.Name, "__c") + "s__r"
	}
	return ""
}

func relationshipOf(field string) string {
	if base, ok := strings.CutSuffix(field, "__c"); ok {
		return base + "__r"
	}
	return strings.TrimSuffix(field, "Id")
}

func orElse(n, fallback int) int {
	if n == 0 {
		return fallback
	}
	return n
}
