package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// timeLayout is how the REST API writes a time: RFC 3339 but for the zone's colon.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_valid_date_formats.htm
const timeLayout = "2006-01-02T15:04:05.000-0700"

const (
	campaignFields = "Id, Name, Status, IsActive, LastModifiedDate"
	opCampaigns    = "query campaigns"
	maxFound       = 2000
)

// Campaign is a campaign as the org has it.
type Campaign struct {
	ID           string
	Name         string
	Status       string // empty: none
	IsActive     bool
	LastModified time.Time
}

// QueryCampaigns returns the campaigns of these ids that exist and that the
// Run-As user may see, in no order.
func (c *Client) QueryCampaigns(ctx context.Context, campaignIDs []string) ([]Campaign, error) {
	ids, err := campaignIDSet(campaignIDs)
	if err != nil {
		return nil, err
	}
	var found []Campaign
	query := func(list string) string { return "SELECT " + campaignFields + " FROM Campaign WHERE Id IN " + list }
	if err := c.queryIn(ctx, opCampaigns, ids, query, collect(&found)); err != nil {
		return nil, err
	}
	return found, nil
}

// SearchCampaigns returns up to limit campaigns (1 to 2,000) whose name contains
// the text, whatever its case, the last modified first.
func (c *Client) SearchCampaigns(ctx context.Context, name string, limit int) ([]Campaign, error) {
	if limit < 1 || limit > maxFound {
		return nil, fmt.Errorf("%w: a limit of %d campaigns is not in 1..%d", ErrArgument, limit, maxFound)
	}
	if len([]rune(name)) > maxTitle {
		return nil, fmt.Errorf("%w: the name to search for is too long", ErrArgument)
	}
	var found []Campaign
	soql := "SELECT " + campaignFields + " FROM Campaign WHERE Name LIKE " + quoteContains(name) +
		" ORDER BY LastModifiedDate DESC LIMIT " + strconv.Itoa(limit)
	if err := c.query(ctx, opCampaigns, soql, collect(&found)); err != nil {
		return nil, err
	}
	if strings.Contains(name, `\`) {
		// Salesforce's page on LIKE advises against backslashes that escape nothing. An
		// org that reads them otherwise may find less, but never another Campaign.
		// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
		part := strings.ToLower(name)
		found = slices.DeleteFunc(found, func(c Campaign) bool { return !strings.Contains(strings.ToLower(c.Name), part) })
	}
	return found, nil
}

// CampaignsNamed returns the campaigns that have one of these names, whatever its
// case, and that the Run-As user may see, in no order. Names are up to 255
// characters; a query takes as many as its address holds, some hundreds.
func (c *Client) CampaignsNamed(ctx context.Context, names []string) ([]Campaign, error) {
	for i, name := range names {
		if n := len([]rune(name)); n == 0 || n > maxTitle {
			return nil, fmt.Errorf("%w: name %d is empty or too long", ErrArgument, i+1)
		}
	}
	var found []Campaign
	query := func(list string) string { return "SELECT " + campaignFields + " FROM Campaign WHERE Name IN " + list }
	if err := c.queryIn(ctx, opCampaigns, names, query, collect(&found)); err != nil {
		return nil, err
	}
	return found, nil
}

func collect(into *[]Campaign) func(json.RawMessage) error {
	return func(row json.RawMessage) error {
		var r struct {
			ID, Name, Status string
			IsActive         bool
			LastModifiedDate string
		}
		if err := json.Unmarshal(row, &r); err != nil {
			return err
		}
		at, err := time.Parse(timeLayout, r.LastModifiedDate)
		if err != nil {
			return err
		}
		*into = append(*into, Campaign{ID: r.ID, Name: r.Name, Status: r.Status, IsActive: r.IsActive, LastModified: at.UTC()})
		return nil
	}
}
