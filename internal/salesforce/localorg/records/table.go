package records

import (
	"strings"

	"salesforce-integration/internal/salesforce/localorg/schema"
)

// table is the rows of one object, in the order in which they came, with an index
// for each field that the org looks records up by.
type table struct {
	object *schema.Object
	rows   map[string]*Record
	order  []string
	index  map[string]map[string]map[string]struct{} // field, key, ids
	next   uint64
}

// firstSerial leaves room below for seeded ids that people can remember.
const firstSerial = 100

func newTable(o *schema.Object) *table {
	return &table{object: o, rows: map[string]*Record{}, index: map[string]map[string]map[string]struct{}{}, next: firstSerial}
}

// put stores a row, or takes it away when rec is nil, and returns what was there.
func (t *table) put(id string, rec *Record) *Record {
	old := t.rows[id]
	if old != nil {
		t.unindex(old)
	}
	if rec == nil {
		delete(t.rows, id)
		return old
	}
	if old == nil {
		t.order = append(t.order, id)
	}
	t.rows[id] = rec
	for _, f := range t.object.Fields {
		if !f.Indexed() {
			continue
		}
		key, ok := indexKey(f, rec.Values[f.Name])
		if !ok {
			continue
		}
		byKey := t.index[f.Name]
		if byKey == nil {
			byKey = map[string]map[string]struct{}{}
			t.index[f.Name] = byKey
		}
		if byKey[key] == nil {
			byKey[key] = map[string]struct{}{}
		}
		byKey[key][id] = struct{}{}
	}
	return old
}

func (t *table) unindex(rec *Record) {
	for _, f := range t.object.Fields {
		if !f.Indexed() {
			continue
		}
		if key, ok := indexKey(f, rec.Values[f.Name]); ok {
			delete(t.index[f.Name][key], rec.ID)
			if len(t.index[f.Name][key]) == 0 {
				delete(t.index[f.Name], key)
			}
		}
	}
}

// find returns the live rows that have a value in an indexed field.
func (t *table) find(f *schema.Field, value any) []*Record {
	key, ok := indexKey(f, value)
	if !ok {
		return nil
	}
	var out []*Record
	for id := range t.index[f.Name][key] {
		if rec := t.rows[id]; rec != nil && !rec.Deleted {
			out = append(out, rec)
		}
	}
	return out
}

// all returns the rows in the order in which they came.
func (t *table) all() []*Record {
	out := make([]*Record, 0, len(t.rows))
	for _, id := range t.order {
		if rec, ok := t.rows[id]; ok {
			out = append(out, rec)
		}
	}
	return out
}

func indexKey(f *schema.Field, value any) (string, bool) {
	switch v := value.(type) {
	case string:
		if f.CaseSensitive || f.IsID() {
			return v, true
		}
		return strings.ToLower(v), true
	case float64:
		return formatNumber(v), true
	}
	return "", false
}
