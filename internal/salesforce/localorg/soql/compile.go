package soql

import (
	"fmt"
	"strings"

	"salesforce-integration/internal/salesforce/localorg/schema"
)

// Visible tells whether the user who asks may see a field.
type Visible func(object, field string) bool

// Plan is a query with its names resolved.
type Plan struct {
	Query   *Query
	Object  *schema.Object
	Columns []*Column
	where   predicate
	order   []ordering
	sources []source
}

// Column is one member of a result row: a field, a parent with columns of its own,
// or the rows of a subquery.
type Column struct {
	Name   string
	Field  *schema.Field
	Parent []*Column
	Sub    *Plan
	// Poly is set on what is read of a parent that may be of several objects:
	// "Name", "Type", "Id".
	Poly string
	link *schema.Field // the reference that leads to the parent, or from the child
}

// Link is the reference field behind a parent column.
func (c *Column) Link() *schema.Field { return c.link }

type compiler struct {
	schema  *schema.Schema
	visible Visible
	text    string
	env     *env
}

// Compile resolves a query against an org's objects. Errors are of type [*Error].
func Compile(q *Query, sch *schema.Schema, visible Visible, opts Options) (*Plan, error) {
	c := &compiler{schema: sch, visible: visible, text: q.Text, env: newEnv(opts)}
	o, ok := sch.Object(q.From)
	if !ok {
		return nil, at(q.Text, q.FromPos, CodeType, fmt.Sprintf("sObject type '%s' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.", q.From))
	}
	plan, err := c.plan(q, o)
	if err != nil {
		return nil, err
	}
	return plan, nil
}

// maxOffset is the largest OFFSET.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_offset.htm
const maxOffset = 2000

func (c *compiler) plan(q *Query, o *schema.Object) (*Plan, *Error) {
	plan := &Plan{Query: q, Object: o}
	for _, item := range q.Select {
		if err := c.selectItem(plan, q, item); err != nil {
			return nil, err
		}
	}
	if q.Where != nil {
		pred, err := c.condition(o, q, q.Where)
		if err != nil {
			return nil, err
		}
		plan.where = pred
		plan.sources = sourcesOf(pred)
	}
	if err := c.restrict(q, o); err != nil {
		return nil, err
	}
	for _, by := range q.OrderBy {
		path, err := c.path(o, q, by.Path, by.Pos)
		if err != nil {
			return nil, err
		}
		plan.order = append(plan.order, ordering{path: path, down: by.Down, nullsLast: by.NullsLast})
	}
	if q.Offset > maxOffset {
		return nil, &Error{Code: CodeNumberRange, Message: "Maximum SOQL offset allowed is 2000"}
	}
	return plan, nil
}

func (c *compiler) selectItem(plan *Plan, q *Query, item Item) *Error {
	switch {
	case item.Sub != nil:
		return c.subquery(plan, item)
	case item.All:
		return c.group(plan, q, item)
	}
	path := stripAlias(q, item.Path)
	cols, o := &plan.Columns, plan.Object
	parts := strings.Split(path, ".")
	for i, part := range parts[:len(parts)-1] {
		link, ok := o.Relationship(part)
		if !ok {
			return at(c.text, item.Pos, CodeField, fmt.Sprintf("Didn't understand relationship '%s' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.", part))
		}
		parent := findParent(*cols, link.RelationshipName)
		if parent == nil {
			parent = &Column{Name: link.RelationshipName, link: link}
			*cols = append(*cols, parent)
		}
		cols = &parent.Parent
		if len(link.ReferenceTo) != 1 {
			if i != len(parts)-2 {
				return at(c.text, item.Pos, CodeField, "a relationship to several objects goes one level up only")
			}
			return c.polyColumn(cols, parts[len(parts)-1], item.Pos)
		}
		o, ok = c.schema.Object(link.ReferenceTo[0])
		if !ok {
			return c.noColumn(part, plan.Object.Name, item.Pos)
		}
	}
	f, err := c.field(o, parts[len(parts)-1], item.Pos)
	if err != nil {
		return err
	}
	for _, have := range *cols {
		if have.Field == f {
			return at(c.text, item.Pos, CodeField, "duplicate field selected: "+path)
		}
	}
	*cols = append(*cols, &Column{Name: f.Name, Field: f})
	return nil
}

func findParent(cols []*Column, name string) *Column {
	for _, col := range cols {
		if col.link != nil && col.Sub == nil && col.Name == name {
			return col
		}
	}
	return nil
}

func (c *compiler) polyColumn(cols *[]*Column, name string, pos int) *Error {
	for _, known := range []string{"Name", "Type", "Id", "Title"} {
		if strings.EqualFold(name, known) {
			*cols = append(*cols, &Column{Name: known, Poly: known})
			return nil
		}
	}
	return c.noColumn(name, "Name", pos)
}

// group is FIELDS(…).
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_fields.htm
func (c *compiler) group(plan *Plan, q *Query, item Item) *Error {
	const maxLimit = 200
	if item.Group != "STANDARD" && (q.Limit < 0 || q.Limit > maxLimit) {
		return &Error{Code: CodeMalformed, Message: "The SOQL FIELDS function must have a LIMIT of at most 200"}
	}
	for _, f := range plan.Object.Fields {
		wanted := item.Group == "ALL" || item.Group == "CUSTOM" && f.Custom() || item.Group == "STANDARD" && !f.Custom()
		if wanted && c.visible(plan.Object.Name, f.Name) {
			plan.Columns = append(plan.Columns, &Column{Name: f.Name, Field: f})
		}
	}
	return nil
}

// subquery is "(SELECT … FROM Children)".
func (c *compiler) subquery(plan *Plan, item Item) *Error {
	for _, child := range c.schema.Children(plan.Object) {
		if child.Relationship == "" || !strings.EqualFold(child.Relationship, item.Sub.From) {
			continue
		}
		o, ok := c.schema.Object(child.Object)
		if !ok {
			continue
		}
		link, _ := o.Field(child.Field)
		inner := *c
		inner.env = c.env.nested()
		sub, err := inner.plan(item.Sub, o)
		if err != nil {
			return err
		}
		plan.Columns = append(plan.Columns, &Column{Name: child.Relationship, Sub: sub, link: link})
		return nil
	}
	return at(c.text, item.Sub.FromPos, CodeType, fmt.Sprintf("Didn't understand relationship '%s' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.", item.Sub.From))
}

func (c *compiler) field(o *schema.Object, name string, pos int) (*schema.Field, *Error) {
	f, ok := o.Field(name)
	if !ok || !c.visible(o.Name, f.Name) {
		return nil, c.noColumn(name, o.Name, pos)
	}
	return f, nil
}

func (c *compiler) noColumn(name, object string, pos int) *Error {
	return at(c.text, pos, CodeField, fmt.Sprintf("No such column '%s' on entity '%s'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.", name, object))
}

// stripAlias takes "c." off "c.Name" when the query says "FROM Campaign c".
func stripAlias(q *Query, path string) string {
	head, rest, ok := strings.Cut(path, ".")
	if ok && (q.Alias != "" && strings.EqualFold(head, q.Alias) || strings.EqualFold(head, q.From)) {
		return rest
	}
	return path
}

// restrict refuses queries of objects that must be filtered by an id.
func (c *compiler) restrict(q *Query, o *schema.Object) *Error {
	if len(o.FilterBy) == 0 || c.env.opts.AllFiles || c.env.depth > 0 {
		return nil
	}
	equals, in, others := 0, 0, 0
	for _, cmp := range conjuncts(q.Where) {
		path := stripAlias(q, cmp.Path)
		byID := false
		for _, name := range o.FilterBy {
			byID = byID || strings.EqualFold(path, name)
		}
		switch {
		case byID && cmp.Op == "=":
			equals++
		case byID && cmp.Op == "IN":
			in++
		case !strings.HasSuffix(strings.ToLower(path), "id"):
			others++
		}
	}
	if equals+in == 0 {
		return &Error{Code: CodeMalformed, Message: "Implementation restriction: " + o.Name + " requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator."}
	}
	if equals == 0 && others > 0 {
		return &Error{Code: CodeMalformed, Message: "Implementation restriction: filtering on non-id fields is only permitted when filtering by " + o.Name + ".LinkedEntityId using the equals operator."}
	}
	return nil
}

// conjuncts are the comparisons that every row of the answer must satisfy.
func conjuncts(c Condition) []Comparison {
	switch c := c.(type) {
	case Comparison:
		return []Comparison{c}
	case Logic:
		if c.Or {
			return nil
		}
		var out []Comparison
		for _, part := range c.Parts {
			out = append(out, conjuncts(part)...)
		}
		return out
	}
	return nil
}
