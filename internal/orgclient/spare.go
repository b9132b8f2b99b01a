package orgclient

import (
	"context"
	"fmt"
	"slices"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// Spare says whether a call may be spent on a question of a person: while an org has
// less left than its reserve, none but the one in a quarter of an hour that finds out
// how things stand, whoever asks. It returns what is known, for [Dialer.Learn].
// Errors: [integration.CodeOrgAway] with the time to wait, and the store's.
func (d *Dialer) Spare(ctx context.Context, i integration.Integration) (integration.Allowance, error) {
	key := i.AllowanceKey()
	none := integration.Allowance{Key: key}
	if d.cfg.Allowances == nil {
		return none, nil
	}
	known, err := d.cfg.Allowances.GetAllowances(ctx, []integration.AllowanceKey{key})
	if err != nil {
		return none, fmt.Errorf("reading what is left of an org's allowance: %w", err)
	}
	a, ok := known[key]
	if !ok {
		return none, nil
	}
	if !a.Low(d.cfg.ReservePercent) {
		return a, nil
	}
	now := d.now()
	if until := slices.MaxFunc([]time.Time{a.NextCallAt, a.At.Add(integration.AllowanceGoodFor)}, time.Time.Compare); until.After(now) {
		return a, kept(a, until.Sub(now))
	}
	mine := a
	mine.NextCallAt = now.Add(integration.AllowanceSpacing)
	stored, err := d.cfg.Allowances.SwapAllowance(ctx, mine)
	switch {
	case integration.ErrorCode(err) == integration.CodeConflict:
		return a, kept(a, integration.AllowanceSpacing) // somebody else asks just now
	case err != nil:
		return a, fmt.Errorf("taking the turn to call an org: %w", err)
	}
	return stored, nil
}

// Learn shares what an org said of its allowance, when that changes anything: that
// little is left, or enough again. It returns what is known now. What cannot be
// shared is said again by the org's next answer.
func (d *Dialer) Learn(ctx context.Context, a integration.Allowance, c *salesforce.Client) integration.Allowance {
	usage, said := c.Usage()
	if !said {
		return a
	}
	told := a
	told.Used, told.Max, told.At = usage.Used, usage.Max, usage.At
	low := told.Low(d.cfg.ReservePercent)
	if d.cfg.Allowances == nil || !low && !a.Low(d.cfg.ReservePercent) {
		return told
	}
	if !low {
		told.NextCallAt = time.Time{} // and else as it was: a question is no reason for statuses to wait
	}
	if stored, err := d.cfg.Allowances.SwapAllowance(ctx, told); err == nil {
		return stored
	}
	return told
}

func (d *Dialer) now() time.Time {
	if d.cfg.Now == nil {
		return time.Now()
	}
	return d.cfg.Now()
}

func kept(a integration.Allowance, wait time.Duration) error {
	return &integration.Error{
		Code: integration.CodeOrgAway, RetryAfter: wait,
		Message: fmt.Sprintf("The org has used %d of its %d API calls of the day, and the rest is left to its other applications and to what has to be written. Try again later.", a.Used, a.Max),
	}
}
