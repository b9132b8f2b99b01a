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

	// Version is the compare-and-swap counter; 0 is a row not stored yet.
	Version int64
}

// Of returns what was seen while the Campaign followed this link, or a row to
// begin with, which takes the place of what is stored.
func (s Seen) Of(l Link) Seen {
	if s.ExperimentKey == l.ExperimentKey && s.LinkedAt.Equal(l.CreatedAt) {
		return s
	}
	return Seen{CampaignRef: l.Ref(), ExperimentKey: l.ExperimentKey, LinkedAt: l.CreatedAt, Version: s.Version}
}
