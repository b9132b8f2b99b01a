package localorg

import (
	"fmt"

	"salesforce-integration/internal/salesforce/localorg/oauth"
	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/localorg/settings"
)

// runAs is the user that tokens act as.
func runAs() oauth.User {
	return oauth.User{ID: RunAsUserID, Username: RunAsUsername, Name: "Integration User", Email: RunAsUsername}
}

// integration and person are the two who write.
func integration() records.Actor { return records.Actor{UserID: RunAsUserID, Integration: true} }

func person() records.Actor { return records.Actor{UserID: PersonID} }

// seed stores what a new org starts with.
func (o *Org) seed() error {
	user := func(first, last, alias, username string) map[string]any {
		return map[string]any{"Username": username, "FirstName": first, "LastName": last, "Name": first + " " + last, "Alias": alias, "Email": username,
			"UserPermissionsMarketingUser": true, "CreatedById": PersonID, "LastModifiedById": PersonID}
	}
	rows := []struct {
		object, id string
		values     map[string]any
	}{
		{"Organization", o.cfg.OrgID, map[string]any{"Name": "Local Org", "InstanceName": "LOC1", "IsSandbox": false, "OrganizationType": "Developer Edition",
			"CreatedById": PersonID, "LastModifiedById": PersonID}},
		{"User", RunAsUserID, user("Integration", "User", "integ", RunAsUsername)},
		{"User", PersonID, user("Pat", "Marketer", "pmark", "pat@localorg.example")},
		{"Campaign", CampaignID, map[string]any{"Name": "Q1 Checkout Optimization", "Status": "In Progress", "Type": "Other", "IsActive": true,
			"OwnerId": PersonID, "CreatedById": PersonID, "LastModifiedById": PersonID}},
	}
	for _, row := range rows {
		def, ok := o.schema.Object(row.object)
		if !ok {
			return fmt.Errorf("seed: no object %s", row.object)
		}
		if err := o.store.Seed(def, row.id, row.values); err != nil {
			return err
		}
	}
	return nil
}

// statusPaused is the value that the stock picklist lacks.
const statusPaused = "Paused"

// applyPicklist brings Campaign.Status in line with the settings. Other values, that
// a test has put there, stay.
func (o *Org) applyPicklist() {
	campaign, ok := o.schema.Object("Campaign")
	if !ok {
		return
	}
	f, ok := campaign.Field("Status")
	if !ok {
		return
	}
	set := o.settings()
	f.Restricted = set.RestrictStatus
	list := []schema.Picklist{}
	for _, v := range f.Picklist {
		if v.Value != statusPaused {
			list = append(list, v)
		}
	}
	if set.StatusPicklist == settings.StatusPaused {
		list = append(list, schema.Picklist{Value: statusPaused})
	}
	f.Picklist = list
}
