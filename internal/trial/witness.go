package trial

import (
	"fmt"
	"sync"
	"time"

	"salesforce-integration/internal/salesforce/localorg"
)

// Row is what came of one trial: a line of the table.
type Row struct {
	Fault, Writer string

	In        int // events published
	Delivered int // its effect was in the org, or that of a newer status in its place
	Lost      int // the others
	// Doubled counts notes beyond the one that was asked for, on a Campaign or
	// hanging nowhere.
	Doubled int
	Wrong   int           // Campaigns that did not end with the status of their newest event
	Late    time.Duration // the longest from an event's arrival to its effect
	Calls   int           // REST calls that reached the org
	Logins  int           // token exchanges that reached it
	Unread  int           // messages still on the queue after its retention
}

// witness looks at the org after each request and remembers when each effect was
// first there.
type witness struct {
	org *localorg.Org
	all []Event

	mu   sync.Mutex
	seen map[effect]time.Time // when it was first there
}

// effect is a status of a Campaign, or its note.
type effect struct{ campaign, status string }

func newWitness(org *localorg.Org, all []Event) *witness {
	return &witness{org: org, all: all, seen: map[effect]time.Time{}}
}

func (e Event) effect() effect { return effect{e.CampaignID, e.Status()} }

func (w *witness) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.all {
		if _, ok := w.seen[e.effect()]; !ok && w.there(e) {
			w.seen[e.effect()] = time.Now()
		}
	}
}

func (w *witness) there(e Event) bool {
	if e.Status() == "" {
		return len(w.org.Notes(e.CampaignID)) > 0
	}
	status, err := w.status(e.CampaignID)
	return err == nil && status == e.Status()
}

func (w *witness) status(campaign string) (string, error) {
	record, err := w.org.Record("Campaign", campaign)
	if err != nil {
		return "", fmt.Errorf("reading a Campaign: %w", err)
	}
	status, _ := record["Status"].(string)
	return status, nil
}

// row takes stock at the end.
func (w *witness) row() (Row, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := Row{In: len(w.all)}
	newest := map[string]Event{}
	for _, e := range w.all {
		if e.Status() != "" && e.OccurredAt.After(newest[e.CampaignID].OccurredAt) {
			newest[e.CampaignID] = e
		}
	}
	for _, e := range w.all {
		at, ok := w.seen[e.effect()]
		if by, replaced := w.seen[newest[e.CampaignID].effect()]; replaced && e.Status() != "" && (!ok || by.Before(at)) {
			at, ok = by, true
		}
		if !ok {
			r.Lost++
			continue
		}
		r.Delivered++
		r.Late = max(r.Late, at.Sub(e.Arrives))
	}
	for campaign, e := range newest {
		status, err := w.status(campaign)
		if err != nil {
			return r, err
		}
		if status != e.Status() {
			r.Wrong++
		}
	}
	counted, hanging := map[string]bool{}, 0
	for _, e := range w.all {
		if counted[e.CampaignID] {
			continue
		}
		counted[e.CampaignID] = true
		notes := len(w.org.Notes(e.CampaignID))
		hanging += notes
		r.Doubled += max(0, notes-1)
	}
	written, err := w.org.Records("ContentNote")
	if err != nil {
		return r, fmt.Errorf("reading the notes: %w", err)
	}
	r.Doubled += len(written) - hanging
	return r, nil
}
