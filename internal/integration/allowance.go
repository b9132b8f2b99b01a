package integration

import "time"

// Allowance is what an org last said of its daily API calls, as many functions
// share it. It is kept from when little was left: an org that never said so has none.
type Allowance struct {
	Key AllowanceKey
	// Used and Max are calls of the rolling day, as of At. Used may pass Max.
	Used, Max int
	At        time.Time
	// NextCallAt is when the org may be called next, while little is left: whoever
	// moves it on is the one that calls.
	NextCallAt time.Time
	// Version is the compare-and-swap counter; 0 is one not stored yet.
	Version int64
}

// AllowanceKey says whose allowance it is, by one of its fields: the org's, which all
// integrations of an org share, or an integration's, while its org is not known. The
// org's id is Salesforce's own word at the login, so an integration cannot name another
// org's.
type AllowanceKey struct{ OrgID, IntegrationID string }

// Valid says whether it names an org or an integration, and not both.
func (k AllowanceKey) Valid() bool { return (k.OrgID == "") != (k.IntegrationID == "") }

// AllowanceKey says which allowance the integration's calls are of.
func (i Integration) AllowanceKey() AllowanceKey {
	if i.OrgID != "" {
		return AllowanceKey{OrgID: i.OrgID}
	}
	return AllowanceKey{IntegrationID: i.ID}
}

// AllowanceKept is how long a store keeps an org's allowance after it was last heard
// of, at least: it is a rolling day's, so nothing of it is true by then.
const AllowanceKept = 48 * time.Hour

// AllowanceDay is how long an allowance says anything: calls are counted for a rolling
// day, so by then none of those that were is.
// https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm
const AllowanceDay = 24 * time.Hour

const (
	// AllowanceGoodFor is how long a low allowance is believed without asking: it is a
	// rolling day's, so it gets better slowly.
	AllowanceGoodFor = 15 * time.Minute
	// AllowanceSpacing is how far apart calls are while an org's allowance is low,
	// whichever functions make them.
	AllowanceSpacing = 5 * time.Minute
)

// Known says whether it still says anything at a time, or is older than a day.
func (a Allowance) Known(now time.Time) bool { return now.Sub(a.At) < AllowanceDay }

// Low says whether less than a share of the calls, in percent, is left.
func (a Allowance) Low(reservePercent int) bool {
	return a.Max > 0 && (a.Max-a.Used)*100 < a.Max*reservePercent
}
