package trial

import (
	"fmt"
	"time"

	"salesforce-integration/internal/salesforce/localorg"
)

// Fault is one thing that goes wrong while events are written to an org.
type Fault struct {
	Name string // as it stands in the table
	What string // exactly what is done, in one clause

	org       []spell   // what the org does, and when
	refused   spellTime // when connections to the org are refused
	killed    int       // how many of the first invocations vanish half-way
	twice     bool      // each event comes twice
	backwards bool      // each Campaign's newer status comes before its older one
}

// Harmless tells whether nothing goes wrong.
func (f Fault) Harmless() bool {
	return len(f.org) == 0 && f.refused.until == 0 && f.killed == 0 && !f.twice && !f.backwards
}

// spell is a fault of the org that lasts from a time to another, counted from the
// first event.
type spell struct {
	spellTime
	fault localorg.Fault
}

type spellTime struct{ from, until time.Duration }

// restRoutes are the calls that either writer makes, by the local org's names.
var restRoutes = []string{"row", "sobjects", "collections", "composite", "graph", "query"}

// rest strikes a share of all REST calls; token exchanges are spared.
func rest(from, until time.Duration, share float64, effect localorg.Effect) []spell {
	var all []spell
	for _, route := range restRoutes {
		all = append(all, spell{spellTime{from, until}, localorg.Fault{Match: localorg.Match{Route: route}, Probability: share, Effect: effect}})
	}
	return all
}

// Faults are those of the table, in its order. Events come during the first five
// minutes.
func Faults() []Fault {
	const lock, some = 1.0 / 3, 0.2
	const soon, all = time.Minute, 5 * time.Minute
	locks := func(object, operation string) spell {
		return spell{spellTime{0, all}, localorg.Fault{
			Match: localorg.Match{Object: object, Operation: operation}, Probability: lock, Effect: localorg.Effect{Kind: localorg.LockRow},
		}}
	}
	page := localorg.Effect{Kind: localorg.Unavailable}
	return []Fault{
		{Name: "none", What: "nothing goes wrong"},
		{
			Name: "row locks", What: "for five minutes, a third of the records written answer UNABLE_TO_LOCK_ROW",
			org: []spell{locks("Campaign", "update"), locks("ContentDocumentLink", "create")},
		},
		{
			Name: "REQUEST_LIMIT_EXCEEDED", What: "from the second minute on, half an hour of 403 for every call",
			org: rest(soon, soon+30*time.Minute, 1, localorg.Effect{Kind: localorg.RequestLimit}),
		},
		{
			Name: "HTML 503", What: "for five minutes, a fifth of all requests, token exchanges too, answer 503 with an HTML page, and nothing is done",
			org: []spell{{spellTime{0, all}, localorg.Fault{Probability: some, Effect: page}}},
		},
		{
			Name: "token revoked in mid-flight", What: "for five minutes, a fifth of the calls find their token revoked just then",
			org: rest(0, all, some, localorg.Effect{Kind: localorg.RevokeToken}),
		},
		{
			Name: "answer lost after commit", What: "for five minutes, a fifth of the calls are done, and then the connection is reset",
			org: rest(0, all, some, localorg.Effect{Kind: localorg.LostAnswer}),
		},
		{
			Name: "connection refused for a while", What: "from the second minute on, connections are refused for five minutes",
			refused: spellTime{soon, soon + all},
		},
		{
			Name: "org down for an hour", What: "from the second minute on, an hour of 503 with an HTML page for every request",
			org: []spell{{spellTime{soon, soon + time.Hour}, localorg.Fault{Effect: page}}},
		},
		{
			Name: "function killed between calls", What: fmt.Sprintf("the first %d invocations vanish, each at a random point before, between or after its outside calls", killed),
			killed: killed,
		},
		{Name: "every event delivered twice", What: "half of the second copies come at once, half 20 s later", twice: true},
		{Name: "events out of order", What: "each Campaign's newer status comes three minutes before its older one", backwards: true},
	}
}

// killed is how many invocations that fault kills.
const killed = 20
