package soql

import (
	"strconv"
	"strings"
)

// logic reads conditions joined by AND, or by OR: SOQL wants parentheses round a
// mix of the two.
func (p *parser) logic() (Condition, *Error) {
	first, err := p.unary()
	if err != nil {
		return nil, err
	}
	var word string
	switch {
	case p.peek().is("AND"):
		word = "AND"
	case p.peek().is("OR"):
		word = "OR"
	default:
		return first, nil
	}
	parts := []Condition{first}
	for p.accept(word) {
		c, err := p.unary()
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
	}
	if p.peek().is("AND") || p.peek().is("OR") {
		return nil, p.unexpected()
	}
	return Logic{Or: word == "OR", Parts: parts}, nil
}

func (p *parser) unary() (Condition, *Error) {
	if err := p.descend(); err != nil {
		return nil, err
	}
	defer p.ascend()
	if p.accept("NOT") {
		c, err := p.unary()
		return Not{c}, err
	}
	if p.accept("(") {
		c, err := p.logic()
		if err != nil {
			return nil, err
		}
		return c, p.expect(")")
	}
	return p.comparison()
}

func (p *parser) comparison() (Condition, *Error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	c := Comparison{Path: name.text, Pos: name.pos, OpPos: p.peek().pos}
	switch op := p.peek(); {
	case op.is("=") || op.is("!=") || op.is("<") || op.is("<=") || op.is(">") || op.is(">=") || op.is("LIKE"):
		c.Op = strings.ToUpper(p.next().text)
	case op.is("<>"):
		p.next()
		c.Op = "!="
	case p.accept("NOT", "IN"):
		c.Op = "NOT IN"
	case op.is("IN") || op.is("INCLUDES") || op.is("EXCLUDES"):
		c.Op = strings.ToUpper(p.next().text)
	default:
		return nil, p.unexpected()
	}
	if strings.HasSuffix(c.Op, "IN") || strings.HasSuffix(c.Op, "CLUDES") {
		return p.list(c)
	}
	pattern := p.peek().like
	v, err := p.value()
	if c.Op == "LIKE" && v.Kind == String {
		v.Text = pattern
	}
	c.Values = []Value{v}
	return c, err
}

func (p *parser) list(c Comparison) (Condition, *Error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if p.peek().is("SELECT") {
		sub, err := p.query()
		if err != nil {
			return nil, err
		}
		c.Semi = sub
		return c, p.expect(")")
	}
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		c.Values = append(c.Values, v)
		if !p.accept(",") {
			return c, p.expect(")")
		}
	}
}

func (p *parser) value() (Value, *Error) {
	t := p.peek()
	v := Value{Pos: t.pos, Text: t.text}
	switch t.kind {
	case tokString:
		v.Kind = String
	case tokNumber:
		v.Kind = Number
	case tokDate:
		v.Kind = Date
	case tokDateTime:
		v.Kind = DateTime
	case tokName:
		if !wordValue(&v) {
			return v, p.unexpected()
		}
	default:
		return v, p.unexpected()
	}
	p.next()
	if v.Kind == DateLiteral && takesN(v.Text) {
		if err := p.expect(":"); err != nil {
			return v, err
		}
		n, err := p.count()
		if err != nil {
			return v, err
		}
		v.N = n
	}
	return v, nil
}

func wordValue(v *Value) bool {
	word := strings.ToUpper(v.Text)
	switch {
	case word == "NULL":
		v.Kind = Null
	case word == "TRUE" || word == "FALSE":
		v.Kind = Boolean
		v.Bool, _ = strconv.ParseBool(word)
	case isDateLiteral(word):
		v.Kind, v.Text = DateLiteral, word
	default:
		return false
	}
	return true
}
