package orgcheck

import (
	"fmt"
	"strings"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// statuses looks for each status that the settings write in the org's picklist.
// What is written is a value's API name, not its label.
func (r *report) statuses(d salesforce.Described) {
	field, seen := d.Fields[statusField]
	for _, status := range r.access.Settings.Statuses() {
		c := integration.Check{Name: integration.CheckPicklist, Subject: status}
		if d.Err != nil || !seen {
			c.Status, c.Detail = integration.CheckSkipped, "It was not looked at, as Campaign Status cannot be seen."
			r.add(c)
			continue
		}
		found, hint := lookFor(status, field.Values)
		switch {
		case found:
			c.Status, c.Detail = integration.CheckOK, fmt.Sprintf("The org's picklist has %q.", status)
		case field.Restricted:
			c.Status, c.Detail = integration.CheckFailed, fmt.Sprintf("The org's picklist does not have %q, and refuses what it does not have.", status)
			c.Cause = "Salesforce will refuse this status."
		default:
			c.Status, c.Detail = integration.CheckWarning, fmt.Sprintf("The org's picklist does not have %q, but takes other values.", status)
			c.Cause = "The status will be written, but people cannot choose it, and reports may not expect it."
		}
		if !found {
			c.Fix = fmt.Sprintf("Add %q to Campaign Status in Salesforce, under Setup, Object Manager, Campaign, Fields, or map the event to another status, or to none, in the integration's status_map.%s", status, hint)
		}
		r.add(c)
	}
}

// lookFor says whether the picklist has a value; if not, whether something in it
// looks like the one that was meant.
func lookFor(status string, values []salesforce.PicklistValue) (found bool, hint string) {
	for _, v := range values {
		switch {
		case v.Value == status && v.Active:
			return true, ""
		case v.Value == status:
			hint = " The org has it, but it is switched off there."
		case strings.EqualFold(v.Value, status) || strings.EqualFold(v.Label, status):
			hint = fmt.Sprintf(" The org has %q: it may be what is meant.", v.Value)
		}
	}
	return false, hint
}
