package soql

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/sfid"
)

// path leads from a row to a value: references, then a field.
type path struct {
	links []*schema.Field
	field *schema.Field
	poly  string // of the last, polymorphic link
}

func (c *compiler) path(o *schema.Object, q *Query, text string, pos int) (path, *Error) {
	var p path
	parts := strings.Split(stripAlias(q, text), ".")
	for i, part := range parts[:len(parts)-1] {
		link, ok := o.Relationship(part)
		if !ok {
			return p, at(c.text, pos, CodeField, fmt.Sprintf("Didn't understand relationship '%s' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.", part))
		}
		p.links = append(p.links, link)
		if len(link.ReferenceTo) != 1 {
			var cols []*Column
			if i != len(parts)-2 {
				return p, c.noColumn(parts[i+1], "Name", pos)
			}
			if err := c.polyColumn(&cols, parts[i+1], pos); err != nil {
				return p, err
			}
			p.poly = cols[0].Poly
			p.field = &schema.Field{Name: p.poly, Type: schema.TypeString}
			return p, nil
		}
		o, ok = c.schema.Object(link.ReferenceTo[0])
		if !ok {
			return p, c.noColumn(part, q.From, pos)
		}
	}
	f, err := c.field(o, parts[len(parts)-1], pos)
	p.field = f
	return p, err
}

func (p path) value(s *records.Store, rec *records.Record) any {
	for _, link := range p.links {
		parent, ok := Follow(s, rec, link)
		if !ok {
			return nil
		}
		rec = parent
	}
	if p.poly != "" {
		return PolyValue(rec, p.poly)
	}
	return rec.Get(p.field.Name)
}

// Follow goes from a row to the parent that a reference names.
func Follow(s *records.Store, rec *records.Record, link *schema.Field) (*records.Record, bool) {
	id, _ := rec.Get(link.Name).(string)
	if id == "" {
		return nil, false
	}
	o, ok := s.Schema().OfID(id)
	if !ok {
		return nil, false
	}
	parent, ok := s.Get(o, id)
	if !ok || parent.Deleted {
		return nil, false
	}
	return parent, true
}

// PolyValue reads what can be read of a parent whose object is not known beforehand.
func PolyValue(rec *records.Record, name string) any {
	switch name {
	case "Type":
		return rec.Object.Name
	case "Id":
		return rec.ID
	}
	if f, ok := rec.Object.NameField(); ok {
		return rec.Get(f.Name)
	}
	return nil
}

// predicate decides about a row.
type predicate interface {
	match(e *env, rec *records.Record) bool
}

type (
	logicPred struct {
		or    bool
		parts []predicate
	}
	notPred     struct{ part predicate }
	comparePred struct {
		path   path
		op     string
		values []operand
		semi   *Plan
	}
)

// operand is a literal in the field's Go type.
type operand struct {
	value any // nil: null
	span  *span
}

func (p logicPred) match(e *env, rec *records.Record) bool {
	for _, part := range p.parts {
		if part.match(e, rec) == p.or {
			return p.or
		}
	}
	return !p.or
}

func (p notPred) match(e *env, rec *records.Record) bool { return !p.part.match(e, rec) }

func (c *compiler) condition(o *schema.Object, q *Query, cond Condition) (predicate, *Error) {
	switch cond := cond.(type) {
	case Logic:
		out := logicPred{or: cond.Or}
		for _, part := range cond.Parts {
			p, err := c.condition(o, q, part)
			if err != nil {
				return nil, err
			}
			out.parts = append(out.parts, p)
		}
		return out, nil
	case Not:
		p, err := c.condition(o, q, cond.Part)
		return notPred{p}, err
	case Comparison:
		return c.comparison(o, q, cond)
	}
	return nil, &Error{Code: CodeMalformed, Message: "unknown condition"}
}

func (c *compiler) comparison(o *schema.Object, q *Query, cmp Comparison) (predicate, *Error) {
	p, err := c.path(o, q, cmp.Path, cmp.Pos)
	if err != nil {
		return nil, err
	}
	f := p.field
	const filterableText = 255
	if f.Type == schema.TypeBase64 || f.NoFilter || f.Type == schema.TypeTextArea && f.Length > filterableText {
		return nil, at(c.text, cmp.Pos, CodeField, fmt.Sprintf("field '%s' can not be filtered in a query call", f.Name))
	}
	if cmp.Op == "LIKE" && f.IsID() {
		return nil, at(c.text, cmp.Pos, CodeFilter, "invalid operator on id field")
	}
	if strings.HasSuffix(cmp.Op, "CLUDES") != (f.Type == schema.TypeMultiPicklist) && strings.HasSuffix(cmp.Op, "CLUDES") {
		return nil, at(c.text, cmp.Pos, CodeFilter, "includes/excludes operators only valid on multipicklist fields")
	}
	out := comparePred{path: p, op: cmp.Op}
	if cmp.Semi != nil {
		return c.semiJoin(out, cmp)
	}
	for _, v := range cmp.Values {
		op, err := c.operand(f, v, cmp)
		if err != nil {
			return nil, err
		}
		out.values = append(out.values, op)
	}
	return out, nil
}

func (c *compiler) semiJoin(out comparePred, cmp Comparison) (predicate, *Error) {
	o, ok := c.schema.Object(cmp.Semi.From)
	if !ok {
		return nil, at(c.text, cmp.Semi.FromPos, CodeType, "sObject type '"+cmp.Semi.From+"' is not supported.")
	}
	sub, err := c.plan(cmp.Semi, o)
	if err != nil {
		return nil, err
	}
	if len(sub.Columns) != 1 || sub.Columns[0].Field == nil || !sub.Columns[0].Field.IsID() {
		return nil, at(c.text, cmp.OpPos, CodeMalformed, "The inner select must select exactly one ID field")
	}
	out.semi = sub
	return out, nil
}

// operand brings a literal into the field's type, or says what type it should be.
func (c *compiler) operand(f *schema.Field, v Value, cmp Comparison) (operand, *Error) {
	wrong := func(kind, quotes string) *Error {
		return at(c.text, cmp.Pos, CodeField, fmt.Sprintf("value of filter criterion for field '%s' must be of type %s and should %sbe enclosed in quotes", f.Name, kind, quotes))
	}
	if v.Kind == Null {
		return operand{}, nil
	}
	switch {
	case f.Type == schema.TypeBoolean:
		if v.Kind != Boolean {
			return operand{}, wrong("boolean", "not ")
		}
		return operand{value: v.Bool}, nil
	case f.IsNumber():
		n, err := strconv.ParseFloat(v.Text, 64)
		if v.Kind != Number || err != nil {
			return operand{}, wrong(f.Type, "not ")
		}
		return operand{value: n}, nil
	case f.Type == schema.TypeDate || f.Type == schema.TypeDateTime:
		return dateOperand(f, v, c.env.opts.Now, wrong)
	}
	if v.Kind != String {
		return operand{}, wrong("string", "")
	}
	if f.IsID() {
		if v.Text == "" {
			return operand{}, nil
		}
		id, err := sfid.Parse(v.Text)
		if err != nil {
			return operand{}, at(c.text, cmp.Pos, CodeFilter, "invalid ID field: "+v.Text)
		}
		return operand{value: id}, nil
	}
	return operand{value: v.Text}, nil
}

func dateOperand(f *schema.Field, v Value, now time.Time, wrong func(string, string) *Error) (operand, *Error) {
	if v.Kind == DateLiteral {
		sp := spanOf(v, now)
		return operand{span: &sp}, nil
	}
	kind := "date"
	if f.Type == schema.TypeDateTime {
		kind = "dateTime"
	}
	if f.Type == schema.TypeDate && v.Kind == Date {
		if _, err := time.Parse(records.DateLayout, v.Text); err == nil {
			return operand{value: v.Text}, nil
		}
	}
	if f.Type == schema.TypeDateTime && v.Kind == DateTime {
		if t, err := records.ParseDateTime(strings.ToUpper(v.Text)); err == nil {
			return operand{value: t.UTC()}, nil
		}
	}
	return operand{}, wrong(kind, "not ")
}
