package integration

import (
	"maps"
	"slices"
)

// NoteKind says in which form a note is put on a Campaign.
type NoteKind string

// The kinds of note.
const (
	NoteContent  NoteKind = "content_note" // an enhanced note; the org must have notes switched on
	NoteFeedItem NoteKind = "feed_item"    // a Chatter post
)

// Settings say, for one integration, what each type of event does to a linked
// Campaign. The zero value is the contract's: see [Settings.Effect].
type Settings struct {
	// StatusMap maps a type of event to the Campaign status that it writes; ""
	// writes none. Types that it leaves out do what the contract says.
	StatusMap map[EventType]string
	// NoteEvents maps a type of event to whether it writes a note. Types that it
	// leaves out do what the contract says.
	NoteEvents map[EventType]bool
	// NoteKind is how notes are written; "" is [NoteContent].
	NoteKind NoteKind

	// FinalizeStatuses are the Campaign statuses that finish an experiment, in
	// capitals or not; none: those of the deployment.
	FinalizeStatuses []string
	// Reread: a Campaign is read again in Salesforce before its experiment is
	// finished, and only one whose status finishes it then counts. Like LookupKey it
	// needs a deployment whose webhook may read there: see [ServiceConfig.WebhookReads].
	Reread bool
	// LookupKey: the experiment's key of a Campaign that follows none is read in
	// Salesforce when a message does not carry it.
	LookupKey bool
}

// Effect is what an event does to a Campaign.
type Effect struct {
	Status string // the status to write; "" writes none
	Note   bool
}

// None says whether the event does nothing at all.
func (e Effect) None() bool { return e == Effect{} }

// Effect says what a type of event does. Without settings: completed writes
// Completed, rolled back writes Paused, significance writes a note, and any other
// type does nothing.
func (s Settings) Effect(t EventType) Effect {
	var e Effect
	switch t {
	case EventCompleted:
		e.Status = "Completed"
	case EventRolledBack:
		e.Status = "Paused"
	case EventSignificance:
		e.Note = true
	}
	if status, ok := s.StatusMap[t]; ok {
		e.Status = status
	}
	if note, ok := s.NoteEvents[t]; ok {
		e.Note = note
	}
	return e
}

// Statuses lists every status that the settings may write, sorted: what the org's
// picklist has to have.
func (s Settings) Statuses() []string {
	types := []EventType{EventCompleted, EventRolledBack, EventSignificance}
	types = slices.AppendSeq(types, maps.Keys(s.StatusMap))
	statuses := map[string]bool{}
	for _, t := range types {
		if status := s.Effect(t).Status; status != "" {
			statuses[status] = true
		}
	}
	return slices.Sorted(maps.Keys(statuses))
}
