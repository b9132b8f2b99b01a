package records

import (
	"encoding/base64"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/localorg/settings"
	"salesforce-integration/internal/salesforce/sfid"
)

// Names of the objects that the org treats in a way of their own.
const (
	objContentNote     = "ContentNote"
	objContentDocument = "ContentDocument"
	objContentVersion  = "ContentVersion"
	objContentLink     = "ContentDocumentLink"
)

// beforeCreate and beforeUpdate check what only one object knows.
func (s *Store) beforeCreate(o *schema.Object, values map[string]any) *Error {
	switch o.Name {
	case objContentNote:
		return s.cleanNote(values)
	case objContentLink:
		return s.checkLink(values)
	}
	nameFromParts(o, values)
	return nil
}

func (s *Store) beforeUpdate(o *schema.Object, given, next map[string]any) *Error {
	if o.Name == objContentNote && given["Content"] != nil {
		return s.cleanNote(next)
	}
	nameFromParts(o, next)
	return nil
}

// afterCreate makes what Salesforce makes by itself: a note is a document with a
// version, shared with its owner.
func (s *Store) afterCreate(a Actor, o *schema.Object, id string) {
	if o.Name != objContentNote {
		return
	}
	note := s.table(o).rows[id]
	document, _ := s.schema.Object(objContentDocument)
	version, _ := s.schema.Object(objContentVersion)
	link, _ := s.schema.Object(objContentLink)
	now := s.Now()
	versionID := s.NewID(version)
	s.put(a, version, versionID, &Record{ID: versionID, Object: version, Values: map[string]any{
		"ContentDocumentId": id, "IsLatest": true, "Title": note.Text("Title"), "VersionNumber": "1", "FileType": "SNOTE", "FileExtension": "snote",
		"OwnerId": a.UserID, "CreatedDate": now, "CreatedById": a.UserID, "LastModifiedDate": now, "LastModifiedById": a.UserID, "SystemModstamp": now,
	}})
	s.put(a, document, id, &Record{ID: id, Object: document, Values: map[string]any{
		"Title": note.Text("Title"), "FileType": "SNOTE", "FileExtension": "snote", "PublishStatus": "P", "SharingPrivacy": "N", "IsArchived": false,
		"ContentSize": note.Get("ContentSize"), "LatestPublishedVersionId": versionID, "ContentModifiedDate": now,
		"OwnerId": a.UserID, "CreatedDate": now, "CreatedById": a.UserID, "LastModifiedDate": now, "LastModifiedById": a.UserID, "SystemModstamp": now,
	}})
	next := note.clone()
	next.Values["LatestPublishedVersionId"] = versionID
	next.Values["LatestContentId"] = versionID
	s.put(a, o, id, next)
	linkID := s.NewID(link)
	s.put(a, link, linkID, &Record{ID: linkID, Object: link, Values: map[string]any{
		"ContentDocumentId": id, "LinkedEntityId": a.UserID, "ShareType": "I", "Visibility": "AllUsers", "SystemModstamp": now,
	}})
}

// afterUpdate keeps the document's title that of its note, and the other way round.
func (s *Store) afterUpdate(a Actor, o *schema.Object, rec *Record) {
	var other string
	switch o.Name {
	case objContentNote:
		other = objContentDocument
	case objContentDocument:
		other = objContentNote
	default:
		return
	}
	twin, _ := s.schema.Object(other)
	old, ok := s.table(twin).rows[rec.ID]
	if !ok || old.Deleted {
		return
	}
	next := old.clone()
	for _, name := range []string{"Title", "SharingPrivacy", "ContentSize", "LastModifiedDate", "LastModifiedById", "SystemModstamp"} {
		if v := rec.Values[name]; v != nil {
			next.Values[name] = v
		}
	}
	s.put(a, twin, rec.ID, next)
}

// afterDelete takes a note's document away with it, and the other way round.
func (s *Store) afterDelete(a Actor, o *schema.Object, rec *Record) {
	var other string
	switch o.Name {
	case objContentNote:
		other = objContentDocument
	case objContentDocument:
		other = objContentNote
	default:
		return
	}
	twin, _ := s.schema.Object(other)
	if old, ok := s.table(twin).rows[rec.ID]; ok && !old.Deleted {
		s.remove(a, twin, old)
	}
}

func (s *Store) checkLink(values map[string]any) *Error {
	link, _ := s.schema.Object(objContentLink)
	f, _ := link.Field("LinkedEntityId")
	document, _ := values["ContentDocumentId"].(string)
	entity, _ := values["LinkedEntityId"].(string)
	for _, other := range s.table(link).find(f, entity) {
		if other.Get("ContentDocumentId") == document {
			return &Error{Code: CodeDuplicateValue, Fields: []string{"LinkedEntityId"}, Message: fmt.Sprintf("Document with ID: %s is already linked with the entity with ID: %s",
				sfid.Short(document), sfid.Short(entity))}
		}
	}
	return nil
}

// previewLen is how much of a note its TextPreview shows.
const previewLen = 255

// noteRefusal is what importers report of a note with bare special characters.
const noteRefusal = "Note can't be saved because it contains HTML tags or unescaped characters that are not allowed in a Note."

var (
	bareAmpersand = regexp.MustCompile(`&(?:(?:amp|lt|gt|quot|#x?[0-9a-fA-F]+);)?`)
	anyTag        = regexp.MustCompile(`<[^<>]*>`)
	goodTag       = regexp.MustCompile(`(?i)^</?(?:p|br|b|i|u|strong|em|s|strike|ul|ol|li|a|span|div|img|h[1-6]|blockquote|table|thead|tbody|tr|td|th|hr|font|sub|sup|pre|code)(?:\s[^<>]*)?/?>$`)
	script        = regexp.MustCompile(`(?is)<(script|style|iframe)\b.*?</(script|style|iframe)\s*>`)
	handlers      = regexp.MustCompile(`(?i)\son[a-z]+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)`)
)

// cleanNote does to a note's HTML what Salesforce does: line breaks and unsafe
// parts go; bare special characters are refused or dropped, by the switch.
func (s *Store) cleanNote(values map[string]any) *Error {
	encoded, _ := values["Content"].(string)
	if encoded == "" {
		values["ContentSize"] = float64(0)
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return &Error{Code: CodeJSON, Message: "Illegal base64 character in field Content", Fields: []string{"Content"}}
	}
	text := strings.NewReplacer("\r\n", "", "\n", "", "\r", "").Replace(string(raw))
	text = anyTag.ReplaceAllStringFunc(script.ReplaceAllString(text, ""), func(tag string) string {
		return handlers.ReplaceAllString(tag, "") // in tags only: text may say on=x, too
	})
	if s.settings().Disputed.NoteHTML == settings.NoteRefuse && !wellEscaped(text) {
		return &Error{Code: CodeFieldIntegrity, Message: noteRefusal, Fields: []string{"Content"}}
	}
	text = anyTag.ReplaceAllStringFunc(text, func(tag string) string {
		if goodTag.MatchString(tag) {
			return tag
		}
		return ""
	})
	values["Content"] = base64.StdEncoding.EncodeToString([]byte(text))
	values["ContentSize"] = float64(len(text))
	preview := []rune(PlainText(text))
	values["TextPreview"] = string(preview[:min(len(preview), previewLen)])
	return nil
}

// wellEscaped tells whether every special character of a note is part of an
// allowed tag or of a known entity.
func wellEscaped(text string) bool {
	for _, m := range bareAmpersand.FindAllString(text, -1) {
		if m == "&" {
			return false
		}
	}
	bad := false
	rest := anyTag.ReplaceAllStringFunc(text, func(tag string) string {
		bad = bad || !goodTag.MatchString(tag)
		return ""
	})
	return !bad && !strings.ContainsAny(rest, "<>")
}

var blockEnd = regexp.MustCompile(`(?i)<(?:br\s*/?|/p|/li|/div|/h[1-6]|/tr)>`)

// PlainText is what a person reads of a note's HTML.
func PlainText(markup string) string {
	text := anyTag.ReplaceAllString(blockEnd.ReplaceAllString(markup, "\n"), "")
	return strings.TrimSpace(html.UnescapeString(text))
}

// nameFromParts keeps the Name of people that of its parts.
func nameFromParts(o *schema.Object, values map[string]any) {
	f, ok := o.Field("Name")
	if !ok || !f.ReadOnly {
		return
	}
	first, _ := values["FirstName"].(string)
	last, _ := values["LastName"].(string)
	if name := strings.TrimSpace(first + " " + last); name != "" {
		values["Name"] = name
	}
}

// Display writes a value as a person would read it.
func Display(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}
