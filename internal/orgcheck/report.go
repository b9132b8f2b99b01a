package orgcheck

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// report gathers the checks of one test.
type report struct {
	integration.OrgReport
	access  integration.OrgAccess
	inbound integration.InboundRules
}

func (r *report) add(c integration.Check) { r.Checks = append(r.Checks, c) }

func (r *report) ok(name, detail string) {
	r.add(integration.Check{Name: name, Status: integration.CheckOK, Detail: detail})
}

// failed takes cause and fix from the one table of Salesforce's errors.
func (r *report) failed(name, detail string, err error) {
	r.add(diagnosed(name, integration.CheckFailed, detail, err))
}

func diagnosed(name string, status integration.CheckStatus, detail string, err error) integration.Check {
	d := salesforce.Classify(err)
	return integration.Check{Name: name, Status: status, Detail: detail, Code: d.Code, Cause: d.Cause, Fix: forTester(d.Fix)}
}

// forTester rewords a fix: the table speaks to those who wait for an event, and a
// test is not sent again by itself.
func forTester(fix string) string {
	return strings.Replace(fix, "Nothing: it is sent again by itself.", "Run the test again in a moment.", 1)
}

// order is that of the checks in a report: each hangs on those before it.
func order() []string {
	return []string{integration.CheckToken, integration.CheckOrg, integration.CheckAPI, integration.CheckCampaigns, integration.CheckMarketingUser,
		integration.CheckPicklist, integration.CheckFinalize, integration.CheckKeyField, integration.CheckNotes, integration.CheckAllowance}
}

// skipAll reports every check that was not made yet as skipped.
func (r *report) skipAll(why string) {
	for _, name := range order() {
		switch {
		case slices.ContainsFunc(r.Checks, func(c integration.Check) bool { return c.Name == name }):
		case name == integration.CheckPicklist:
			r.skipEach(name, r.access.Settings.Statuses(), why)
		case name == integration.CheckFinalize:
			r.skipEach(name, r.inbound.Finals(r.access.Settings), why)
		case name == integration.CheckKeyField:
			r.skipEach(name, []string{r.inbound.ExperimentKeyField}, why)
		default:
			r.add(integration.Check{Name: name, Status: integration.CheckSkipped, Detail: why})
		}
	}
	slices.SortStableFunc(r.Checks, func(a, b integration.Check) int {
		return cmp.Compare(slices.Index(order(), a.Name), slices.Index(order(), b.Name))
	})
}

func (r *report) skipEach(name string, subjects []string, why string) {
	for _, subject := range subjects {
		r.add(integration.Check{Name: name, Subject: subject, Status: integration.CheckSkipped, Detail: why})
	}
}

// org compares the org that the token is of with the pinned one.
func (r *report) org() bool {
	c := integration.Check{Name: integration.CheckOrg, Status: integration.CheckOK}
	switch {
	case r.OrgID == "":
		c.Status, c.Detail = integration.CheckWarning, "The token's answer did not say which org it is of."
		c.Cause = "The org's id was not learnt, so an outbound message cannot be checked against it."
		c.Fix = "Check that nothing between this deployment and Salesforce changes its answers."
	case r.access.OrgID == "":
		c.Detail = "The credentials are of the org " + r.OrgID + "."
	case r.access.OrgID == r.OrgID:
		c.Detail = "The credentials are of the org " + r.OrgID + ", as before."
	default:
		c.Status, c.Detail = integration.CheckFailed, "The credentials are of the org "+r.OrgID+", and this integration belongs to "+r.access.OrgID+"."
		c.Cause = "The instance URL leads to another org than before: a sandbox that was refreshed gets a new id."
		c.Fix = "Give the credentials of the right org. If the org was really replaced, create a new integration for it and delete this one: Campaigns of the old org do not exist in the new one."
	}
	r.add(c)
	return c.Status != integration.CheckFailed
}

// unreached reports a call that failed as a whole.
func (r *report) unreached(ctx context.Context, client *salesforce.Client, err error) {
	d := salesforce.Classify(err)
	if d.Class == salesforce.ClassLimit {
		r.failedAllowance(client, err)
		r.skipAll("It was not looked at, as the org takes no calls for now.")
		return
	}
	check := diagnosed(integration.CheckAPI, integration.CheckFailed, "The call to the org failed.", err)
	if d.Code == "NOT_FOUND" || d.Code == "UNSUPPORTED_API_VERSION" || isStatus(d, http.StatusNotFound, http.StatusGone) {
		check = r.wrongVersion(ctx, client, check)
	}
	r.add(check)
	r.skipAll("It was not looked at, as the call failed.")
}

func isStatus(d salesforce.Diagnosis, statuses ...int) bool {
	return slices.ContainsFunc(statuses, func(s int) bool { return d.Code == fmt.Sprintf("HTTP %d", s) })
}

// wrongVersion asks which versions the org speaks; that is free, and needs no token.
func (r *report) wrongVersion(ctx context.Context, client *salesforce.Client, c integration.Check) integration.Check {
	versions, err := client.Versions(ctx)
	if err != nil || len(versions) == 0 || slices.ContainsFunc(versions, func(v salesforce.Version) bool { return "v"+v.Version == r.APIVersion }) {
		return c
	}
	c.Detail = fmt.Sprintf("The org speaks API versions v%s to v%s.", versions[0].Version, versions[len(versions)-1].Version)
	c.Cause = "It does not speak " + r.APIVersion + ", which this deployment uses."
	c.Fix = "Deploy with another SalesforceApiVersion, for example v" + versions[len(versions)-1].Version + "."
	return c
}
