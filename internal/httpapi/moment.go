package httpapi

import (
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Moment is a time in a query that may be left out. Go's unset time is a time too, of
// the year 1, and a filter with it is not one without.
type Moment struct {
	Time  time.Time
	Given bool
}

// Schema implements huma.SchemaProvider.
func (Moment) Schema(r huma.Registry) *huma.Schema {
	return huma.SchemaFromType(r, reflect.TypeFor[time.Time]())
}

// Receiver implements huma.ParamWrapper.
func (m *Moment) Receiver() reflect.Value { return reflect.ValueOf(m).Elem().Field(0) }

// OnParamSet implements huma.ParamReactor.
func (m *Moment) OnParamSet(given bool, _ any) { m.Given = given }

// bound is the moment as a bound of a range: the zero time when it was left out.
func (m Moment) bound() time.Time {
	if !m.Given {
		return time.Time{}
	}
	return bound(m.Time)
}

// bound is a given time as a bound of a range, where the zero time is none: moved into
// the years 1 to 9999, which zones lead out of, and off the zero time.
func bound(t time.Time) time.Time {
	first := time.Time{}.Add(time.Nanosecond)
	last := time.Date(9999, 12, 31, 23, 59, 59, int(time.Second-1), time.UTC)
	switch t = t.UTC(); {
	case t.Before(first):
		return first
	case t.After(last):
		return last
	default:
		return t
	}
}
