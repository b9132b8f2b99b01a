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

// badKey is the verdict on a Campaign whose field holds something else than a key.
func badKey(field string) verdict {
	return skip(integration.ReasonIgnored, "The Campaign's field %s holds no experiment key: it may have up to %d characters and no control characters. Correct it in Salesforce.",
		field, integration.MaxExperimentKeyLen)
}

// linkConflict is the verdict on a message that names another experiment than the
// one its Campaign follows. The link stays, and neither experiment is finished:
// either Salesforce or the link is wrong, and only a person knows which.
func linkConflict(n notification, follows string) verdict {
	return skip(integration.ReasonConflict,
		"The message names experiment %q, but the Campaign follows %q. Nothing was changed or requested. If the message is right, delete the link and save the Campaign again; if not, correct the key in Salesforce.",
		n.experimentKey, follows)
}

// unlinked is the verdict on a message about a Campaign that follows nothing.
func (r rules) unlinked(*item) verdict {
	if r.lookupKey && !r.ReadsSalesforce {
		return skip(integration.ReasonUnknownCampaign,
			"No experiment is linked to this Campaign, and the message carries no experiment's key. The integration's settings want it read in Salesforce (lookup_key), which this deployment does not let the webhook do: set the template parameter %s to yes, or switch lookup_key off. To link the Campaign: POST .../links, or let the message carry the key (outbound message: field %s, JSON: experiment_key).",
			integration.ParameterWebhookReads, r.ExperimentKeyField)
	}
	return skip(integration.ReasonUnknownCampaign,
		"No experiment is linked to this Campaign. Link it by POST .../links, or let the message carry the experiment's key (outbound message: field %s, JSON: experiment_key).",
		r.ExperimentKeyField)
}

// asksNothing is the verdict on a state that finishes no experiment.
func (r rules) asksNothing(it *item) verdict {
	switch {
	case it.linkedNow:
		return verdict{integration.StatusDelivered, integration.ReasonLinked, ""}
	case it.status == "":
		return skip(integration.ReasonIgnored, "The message carries no Status. Add the field Status to the outbound message in Salesforce.")
	default:
		return skip(integration.ReasonIgnored, "Status %q does not finish an experiment; these do: %s.", it.status, strings.Join(r.finals, ", "))
	}
}

// requests is the verdict that asks for the experiment to be finished.
func (r rules) requests(it *item, s integration.Seen) verdict {
	words := fmt.Sprintf("The platform was asked to finish experiment %q.", s.ExperimentKey)
	if s.RequestID != it.delivery.ID {
		words += fmt.Sprintf(" An earlier message had begun to ask for it: the request is that of delivery %s.", s.RequestID)
	}
	return verdict{integration.StatusDelivered, integration.ReasonFinalizationRequested, words}
}

// older is the verdict on a state that is not the newest any more.
func (r rules) older(newest integration.Seen) verdict {
	return skip(integration.ReasonSuperseded, "This is an older state of the Campaign: it is known to have been %q at %s. Nothing was requested.",
		newest.Status, newest.At.UTC().Format(time.RFC3339))
}

// already is the verdict on one more message about a Campaign that is completed.
func (r rules) already(it *item, before integration.Seen) verdict {
	why := "the platform was asked then"
	switch before.Dealt {
	case integration.DealtEcho:
		why = "we completed it ourselves"
	case integration.DealtOff:
		why = "it was told while the integration was switched off"
	case integration.DealtNotFinal:
		why = "by the settings of then it finished no experiment"
	case integration.DealtBeforeLink:
		why = "it was so before the Campaign was linked"
	}
	return skip(integration.ReasonAlreadyFinal,
		"The Campaign had a status that finishes the experiment before this change, and that was dealt with (%s). %q counts again once the Campaign has had another status.", why, it.status)
}

// beforeLink is the verdict on a completion from before the Campaign was linked.
func (r rules) beforeLink(it *item, link integration.Link) verdict {
	return skip(integration.ReasonAlreadyFinal,
		"The Campaign was %q already when it was linked to experiment %q, at %s. Nothing was requested. %[1]q counts once the Campaign has had another status.",
		it.status, link.ExperimentKey, link.CreatedAt.UTC().Format(time.RFC3339))
}

// notConfirmed is the verdict on a completion that the org does not know of.
func (r rules) notConfirmed(it *item, found OrgCampaign, there bool) verdict {
	if !there {
		return skip(integration.ReasonNotConfirmed, "The message says %q. Salesforce was asked again: there is no such Campaign, or the Run-As user may not see it. Nothing was requested.", it.status)
	}
	return skip(integration.ReasonNotConfirmed, "The message says %q. Salesforce was asked again: the Campaign is %q, which does not finish an experiment. Nothing was requested.",
		it.status, found.Status)
}

// mayNotAsk is the verdict on a completion that the org was to be asked about, where
// the operator does not let the webhook ask. To finish an experiment cannot be taken
// back, and the setting says not to do it unasked; a negative Ack would bring the
// message back for a day, and mend nothing.
func (r rules) mayNotAsk(it *item) verdict {
	words := ""
	if it.resumed() {
		words = " An earlier try may have asked the platform to finish the experiment."
	}
	return skip(integration.ReasonNotConfirmed,
		"The message says %q. The integration's settings want Salesforce asked before the experiment is finished (reread), which this deployment does not let the webhook do. Nothing was requested.%s Set the template parameter %s to yes, or switch reread off in the integration's settings; then set the Campaign to another status and back.",
		it.status, words, integration.ParameterWebhookReads)
}

func (r rules) echo(it *item) verdict {
	return skip(integration.ReasonEcho, "This is the echo of our own write of %q; nothing was requested.", it.status)
}

func (r rules) overwritten(_ *item, wrote integration.Campaign) verdict {
	return skip(integration.ReasonSuperseded, "We set the Campaign to %q after this change; nothing was requested.", wrote.WrittenStatus)
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
func (r rules) compare(n notification, campaign integration.Campaign, now time.Time) origin {
	echoOf := func(status string, until time.Time) bool {
		if status == "" || !sameStatus(status, n.status) {
			return false
		}
		if n.modifiedAt.IsZero() {
			return !now.After(until.Add(r.EchoWindow))
		}
		return !n.modifiedAt.After(until.Add(r.ClockSkew))
	}
	written := campaign.WrittenStatus
	switch {
	case echoOf(written, campaign.WrittenAt), echoOf(campaign.ClaimedStatus, campaign.ClaimedUntil):
		return ours
	case written != "" && !sameStatus(written, n.status) && !n.modifiedAt.IsZero() &&
		n.modifiedAt.Add(r.ClockSkew).Before(campaign.WrittenAt):
		return outdated
	default:
		return theirs
	}
}

// newest says for each notification whether no other one of the message tells of a
// later state of the same Campaign. Without times nothing is later; of two that
// agree on time and status the first counts.
func newest(ns []notification, now time.Time) []bool {
	best := map[string]int{}
	out := make([]bool, len(ns))
	at := func(k int) time.Time { return ns[k].time(k, now) }
	for k, n := range ns {
		if n.campaignID == "" || n.modifiedAt.IsZero() {
			out[k] = true
			continue
		}
		b, seen := best[n.campaignID]
		if !seen || at(k).After(at(b)) {
			best[n.campaignID] = k
		}
	}
	for k, n := range ns {
		if out[k] {
			continue
		}
		b := best[n.campaignID]
		out[k] = k == b || at(k).Equal(at(b)) && !sameStatus(n.status, ns[b].status)
	}
	return out
}
