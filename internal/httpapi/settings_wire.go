package httpapi

import (
	"time"

	"salesforce-integration/internal/integration"
)

// Settings are what events do in an org, as they are read.
type Settings struct {
	StatusMap  map[string]*string `json:"status_map" nullable:"false" doc:"From a type of event to the Campaign status that it writes; null writes none. Types that it leaves out do what the default is." example:"{\"Experiment Completed\": \"Completed\", \"Experiment Started\": \"In Progress\", \"Experiment Rolled Back\": null}"`
	NoteEvents map[string]bool    `json:"note_events" nullable:"false" doc:"From a type of event to whether it writes a note. Types that it leaves out do what the default is." example:"{\"Experiment Completed\": true}"`
	NoteKind   string             `json:"note_kind" enum:"content_note,feed_item" doc:"How notes are written: as a note, for which the org must have Notes switched on, or as a Chatter post." example:"content_note"`

	FinalizeStatuses []string `json:"finalize_statuses" nullable:"false" doc:"The Campaign statuses that finish an experiment; empty: those of the deployment." example:"[\"Completed\", \"Aborted\"]"`
	Reread           bool     `json:"reread" doc:"Whether a Campaign is read again in Salesforce before its experiment is finished." example:"false"`
	LookupKey        bool     `json:"lookup_key" doc:"Whether the experiment's key is read in Salesforce when a message about a Campaign that is not linked does not carry it." example:"false"`
}

// SettingsChange is what settings can be set to. Its limits are the domain's, so
// that its words are, too.
type SettingsChange struct {
	_          struct{}           `nullable:"true"`
	StatusMap  map[string]*string `json:"status_map,omitempty" nullable:"true" doc:"From a type of event to the Campaign status that it writes, of at most 40 characters; null or an empty text writes none. Types that it leaves out do what the default is: Experiment Completed writes Completed, Experiment Rolled Back writes Paused. At most 50 entries." example:"{\"Experiment Completed\": \"Completed\", \"Experiment Started\": \"In Progress\", \"Experiment Rolled Back\": null}"`
	NoteEvents map[string]bool    `json:"note_events,omitempty" nullable:"true" doc:"From a type of event to whether it writes a note. By default only Experiment Reached Significance does. At most 50 entries." example:"{\"Experiment Completed\": true}"`
	NoteKind   *string            `json:"note_kind,omitempty" nullable:"true" enum:"content_note,feed_item" doc:"How notes are written." example:"content_note"`

	FinalizeStatuses []string `json:"finalize_statuses,omitempty" nullable:"true" doc:"The Campaign statuses that finish an experiment, in capitals or not, of at most 40 characters each. An empty list goes back to those of the deployment. At most 50 entries." example:"[\"Completed\", \"Aborted\"]"`
	Reread           *bool    `json:"reread,omitempty" nullable:"true" doc:"True: before the platform is asked to finish an experiment, its Campaign is read again in Salesforce, and counts only if its status finishes the experiment then. Each such message costs an API call. Refused with 422 unless the template parameter WebhookReadsSalesforce is yes." example:"false"`
	LookupKey        *bool    `json:"lookup_key,omitempty" nullable:"true" doc:"True: when a message about a Campaign that is not linked carries no experiment's key, the key is read from the Campaign's field in Salesforce. Each such message costs an API call. Refused with 422 unless the template parameter WebhookReadsSalesforce is yes." example:"false"`
}

// Effect is what a type of event does to a Campaign.
type Effect struct {
	Status *string `json:"status" doc:"The status that it writes; null: none." example:"Completed"`
	Note   bool    `json:"note" doc:"Whether it writes a note." example:"false"`
}

// Attention says why nothing is sent any more.
type Attention struct {
	_     struct{}  `nullable:"true"`
	Since time.Time `json:"since" example:"2026-03-02T10:00:00Z"`
	Code  string    `json:"code" doc:"Salesforce's error code." example:"invalid_client"`
	Cause string    `json:"cause" doc:"What it means." example:"The consumer secret is wrong."`
	Fix   string    `json:"fix" doc:"What to do about it." example:"Check the consumer key and secret in the app's settings in Salesforce and save them in the integration again."`
}

func (s SettingsChange) domain() integration.Settings {
	var d integration.Settings
	if s.StatusMap != nil {
		d.StatusMap = make(map[integration.EventType]string, len(s.StatusMap))
	}
	for event, status := range s.StatusMap {
		d.StatusMap[integration.EventType(event)] = orEmpty(status)
	}
	if s.NoteEvents != nil {
		d.NoteEvents = make(map[integration.EventType]bool, len(s.NoteEvents))
	}
	for event, note := range s.NoteEvents {
		d.NoteEvents[integration.EventType(event)] = note
	}
	d.NoteKind = integration.NoteKind(orEmpty(s.NoteKind))
	d.FinalizeStatuses = s.FinalizeStatuses
	d.Reread = s.Reread != nil && *s.Reread
	d.LookupKey = s.LookupKey != nil && *s.LookupKey
	return d
}

func toSettings(s integration.Settings) Settings {
	w := Settings{
		StatusMap:  make(map[string]*string, len(s.StatusMap)),
		NoteEvents: make(map[string]bool, len(s.NoteEvents)),
		NoteKind:   string(s.Kind()),

		FinalizeStatuses: append([]string{}, s.FinalizeStatuses...),
		Reread:           s.Reread,
		LookupKey:        s.LookupKey,
	}
	for event, status := range s.StatusMap {
		w.StatusMap[string(event)] = orNull(status)
	}
	for event, note := range s.NoteEvents {
		w.NoteEvents[string(event)] = note
	}
	return w
}

func toEffects(s integration.Settings) map[string]Effect {
	effects := s.Effects()
	w := make(map[string]Effect, len(effects))
	for event, e := range effects {
		w[string(event)] = Effect{Status: orNull(e.Status), Note: e.Note}
	}
	return w
}

func toAttention(a *integration.Attention) *Attention {
	if a == nil {
		return nil
	}
	return &Attention{Since: seconds(a.Since), Code: a.Code, Cause: a.Cause, Fix: a.Fix}
}
