package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"salesforce-integration/internal/salesforce/sfid"
)

// NoteRef is a note or a post that hangs on a campaign.
type NoteRef struct {
	ID    string // of the ContentDocument, which is the ContentNote's, or of the FeedItem
	Title string // a FeedItem's whole body, which starts with the title
}

// HasMarker reports whether this is the note that was made with the marker.
func (n NoteRef) HasMarker(marker string) bool {
	return marker != "" && strings.Contains(n.Title, marker)
}

// FindNotes returns what is linked to each campaign, files included. Keys are
// 18-character ids; a campaign without notes has no key. It is how the outcome of
// an uncertain [Client.CreateNotes] is found out.
//
// The titles can't be part of the query: a filter on anything but ids needs
// 'Query All Files'.
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdocumentlink.htm
func (c *Client) FindNotes(ctx context.Context, campaignIDs []string) (map[string][]NoteRef, error) {
	query := func(list string) string {
		return "SELECT LinkedEntityId, ContentDocumentId, ContentDocument.Title FROM ContentDocumentLink WHERE LinkedEntityId IN " + list
	}
	return c.findNotes(ctx, "find notes", campaignIDs, query, func(row json.RawMessage) (string, NoteRef, error) {
		var r struct {
			LinkedEntityID    string `json:"LinkedEntityId"`
			ContentDocumentID string `json:"ContentDocumentId"`
			ContentDocument   struct{ Title string }
		}
		err := json.Unmarshal(row, &r)
		return r.LinkedEntityID, NoteRef{ID: r.ContentDocumentID, Title: r.ContentDocument.Title}, err
	})
}

// FindFeedItems is [Client.FindNotes] for posts.
func (c *Client) FindFeedItems(ctx context.Context, campaignIDs []string) (map[string][]NoteRef, error) {
	query := func(list string) string {
		return "SELECT Id, ParentId, Body FROM FeedItem WHERE ParentId IN " + list
	}
	return c.findNotes(ctx, "find feed items", campaignIDs, query, func(row json.RawMessage) (string, NoteRef, error) {
		var r struct{ ID, ParentID, Body string }
		err := json.Unmarshal(row, &r)
		return r.ParentID, NoteRef{ID: r.ID, Title: r.Body}, err
	})
}

func (c *Client) findNotes(ctx context.Context, op string, campaignIDs []string, query func(string) string,
	read func(json.RawMessage) (string, NoteRef, error)) (map[string][]NoteRef, error) {
	ids, err := campaignIDSet(campaignIDs)
	if err != nil {
		return nil, err
	}
	found := make(map[string][]NoteRef)
	err = c.queryIn(ctx, op, ids, query, func(row json.RawMessage) error {
		campaign, ref, err := read(row)
		if err != nil {
			return err
		}
		if campaign, err = sfid.Parse(campaign); err != nil {
			return err
		}
		found[campaign] = append(found[campaign], ref)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// campaignIDSet returns the ids in 18 characters, sorted, each once.
func campaignIDSet(raw []string) ([]string, error) {
	ids := make([]string, len(raw))
	for i, s := range raw {
		var err error
		if ids[i], err = sfid.ParsePrefix(s, sfid.PrefixCampaign); err != nil {
			return nil, fmt.Errorf("%w: campaign %d: %w", ErrArgument, i+1, err)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
