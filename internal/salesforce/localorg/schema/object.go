package schema

import (
	"fmt"
	"strings"
)

// Object is one sObject type. The JSON form is the definition file's.
type Object struct {
	Name        string `json:"name"`
	Label       string `json:"label,omitempty"`
	LabelPlural string `json:"labelPlural,omitempty"`
	// KeyPrefix is the first three characters of its ids; a custom object that
	// leaves it out gets the next free one.
	KeyPrefix string `json:"keyPrefix,omitempty"`
	// SharedPrefix says that another object owns the prefix (ContentNote's ids are
	// those of its ContentDocument).
	SharedPrefix bool `json:"sharedPrefix,omitempty"`
	// The refusals: what an integration can't do with the object.
	NoCreate bool `json:"noCreate,omitempty"`
	NoUpdate bool `json:"noUpdate,omitempty"`
	NoDelete bool `json:"noDelete,omitempty"`
	NoUpsert bool `json:"noUpsert,omitempty"`
	// FilterBy names the id fields of which a query must filter at least one.
	FilterBy []string `json:"filterBy,omitempty"`
	// NoOwner leaves OwnerId out; NoSystem all of the audit fields.
	NoOwner  bool     `json:"noOwner,omitempty"`
	NoSystem bool     `json:"noSystem,omitempty"`
	Fields   []*Field `json:"fields"`

	byName         map[string]*Field
	byRelationship map[string]*Field
}

// Custom tells whether an admin made the object.
func (o *Object) Custom() bool { return strings.HasSuffix(o.Name, "__c") }

// Field finds a field by its API name, in any case.
func (o *Object) Field(name string) (*Field, bool) {
	if f, ok := o.byName[name]; ok {
		return f, true
	}
	f, ok := o.byName[strings.ToLower(name)]
	return f, ok
}

// Relationship finds the reference field behind a relationship name such as
// ContentDocument or Parent__r.
func (o *Object) Relationship(name string) (*Field, bool) {
	f, ok := o.byRelationship[strings.ToLower(name)]
	return f, ok
}

// NameField is the field a record is known by, such as Name or Title.
func (o *Object) NameField() (*Field, bool) {
	for _, f := range o.Fields {
		if f.NameField {
			return f, true
		}
	}
	return nil, false
}

// complete fills in what a definition may leave out.
func (o *Object) complete() error {
	if len(o.KeyPrefix) != 3 {
		return fmt.Errorf("%w: %s: key prefix %q has not 3 characters", ErrDefinition, o.Name, o.KeyPrefix)
	}
	if o.Label == "" {
		o.Label = labelOf(o.Name)
	}
	if o.LabelPlural == "" {
		o.LabelPlural = o.Label + "s"
	}
	own := o.Fields
	o.Fields, o.byName, o.byRelationship = nil, map[string]*Field{}, map[string]*Field{}
	for _, f := range append(o.leading(), own...) {
		if err := o.addField(f); err != nil {
			return err
		}
	}
	for _, f := range o.trailing() {
		if _, ok := o.Field(f.Name); ok {
			continue
		}
		if err := o.addField(f); err != nil {
			return err
		}
	}
	return nil
}

func (o *Object) addField(def *Field) error {
	f := *def
	if err := f.complete(o.Name); err != nil {
		return err
	}
	if _, dup := o.Field(f.Name); dup {
		return fmt.Errorf("%w: %s has two fields %s", ErrDefinition, o.Name, f.Name)
	}
	o.Fields = append(o.Fields, &f)
	o.byName[strings.ToLower(f.Name)] = &f
	o.byName[f.Name] = &f
	if f.RelationshipName != "" {
		o.byRelationship[strings.ToLower(f.RelationshipName)] = &f
	}
	return nil
}

func (o *Object) leading() []*Field {
	fields := []*Field{{Name: "Id", Label: labelOf(o.Name) + " ID", Type: TypeID, ReadOnly: true, Required: true}}
	if o.NoSystem {
		return fields
	}
	return append(fields, &Field{Name: "IsDeleted", Label: "Deleted", Type: TypeBoolean, ReadOnly: true, Default: false})
}

func (o *Object) trailing() []*Field {
	if o.NoSystem {
		return nil
	}
	var fields []*Field
	if !o.NoOwner {
		fields = append(fields, &Field{Name: "OwnerId", Label: "Owner ID", Type: TypeReference, ReferenceTo: []string{"User"}})
	}
	return append(fields,
		&Field{Name: "CreatedDate", Label: "Created Date", Type: TypeDateTime, ReadOnly: true},
		&Field{Name: "CreatedById", Label: "Created By ID", Type: TypeReference, ReferenceTo: []string{"User"}, ReadOnly: true},
		&Field{Name: "LastModifiedDate", Label: "Last Modified Date", Type: TypeDateTime, ReadOnly: true},
		&Field{Name: "LastModifiedById", Label: "Last Modified By ID", Type: TypeReference, ReferenceTo: []string{"User"}, ReadOnly: true},
		&Field{Name: "SystemModstamp", Label: "System Modstamp", Type: TypeDateTime, ReadOnly: true},
	)
}

// labelOf makes a label of an API name: 'Flag_Key__c' reads 'Flag Key', 'ParentId'
// 'Parent ID'.
func labelOf(name string) string {
	name = strings.TrimSuffix(name, "__c")
	if _, rest, ok := strings.Cut(name, "__"); ok {
		name = rest
	}
	var b strings.Builder
	for i, r := range name {
		if r == '_' {
			b.WriteByte(' ')
			continue
		}
		if i > 0 && r >= 'A' && r <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	label := b.String()
	if base, ok := strings.CutSuffix(label, " Id"); ok {
		return base + " ID"
	}
	return label
}
