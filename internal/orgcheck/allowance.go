package orgcheck

import (
	"fmt"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// lowShare is the percentage of the daily allowance below which somebody should
// look at what uses it.
const lowShare = 20

const fixAllowance = "See what uses the allowance under Setup, Company Information, API Requests, Last 24 Hours; Salesforce sells more."

// allowance tells how many API calls the org has left, from the header that every
// answer carries.
func (r *report) allowance(u salesforce.Usage, known bool) {
	c := integration.Check{Name: integration.CheckAllowance, Status: integration.CheckOK}
	switch left := max(u.Max-u.Used, 0); {
	case !known || u.Max <= 0:
		c.Status, c.Detail = integration.CheckSkipped, "The org did not say how many API calls it has left."
	case left*100 < u.Max*lowShare:
		c.Status, c.Detail = integration.CheckWarning, leftOf(u, left)
		c.Cause, c.Fix = fmt.Sprintf("Less than %d %% of the org's API calls are left.", lowShare), fixAllowance
	default:
		c.Detail = leftOf(u, left)
	}
	r.add(c)
}

func leftOf(u salesforce.Usage, left int) string {
	return fmt.Sprintf("%d of the org's %d API calls in 24 hours are left.", left, u.Max)
}

// failedAllowance reports that the org takes no calls any more.
func (r *report) failedAllowance(client *salesforce.Client, err error) {
	detail := "The org takes no calls for now."
	if u, known := client.Usage(); known {
		detail += " " + leftOf(u, max(u.Max-u.Used, 0))
	}
	c := diagnosed(integration.CheckAllowance, integration.CheckFailed, detail, err)
	c.Fix = "Run the test again later. " + fixAllowance
	r.add(c)
}
