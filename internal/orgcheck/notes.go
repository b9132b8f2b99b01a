package orgcheck

import (
	"errors"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// noteForm is one form in which notes can be written.
type noteForm struct {
	kind   integration.NoteKind
	what   string
	object salesforce.Described
	fix    string // when the org does not have it
}

func (f noteForm) works() bool { return f.object.Err == nil && f.object.Createable }

func noteForms(found salesforce.Inspection, chosen integration.NoteKind) (form, other noteForm) {
	content := noteForm{
		kind: integration.NoteContent, what: "notes (ContentNote)", object: found.ContentNote,
		fix: "Switch Notes on in Salesforce, under Setup, Notes Settings.",
	}
	feed := noteForm{
		kind: integration.NoteFeedItem, what: "Chatter posts (FeedItem)", object: found.FeedItem,
		fix: "Switch Chatter on in Salesforce, under Setup, Chatter Settings, and feed tracking on for Campaigns.",
	}
	if chosen == integration.NoteFeedItem {
		return feed, content
	}
	return content, feed
}

// notes tells whether notes can be written in the chosen form, and if not, whether
// they could in the other.
func (r *report) notes(found salesforce.Inspection) {
	if !r.access.Settings.WritesNotes() {
		r.add(integration.Check{Name: integration.CheckNotes, Status: integration.CheckSkipped, Detail: "By its settings this integration writes no notes."})
		return
	}
	form, other := noteForms(found, r.access.Settings.Kind())
	if form.works() {
		r.ok(integration.CheckNotes, "The org takes "+form.what+".")
		return
	}
	c := integration.Check{Name: integration.CheckNotes, Status: integration.CheckFailed, Detail: "The org takes no " + form.what + "."}
	switch err := form.object.Err; {
	case errors.Is(err, salesforce.ErrNoObject):
		c.Cause, c.Fix = "They are switched off in the org, or hidden from the Run-As user.", form.fix
	case err != nil:
		c = diagnosed(c.Name, c.Status, "Whether the org takes "+form.what+" could not be looked at.", err)
	default:
		c.Cause, c.Fix = "The Run-As user may not create them.", "Give the Run-As user the right to create "+form.what+"."
	}
	if other.works() {
		c.Detail += " It takes " + other.what + "."
		c.Fix += " Or set note_kind to " + string(other.kind) + " in the integration's settings."
	} else {
		c.Fix += " Or switch notes off in the integration's settings, by note_events."
	}
	r.add(c)
}
