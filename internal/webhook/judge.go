package webhook

import (
	"slices"
	"strings"
	"time"

	"salesforce-integration/internal/integration"
)

// rules are what the messages of one integration are judged by.
type rules struct {
	Config
	finals    []string // the statuses that finish an experiment
	reread    bool     // a Campaign is looked at in the org before it finishes one
	lookupKey bool     // the org is asked for a key that a message does not carry
	off       bool     // the integration is switched off: nothing is asked for
	newID     func() string
}

func (c Config) rules(i integration.Integration) rules {
	s := i.Settings
	r := rules{Config: c, finals: c.FinalStatuses, reread: s.Reread, lookupKey: s.LookupKey, off: !i.Active}
	if len(s.FinalizeStatuses) > 0 {
		r.finals = s.FinalizeStatuses
	}
	return r
}

// finalizes says whether a Campaign with that status finishes its experiment.
func (r rules) finalizes(status string) bool {
	return status != "" && slices.ContainsFunc(r.finals, func(s string) bool { return sameStatus(s, status) })
}

// sameStatus compares two picklist values as people read them.
func sameStatus(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// judge gives the verdict on a notification whose Campaign is linked, and the
// newest state that is known with it. link is what the Campaign follows, before is
// the newest state so far, wrote is what we wrote to the Campaign.
//
// An experiment is finished when its Campaign becomes completed. So a state that is
// older than a known one counts for nothing, and neither does one more message
// about a Campaign that is completed already, until another status was seen or
// written by us in between, or one that was completed before somebody linked it.
func (r rules) judge(link integration.Link, before integration.Seen, it *item, wrote integration.Campaign, now time.Time) (integration.Seen, verdict) {
	if it.status == "" {
		return before, r.asksNothing(it)
	}
	mine := before.RequestID != "" && before.RequestID == it.delivery.ID
	if mine && r.finalizes(it.status) { // an earlier try had come as far as this
		if it.at.After(before.At) {
			before.At = it.at
		}
		return before, r.requests(it, before)
	}
	newest := before.At
	if !it.modifiedAt.IsZero() {
		newest = newest.Truncate(time.Second) // Salesforce's times are of whole seconds, ours are not
	}
	if it.at.Before(newest) {
		return before, r.older(before)
	}
	after := withState(before, it)
	after.At = later(before.At, it.at)
	if !r.finalizes(it.status) {
		after.Accounted, after.Dealt = true, integration.DealtNotFinal
		if !it.at.After(before.At) && r.finalizes(before.Status) && !mine {
			// Nobody knows which of two changes in one second was first. A completion that was dealt with stays so.
			after = before
		}
		return after, r.asksNothing(it)
	}
	switch r.compare(it.notification, wrote, now) {
	case ours:
		after.Accounted, after.Dealt = true, integration.DealtEcho
		return after, r.echo(it)
	case outdated:
		return after, r.overwritten(it, wrote)
	case theirs:
	}
	switch s := r.standing(before, it, wrote); {
	case s.dealt != "" || s.asked:
		after.Accounted, after.Dealt = true, s.dealt
		if s.asked {
			after.RequestID, after.RequestedAt = before.RequestID, before.RequestedAt
		}
		return after, r.already(it, after)
	case s.underWay:
		after.RequestID, after.RequestedAt = before.RequestID, before.RequestedAt
		return after, r.requests(it, after)
	case r.off:
		after.Accounted, after.Dealt = true, integration.DealtOff
		return after, r.already(it, after)
	case r.precedes(it, link):
		after.Accounted, after.Dealt = true, integration.DealtBeforeLink
		return after, r.beforeLink(it, link)
	default:
		after.RequestID, after.RequestedAt = it.delivery.ID, it.delivery.CreatedAt
		return after, r.requests(it, after)
	}
}

// precedes says whether an item tells of a change from before its Campaign was
// linked: who linked it did so with the Campaign as it was. A link that a message made
// says nothing of the kind, since messages are late; nor does a time within the clocks'
// difference. Whatever its time is, a message that had begun to finish another
// experiment is none of this one's.
func (r rules) precedes(it *item, link integration.Link) bool {
	if it.begunFor != "" && it.begunFor != link.ExperimentKey {
		return true
	}
	return link.Source == integration.LinkManual && !it.modifiedAt.IsZero() && it.at.Add(r.ClockSkew).Before(link.CreatedAt)
}

// withState is what is seen once a notification's state is, about which nothing was
// done so far.
func withState(s integration.Seen, it *item) integration.Seen {
	s.Status, s.At = it.status, it.at
	s.RequestID, s.RequestedAt, s.Accounted, s.Dealt = "", time.Time{}, false, ""
	return s
}

// standing is how a completion that was there before stands; all zero: there was none.
type standing struct {
	dealt    integration.Dealing // it needed no request, and why
	asked    bool                // the platform was asked
	underWay bool                // a request was begun for it, which may not be on the bus
}

// standing looks at the newest of what was seen and what we wrote: a Campaign that
// we completed ourselves is completed, whether its echo came or not. A state that
// finished nothing when it was seen, and would by now, stays dealt with for as long
// as the Campaign is in it.
func (r rules) standing(before integration.Seen, it *item, wrote integration.Campaign) standing {
	since := !wrote.WrittenAt.IsZero() && !wrote.WrittenAt.Before(before.LinkedAt)
	switch {
	case since && r.finalizes(wrote.WrittenStatus) && !r.finalizes(before.Status) && wrote.WrittenAt.Add(r.ClockSkew).After(before.At):
		// As with an echo: within the clocks' difference our completion counts as the later one.
		return standing{dealt: integration.DealtEcho}
	case since && wrote.WrittenAt.After(before.At):
		if r.finalizes(wrote.WrittenStatus) {
			return standing{dealt: integration.DealtEcho}
		}
		return standing{}
	case !r.finalizes(before.Status), before.Dealt == integration.DealtNotFinal && !sameStatus(before.Status, it.status):
		return standing{}
	case before.RequestID == "":
		return standing{dealt: before.Dealt}
	default:
		return standing{asked: before.Accounted, underWay: !before.Accounted}
	}
}
