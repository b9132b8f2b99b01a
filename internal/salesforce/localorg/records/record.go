// Package records keeps an org's rows and the rules that Salesforce checks when one
// is written: types, lengths, picklists, references, rights. Writes happen inside a
// transaction with savepoints, which is what all-or-none calls need.
//
// A Store has no lock of its own: the org serialises the calls.
package records

import (
	"maps"
	"time"

	"salesforce-integration/internal/salesforce/localorg/schema"
)

// Record is one row. Values are keyed by the field's API name: string, float64,
// bool, time.Time for a datetime; a field without a value has no key. A Record is
// never changed once it is in the store: an update puts a new one in its place, so
// whoever holds one may read it without a lock.
type Record struct {
	ID      string
	Object  *schema.Object
	Values  map[string]any
	Deleted bool
}

// Get returns the value of a field, nil if it has none.
func (r *Record) Get(field string) any {
	if field == "Id" {
		return r.ID
	}
	if field == "IsDeleted" {
		return r.Deleted
	}
	return r.Values[field]
}

// Text returns a text value, "" if there is none.
func (r *Record) Text(field string) string {
	s, _ := r.Get(field).(string)
	return s
}

// Modified is when the row last changed.
func (r *Record) Modified() time.Time {
	if t, ok := r.Values["LastModifiedDate"].(time.Time); ok {
		return t
	}
	t, _ := r.Values["SystemModstamp"].(time.Time)
	return t
}

func (r *Record) clone() *Record {
	return &Record{ID: r.ID, Object: r.Object, Values: maps.Clone(r.Values), Deleted: r.Deleted}
}

// Change is what one committed transaction did to one record: Before is nil for a
// new one, After.Deleted is set for one that is gone.
type Change struct {
	Before, After *Record
	By            Actor
}

// Actor is who writes. The integration is bound by the switches on rights, a person
// who works in Salesforce is not.
type Actor struct {
	UserID      string
	Integration bool
}
