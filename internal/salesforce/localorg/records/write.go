package records

import (
	"fmt"
	"maps"
	"sort"
	"strings"

	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/sfid"
)

// Create makes a record of JSON values and returns its id.
func (s *Store) Create(a Actor, o *schema.Object, in map[string]any) (string, *Error) {
	if o.NoCreate && a.Integration {
		return "", &Error{Code: CodeInvalidType, Message: "entity type " + o.Name + " does not support create"}
	}
	if err := s.mayWrite(a, o); err != nil {
		return "", err
	}
	values, err := s.accept(a, o, in, true)
	if err != nil {
		return "", err
	}
	for _, f := range o.Fields {
		if _, given := values[f.Name]; given {
			continue
		}
		if def := f.DefaultValue(); def != nil {
			values[f.Name] = normalDefault(def)
		}
	}
	if _, ok := o.Field("OwnerId"); ok && values["OwnerId"] == nil {
		values["OwnerId"] = a.UserID
	}
	if err := requireAll(o, values); err != nil {
		return "", err
	}
	if err := s.beforeCreate(o, values); err != nil {
		return "", err
	}
	if err := s.checkUnique(o, "", values); err != nil {
		return "", err
	}
	if s.guard != nil {
		if err := s.guard(OpCreate, o.Name, idsIn(values)); err != nil {
			return "", err
		}
	}
	return s.insert(a, o, values), nil
}

// insert stores checked values with the audit fields and the object's side effects.
func (s *Store) insert(a Actor, o *schema.Object, values map[string]any) string {
	id := s.NewID(o)
	if o.SharedPrefix {
		if owner, ok := s.schema.OfID(id); ok {
			id = s.NewID(owner)
		}
	}
	now := s.Now()
	stamp(o, values, "CreatedDate", now)
	stamp(o, values, "CreatedById", a.UserID)
	stamp(o, values, "LastModifiedDate", now)
	stamp(o, values, "LastModifiedById", a.UserID)
	stamp(o, values, "SystemModstamp", now)
	drop(values)
	s.put(a, o, id, &Record{ID: id, Object: o, Values: values})
	s.afterCreate(a, o, id)
	return id
}

// Update writes the JSON values that are given and leaves the others alone.
func (s *Store) Update(a Actor, o *schema.Object, id string, in map[string]any) *Error {
	if o.NoUpdate && a.Integration {
		return &Error{Code: CodeInvalidType, Message: "entity type " + o.Name + " does not support update"}
	}
	rec, err := s.existing(o, id)
	if err != nil {
		return err
	}
	if err := s.mayWrite(a, o); err != nil {
		return err
	}
	values, err := s.accept(a, o, in, false)
	if err != nil {
		return err
	}
	next := rec.clone()
	maps.Copy(next.Values, values)
	if err := requireAll(o, next.Values); err != nil {
		return err
	}
	if err := s.beforeUpdate(o, values, next.Values); err != nil {
		return err
	}
	if err := s.checkUnique(o, rec.ID, values); err != nil {
		return err
	}
	if s.guard != nil {
		if err := s.guard(OpUpdate, o.Name, rec.ID); err != nil {
			return err
		}
	}
	now := s.Now()
	stamp(o, next.Values, "LastModifiedDate", now)
	stamp(o, next.Values, "LastModifiedById", a.UserID)
	stamp(o, next.Values, "SystemModstamp", now)
	drop(next.Values)
	s.put(a, o, rec.ID, next)
	s.afterUpdate(a, o, next)
	return nil
}

// Delete takes a record away, together with the children that hang on it. It stays
// findable as a deleted one.
func (s *Store) Delete(a Actor, o *schema.Object, id string) *Error {
	if o.NoDelete && a.Integration {
		return &Error{Code: CodeInvalidType, Message: "entity type " + o.Name + " does not support delete"}
	}
	rec, err := s.existing(o, id)
	if err != nil {
		return err
	}
	if err := s.mayWrite(a, o); err != nil {
		return err
	}
	if s.guard != nil {
		if err := s.guard(OpDelete, o.Name, rec.ID); err != nil {
			return err
		}
	}
	s.remove(a, o, rec)
	return nil
}

func (s *Store) remove(a Actor, o *schema.Object, rec *Record) {
	next := rec.clone()
	next.Deleted = true
	now := s.Now()
	stamp(o, next.Values, "LastModifiedDate", now)
	stamp(o, next.Values, "SystemModstamp", now)
	s.put(a, o, rec.ID, next)
	for _, child := range s.schema.Children(o) {
		s.orphan(a, child, rec.ID)
	}
	s.afterDelete(a, o, rec)
}

// orphan deletes or empties the children of a deleted record.
func (s *Store) orphan(a Actor, child schema.Child, parent string) {
	o, ok := s.schema.Object(child.Object)
	if !ok {
		return
	}
	f, ok := o.Field(child.Field)
	if !ok {
		return
	}
	for _, rec := range s.table(o).find(f, parent) {
		if child.Cascade {
			s.remove(a, o, rec)
			continue
		}
		next := rec.clone()
		delete(next.Values, f.Name)
		s.put(a, o, rec.ID, next)
	}
}

// existing finds a live record to write to.
func (s *Store) existing(o *schema.Object, id string) (*Record, *Error) {
	if err := s.CheckID(o, id); err != nil {
		return nil, err
	}
	rec, ok := s.Get(o, id)
	if !ok {
		return nil, &Error{Code: CodeInvalidCrossRef, Message: "invalid cross reference id", Fields: []string{}, Status: 404}
	}
	if rec.Deleted {
		return nil, errDeleted(404)
	}
	return rec, nil
}

// CheckID tells whether a text can be the id of a record of an object.
func (s *Store) CheckID(o *schema.Object, id string) *Error {
	long, err := sfid.Parse(id)
	if err != nil || long[:3] != o.KeyPrefix {
		return &Error{Code: CodeMalformedID, Message: fmt.Sprintf("%s ID: id value of incorrect type: %s", o.Label, id), Fields: []string{"Id"}}
	}
	return nil
}

// Upsert updates the record that has a value in an external-id field, or creates
// one. An error with Several set says which records the value fits.
func (s *Store) Upsert(a Actor, o *schema.Object, f *schema.Field, value any, in map[string]any, updateOnly bool) (id string, created bool, err *Error) {
	if o.NoUpsert {
		return "", false, &Error{Code: CodeInvalidType, Message: "entity type " + o.Name + " does not support upsert"}
	}
	key, err := s.convert(f, value)
	if err != nil {
		return "", false, err
	}
	if key == nil {
		return "", false, &Error{Code: CodeMissingArgument, Message: f.Name + " not specified", Fields: []string{}}
	}
	found := s.table(o).find(f, key)
	switch {
	case len(found) > 1:
		ids := make([]string, len(found))
		for i, rec := range found {
			ids[i] = rec.ID
		}
		sort.Strings(ids)
		return "", false, &Error{Code: "DUPLICATE_EXTERNAL_ID", Message: "Multiple records match the external id field value", Fields: []string{f.Name}, Status: 300, Several: ids}
	case len(found) == 1:
		return found[0].ID, false, s.Update(a, o, found[0].ID, in)
	case updateOnly:
		return "", false, &Error{Code: CodeNotFound, Message: "The requested resource does not exist"}
	}
	in = maps.Clone(in)
	if in == nil {
		in = map[string]any{}
	}
	in[f.Name] = value
	id, err = s.Create(a, o, in)
	return id, true, err
}

func stamp(o *schema.Object, values map[string]any, field string, v any) {
	if _, ok := o.Field(field); ok {
		values[field] = v
	}
}

// drop takes cleared fields out, so that a missing key is the only form of null.
func drop(values map[string]any) {
	maps.DeleteFunc(values, func(_ string, v any) bool { return v == nil })
}

// idsIn lists the ids a new record refers to, so that a fault for a record also
// meets what is created for it.
func idsIn(values map[string]any) string {
	var ids []string
	for _, name := range []string{"LinkedEntityId", "ParentId", "ContentDocumentId"} {
		if id, ok := values[name].(string); ok {
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, " ")
}

func normalDefault(v any) any {
	if n, ok := v.(int); ok {
		return float64(n)
	}
	return v
}
