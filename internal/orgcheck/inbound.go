package orgcheck

import (
	"fmt"
	"strings"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// finalizing looks for each status that finishes an experiment in the org's picklist. One
// that is not there is never told of, and so finishes nothing.
func (r *report) finalizing(d salesforce.Described) {
	field, seen := d.Fields[statusField]
	finals := r.inbound.Finals(r.access.Settings)
	hints := map[string]string{} // of those that are not there
	for _, status := range finals {
		if found, hint := lookForFinal(status, field.Values); !found {
			hints[status] = hint
		}
	}
	none := len(hints) == len(finals)
	own := len(r.access.Settings.FinalizeStatuses) > 0
	for _, status := range finals {
		c := integration.Check{Name: integration.CheckFinalize, Subject: status}
		hint, missing := hints[status]
		switch {
		case d.Err != nil || !seen:
			c.Status, c.Detail = integration.CheckSkipped, "It was not looked at, as Campaign Status cannot be seen."
		case !missing:
			c.Status, c.Detail = integration.CheckOK, fmt.Sprintf("The org's picklist has %q: a Campaign that gets it finishes its experiment.", status)
		case !own && !none:
			c.Status, c.Detail = integration.CheckSkipped, fmt.Sprintf("The org's picklist does not have %q. It has another one of the deployment's statuses.", status)
		case none && field.Restricted:
			c.Status, c.Detail = integration.CheckFailed, fmt.Sprintf("The org's picklist does not have %q, and refuses what it does not have.", status)
			c.Cause = "No Campaign can have a status that finishes an experiment."
		default:
			c.Status, c.Detail = integration.CheckWarning, fmt.Sprintf("The org's picklist does not have %q.", status)
			c.Cause = "People cannot choose this status, so it finishes no experiment"
			if !field.Restricted {
				c.Cause += " unless a program writes it"
			}
			c.Cause += "."
		}
		if c.Cause != "" {
			c.Fix = "Name statuses of the org's picklist in the integration's finalize_statuses, by their API names" + hint
		}
		r.add(c)
	}
}

// lookForFinal says whether people can choose a status, in capitals or not, as the
// webhook compares; if not, what in the picklist looks like the one that was meant.
func lookForFinal(status string, values []salesforce.PicklistValue) (found bool, hint string) {
	same := func(a string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(status)) }
	hint = "."
	for _, v := range values {
		switch {
		case same(v.Value) && v.Active:
			return true, ""
		case same(v.Value):
			hint = ", or switch this one on in Salesforce, under Setup, Object Manager, Campaign, Fields."
		case same(v.Label):
			hint = fmt.Sprintf(": %q may be what is meant.", v.Value)
		}
	}
	return false, hint
}

// keyField looks for the Campaign's field that the experiment's key is read from.
func (r *report) keyField(d salesforce.Described) {
	name := r.inbound.ExperimentKeyField
	c := integration.Check{Name: integration.CheckKeyField, Subject: name}
	switch {
	case !r.access.Settings.LookupKey:
		c.Status, c.Detail = integration.CheckSkipped, "By its settings (lookup_key) this integration reads no experiment's key in Salesforce."
	case d.Err != nil:
		c.Status, c.Detail = integration.CheckSkipped, "It was not looked at, as Campaigns cannot be seen."
	case !hasField(d, name):
		c.Status, c.Detail = integration.CheckFailed, fmt.Sprintf("The Run-As user sees no field %s on Campaigns.", name)
		c.Cause = "The field does not exist, or field-level security hides it: a Campaign that follows no experiment yet is not linked by its key."
		c.Fix = fmt.Sprintf("Make a text field with the API name %s on Campaign, under Setup, Object Manager, Campaign, Fields, and give the Run-As user read access to it in a permission set. Or switch lookup_key off in the integration's settings, or deploy with another %s.",
			name, parameterKeyField)
	default:
		c.Status, c.Detail = integration.CheckOK, fmt.Sprintf("The Run-As user sees the field %s on Campaigns.", name)
	}
	r.add(c)
}

// parameterKeyField is the template's parameter that names the field.
const parameterKeyField = "ExperimentKeyField"

// hasField compares names as a query does.
func hasField(d salesforce.Described, name string) bool {
	for field := range d.Fields {
		if strings.EqualFold(field, name) {
			return true
		}
	}
	return false
}
