// Package soql parses and answers the part of SOQL that API clients use: select
// lists with parents and child subqueries, filters, order, limit and offset. What
// it refuses, it refuses in Salesforce's words, with the position.
//
// Not there: GROUP BY and aggregate functions other than COUNT(), toLabel and its
// like, TYPEOF, geolocation.
package soql

// Query is a parsed query. Names are not resolved yet: see [Compile].
type Query struct {
	Text    string
	Count   bool // SELECT COUNT()
	Select  []Item
	From    string
	FromPos int
	Alias   string
	Where   Condition
	OrderBy []Order
	Limit   int // -1: none
	Offset  int
	AllRows bool
}

// Item is one entry of a select list: a field path, FIELDS(x), or a subquery.
type Item struct {
	Path  string
	Pos   int
	All   bool // FIELDS(ALL), FIELDS(STANDARD), FIELDS(CUSTOM)
	Group string
	Sub   *Query
}

// Order is one entry of ORDER BY.
type Order struct {
	Path      string
	Pos       int
	Down      bool
	NullsLast bool
}

// Condition is a node of a filter: [Logic], [Not], [Comparison].
type Condition interface{ condition() }

// Logic joins conditions with AND or OR.
type Logic struct {
	Or    bool
	Parts []Condition
}

// Not turns a condition round.
type Not struct{ Part Condition }

// Comparison is "path operator value".
type Comparison struct {
	Path   string
	Pos    int
	Op     string // = != < <= > >= LIKE IN NOT IN INCLUDES EXCLUDES
	OpPos  int
	Values []Value
	// Semi is the subquery of "Id IN (SELECT …)".
	Semi *Query
}

func (Logic) condition()      {}
func (Not) condition()        {}
func (Comparison) condition() {}

// Kind is what a literal is.
type Kind int

// Kinds of literals.
const (
	Null Kind = iota
	String
	Number
	Boolean
	Date
	DateTime
	DateLiteral
)

// Value is a literal.
type Value struct {
	Kind Kind
	Text string // a string's characters (LIKE's pattern with its escapes), a number's digits, a date literal's name
	N    int    // the n of LAST_N_DAYS:n
	Bool bool
	Pos  int
}
