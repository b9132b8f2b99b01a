package records

import (
	"fmt"
	"time"

	"salesforce-integration/internal/salesforce/localorg/schema"
)

// Snapshot is the rows of an org in a form that JSON keeps.
type Snapshot map[string]TableSnapshot

// TableSnapshot is the rows of one object.
type TableSnapshot struct {
	Next uint64        `json:"next"`
	Rows []RowSnapshot `json:"rows"`
}

// RowSnapshot is one row; datetimes are RFC 3339 texts.
type RowSnapshot struct {
	ID      string         `json:"id"`
	Deleted bool           `json:"deleted,omitempty"`
	Values  map[string]any `json:"values"`
}

// Snapshot copies all rows.
func (s *Store) Snapshot() Snapshot {
	out := Snapshot{}
	for name, t := range s.tables {
		snap := TableSnapshot{Next: t.next}
		for _, rec := range t.all() {
			values := make(map[string]any, len(rec.Values))
			for k, v := range rec.Values {
				if at, ok := v.(time.Time); ok {
					v = at.Format(time.RFC3339)
				}
				values[k] = v
			}
			snap.Rows = append(snap.Rows, RowSnapshot{ID: rec.ID, Deleted: rec.Deleted, Values: values})
		}
		out[name] = snap
	}
	return out
}

// Restore replaces all rows by those of a snapshot. It fails, and may leave the
// store half filled, when the snapshot names what the schema has not.
func (s *Store) Restore(snap Snapshot) error {
	s.tables, s.undo = map[string]*table{}, nil
	for name, t := range snap {
		o, ok := s.schema.Object(name)
		if !ok {
			return fmt.Errorf("restore: there is no object %s", name)
		}
		table := s.table(o)
		table.next = t.Next
		for _, row := range t.Rows {
			values, err := restoreValues(o, row.Values)
			if err != nil {
				return fmt.Errorf("restore %s %s: %w", name, row.ID, err)
			}
			table.put(row.ID, &Record{ID: row.ID, Object: o, Values: values, Deleted: row.Deleted})
		}
	}
	return nil
}

func restoreValues(o *schema.Object, in map[string]any) (map[string]any, error) {
	values := make(map[string]any, len(in))
	for name, v := range in {
		f, ok := o.Field(name)
		if !ok {
			return nil, fmt.Errorf("there is no field %s", name)
		}
		if text, isText := v.(string); isText && f.Type == schema.TypeDateTime {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			v = at.UTC()
		}
		values[f.Name] = v
	}
	return values, nil
}
