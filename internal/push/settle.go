package push

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// outcome is what came of the write of one begun delivery.
type outcome struct {
	err    error  // nil: Salesforce has it
	noteID string // the note's id, when one was written or found
	found  bool   // an earlier try had written the note
	absent bool   // none had: it was looked for
	calls  int    // API calls that the delivery took part in
}

// job is a delivery that was begun: the rows as they are stored now.
type job struct {
	want     want
	delivery integration.Delivery
	campaign *integration.Campaign // nil for a note
}

// How long a write whose answer was lost is given to show, or to have failed for
// good, before anything else is written in its place.
const (
	// doubtWait is for a connection that broke: what was under way ends soon.
	doubtWait = 20 * time.Second
	// slowWait is for an answer that did not come in time: the org may go on with the
	// request, for ten minutes at most.
	// https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm
	slowWait = 10 * time.Minute
)

// doubt says how long that is; 0: there is no doubt about the outcome.
func doubt(err error) time.Duration {
	e, ok := errors.AsType[*salesforce.Error](err)
	switch {
	case !ok || !e.Uncertain:
		return 0
	case e.Code != salesforce.CodeTimeout:
		return doubtWait
	default:
		return slowWait
	}
}

// settle turns an outcome into the rows to store: the one place that decides what
// an outcome means. It is pure but for the policy's jitter.
func settle(j job, o outcome, now time.Time, policy RetryPolicy) (integration.Unit, error) {
	d := j.delivery
	d.APICalls += o.calls
	unit := integration.Unit{Delivery: &d}
	doubtful := doubt(o.err)
	d.Doubtful = doubtful > 0 || d.Doubtful && !o.absent
	atLeast := max(retryAfter(o.err), doubtful)
	if j.campaign != nil {
		c := *j.campaign
		switch {
		case doubtful > 0:
			c.ClaimedUntil = now.Add(doubtful)
		case o.err == nil:
			c.WrittenStatus, c.WrittenAt = j.want.effect.Status, now
			fallthrough
		default:
			c.ClaimedBy, c.ClaimedStatus, c.ClaimedUntil = "", "", time.Time{}
		}
		unit.Campaign = &c
	}
	if o.err == nil {
		d.ErrorCode, d.Cause, d.Fix = "", "", ""
		reason, detail := success(j.want, o)
		d.NoteID = o.noteID
		return unit, d.Move(now, integration.StatusDelivered, reason, detail)
	}
	diagnosis := salesforce.Classify(o.err)
	d.ErrorCode, d.Cause, d.Fix = diagnosis.Code, diagnosis.Cause, diagnosis.Fix
	if errors.Is(o.err, salesforce.ErrDeadline) {
		d.Attempts-- // nothing was sent: not a try
	}
	if reserved, ok := errors.AsType[*reservedError](o.err); ok {
		d.Attempts--
		return unit, keepBack(&d, reserved, now, policy)
	}
	switch {
	case heldUp(o.err):
		return unit, d.Move(now, integration.StatusParked, integration.ReasonAttention, explain(o.err, diagnosis))
	case noRight(o.err):
		return unit, d.Move(now, integration.StatusParked, integration.ReasonNoRight, explain(o.err, diagnosis))
	case !diagnosis.Retryable:
		return unit, d.Move(now, integration.StatusParked, integration.ReasonRefused, explain(o.err, diagnosis))
	case age(&d, now) >= policy.MaxAge:
		return unit, d.Move(now, integration.StatusParked, integration.ReasonExhausted,
			fmt.Sprintf("given up after %d attempts in %s; the last one: %s", d.Attempts, age(&d, now).Round(time.Minute), explain(o.err, diagnosis)))
	}
	if err := d.Move(now, integration.StatusRetrying, integration.ReasonFailing, explain(o.err, diagnosis)); err != nil {
		return unit, err
	}
	d.NextAttemptAt = policy.At(now, max(d.Attempts, 1), atLeast, d.IntegrationID)
	return unit, nil
}

// age is for how long a delivery has been tried, since it was last taken up.
func age(d *integration.Delivery, now time.Time) time.Duration {
	return now.Sub(latest(d.CreatedAt, d.ResumedAt))
}

func success(w want, o outcome) (integration.Reason, string) {
	switch {
	case o.found:
		return integration.ReasonNoteFound, "the note was found on the Campaign: an earlier try had written it"
	case w.effect.Note:
		return integration.ReasonNoteWritten, "a note with the result was added to the Campaign"
	default:
		return integration.ReasonStatusWritten, fmt.Sprintf("the Campaign's Status was set to %q", w.effect.Status)
	}
}

// explain says what happened, why, and what to do about it, in one line.
func explain(err error, diagnosis salesforce.Diagnosis) string {
	parts := []string{}
	if e, ok := errors.AsType[*salesforce.Error](err); ok && e.Message != "" && e.Status != 0 {
		said := strings.TrimRight(e.Message, ". ")
		if e.Code != "" && e.Code != salesforce.CodeUnreadable {
			said = "Salesforce says: " + said
		}
		parts = append(parts, said)
	}
	for _, s := range []string{diagnosis.Cause, diagnosis.Fix} {
		if s != "" {
			parts = append(parts, strings.TrimRight(s, ". "))
		}
	}
	return strings.Join(parts, ". ") + "."
}

func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*salesforce.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }
