package soql

import (
	"slices"
	"time"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
)

// Options are what a query depends on besides its text.
type Options struct {
	// Now is what TODAY and its like count from.
	Now time.Time
	// Deleted includes deleted rows, as queryAll does.
	Deleted bool
	// AllFiles is the right 'Query All Files'.
	AllFiles bool
}

type env struct {
	opts  Options
	depth int
	store *records.Store
	semis map[*Plan]map[any]bool
}

func newEnv(opts Options) *env { return &env{opts: opts, semis: map[*Plan]map[any]bool{}} }

func (e *env) nested() *env { return &env{opts: e.opts, depth: e.depth + 1} }

type ordering struct {
	path            path
	down, nullsLast bool
}

// source is an indexed way to the rows of a filter.
type source struct {
	field  *schema.Field
	values []any
}

// sourcesOf finds the comparisons that every row must satisfy and that an index
// can answer.
func sourcesOf(p predicate) []source {
	switch p := p.(type) {
	case logicPred:
		if p.or {
			return nil
		}
		var out []source
		for _, part := range p.parts {
			out = append(out, sourcesOf(part)...)
		}
		return out
	case comparePred:
		if len(p.path.links) > 0 || p.semi != nil || p.op != "=" && p.op != "IN" {
			return nil
		}
		if f := p.path.field; f.Type == schema.TypeID || f.Indexed() {
			src := source{field: f}
			for _, v := range p.values {
				if v.value == nil {
					return nil
				}
				src.values = append(src.values, v.value)
			}
			return []source{src}
		}
	}
	return nil
}

// Run answers a plan: the rows in order, LIMIT and OFFSET applied.
func (p *Plan) Run(s *records.Store, opts Options) []*records.Record {
	e := newEnv(opts)
	e.store = s
	return p.run(e, p.candidates(e))
}

// Children answers the subquery of a column for one parent row.
func (c *Column) Children(s *records.Store, opts Options, parent *records.Record) []*records.Record {
	e := newEnv(opts)
	e.store = s
	rows, _ := s.Lookup(c.Sub.Object, c.link.Name, parent.ID)
	return c.Sub.run(e, rows)
}

func (p *Plan) candidates(e *env) []*records.Record {
	if p.deleted(e) || len(p.sources) == 0 {
		return e.store.All(p.Object)
	}
	// One indexed condition narrows enough; the filter applies the others.
	src := p.sources[0]
	var rows []*records.Record
	seen := map[string]bool{}
	for _, v := range src.values {
		found, _ := e.store.Lookup(p.Object, src.field.Name, v)
		for _, rec := range found {
			if !seen[rec.ID] {
				seen[rec.ID] = true
				rows = append(rows, rec)
			}
		}
	}
	slices.SortFunc(rows, byID)
	return rows
}

func byID(a, b *records.Record) int {
	c, _ := compare(a.ID, b.ID)
	return c
}

func (p *Plan) deleted(e *env) bool { return e.opts.Deleted || p.Query.AllRows }

func (p *Plan) run(e *env, rows []*records.Record) []*records.Record {
	out := make([]*records.Record, 0, len(rows))
	for _, rec := range rows {
		if rec.Deleted && !p.deleted(e) {
			continue
		}
		if p.where == nil || p.where.match(e, rec) {
			out = append(out, rec)
		}
	}
	if len(p.order) > 0 {
		slices.SortStableFunc(out, func(a, b *records.Record) int { return p.compareRows(e, a, b) })
	}
	out = out[min(p.Query.Offset, len(out)):]
	if p.Query.Limit >= 0 {
		out = out[:min(p.Query.Limit, len(out))]
	}
	return out
}

func (p *Plan) compareRows(e *env, a, b *records.Record) int {
	for _, by := range p.order {
		x, y := by.path.value(e.store, a), by.path.value(e.store, b)
		if x == nil || y == nil {
			if x == nil && y == nil {
				continue
			}
			if (x == nil) == by.nullsLast {
				return 1
			}
			return -1
		}
		c, _ := compare(x, y)
		if c == 0 {
			continue
		}
		if by.down {
			return -c
		}
		return c
	}
	return 0
}

// semi runs the inner query of a semi-join once.
func (e *env) semi(p *Plan) map[any]bool {
	if got, ok := e.semis[p]; ok {
		return got
	}
	out := map[any]bool{}
	for _, rec := range p.run(e, p.candidates(e)) {
		if v := rec.Get(p.Columns[0].Field.Name); v != nil {
			out[v] = true
		}
	}
	e.semis[p] = out
	return out
}
