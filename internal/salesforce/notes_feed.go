package salesforce

import (
	"context"
	"net/http"
	"slices"
)

// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_feeditem.htm
const maxFeedBody = 10_000

const opFeed = "create feed items"

// CreateFeedItems puts Chatter posts on campaigns, for orgs without ContentNotes, up
// to 200 in a call. A post is plain text: the title with its marker, then the note
// without its tags, cut at 10,000 characters. Results and errors are those of
// [Client.CreateNotes].
func (c *Client) CreateFeedItems(ctx context.Context, notes []Note) ([]NoteResult, error) {
	results, err := noteResults(notes)
	if err != nil {
		return nil, err
	}
	for start := 0; start < len(notes); start += maxCollection {
		end := min(start+maxCollection, len(notes))
		c.createFeed(ctx, notes[start:end], results[start:end])
	}
	return results, nil
}

func (c *Client) createFeed(ctx context.Context, notes []Note, results []NoteResult) {
	records := make([]record, len(notes))
	for i, n := range notes {
		records[i] = record{kind: "FeedItem", fields: map[string]any{
			"ParentId": results[i].CampaignID, "Type": "TextPost",
			"Body": cut(NoteTitle(n.Title, n.Marker)+"\n"+n.Text(), maxFeedBody)}}
	}
	var saved []saveResult
	what := call{op: opFeed, method: http.MethodPost, path: c.data + "/composite/sobjects", write: true,
		body: collection{Records: records}}
	var errs []error
	if err := c.do(ctx, what, &saved); err != nil {
		errs = slices.Repeat([]error{err}, len(notes))
	} else {
		errs = saveErrors(opFeed, saved, len(notes))
	}
	for i, err := range errs {
		results[i].Err = err
		if err == nil {
			results[i].NoteID = saved[i].ID
		}
	}
}
