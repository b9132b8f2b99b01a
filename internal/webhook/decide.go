package webhook

import (
	"fmt"
	"strings"
	"time"

	"salesforce-integration/internal/integration"
)

// verdict is what becomes of a notification. Empty: not decided yet.
type verdict struct {
	status integration.DeliveryStatus
	reason integration.Reason
	detail string
}

func (v verdict) decided() bool { return v.status != "" }

func skip(reason integration.Reason, format string, args ...any) verdict {
	return verdict{integration.StatusSkipped, reason, fmt.Sprintf(format, args...)}
}

// triage decides what needs neither links nor campaigns to be known.
func triage(i integration.Integration, n notification, newest bool) verdict {
	switch {
	case !i.Active:
		return skip(integration.ReasonIgnored, "The integration is switched off. Switch it on (is_active) for messages to count again.")
	case n.problem != "":
		return skip(integration.ReasonIgnored, "%s", n.problem)
	case !newest:
		return skip(integration.ReasonSuperseded, "The same message holds a newer state of this Campaign, which counts instead.")
	default:
		return verdict{}
	}
}

// linkConflict is the verdict on a message that names another experiment than the
// one its Campaign follows. The link stays, and neither experiment is finished:
// either Salesforce or the link is wrong, and only a person knows which.
func linkConflict(n notification, follows string) verdict {
	return skip(integration.ReasonConflict,
		"The message names experiment %q, but the Campaign follows %q. Nothing was changed or requested. If the message is right, delete the link and save the Campaign again; if not, correct the key in Salesforce.",
		n.experimentKey, follows)
}

// decide says what a notification asks for, once its Campaign's link is known (nil:
// there is none). linkedNow: this notification made the link. campaign is what we
// wrote to it, if anything.
func (c Config) decide(n notification, link *integration.Link, linkedNow bool, campaign integration.Campaign, now time.Time) verdict {
	if link == nil {
		return skip(integration.ReasonUnknownCampaign,
			"No experiment is linked to this Campaign. Link it by POST .../links, or let the message carry the experiment's key (outbound message: field %s, JSON: experiment_key).",
			c.ExperimentKeyField)
	}
	linked := ""
	if linkedNow {
		linked = fmt.Sprintf("The Campaign was linked to experiment %q. ", link.ExperimentKey)
	}
	if !c.finalizes(n.status) {
		if linkedNow {
			return verdict{integration.StatusDelivered, integration.ReasonLinked, strings.TrimSpace(linked)}
		}
		if n.status == "" {
			return skip(integration.ReasonIgnored, "The message carries no Status. Add the field Status to the outbound message in Salesforce.")
		}
		return skip(integration.ReasonIgnored, "Status %q does not finish an experiment; these do: %s.", n.status, strings.Join(c.FinalStatuses, ", "))
	}
	switch c.compare(n, campaign, now) {
	case ours:
		return skip(integration.ReasonEcho, "%sThis is the echo of our own write of %q; nothing was requested.", linked, n.status)
	case outdated:
		return skip(integration.ReasonSuperseded, "%sWe set the Campaign to %q after this change; nothing was requested.", linked, campaign.WrittenStatus)
	default:
		return verdict{integration.StatusDelivered, integration.ReasonFinalizationRequested,
			fmt.Sprintf("%sThe platform was asked to finish experiment %q.", linked, link.ExperimentKey)}
	}
}

// origin says whose change a notification tells of.
type origin int

const (
	theirs   origin = iota // a person's, or another program's
	ours                   // our own write, coming back
	outdated               // theirs, but we have written another status since
)

// compare tells our own write of a status from a person's change to it. A message
// has neither the old values nor who made the change, so time decides:
//
//   - A message that says when the Campaign changed (LastModifiedDate or
//     SystemModstamp) is ours when it bears the status that we wrote and a time not
//     after that write. A person's later change has a later time and counts again.
//   - So is one that bears the status of a write still under way, or whose outcome
//     we never learned, and a time not after the end of that write's claim.
//   - A message that does not say when is ours when it arrives within the echo
//     window of such a write. A person's change back and forth within the window
//     cannot be told from it, which is why outbound messages should carry
//     LastModifiedDate.
//   - A message about a change before our last write of another status is out of
//     order: the Campaign is no longer what it says.
//
// A message older than our write that bears the status we wrote counts as ours,
// too. It is no loss: the write came from an event of the platform, which knows
// that the experiment is finished.
func (c Config) compare(n notification, campaign integration.Campaign, now time.Time) origin {
	echoOf := func(status string, until time.Time) bool {
		if status == "" || !sameStatus(status, n.status) {
			return false
		}
		if n.modifiedAt.IsZero() {
			return !now.After(until.Add(c.EchoWindow))
		}
		return !n.modifiedAt.After(until.Add(c.ClockSkew))
	}
	written := campaign.WrittenStatus
	switch {
	case echoOf(written, campaign.WrittenAt), echoOf(campaign.ClaimedStatus, campaign.ClaimedUntil):
		return ours
	case written != "" && !sameStatus(written, n.status) && !n.modifiedAt.IsZero() &&
		n.modifiedAt.Add(c.ClockSkew).Before(campaign.WrittenAt):
		return outdated
	default:
		return theirs
	}
}

// newest says for each notification whether no other one of the message tells of a
// later state of the same Campaign. Without times nothing is later; of two that
// agree on time and status the first counts.
func newest(ns []notification) []bool {
	best := map[string]int{}
	out := make([]bool, len(ns))
	for k, n := range ns {
		if n.campaignID == "" || n.modifiedAt.IsZero() {
			out[k] = true
			continue
		}
		b, seen := best[n.campaignID]
		if !seen || n.modifiedAt.After(ns[b].modifiedAt) {
			best[n.campaignID] = k
		}
	}
	for k, n := range ns {
		if out[k] {
			continue
		}
		b := best[n.campaignID]
		out[k] = k == b || n.modifiedAt.Equal(ns[b].modifiedAt) && !sameStatus(n.status, ns[b].status)
	}
	return out
}
