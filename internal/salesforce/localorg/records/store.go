package records

import (
	"fmt"
	"sort"
	"time"

	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/localorg/settings"
	"salesforce-integration/internal/salesforce/sfid"
)

// Operation is what is done to a record; faults are matched by it.
type Operation string

// The operations.
const (
	OpCreate Operation = "create"
	OpUpdate Operation = "update"
	OpDelete Operation = "delete"
	OpRead   Operation = "read"
)

// Guard may refuse an operation before it happens, as a trigger or a validation
// rule would. The org hangs its faults there.
type Guard func(op Operation, object, id string) *Error

// Store is the rows of one org.
type Store struct {
	schema   *schema.Schema
	settings func() *settings.Settings
	now      func() time.Time
	guard    Guard
	tables   map[string]*table
	undo     []step
	actors   map[string]Actor
}

// step undoes one write of the transaction under way.
type step struct {
	table *table
	id    string
	old   *Record
}

// New returns an empty Store. It asks for the switches at every call.
func New(sch *schema.Schema, set func() *settings.Settings, now func() time.Time, guard Guard) *Store {
	return &Store{schema: sch, settings: set, now: now, guard: guard, tables: map[string]*table{}, actors: map[string]Actor{}}
}

// Schema is the objects that the rows are of.
func (s *Store) Schema() *schema.Schema { return s.schema }

// Now is the org's time, in the resolution of a datetime that is written: a
// whole second, as Salesforce keeps them.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Second) }

// Savepoint marks where [Store.Rollback] goes back to.
func (s *Store) Savepoint() int { return len(s.undo) }

// Rollback undoes every write since a savepoint.
func (s *Store) Rollback(savepoint int) {
	for i := len(s.undo) - 1; i >= savepoint; i-- {
		st := s.undo[i]
		st.table.put(st.id, st.old)
	}
	s.undo = s.undo[:savepoint]
}

// Commit ends the transaction and says what it changed, one entry a record, in the
// order in which the records were first touched.
func (s *Store) Commit() []Change {
	if len(s.undo) == 0 {
		return nil
	}
	var out []Change
	seen := make(map[string]bool, len(s.undo))
	for _, st := range s.undo {
		key := st.table.object.Name + st.id
		if seen[key] {
			continue
		}
		seen[key] = true
		after := st.table.rows[st.id]
		if after == nil {
			continue
		}
		out = append(out, Change{Before: st.old, After: after, By: s.actors[key]})
	}
	s.undo = s.undo[:0]
	clear(s.actors)
	return out
}

func (s *Store) table(o *schema.Object) *table {
	t, ok := s.tables[o.Name]
	if !ok {
		t = newTable(o)
		s.tables[o.Name] = t
	}
	return t
}

func (s *Store) put(a Actor, o *schema.Object, id string, rec *Record) {
	t := s.table(o)
	old := t.put(id, rec)
	s.undo = append(s.undo, step{table: t, id: id, old: old})
	s.actors[o.Name+id] = a
}

// base62 is the order in which Salesforce counts.
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// serialLen is how many characters of an id count; pod is the two before them and
// a reserved zero.
const (
	serialLen = 9
	pod       = "xx0"
)

// NewID makes the next id of an object.
func (s *Store) NewID(o *schema.Object) string {
	t := s.table(o)
	t.next++
	return MakeID(o.KeyPrefix, t.next)
}

// MakeID makes the 18-character id that has a prefix and a serial number.
func MakeID(prefix string, serial uint64) string {
	b := []byte(prefix + pod + "000000000")
	for i := len(b) - 1; i >= len(b)-serialLen; i-- {
		b[i] = base62[serial%uint64(len(base62))]
		serial /= uint64(len(base62))
	}
	id, err := sfid.Parse(string(b))
	if err != nil {
		return string(b)
	}
	return id
}

// Seed stores a row as it is, with a given id, without checks. Values are those of
// a [Record].
func (s *Store) Seed(o *schema.Object, id string, values map[string]any) error {
	long, err := sfid.ParsePrefix(id, o.KeyPrefix)
	if err != nil {
		return fmt.Errorf("seed a %s: %w", o.Name, err)
	}
	for _, f := range o.Fields {
		if _, given := values[f.Name]; !given && f.DefaultValue() != nil && f.Name != "IsDeleted" {
			values[f.Name] = normalDefault(f.DefaultValue())
		}
	}
	now := s.Now()
	for _, name := range []string{"CreatedDate", "LastModifiedDate", "SystemModstamp"} {
		stamp(o, values, name, now)
	}
	drop(values)
	s.table(o).put(long, &Record{ID: long, Object: o, Values: values})
	return nil
}

// Get finds a row by its 15- or 18-character id. A deleted row is found too: look
// at Deleted.
func (s *Store) Get(o *schema.Object, id string) (*Record, bool) {
	long, err := sfid.Parse(id)
	if err != nil {
		return nil, false
	}
	rec, ok := s.table(o).rows[long]
	return rec, ok
}

// All lists the rows of an object in the order in which they came, deleted ones
// included.
func (s *Store) All(o *schema.Object) []*Record { return s.table(o).all() }

// Lookup lists the live rows that have a value in a field. ok is false when the
// field has no index: then look at [Store.All].
func (s *Store) Lookup(o *schema.Object, field string, value any) (rows []*Record, ok bool) {
	f, found := o.Field(field)
	if !found {
		return nil, false
	}
	if f.Type == schema.TypeID {
		text, _ := value.(string)
		if rec, hit := s.Get(o, text); hit && !rec.Deleted {
			rows = append(rows, rec)
		}
		return rows, true
	}
	if !f.Indexed() {
		return nil, false
	}
	if text, isText := value.(string); isText && f.IsID() {
		if long, err := sfid.Parse(text); err == nil {
			value = long
		}
	}
	rows = s.table(o).find(f, value)
	sort.Slice(rows, func(i, j int) bool { return rows[i].ID < rows[j].ID })
	return rows, true
}

// Counts says how many live rows each object has.
func (s *Store) Counts() map[string]int {
	out := map[string]int{}
	for name, t := range s.tables {
		for _, rec := range t.rows {
			if !rec.Deleted {
				out[name]++
			}
		}
	}
	return out
}
