package integration

import "time"

// EventType is the detail-type of an experiment's event on the bus.
type EventType string

// The events that the product acts on.
const (
	EventCompleted    EventType = "Experiment Completed"
	EventSignificance EventType = "Experiment Reached Significance"
	EventRolledBack   EventType = "Experiment Rolled Back"
)

// Event is something that happened to an experiment.
type Event struct {
	ID            string // the envelope's id: the same when the same event is delivered twice
	Type          EventType
	ExperimentKey string
	Name          string // the experiment's name, for people; may be empty
	OccurredAt    time.Time
	Results       *Results // nil when the event carries none
	// ResultsProblem says what is wrong with results that cannot be read. It
	// matters only where they are shown: a status is written all the same.
	ResultsProblem string
	Reason         string // why it was rolled back, in the platform's words
}

// Results is what an experiment found. Every part is optional; a nil number is
// one that the platform did not send.
type Results struct {
	PrimaryMetric      string
	WinningVariant     string
	Lift               *float64    // relative: 0.042 is +4.2 %
	PValue             *float64    // 0..1
	ConfidenceInterval *[2]float64 // of the lift, low and high
	SampleSize         *int64
	Variants           []Variant
	URL                string
}

// Variant is one arm of an experiment.
type Variant struct {
	Key         string
	Users       *int64
	Conversions *int64
}
