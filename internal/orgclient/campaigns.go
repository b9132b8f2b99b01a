package orgclient

import (
	"context"
	"strings"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

var _ integration.CampaignFinder = (*Dialer)(nil)

// SearchCampaigns implements [integration.CampaignFinder] by one API call.
func (d *Dialer) SearchCampaigns(ctx context.Context, i integration.Integration, text string, limit int) ([]integration.OrgCampaign, error) {
	return d.find(ctx, i, func(c *salesforce.Client) ([]salesforce.Campaign, error) { return c.SearchCampaigns(ctx, text, limit) })
}

// CampaignsByID implements [integration.CampaignFinder] by one API call for each
// 500 ids.
func (d *Dialer) CampaignsByID(ctx context.Context, i integration.Integration, ids []string) ([]integration.OrgCampaign, error) {
	return d.find(ctx, i, func(c *salesforce.Client) ([]salesforce.Campaign, error) { return c.QueryCampaigns(ctx, ids) })
}

// CampaignsNamed implements [integration.CampaignFinder] by one API call for each
// few hundred names.
func (d *Dialer) CampaignsNamed(ctx context.Context, i integration.Integration, names []string) ([]integration.OrgCampaign, error) {
	return d.find(ctx, i, func(c *salesforce.Client) ([]salesforce.Campaign, error) { return c.CampaignsNamed(ctx, names) })
}

func (d *Dialer) find(ctx context.Context, i integration.Integration, ask func(*salesforce.Client) ([]salesforce.Campaign, error)) ([]integration.OrgCampaign, error) {
	allowance, err := d.Spare(ctx, i)
	if err != nil {
		return nil, err
	}
	connection, err := d.Dial(ctx, i)
	if err != nil {
		return nil, told(err)
	}
	found, err := ask(connection.Client)
	d.Learn(ctx, allowance, connection.Client)
	if err != nil {
		return nil, told(err)
	}
	return Campaigns(found), nil
}

// Campaigns makes a client's Campaigns the domain's.
func Campaigns(found []salesforce.Campaign) []integration.OrgCampaign {
	campaigns := make([]integration.OrgCampaign, len(found))
	for n, c := range found {
		campaigns[n] = integration.OrgCampaign{ID: c.ID, Name: c.Name, Status: c.Status, Active: c.IsActive, LastModified: c.LastModified}
	}
	return campaigns
}

// FixNow words a fix of the table of errors, which speaks to those who wait for an
// event, for somebody who waits for an answer.
func FixNow(fix string) string {
	return strings.Replace(fix, "Nothing: it is sent again by itself.", "Try again in a moment.", 1)
}

// told words a failure for the person who waits for the answer.
func told(err error) error {
	if integration.ErrorCode(err) == integration.CodeUnavailable {
		return err // the store's, or the vault's
	}
	d := salesforce.Classify(err)
	code := integration.CodeConflict
	if d.Retryable {
		code = integration.CodeOrgAway
	}
	return &integration.Error{Code: code, Message: strings.TrimSpace("Asking Salesforce failed. " + d.Cause + " " + FixNow(d.Fix)), Err: err}
}
