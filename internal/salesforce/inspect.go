package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Inspection is what one call tells of an org as the Run-As user sees it. Each part
// has its own error: an object that is not there does not hide the others.
type Inspection struct {
	Campaign    Described
	ContentNote Described
	FeedItem    Described

	// MarketingUser is the user's checkbox of that name.
	MarketingUser    bool
	MarketingUserErr error
}

// Described is an object's description, or why there is none: the error wraps
// [ErrNoObject] when the object is switched off or hidden.
type Described struct {
	ObjectDescription
	Err error
}

const opInspect = "inspect the org"

// The references of the parts.
const (
	refCampaign    = "campaign"
	refContentNote = "contentNote"
	refFeedItem    = "feedItem"
	refUser        = "user"
)

var errUserUnknown = errors.New("salesforce: the token did not say which user it is for")

// readStep is a subrequest that reads: without a body, not even null.
type readStep struct {
	Method      string `json:"method"`
	URL         string `json:"url"`
	ReferenceID string `json:"referenceId"`
}

// Inspect describes everything that the product writes to, and looks at the Run-As
// user (see [Login]; "" leaves it out), in one call. An error means that the call
// as a whole failed.
//
// All resources below /sobjects, describes included, may be parts of the composite
// resource.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite_post.htm
func (c *Client) Inspect(ctx context.Context, userID string) (Inspection, error) {
	describe := func(ref, object string) readStep {
		return readStep{Method: http.MethodGet, URL: c.data + "/sobjects/" + object + "/describe", ReferenceID: ref}
	}
	steps := []readStep{describe(refCampaign, "Campaign"), describe(refContentNote, "ContentNote"), describe(refFeedItem, "FeedItem")}
	if userID != "" {
		steps = append(steps, readStep{Method: http.MethodGet, ReferenceID: refUser,
			URL: c.queryPath("SELECT UserPermissionsMarketingUser FROM User WHERE Id = " + QuoteSOQL(userID))})
	}
	var answer struct {
		CompositeResponse []subresponse `json:"compositeResponse"`
	}
	what := call{op: opInspect, method: http.MethodPost, path: c.data + "/composite",
		body: map[string]any{"allOrNone": false, "collateSubrequests": false, "compositeRequest": steps}}
	if err := c.do(ctx, what, &answer); err != nil {
		return Inspection{}, err
	}
	parts := make(map[string]subresponse, len(steps))
	for _, sub := range answer.CompositeResponse {
		parts[sub.ReferenceID] = sub
	}
	found := Inspection{
		Campaign:    readDescription(parts[refCampaign]),
		ContentNote: readDescription(parts[refContentNote]),
		FeedItem:    readDescription(parts[refFeedItem]),
	}
	if userID == "" {
		found.MarketingUserErr = errUserUnknown
		return found, nil
	}
	found.MarketingUser, found.MarketingUserErr = readMarketingUser(parts[refUser])
	return found, nil
}

// readPart decodes one part's body.
func readPart(sub subresponse, into any) error {
	if sub.Status < 200 || sub.Status > 299 {
		err := recordError(opInspect, sub.Status, apiErrors(sub.Body))
		if sub.Status == http.StatusNotFound && err.Code != CodeUnreadable {
			return fmt.Errorf("%w: %w", ErrNoObject, err)
		}
		return err
	}
	if err := json.Unmarshal(sub.Body, into); err != nil {
		return &Error{Op: opInspect, Status: sub.Status, Code: CodeUnreadable, Message: "a part of the answer does not parse", Err: err}
	}
	return nil
}

func readDescription(sub subresponse) Described {
	// What is embedded is filled by its own names, whatever their case.
	var answer struct {
		ObjectDescription
		Fields []struct {
			Name string
			FieldDescription
			RestrictedPicklist bool
			PicklistValues     []PicklistValue
		}
	}
	if err := readPart(sub, &answer); err != nil {
		return Described{Err: err}
	}
	d := Described{ObjectDescription: answer.ObjectDescription}
	d.Fields = make(map[string]FieldDescription, len(answer.Fields))
	for _, f := range answer.Fields {
		f.Restricted, f.Values = f.RestrictedPicklist, f.PicklistValues
		d.Fields[f.Name] = f.FieldDescription
	}
	return d
}

func readMarketingUser(sub subresponse) (bool, error) {
	var page struct {
		Records []struct {
			UserPermissionsMarketingUser *bool
		} `json:"records"`
	}
	if err := readPart(sub, &page); err != nil {
		return false, err
	}
	if len(page.Records) != 1 || page.Records[0].UserPermissionsMarketingUser == nil {
		return false, &Error{Op: opInspect, Status: sub.Status, Code: CodeUnreadable, Message: "the Run-As user can't be read"}
	}
	return *page.Records[0].UserPermissionsMarketingUser, nil
}
