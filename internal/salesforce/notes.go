package salesforce

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"salesforce-integration/internal/salesforce/sfid"
)

// shareInferred lets those who see a campaign do with its notes what they may do with
// the campaign.
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdocumentlink.htm
const shareInferred = "I"

const (
	// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_graph_limits.htm
	maxGraphs = 75
	// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentnote.htm
	maxTitle  = 255
	maxMarker = 100
)

// Note is a text to put on a campaign.
type Note struct {
	CampaignID string // 15 or 18 characters
	Title      string // plain text; cut so that title and marker have at most 255 characters
	HTML       string // text in it has gone through [EscapeText]
	// Marker ends the title, and is how a note is found again when the answer to
	// its create was lost: the same for each try, different for each note, at
	// most 100 characters. Empty: the note can't be found again.
	Marker string
}

// NoteResult is what became of one [Note].
type NoteResult struct {
	CampaignID string // 18 characters
	NoteID     string // the ContentNote's or FeedItem's id; empty when Err is set
	Err        error  // nil: written
}

// NoteTitle returns the title under which a note is kept: cut, the marker last.
func NoteTitle(title, marker string) string {
	title = oneLine(title)
	if marker == "" {
		return cut(title, maxTitle)
	}
	room := maxTitle - textLen(marker) - 1
	return strings.TrimSpace(cut(title, room) + " " + marker)
}

// ContentHTML is the note as a ContentNote keeps it.
func (n Note) ContentHTML() string { return noteHTML(n.HTML) }

// Text is the note without its tags, as a Chatter post shows it under the title.
func (n Note) Text() string { return plainText(n.HTML) }

// CreateNotes puts ContentNotes on campaigns, up to 75 in a call. A note and the
// link that hangs it on its campaign are made together or not at all, and each
// note stands for itself. There is one result for each note, in their order.
//
// An error wrapping [ErrArgument] means that nothing was sent.
func (c *Client) CreateNotes(ctx context.Context, notes []Note) ([]NoteResult, error) {
	results, err := noteResults(notes)
	if err != nil {
		return nil, err
	}
	for start := 0; start < len(notes); start += maxGraphs {
		end := min(start+maxGraphs, len(notes))
		c.createGraphs(ctx, notes[start:end], results[start:end])
	}
	return results, nil
}

// noteResults checks the notes and returns their results, still without outcome.
func noteResults(notes []Note) ([]NoteResult, error) {
	results := make([]NoteResult, len(notes))
	for i, n := range notes {
		id, err := sfid.ParsePrefix(n.CampaignID, sfid.PrefixCampaign)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: note %d: %w", ErrArgument, i+1, err)
		case NoteTitle(n.Title, n.Marker) == "":
			return nil, fmt.Errorf("%w: note %d has no title", ErrArgument, i+1)
		case textLen(n.Marker) > maxMarker || n.Marker != oneLine(n.Marker):
			return nil, fmt.Errorf("%w: the marker of note %d is not one line of at most %d characters", ErrArgument, i+1, maxMarker)
		}
		results[i].CampaignID = id
	}
	return results, nil
}

const opNotes = "create notes"

func (c *Client) createGraphs(ctx context.Context, notes []Note, results []NoteResult) {
	graphs := make([]graph, len(notes))
	for i, n := range notes {
		graphs[i] = c.noteGraph(i, n, results[i].CampaignID)
	}
	var answer struct {
		Graphs []graphResult `json:"graphs"`
	}
	what := call{op: opNotes, method: http.MethodPost, path: c.data + "/composite/graph", write: true,
		body: map[string]any{"graphs": graphs}}
	if err := c.do(ctx, what, &answer); err != nil {
		for i := range results {
			results[i].Err = err
		}
		return
	}
	for i, g := range graphs {
		at := slices.IndexFunc(answer.Graphs, func(r graphResult) bool { return r.GraphID == g.GraphID })
		if at < 0 {
			results[i].Err = &Error{Op: opNotes, Status: http.StatusOK, Code: CodeUnreadable, Uncertain: true,
				Message: "the answer leaves this note out"}
			continue
		}
		results[i].NoteID, results[i].Err = answer.Graphs[at].outcome()
	}
}

// noteGraph is the note and its link; the link refers to the note by its reference.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_graph.htm
func (c *Client) noteGraph(i int, n Note, campaignID string) graph {
	return graph{GraphID: "n" + strconv.Itoa(i), Subs: []subrequest{
		{Method: http.MethodPost, URL: c.data + "/sobjects/ContentNote", ReferenceID: refNote, Body: contentNote{
			Title: NoteTitle(n.Title, n.Marker), Content: base64.StdEncoding.EncodeToString([]byte(n.ContentHTML()))}},
		{Method: http.MethodPost, URL: c.data + "/sobjects/ContentDocumentLink", ReferenceID: "link", Body: contentDocumentLink{
			ContentDocumentID: "@{" + refNote + ".id}", LinkedEntityID: campaignID, ShareType: shareInferred, Visibility: "AllUsers"}},
	}}
}

const refNote = "note"

type contentNote struct {
	Title   string
	Content string
}

type contentDocumentLink struct {
	ContentDocumentID string `json:"ContentDocumentId"`
	LinkedEntityID    string `json:"LinkedEntityId"`
	ShareType         string
	Visibility        string
}

type graph struct {
	GraphID string       `json:"graphId"`
	Subs    []subrequest `json:"compositeRequest"`
}

type graphResult struct {
	GraphID       string `json:"graphId"`
	IsSuccessful  bool   `json:"isSuccessful"`
	GraphResponse struct {
		CompositeResponse []subresponse `json:"compositeResponse"`
	} `json:"graphResponse"`
}

// outcome returns the note's id, or the error of the part that stopped the graph:
// the other parts only say that they were halted.
func (g graphResult) outcome() (string, error) {
	subs := g.GraphResponse.CompositeResponse
	if g.IsSuccessful {
		for _, sub := range subs {
			var created saveResult
			if sub.ReferenceID == refNote && json.Unmarshal(sub.Body, &created) == nil && created.ID != "" {
				return created.ID, nil
			}
		}
		return "", &Error{Op: opNotes, Status: http.StatusOK, Code: CodeUnreadable, Uncertain: true,
			Message: "the answer reports success without the note's id"}
	}
	err := recordError(opNotes, 0, nil)
	for i, sub := range subs {
		errs := apiErrors(sub.Body)
		if len(errs) == 0 {
			continue // the part went well until the graph was undone
		}
		if found := recordError(opNotes, sub.Status, errs); i == 0 || err.Code == CodeUnreadable || isHalted(err.Code) && !isHalted(found.Code) {
			err = found
		}
	}
	return "", err
}
