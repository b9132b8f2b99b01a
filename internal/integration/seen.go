package integration

import "time"

// Seen is the newest state of a linked Campaign that Salesforce has told of, and
// what it led to: by it the webhook knows a state that is older, and a Campaign
// that does not become completed but is so already.
//
// It is a row of its own, so that it never contends with the claims on a
// [Campaign], and it belongs to one link: one of another experiment, or of a link
// made anew, is as good as none (see [Seen.Of]).
type Seen struct {
	CampaignRef

	// ExperimentKey and LinkedAt are those of the link.
	ExperimentKey string
	LinkedAt      time.Time

	// Status is what the Campaign was at At: by Salesforce's clock where the message
	// said when the Campaign changed, else when the message came.
	Status string
	At     time.Time

	// RequestID is the finalization request that Status led to, made at
	// RequestedAt; empty: it led to none.
	RequestID   string
	RequestedAt time.Time

	// Accounted says that nothing is left to be done about Status: the bus has the
	// request, or none was needed. While there is a request that is not accounted
	// for, whoever comes by publishes it, under the same id.
	Accounted bool
	// Dealt says why Status needed no request; empty: it led to one, or nothing was
	// done about it so far.
	Dealt Dealing

	// Version is the compare-and-swap counter; 0 is a row not stored yet.
	Version int64
}

// Dealing is why a state that was seen led to no request, and never will: whoever
// meets the Campaign in the same state later has met no change.
type Dealing string

// The dealings.
const (
	DealtNotFinal   Dealing = "not_final"   // it finished no experiment, by the settings of then
	DealtEcho       Dealing = "echo"        // it was our own write
	DealtOff        Dealing = "off"         // it was told while the integration was switched off
	DealtBeforeLink Dealing = "before_link" // the Campaign was so before it was linked by hand
)

// Of returns what was seen while the Campaign followed this link, or a row to
// begin with, which takes the place of what is stored.
func (s Seen) Of(l Link) Seen {
	if s.BelongsTo(l) {
		return s
	}
	return Seen{CampaignRef: l.Ref(), ExperimentKey: l.ExperimentKey, LinkedAt: l.CreatedAt, Version: s.Version}
}

// BelongsTo says whether it was seen while the Campaign followed this link, or about
// to.
func (s Seen) BelongsTo(l Link) bool {
	return s.ExperimentKey == l.ExperimentKey && s.LinkedAt.Equal(l.CreatedAt)
}
