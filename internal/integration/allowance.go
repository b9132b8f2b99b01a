package integration

import (
	"slices"
	"time"
)

// Allowance is what an org last said of its daily API calls, as many functions
// share it. It is kept from when little was left: an org that never said so has none.
type Allowance struct {
	Key AllowanceKey
	// Used and Max are calls of the rolling day, as of At. Used may pass Max.
	Used, Max int
	At        time.Time
	// NextCallAt is when push may call the org next, while little is left: who moves
	// it on is the one that calls. Questions of people leave it as it is.
	NextCallAt time.Time
	// NextQuestionAt is the like for questions of people, and keeps no status waiting.
	NextQuestionAt time.Time
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

// Usage is what an org says of its daily calls in an answer.
type Usage struct {
	Used, Max int
	At        time.Time
}

// Low says whether less than a share of the calls, in percent, is left.
func (u Usage) Low(reservePercent int) bool {
	return u.Max > 0 && (u.Max-u.Used)*100 < u.Max*reservePercent
}

// Low says whether less than a share of the calls, in percent, is left.
func (a Allowance) Low(reservePercent int) bool {
	return Usage{Used: a.Used, Max: a.Max}.Low(reservePercent)
}

// Known says whether it still says anything at a time, or is older than a day.
func (a Allowance) Known(now time.Time) bool { return now.Sub(a.At) < AllowanceDay }

// Learn returns what is known after an answer of the org, and whether others have to be
// told: that little is left, or enough again. An answer from before the last one heard
// says nothing. With enough left nobody waits.
func (a Allowance) Learn(u Usage, reservePercent int) (Allowance, bool) {
	if u.At.Before(a.At) {
		return a, false
	}
	wasLow, low := a.Low(reservePercent), u.Low(reservePercent)
	a.Used, a.Max, a.At = u.Used, u.Max, u.At
	if !low {
		a.NextCallAt, a.NextQuestionAt = time.Time{}, time.Time{}
	}
	return a, low || wasLow
}

// The times until which calls wait while little is left; what is past waits no longer.

// StatusesAt is when the next statuses may be written.
func (a Allowance) StatusesAt() time.Time { return a.NextCallAt }

// NotesAt is when the org may be asked whether it has enough left for notes.
func (a Allowance) NotesAt() time.Time { return latest(a.NextCallAt, a.At.Add(AllowanceGoodFor)) }

// QuestionsAt is when the next question of a person may be asked: not while push is
// calling either, as its answer says how things stand.
func (a Allowance) QuestionsAt() time.Time { return latest(a.NotesAt(), a.NextQuestionAt) }

// Called is what is known once push has called, or is about to: its next call is a
// spacing later.
func (a Allowance) Called(at time.Time) Allowance {
	a.NextCallAt = latest(a.NextCallAt, at.Add(AllowanceSpacing))
	return a
}

// Asked is what is known once a person's question is about to be asked: the next one is
// refused until the answer to this one would be old, even if it never comes.
func (a Allowance) Asked(at time.Time) Allowance {
	a.NextQuestionAt = latest(a.NextQuestionAt, at.Add(AllowanceGoodFor))
	return a
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }
