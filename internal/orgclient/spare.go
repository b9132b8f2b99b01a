package orgclient

import (
	"context"
	"fmt"
	"log/slog"
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
	if until := a.QuestionsAt(); until.After(now) {
		return a, kept(a, until.Sub(now))
	}
	stored, err := d.cfg.Allowances.SwapAllowance(ctx, a.Asked(now))
	switch {
	case integration.ErrorCode(err) == integration.CodeConflict:
		return a, kept(a, integration.AllowanceGoodFor) // somebody else asks just now
	case err != nil:
		return a, fmt.Errorf("taking the turn to call an org: %w", err)
	}
	return stored, nil
}

// Learn shares what an org said of its allowance, when that changes anything, and
// returns what is known now. What cannot be shared is logged, and said again by the
// org's next answer.
func (d *Dialer) Learn(ctx context.Context, a integration.Allowance, c *salesforce.Client) integration.Allowance {
	usage, said := c.Usage()
	if !said {
		return a
	}
	known, news := a.Learn(integration.Usage{Used: usage.Used, Max: usage.Max, At: usage.At}, d.cfg.ReservePercent)
	if d.cfg.Allowances == nil || !news {
		return known
	}
	stored, err := d.cfg.Allowances.SwapAllowance(ctx, known)
	switch {
	case err == nil:
		return stored
	case integration.ErrorCode(err) != integration.CodeConflict: // who was faster knows as much
		d.log().WarnContext(ctx, "what the org said of its allowance is not shared", "error", err)
	}
	return known
}

func (d *Dialer) now() time.Time {
	if d.cfg.Now == nil {
		return time.Now()
	}
	return d.cfg.Now()
}

func (d *Dialer) log() *slog.Logger {
	if d.cfg.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return d.cfg.Log
}

func kept(a integration.Allowance, wait time.Duration) error {
	return &integration.Error{
		Code: integration.CodeOrgAway, RetryAfter: wait,
		Message: fmt.Sprintf("The org has used %d of its %d API calls of the day, and the rest is left to its other applications and to what has to be written. Try again later.", a.Used, a.Max),
	}
}
