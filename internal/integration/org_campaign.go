package integration

import (
	"context"
	"time"
)

// OrgCampaign is a Campaign as its org has it now; [Campaign] is what the product
// remembers of one.
type OrgCampaign struct {
	ID           string // 18 characters
	Name         string
	Status       string // empty: none
	Active       bool
	LastModified time.Time
}

// CampaignFinder looks Campaigns up in an integration's org: those that the
// integration's user may see. It works with the token that all functions share.
// Errors: [CodeConflict] when the org refuses the integration, and somebody has to
// mend something; [CodeOrgAway] when the same may work in a moment.
type CampaignFinder interface {
	// SearchCampaigns finds up to limit Campaigns whose name contains the text,
	// whatever its case, the last modified first.
	SearchCampaigns(ctx context.Context, i Integration, text string, limit int) ([]OrgCampaign, error)
	// CampaignsByID finds Campaigns by id, in no order; those that are not there
	// are left out.
	CampaignsByID(ctx context.Context, i Integration, ids []string) ([]OrgCampaign, error)
	// CampaignsNamed finds all Campaigns that have one of the names, whatever its
	// case, in no order.
	CampaignsNamed(ctx context.Context, i Integration, names []string) ([]OrgCampaign, error)
}

// CodeOrgAway says that Salesforce did not do what it was asked for, and may in a
// moment; the message says why.
const CodeOrgAway Code = "org_away"

// MaxCampaignNameLen is the longest name of a Campaign, in characters.
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_campaign.htm
const MaxCampaignNameLen = 80
