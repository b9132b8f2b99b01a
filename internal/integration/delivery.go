package integration

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Direction says which way a delivery goes.
type Direction string

// The directions.
const (
	Outbound Direction = "outbound" // experiment event -> Salesforce
	Inbound  Direction = "inbound"  // Salesforce -> platform
)

// DeliveryStatus is where a delivery stands.
type DeliveryStatus string

// The states of a delivery. Delivered and skipped are final; parked waits for a
// person or for an integration that works again.
const (
	StatusPending   DeliveryStatus = "pending"   // durable, nothing tried yet
	StatusSending   DeliveryStatus = "sending"   // a function is at it until LeaseUntil; found later, its outcome is unknown
	StatusRetrying  DeliveryStatus = "retrying"  // failed for now, tried again at NextAttemptAt
	StatusDelivered DeliveryStatus = "delivered" // done
	StatusSkipped   DeliveryStatus = "skipped"   // rightly not done, Reason says why
	StatusParked    DeliveryStatus = "parked"    // cannot be done until something is mended
)

// Reason is the machine-readable half of why a delivery is where it is; Detail is
// the half for people.
type Reason string

// Reasons of outbound deliveries.
const (
	ReasonTrying          Reason = "trying"
	ReasonStatusWritten   Reason = "status_written"
	ReasonNoteWritten     Reason = "note_written"
	ReasonNoteFound       Reason = "note_found"       // an earlier try had written it
	ReasonNoLink          Reason = "no_link"          // no Campaign follows the experiment
	ReasonInvalidEvent    Reason = "invalid_event"    // the event cannot be understood
	ReasonSuperseded      Reason = "superseded"       // the campaign already has a newer state
	ReasonInactive        Reason = "inactive"         // the integration is switched off
	ReasonIntegrationGone Reason = "integration_gone" // deleted while the event was on its way
	ReasonAttention       Reason = "needs_attention"  // Salesforce refuses the integration itself: see [Attention]
	ReasonNoRight         Reason = "no_right"         // the integration's user may not write this record, or no notes
	ReasonNotMapped       Reason = "not_mapped"       // the integration maps this type of event to nothing
	ReasonResumed         Reason = "resumed"          // what parked it is mended, or a person sends it again
	ReasonAllowance       Reason = "allowance"        // the rest of the org's API allowance is left to others
	ReasonRefused         Reason = "refused"          // Salesforce refuses, trying again cannot help
	ReasonFailing         Reason = "failing"          // Salesforce or the network fails, tried again
	ReasonExhausted       Reason = "exhausted"        // failed for more than a day
)

// Reasons of inbound deliveries.
const (
	ReasonFinalizationRequested Reason = "finalization_requested"
	ReasonLinked                Reason = "linked"
	ReasonIgnored               Reason = "ignored"
	ReasonDuplicate             Reason = "duplicate"
	ReasonEcho                  Reason = "echo"
	ReasonAlreadyFinal          Reason = "already_final" // the Campaign did not become completed: it was so already
	ReasonNotConfirmed          Reason = "not_confirmed" // the org, asked again, says otherwise, or may not be asked
	ReasonUnknownCampaign       Reason = "unknown_campaign"
	ReasonConflict              Reason = "link_conflict"
)

// MaxHistory is how many transitions a delivery remembers: the first ones and the
// newest ones are kept.
const MaxHistory = 20

// LogRetention is how long the log keeps a delivery that has ended. As long, the same
// event or notification is known to be a duplicate. What is parked stays.
const LogRetention = 90 * 24 * time.Hour

// Delivery is one effect that one message is to have: an experiment event on one
// Campaign (outbound), or one notification of Salesforce on the platform
// (inbound). It is the unit of the delivery log.
type Delivery struct {
	ID            string // see [DeliveryID]
	Direction     Direction
	Status        DeliveryStatus
	Reason        Reason
	Detail        string // what happened and what to do about it, for people; no secrets
	EventType     string
	EventID       string // the bus envelope's id, or Salesforce's notification id
	IntegrationID string // empty when no integration was concerned
	ExperimentKey string
	CampaignID    string
	CampaignName  string // as a message gave it; may be empty
	CampaignState string // the status written (outbound) or reported (inbound)
	OccurredAt    time.Time

	ErrorCode string // Salesforce's code of the last failure, e.g. UNABLE_TO_LOCK_ROW
	Cause     string // its plain cause
	Fix       string // what to do about it
	Attempts  int    // tries that reached for Salesforce
	APICalls  int    // Salesforce API calls that this delivery took part in
	RecordURL string // the record in Salesforce, for a browser
	NoteID    string // the note's id, once written
	// Doubtful says that an earlier try may have had its effect: its answer was lost,
	// or its function is gone.
	Doubtful bool
	// NoteKind is the form of the newest try at a note. A doubtful one is looked for,
	// and written again, in the same.
	NoteKind NoteKind

	// Payload is the message as it came (the bus event's envelope, or the JSON form
	// of a notification), so that it can be sent again.
	Payload []byte

	History []Transition

	CreatedAt     time.Time
	ResumedAt     time.Time // when it was last taken out of being parked; zero: never
	UpdatedAt     time.Time
	NextAttemptAt time.Time // zero: none is planned
	LeaseUntil    time.Time // while sending: until when the function may be at it
	ExpiresAt     time.Time // when the log may forget it; zero: never

	// Version is the compare-and-swap counter of the stored row; 0 is a delivery
	// that is not stored yet.
	Version int64
}

// Transition is one step of a delivery's life.
type Transition struct {
	At     time.Time
	Status DeliveryStatus
	Reason Reason
	Detail string
}

// DeliveryID derives the id of the delivery for a message's effect, so that the
// same message, delivered again, meets the same row. Parts are, outbound: event
// id, integration id, campaign id (and "note" for the note of an event that also
// writes a status); inbound: integration id, notification id.
func DeliveryID(direction Direction, parts ...string) string {
	text := append(make([]byte, 0, 128), direction...)
	text = append(text, '\n')
	for _, p := range parts {
		text = strconv.AppendInt(text, int64(len(p)), 10)
		text = append(text, ':')
		text = append(text, p...)
		text = append(text, '\n')
	}
	whole := sha256.Sum256(text)
	sum := whole[:16]
	sum[6] = sum[6]&0x0f | 0x80 // version 8, RFC 9562 section 5.8: derived by an own rule
	sum[8] = sum[8]&0x3f | 0x80
	s := hex.EncodeToString(sum)
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}

// Resumable says whether an outbound delivery goes out by itself once somebody has
// mended its integration or its rights: these held it up, not the delivery itself.
func (d *Delivery) Resumable() bool {
	if d.Direction != Outbound || d.Status != StatusParked {
		return false
	}
	switch d.Reason {
	case ReasonInactive, ReasonAttention, ReasonNoRight, ReasonAllowance:
		return true
	default:
		return false
	}
}

// Waiting says whether an outbound delivery waits: to be resumed, to be taken up
// after it was, for its next attempt, or for the end of a function that is at it and
// may be gone. Stores list what waits, so that nothing can wait unseen.
func (d *Delivery) Waiting() bool {
	return d.Resumable() || d.Direction == Outbound && (d.Status == StatusPending || d.Status == StatusSending || d.Status == StatusRetrying)
}

// OverdueAfter is how long after its time a delivery's message counts as lost.
const OverdueAfter = time.Hour

// Overdue says whether an outbound delivery should long have gone on: its next
// attempt was due, or its function is gone, and nothing came of it.
func (d *Delivery) Overdue(now time.Time) bool {
	if d.Direction != Outbound {
		return false
	}
	var due time.Time
	switch d.Status {
	case StatusRetrying:
		due = d.NextAttemptAt
	case StatusSending:
		due = d.LeaseUntil
	case StatusPending:
		due = d.UpdatedAt
	default:
		return false
	}
	return now.Sub(due) >= OverdueAfter
}

// Final says whether nothing more will happen to the delivery by itself.
func (s DeliveryStatus) Final() bool { return s == StatusDelivered || s == StatusSkipped }

// transitions is the whole state machine: from -> to.
var transitions = map[DeliveryStatus][]DeliveryStatus{
	"":              {StatusPending, StatusSending, StatusRetrying, StatusSkipped, StatusParked},
	StatusPending:   {StatusSending, StatusRetrying, StatusDelivered, StatusSkipped, StatusParked},
	StatusSending:   {StatusSending, StatusDelivered, StatusRetrying, StatusSkipped, StatusParked},
	StatusRetrying:  {StatusSending, StatusRetrying, StatusSkipped, StatusParked},
	StatusParked:    {StatusPending, StatusSkipped},
	StatusDelivered: {},
	StatusSkipped:   {},
}

// CanBecome says whether a delivery may go from s to next.
func (s DeliveryStatus) CanBecome(next DeliveryStatus) bool {
	return slices.Contains(transitions[s], next)
}

// Move takes the delivery to its next state and remembers the step. It fails, and
// changes nothing, when the state machine has no such step: that is a bug of the
// caller, never of a message.
func (d *Delivery) Move(at time.Time, next DeliveryStatus, reason Reason, detail string) error {
	if !d.Status.CanBecome(next) {
		return fmt.Errorf("delivery %s cannot go from %q to %q", d.ID, d.Status, next)
	}
	d.Status, d.Reason, d.Detail, d.UpdatedAt = next, reason, detail, at
	if next != StatusSending {
		d.LeaseUntil = time.Time{}
	}
	if next != StatusRetrying {
		d.NextAttemptAt = time.Time{}
	}
	d.ExpiresAt = time.Time{}
	if next.Final() {
		d.ExpiresAt = at.Add(LogRetention)
	}
	d.remember(Transition{At: at, Status: next, Reason: reason, Detail: detail})
	return nil
}

// Repeat notes in the history that the delivery's message came again, and was a
// duplicate. Nothing else of the delivery changes.
func (d *Delivery) Repeat(at time.Time) {
	d.History = slices.Clone(d.History)
	d.remember(Transition{At: at, Status: d.Status, Reason: ReasonDuplicate, Detail: "The same message came again. It had been dealt with, and nothing was done."})
}

func (d *Delivery) remember(t Transition) {
	if len(d.History) == MaxHistory {
		d.History = slices.Delete(d.History, MaxHistory/2, MaxHistory/2+1)
	}
	d.History = append(d.History, t)
}
