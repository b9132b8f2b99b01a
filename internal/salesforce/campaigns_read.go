package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"salesforce-integration/internal/salesforce/sfid"
)

// codeInvalidField is what the org says of a field that it does not have, or that
// the Run-As user may not see.
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_calls_concepts_core_data_objects.htm
const codeInvalidField = "INVALID_FIELD"

// CampaignState is what a campaign is at the moment.
type CampaignState struct {
	ID           string
	Status       string // empty: none
	LastModified time.Time
	Value        string // of the field that was asked for; empty: none
}

// CampaignStates returns the state of the campaigns of these ids that exist and
// that the Run-As user may see, in no order, with the value of one more field (""
// for none). Up to 400 ids are one call. When the org has no such field, or hides
// it from the user, known is false, and the states come without it, for one call
// more.
func (c *Client) CampaignStates(ctx context.Context, campaignIDs []string, field string) (found []CampaignState, known bool, err error) {
	if field != "" && !sfid.IsAPIName(field) {
		return nil, false, fmt.Errorf("%w: %.80q is not the API name of a field", ErrArgument, field)
	}
	ids, err := campaignIDSet(campaignIDs)
	if err != nil {
		return nil, false, err
	}
	found, err = c.campaignStates(ctx, ids, field)
	if e, ok := errors.AsType[*Error](err); ok && e.Code == codeInvalidField && field != "" {
		found, err = c.campaignStates(ctx, ids, "")
		return found, false, err
	}
	return found, err == nil, err
}

func (c *Client) campaignStates(ctx context.Context, ids []string, field string) ([]CampaignState, error) {
	fields := "Id, Status, LastModifiedDate"
	if field != "" {
		fields += ", " + field
	}
	var found []CampaignState
	query := func(list string) string { return "SELECT " + fields + " FROM Campaign WHERE Id IN " + list }
	add := func(row json.RawMessage) error {
		var r map[string]any
		if err := json.Unmarshal(row, &r); err != nil {
			return err
		}
		at, err := time.Parse(timeLayout, text(r["LastModifiedDate"]))
		if err != nil {
			return err
		}
		found = append(found, CampaignState{ID: text(r["Id"]), Status: text(r["Status"]), LastModified: at.UTC(), Value: text(r[field])})
		return nil
	}
	if err := c.queryIn(ctx, opCampaigns, ids, query, add); err != nil {
		return nil, err
	}
	return found, nil
}

// text is a field's value as people see it; a field may be of another type than
// text.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}
