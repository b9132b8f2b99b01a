package integration

import "time"

// CampaignRef names a Campaign of an integration's org.
type CampaignRef struct {
	IntegrationID string
	CampaignID    string
}

// Campaign is what the product remembers of a Campaign that it writes to: the
// watermark that keeps an older event from overwriting a newer state, the claim
// that keeps two functions from writing at once, and the last write, by which an
// echo is known.
type Campaign struct {
	CampaignRef

	// ExperimentKey is the experiment that the watermark is of: a campaign that is
	// linked to another experiment starts anew.
	ExperimentKey string

	// EventAt and EventID are of the newest event whose status was, or is being,
	// written. Of two events of the same instant the greater id counts as newer, so
	// that every function decides alike.
	EventAt time.Time
	EventID string

	// ClaimedBy is the delivery that is writing ClaimedStatus until ClaimedUntil;
	// empty: nobody.
	ClaimedBy     string
	ClaimedStatus string
	ClaimedUntil  time.Time

	// WrittenStatus is the status that was last written, at WrittenAt.
	WrittenStatus string
	WrittenAt     time.Time

	// Version is the compare-and-swap counter; 0 is a campaign never written to.
	Version int64
}

// Newer says whether an event of that time and id is newer than the watermark.
func (c Campaign) Newer(at time.Time, eventID string) bool {
	if !at.Equal(c.EventAt) {
		return at.After(c.EventAt)
	}
	return eventID > c.EventID
}
