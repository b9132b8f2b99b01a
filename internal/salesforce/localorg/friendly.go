package localorg

import (
	"encoding/base64"
	"errors"
	"sort"
	"time"

	"salesforce-integration/internal/salesforce/localorg/records"
)

// ErrNoSuch is wrapped when an object, field, record or rule does not exist.
var ErrNoSuch = errors.New("no such thing in this org")

// Note is a note on a record as a person reads it.
type Note struct {
	ID      string    `json:"id"`
	LinkID  string    `json:"linkId"`
	Title   string    `json:"title"`
	HTML    string    `json:"html"`
	Text    string    `json:"text"`
	Created time.Time `json:"created"`
}

// Post is a Chatter post on a record.
type Post struct {
	ID      string    `json:"id"`
	Title   string    `json:"title,omitempty"`
	Body    string    `json:"body"`
	Created time.Time `json:"created"`
}

// View is a record with what hangs on it.
type View struct {
	Record map[string]any `json:"record"`
	Notes  []Note         `json:"notes"`
	Posts  []Post         `json:"posts"`
}

// View returns a record with its notes and posts, oldest first. Errors wrap [ErrNoSuch].
func (o *Org) View(object, id string) (View, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	rec, err := o.find(object, id)
	if err != nil {
		return View{}, err
	}
	return View{Record: plain(rec), Notes: o.notes(rec.ID), Posts: o.posts(rec.ID)}, nil
}

// Notes lists the notes on a record, oldest first.
func (o *Org) Notes(recordID string) []Note {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.notes(recordID)
}

func (o *Org) notes(recordID string) []Note {
	out := []Note{}
	link, okLink := o.schema.Object("ContentDocumentLink")
	note, okNote := o.schema.Object("ContentNote")
	if !okLink || !okNote {
		return out
	}
	links, _ := o.store.Lookup(link, "LinkedEntityId", recordID)
	for _, l := range links {
		rec, ok := o.store.Get(note, l.Text("ContentDocumentId"))
		if !ok || rec.Deleted {
			continue
		}
		html, _ := base64.StdEncoding.DecodeString(rec.Text("Content"))
		created, _ := rec.Get("CreatedDate").(time.Time)
		out = append(out, Note{ID: rec.ID, LinkID: l.ID, Title: rec.Text("Title"), HTML: string(html), Text: records.PlainText(string(html)), Created: created})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

func (o *Org) posts(recordID string) []Post {
	out := []Post{}
	feed, ok := o.schema.Object("FeedItem")
	if !ok {
		return out
	}
	items, _ := o.store.Lookup(feed, "ParentId", recordID)
	for _, rec := range items {
		created, _ := rec.Get("CreatedDate").(time.Time)
		out = append(out, Post{ID: rec.ID, Title: rec.Text("Title"), Body: rec.Text("Body"), Created: created})
	}
	return out
}

// plain renders a record's fields as REST does, without the empty ones.
func plain(rec *records.Record) map[string]any {
	out := map[string]any{"Id": rec.ID}
	for name, v := range rec.Values {
		if t, ok := v.(time.Time); ok {
			v = t.UTC().Format(records.DateTimeLayout)
		}
		out[name] = v
	}
	return out
}
