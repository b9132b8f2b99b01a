package integration

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of [Settings] as an administrator enters them, in characters.
const (
	MaxEventTypeLen    = 128
	MaxSettingsEntries = 50 // of each map
	// MaxStatusLen is how much of Campaign.Status can be used, whatever its
	// describe says.
	// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_campaign.htm
	MaxStatusLen = 40
)

// eventTypePrefix begins the detail-type of every event of an experiment; others
// never reach push, so to map one can only be a mistake.
const eventTypePrefix = "Experiment "

// checkSettings checks and cleans all settings. An empty map becomes nil, which
// is what it means.
func (s *Service) checkSettings(given Settings) (Settings, error) {
	var errs []error
	given.StatusMap = field(&errs, given.StatusMap, checkStatusMap)
	given.NoteEvents = field(&errs, given.NoteEvents, checkNoteEvents)
	given.NoteKind = field(&errs, given.NoteKind, checkNoteKind)
	given.FinalizeStatuses = field(&errs, given.FinalizeStatuses, checkFinalizeStatuses)
	errs = append(errs, s.checkLooks(given.Reread, given.LookupKey))
	return given, joined(errs)
}

func checkStatusMap(m map[EventType]string) (map[EventType]string, error) {
	const name = "settings.status_map"
	errs := checkEventTypes(name, m)
	cleaned := make(map[EventType]string, len(m))
	for _, event := range slices.Sorted(maps.Keys(m)) {
		status := strings.TrimSpace(m[event])
		switch {
		case utf8.RuneCountInString(status) > MaxStatusLen:
			errs = append(errs, Invalidf(name, "The status of %s is longer than the %d characters that a Campaign's status has.", quoted(event), MaxStatusLen))
		case !printable(status):
			errs = append(errs, Invalidf(name, "The status of %s holds a control character.", quoted(event)))
		}
		cleaned[event] = status
	}
	if len(cleaned) == 0 {
		return nil, nil //nolint:nilnil // no map is a valid one
	}
	return cleaned, joined(errs)
}

func checkNoteEvents(m map[EventType]bool) (map[EventType]bool, error) {
	if len(m) == 0 {
		return nil, nil //nolint:nilnil // no map is a valid one
	}
	return m, joined(checkEventTypes("settings.note_events", m))
}

func checkNoteKind(k NoteKind) (NoteKind, error) {
	switch k {
	case "", NoteContent:
		return "", nil // one spelling only, so that sending it again is no change
	case NoteFeedItem:
		return k, nil
	default:
		return "", Invalidf("settings.note_kind", "It is neither %s nor %s.", NoteContent, NoteFeedItem)
	}
}

// mergeSettings applies a checked patch and lists what really changed.
func mergeSettings(s *Settings, p Patch) []slog.Attr {
	var changes []slog.Attr
	if p.StatusMap != nil && !maps.Equal(s.StatusMap, p.StatusMap) {
		s.StatusMap = p.StatusMap
		changes = append(changes, slog.Any("status_map", s.StatusMap))
	}
	if p.NoteEvents != nil && !maps.Equal(s.NoteEvents, p.NoteEvents) {
		s.NoteEvents = p.NoteEvents
		changes = append(changes, slog.Any("note_events", s.NoteEvents))
	}
	if set(&s.NoteKind, p.NoteKind) {
		changes = append(changes, slog.String("note_kind", string(s.Kind())))
	}
	return changes
}

// Kind is the kind of note, the default included.
func (s Settings) Kind() NoteKind { return cmp.Or(s.NoteKind, NoteContent) }

// kept is a checked map of a patch, where empty means something else than nil.
func kept[V any](m map[EventType]V) map[EventType]V {
	if m == nil {
		return map[EventType]V{}
	}
	return m
}

// checkEventTypes says what is wrong with the keys of a map of settings.
func checkEventTypes[V any](name string, m map[EventType]V) []error {
	if len(m) > MaxSettingsEntries {
		return []error{Invalidf(name, "It has more than %d entries.", MaxSettingsEntries)}
	}
	var errs []error
	for _, event := range slices.Sorted(maps.Keys(m)) {
		rest, begins := strings.CutPrefix(string(event), eventTypePrefix)
		switch {
		case !printable(string(event)):
			errs = append(errs, Invalidf(name, "A type of event holds a control character."))
		case utf8.RuneCountInString(string(event)) > MaxEventTypeLen:
			errs = append(errs, Invalidf(name, "A type of event is longer than %d characters.", MaxEventTypeLen))
		case !begins || strings.TrimSpace(rest) == "" || strings.TrimSpace(rest) != rest:
			errs = append(errs, Invalidf(name, "%s is no type of event: those of experiments begin with 'Experiment', as in %q.", quoted(event), EventCompleted))
		}
	}
	return errs
}

// quoted names a type of event in a message, cut to what a person still reads.
func quoted(t EventType) string {
	const most = 60
	if r := []rune(string(t)); len(r) > most {
		t = EventType(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", string(t))
}

// Effects lists what each type of event does that the settings, or the contract,
// know of: what is really done, defaults included.
func (s Settings) Effects() map[EventType]Effect {
	effects := map[EventType]Effect{}
	for _, t := range slices.Concat([]EventType{EventCompleted, EventRolledBack, EventSignificance},
		slices.Collect(maps.Keys(s.StatusMap)), slices.Collect(maps.Keys(s.NoteEvents))) {
		effects[t] = s.Effect(t)
	}
	return effects
}

// WritesNotes says whether any type of event writes a note.
func (s Settings) WritesNotes() bool {
	for _, e := range s.Effects() {
		if e.Note {
			return true
		}
	}
	return false
}
