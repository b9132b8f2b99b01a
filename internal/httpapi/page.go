package httpapi

import (
	"time"

	"salesforce-integration/internal/integration"
)

// PageInput is how a part of a list is asked for.
type PageInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many items at most. A part may hold fewer while more follow."`
	Cursor string `query:"cursor" maxLength:"2048" doc:"Where to go on: the next_cursor of the last answer to the same question. Any other is refused (422)." example:"bG9nIzIwMjYtMDMtMDI"`
}

func (p PageInput) page() integration.Page {
	return integration.Page{Limit: p.Limit, Cursor: p.Cursor}
}

// listOutput is a part of a list.
type listOutput[B any] struct{ Body B }

// convert makes a list's items the wire's; never nil, since that would be null.
func convert[D, W any](items []D, one func(D) W) []W {
	wire := make([]W, 0, len(items))
	for _, item := range items {
		wire = append(wire, one(item))
	}
	return wire
}

// orNull is a text that may be missing.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// seconds is a time as the API shows it: UTC, whole seconds.
func seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// secondsOrNull is one that may be missing.
func secondsOrNull(t time.Time) *time.Time {
	if t.IsZero() || !integration.Writable(t) { // an org's clock is not ours
		return nil
	}
	s := seconds(t)
	return &s
}
