package orgcheck

import (
	"errors"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

const (
	statusField = "Status"

	fixCampaignRights = "Give the Run-As user a permission set with Read and Edit on Campaigns, and tick 'Marketing User' on the user."
	fixStatusField    = "Give the Run-As user edit access to Campaign Status, in the field-level security of a permission set."
)

// campaigns tells whether statuses can be written at all.
func (r *report) campaigns(d salesforce.Described) {
	c := integration.Check{Name: integration.CheckCampaigns, Status: integration.CheckFailed}
	field, seen := d.Fields[statusField]
	switch {
	case errors.Is(d.Err, salesforce.ErrNoObject):
		c.Detail, c.Cause, c.Fix = "The Run-As user does not see Campaigns.", "Campaigns are hidden from the Run-As user.", fixCampaignRights
	case d.Err != nil:
		c = diagnosed(c.Name, integration.CheckFailed, "Campaigns could not be looked at.", d.Err)
	case !d.Updateable:
		c.Detail, c.Cause, c.Fix = "The Run-As user may not edit Campaigns.", "The right to edit Campaigns is missing.", fixCampaignRights
	case !seen:
		c.Detail, c.Cause, c.Fix = "The Run-As user does not see the Campaigns' Status.", "Field-level security hides Campaign Status.", fixStatusField
	case !field.Updateable:
		c.Detail, c.Cause, c.Fix = "The Run-As user may not edit the Campaigns' Status.", "By field-level security Campaign Status is read-only.", fixStatusField
	default:
		c.Status, c.Detail = integration.CheckOK, "The Run-As user may edit Campaigns and their Status."
	}
	r.add(c)
}

// marketingUser looks at the checkbox without which Salesforce refuses every change
// of a Campaign.
// https://help.salesforce.com/s/articleView?id=sf.campaigns_def.htm
func (r *report) marketingUser(found salesforce.Inspection) {
	const fix = "Tick 'Marketing User' on the Run-As user in Salesforce, under Setup, Users."
	switch {
	case found.MarketingUserErr != nil:
		r.add(integration.Check{
			Name: integration.CheckMarketingUser, Status: integration.CheckWarning, Detail: "The Run-As user's checkbox 'Marketing User' could not be read.",
			Cause: "The Run-As user may not read its own user record.", Fix: "If writes are refused: " + fix,
		})
	case !found.MarketingUser:
		r.add(integration.Check{
			Name: integration.CheckMarketingUser, Status: integration.CheckFailed, Detail: "The Run-As user is no Marketing User.",
			Cause: "Salesforce lets only a Marketing User change Campaigns.", Fix: fix,
		})
	default:
		r.ok(integration.CheckMarketingUser, "The Run-As user is a Marketing User.")
	}
}
