package push

import (
	"fmt"
	"time"

	"salesforce-integration/internal/salesforce"
)

const (
	// spacing is how far apart calls are while an org's allowance is low.
	spacing = 5 * time.Minute
	// usageGoodFor is how long what the org said of its allowance is believed. It is a
	// rolling day's, so it may be better by then, and one call finds out.
	usageGoodFor = 15 * time.Minute
)

// reservedError says that a write waits because the rest of the org's API allowance
// is left to its other applications.
type reservedError struct {
	usage salesforce.Usage
	until time.Time
}

func (e *reservedError) Error() string {
	return fmt.Sprintf("the org has used %d of its %d API calls, and the rest is left to its other applications; this waits until %s",
		e.usage.Used, e.usage.Max, e.until.UTC().Format(time.RFC3339))
}

// governor keeps a share of an org's API allowance for the org's other applications.
// What it knows it has from the org's own answers, so a function that just started
// spends a call before it knows; that costs at most a call for each of them.
type governor struct {
	reservePercent int
	spent          time.Time // the last call while the allowance was low
}

// decide says whether a kind of write may go out now: nil, or what it waits for.
// With little left, notes wait, and statuses go out together, spaced.
func (g *governor) decide(usage salesforce.Usage, known, note bool, now time.Time) *reservedError {
	if !known || usage.Max <= 0 || now.Sub(usage.At) > usageGoodFor {
		return nil
	}
	if (usage.Max-usage.Used)*100 >= usage.Max*g.reservePercent {
		return nil
	}
	if note {
		return &reservedError{usage: usage, until: usage.At.Add(usageGoodFor)}
	}
	if next := g.spent.Add(spacing); next.After(now) {
		return &reservedError{usage: usage, until: next}
	}
	g.spent = now
	return nil
}

// hold gives the jobs that the governor holds back their outcome, and returns the
// others.
func (g *governor) hold(client *salesforce.Client, which []int, note bool, now time.Time, outcomes []outcome) []int {
	if len(which) == 0 {
		return which
	}
	usage, known := client.Usage()
	reserved := g.decide(usage, known, note, now)
	if reserved == nil {
		return which
	}
	for _, at := range which {
		outcomes[at].err = reserved
	}
	return nil
}
