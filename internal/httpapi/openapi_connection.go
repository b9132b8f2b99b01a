package httpapi

import "salesforce-integration/internal/integration"

// connectionExample is what a test finds in an org whose picklist is the stock one.
// A test compares it with what is really found.
func connectionExample(resumed bool) ConnectionTest {
	const ok = integration.CheckOK
	return toConnectionTest(integration.ConnectionTest{
		Resumed: resumed,
		OrgReport: integration.OrgReport{
			OrgID: exampleOrgID, APIVersion: "v66.0", APICalls: 1,
			Checks: []integration.Check{
				{Name: integration.CheckToken, Status: ok, Detail: "Salesforce gave a new access token for these credentials."},
				{Name: integration.CheckOrg, Status: ok, Detail: "The credentials are of the org " + exampleOrgID + "."},
				{Name: integration.CheckAPI, Status: ok, Detail: "The org speaks API version v66.0."},
				{Name: integration.CheckCampaigns, Status: ok, Detail: "The Run-As user may edit Campaigns and their Status."},
				{Name: integration.CheckMarketingUser, Status: ok, Detail: "The Run-As user is a Marketing User."},
				{Name: integration.CheckPicklist, Subject: "Completed", Status: ok, Detail: `The org's picklist has "Completed".`},
				{Name: integration.CheckPicklist, Subject: "Paused", Status: integration.CheckWarning,
					Detail: `The org's picklist does not have "Paused", but takes other values.`,
					Cause:  "The status will be written, but people cannot choose it, and reports may not expect it.",
					Fix:    `Add "Paused" to Campaign Status in Salesforce, under Setup, Object Manager, Campaign, Fields, or map the event to another status, or to none, in the integration's status_map.`},
				{Name: integration.CheckFinalize, Subject: "Completed", Status: ok, Detail: `The org's picklist has "Completed": a Campaign that gets it finishes its experiment.`},
				{Name: integration.CheckKeyField, Subject: integration.DefaultExperimentKeyField, Status: integration.CheckSkipped,
					Detail: "By its settings (lookup_key) this integration reads no experiment's key in Salesforce."},
				{Name: integration.CheckNotes, Status: ok, Detail: "The org takes notes (ContentNote)."},
				{Name: integration.CheckAllowance, Status: ok, Detail: "99999 of the org's 100000 API calls in 24 hours are left."},
			},
		},
	})
}
