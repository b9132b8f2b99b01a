package soql

import (
	"strconv"
	"strings"
)

type parser struct {
	text string
	toks []token
	i    int
	deep int
}

// maxDepth bounds how deep filters and subqueries may nest.
const maxDepth = 50

func (p *parser) descend() *Error {
	if p.deep++; p.deep > maxDepth {
		return p.unexpected()
	}
	return nil
}

func (p *parser) ascend() { p.deep-- }

// Parse reads a query. Errors are of type [*Error].
func Parse(text string) (*Query, error) {
	toks, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{text: text, toks: toks}
	q, err := p.query()
	if err != nil {
		return nil, err
	}
	if p.peek().kind != tokEOF {
		return nil, p.unexpected()
	}
	return q, nil
}

func (p *parser) peek() token { return p.toks[p.i] }

func (p *parser) next() token {
	t := p.toks[p.i]
	if t.kind != tokEOF {
		p.i++
	}
	return t
}

func (p *parser) accept(words ...string) bool {
	for k, w := range words {
		if p.i+k >= len(p.toks) || !p.toks[p.i+k].is(w) {
			return false
		}
	}
	p.i += len(words)
	return true
}

func (p *parser) unexpected() *Error {
	t := p.peek()
	return at(p.text, t.pos, CodeMalformed, "unexpected token: '"+t.text+"'")
}

func (p *parser) expect(word string) *Error {
	if !p.accept(word) {
		return p.unexpected()
	}
	return nil
}

// reserved words can't be names.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_reservedcharacters.htm
const reserved = " AND ASC DESC EXCLUDES FIRST FROM GROUP HAVING IN INCLUDES LAST LIKE LIMIT NOT NULL NULLS OR SELECT USING WHERE WITH "

func (p *parser) name() (token, *Error) {
	t := p.peek()
	if t.kind != tokName || strings.Contains(reserved, " "+strings.ToUpper(t.text)+" ") {
		return token{}, p.unexpected()
	}
	return p.next(), nil
}

func (p *parser) query() (*Query, *Error) {
	if err := p.descend(); err != nil {
		return nil, err
	}
	defer p.ascend()
	q := &Query{Text: p.text, Limit: -1}
	if err := p.expect("SELECT"); err != nil {
		return nil, err
	}
	if p.accept("COUNT", "(", ")") {
		q.Count = true
	} else if err := p.selectList(q); err != nil {
		return nil, err
	}
	if err := p.expect("FROM"); err != nil {
		return nil, err
	}
	from, err := p.name()
	if err != nil {
		return nil, err
	}
	q.From, q.FromPos = from.text, from.pos
	return q, p.clauses(q)
}

func (p *parser) clauses(q *Query) *Error {
	p.accept("AS")
	if t := p.peek(); t.kind == tokName && !clauseStart(t) {
		q.Alias = p.next().text
	}
	if p.accept("USING", "SCOPE") {
		if _, err := p.name(); err != nil {
			return err
		}
	}
	if p.accept("WHERE") {
		c, err := p.logic()
		if err != nil {
			return err
		}
		q.Where = c
	}
	if p.accept("WITH") && !p.accept("SECURITY_ENFORCED") && !p.accept("USER_MODE") && !p.accept("SYSTEM_MODE") {
		return p.unexpected()
	}
	if p.peek().is("GROUP") || p.peek().is("HAVING") {
		return at(p.text, p.peek().pos, CodeMalformed, "GROUP BY and HAVING are not supported by this local org")
	}
	if p.accept("ORDER", "BY") {
		if err := p.orderBy(q); err != nil {
			return err
		}
	}
	if p.accept("LIMIT") {
		n, err := p.count()
		if err != nil {
			return err
		}
		q.Limit = n
	}
	if p.accept("OFFSET") {
		n, err := p.count()
		if err != nil {
			return err
		}
		q.Offset = n
	}
	for p.accept("FOR") {
		if !p.accept("VIEW") && !p.accept("REFERENCE") && !p.accept("UPDATE") {
			return p.unexpected()
		}
	}
	q.AllRows = p.accept("ALL", "ROWS")
	return nil
}

func clauseStart(t token) bool {
	for _, w := range []string{"USING", "WHERE", "WITH", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FOR", "ALL"} {
		if t.is(w) {
			return true
		}
	}
	return false
}

func (p *parser) selectList(q *Query) *Error {
	for {
		item, err := p.item()
		if err != nil {
			return err
		}
		q.Select = append(q.Select, item)
		if !p.accept(",") {
			return nil
		}
	}
}

func (p *parser) item() (Item, *Error) {
	t := p.peek()
	if p.accept("(") {
		sub, err := p.query()
		if err != nil {
			return Item{}, err
		}
		return Item{Sub: sub, Pos: t.pos}, p.expect(")")
	}
	if p.accept("FIELDS", "(") {
		group, err := p.name()
		if err != nil {
			return Item{}, err
		}
		return Item{All: true, Group: strings.ToUpper(group.text), Pos: t.pos}, p.expect(")")
	}
	name, err := p.name()
	if err != nil {
		return Item{}, err
	}
	if p.peek().is("(") {
		return Item{}, at(p.text, name.pos, CodeMalformed, "the function "+name.text+" is not supported by this local org")
	}
	return Item{Path: name.text, Pos: name.pos}, nil
}

func (p *parser) orderBy(q *Query) *Error {
	for {
		name, err := p.name()
		if err != nil {
			return err
		}
		o := Order{Path: name.text, Pos: name.pos}
		if !p.accept("ASC") && p.accept("DESC") {
			o.Down = true
		}
		if p.accept("NULLS") {
			if p.accept("LAST") {
				o.NullsLast = true
			} else if err := p.expect("FIRST"); err != nil {
				return err
			}
		}
		q.OrderBy = append(q.OrderBy, o)
		if !p.accept(",") {
			return nil
		}
	}
}

func (p *parser) count() (int, *Error) {
	t := p.peek()
	n, err := strconv.Atoi(t.text)
	if t.kind != tokNumber || err != nil || n < 0 {
		return 0, p.unexpected()
	}
	p.next()
	return n, nil
}
