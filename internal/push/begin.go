package push

import (
	"fmt"
	"time"

	"salesforce-integration/internal/integration"
)

// verdict is what to do about one wanted delivery, given what is stored of it.
type verdict int

const (
	verdictDone   verdict = iota // it has ended, or is parked: nothing to do here
	verdictBusy                  // another function is at it, or at its campaign, or its wait is not over
	verdictWait                  // commit the unit, and look again when somebody else is done
	verdictRecord                // commit the unit; nothing is written to Salesforce
	verdictSend                  // commit the unit, then write to Salesforce
)

// decision is a verdict with the unit to commit, or the time until which
// somebody else may be at it.
type decision struct {
	verdict   verdict
	unit      integration.Unit
	busyUntil time.Time
}

// decide is the gate in front of every write. It is pure. stored and campaign are
// what the store holds (nil: nothing); lease is until when this function may be
// at it; policy says when what is held back is looked at again. A nil error with
// verdictSend means that, once the unit is committed, no other function writes to that
// campaign until this one settles, or its last request can't be under way any more.
func decide(w want, stored *integration.Delivery, campaign *integration.Campaign, now, lease time.Time, policy RetryPolicy) (decision, error) {
	d := w.delivery
	if stored == nil && w.onlyIfStored {
		return decision{verdict: verdictDone}, nil
	}
	if stored != nil {
		d = *stored
		switch {
		case d.Status.Final() || d.Status == integration.StatusParked:
			return decision{verdict: verdictDone}, nil
		case d.Status == integration.StatusSending && d.LeaseUntil.After(now):
			return decision{verdict: verdictBusy, busyUntil: d.LeaseUntil}, nil
		case d.Status == integration.StatusRetrying && d.NextAttemptAt.After(now):
			// The same event came a second time. Its wait is not a courtesy: what was
			// sent may still be on its way.
			return decision{verdict: verdictBusy, busyUntil: d.NextAttemptAt}, nil
		case d.Status == integration.StatusSending && d.LeaseUntil.Add(slowWait).After(now):
			// The function that was writing is gone, its request may not be.
			return decision{verdict: verdictBusy, busyUntil: d.LeaseUntil.Add(slowWait)}, nil
		}
	}
	// Nobody has said what came of a try whose function is gone.
	d.Doubtful = d.Doubtful || d.Status == integration.StatusSending
	if w.target != "" {
		d.ErrorCode, d.Cause, d.Fix = w.delivery.ErrorCode, w.delivery.Cause, w.delivery.Fix
		return record(&d, d.Move(now, w.target, w.reason, w.detail))
	}
	if w.effect.Status == "" && w.held != nil {
		return record(&d, keepBack(&d, w.held, now, policy))
	}
	if w.effect.Status == "" {
		if !d.Doubtful {
			d.NoteKind = w.kind
		}
		return send(&d, nil, now, lease)
	}
	d.CampaignState = w.effect.Status // the settings may have changed since the last try
	c := integration.Campaign{CampaignRef: w.ref()}
	if campaign != nil {
		c = *campaign
	}
	if c.ExperimentKey != d.ExperimentKey {
		c.EventAt, c.EventID = time.Time{}, ""
	}
	claimed := c.ClaimedBy != "" && c.ClaimedBy != d.ID && c.ClaimedUntil.After(now)
	switch {
	case c.EventID != w.event.ID && !c.Newer(w.event.OccurredAt, w.event.ID):
		return record(&d, d.Move(now, integration.StatusSkipped, integration.ReasonSuperseded,
			fmt.Sprintf("a newer event, of %s, already decides the Campaign's status", c.EventAt.UTC().Format(time.RFC3339))))
	case claimed && stored == nil:
		// So that the log shows it while it waits.
		return decision{verdict: verdictWait, unit: integration.Unit{Delivery: &d}, busyUntil: lookAgainAt(c, now)},
			d.Move(now, integration.StatusPending, integration.ReasonTrying, "another event's status is just being written to the Campaign")
	case claimed:
		return decision{verdict: verdictBusy, busyUntil: lookAgainAt(c, now)}, nil
	}
	if w.held != nil {
		return record(&d, keepBack(&d, w.held, now, policy))
	}
	c.ExperimentKey, c.EventAt, c.EventID = d.ExperimentKey, w.event.OccurredAt, w.event.ID
	// Who settles ends the claim. Nobody does when the function is gone, and then its
	// request may go on.
	c.ClaimedBy, c.ClaimedStatus, c.ClaimedUntil = d.ID, w.effect.Status, lease.Add(slowWait)
	return send(&d, &c, now, lease)
}

// claimLook is how soon a claimed campaign is looked at again, while the function that
// claimed it may be alive: it mostly ends its claim within a second or two.
const claimLook = 5 * time.Second

// lookAgainAt is when a claim may be over: soon, while its function has time, and else
// when its last request can't be under way any more.
func lookAgainAt(c integration.Campaign, now time.Time) time.Time {
	if lease := c.ClaimedUntil.Add(-slowWait); lease.After(now) {
		return now.Add(min(lease.Sub(now), claimLook))
	}
	return c.ClaimedUntil
}

func record(d *integration.Delivery, err error) (decision, error) {
	return decision{verdict: verdictRecord, unit: integration.Unit{Delivery: d}}, err
}

func send(d *integration.Delivery, c *integration.Campaign, now, lease time.Time) (decision, error) {
	if err := d.Move(now, integration.StatusSending, integration.ReasonTrying, fmt.Sprintf("attempt %d: writing to Salesforce", d.Attempts+1)); err != nil {
		return decision{}, err
	}
	d.Attempts++
	d.LeaseUntil = lease
	return decision{verdict: verdictSend, unit: integration.Unit{Delivery: d, Campaign: c}}, nil
}
