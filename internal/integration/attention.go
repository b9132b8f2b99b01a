package integration

import "time"

// Attention says that Salesforce refuses an integration as a whole: a credential
// that is wrong, or a right that is missing. While it stands, nothing is sent to the
// org; deliveries are parked. New credentials, a passed connection test, or
// switching the integration off and on again take it away.
type Attention struct {
	Since time.Time
	Code  string // Salesforce's error code
	Cause string // in plain words
	Fix   string // what to do about it
	// Announced says that the event bus was told. A function that finds it false
	// tells it again: the one that should have may be gone.
	Announced bool
}

// The detail-types under which the event bus is told of an integration's state.
const (
	EventNeedsAttention = "Integration Needs Attention"
	EventRecovered      = "Integration Recovered"
)

// Notice tells the platform that an integration stopped working, or works again.
// It may be published more than once; ID tells.
type Notice struct {
	ID              string
	Type            string // [EventNeedsAttention] or [EventRecovered]
	IntegrationID   string
	IntegrationName string
	At              time.Time
	Code            string // with NeedsAttention: as in [Attention]
	Cause           string
	Fix             string
}
