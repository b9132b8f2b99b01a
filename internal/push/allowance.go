package push

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// reservedError says that a write waits because the rest of the org's API allowance
// is left to its other applications.
type reservedError struct {
	used, max int
	until     time.Time
	orgID     string // empty: not known
}

func (e *reservedError) Error() string {
	return fmt.Sprintf("the org has used %d of its %d API calls, and the rest is left to its other applications; this waits until %s",
		e.used, e.max, e.until.UTC().Format(time.RFC3339))
}

// keepBack lets a delivery wait for the org to have calls to spare; for a day, then a
// person has to look.
func keepBack(d *integration.Delivery, why *reservedError, now time.Time, policy RetryPolicy) error {
	d.ErrorCode, d.Cause, d.Fix = "", "", ""
	if age(d, now) >= policy.MaxAge {
		return d.Move(now, integration.StatusParked, integration.ReasonAllowance,
			why.Error()+"; it has waited for a day: send it again when the org has calls to spare")
	}
	if err := d.Move(now, integration.StatusRetrying, integration.ReasonAllowance, why.Error()); err != nil {
		return err
	}
	// Integrations of one org meet, so that no one of them is always the first there.
	d.NextAttemptAt = policy.At(why.until, 1, 0, cmp.Or(why.orgID, d.IntegrationID))
	return nil
}

// holdBack keeps back, in the plan, what has to wait in orgs that have little left of
// their allowance. There the statuses of one batch go out every spacing, and notes
// only when there is enough again.
func (h *Handler) holdBack(ctx context.Context, wants []want, k known) error {
	type part struct{ statuses, notes []int }
	parts := map[string]*part{}
	calls, err := h.wouldCall(ctx, wants, k)
	if err != nil {
		return err
	}
	for _, n := range calls {
		w := wants[n]
		id := w.delivery.IntegrationID
		if parts[id] == nil {
			parts[id] = &part{}
		}
		if w.effect.Note {
			parts[id].notes = append(parts[id].notes, n)
		} else {
			parts[id].statuses = append(parts[id].statuses, n)
		}
	}
	// Of integrations that share an org one has the turn, and each of them now and then.
	ids := sortedKeys(parts)
	for left := len(ids); left > 1; left-- {
		at := h.cfg.Retry.Rand(int64(left))
		ids[at], ids[left-1] = ids[left-1], ids[at]
	}
	// But statuses never wait for what another one's notes ask.
	slices.SortStableFunc(ids, func(a, b string) int {
		return cmp.Compare(min(1, len(parts[b].statuses)), min(1, len(parts[a].statuses)))
	})
	for _, id := range ids {
		of := parts[id]
		turn, err := h.takeTurn(ctx, k, id, len(of.statuses) > 0)
		if err != nil {
			return err
		}
		for _, n := range of.statuses {
			wants[n].held = turn.statuses
		}
		for _, n := range of.notes {
			wants[n].held = turn.notes
		}
	}
	return nil
}

// wouldCall returns which wants would be written to an org that has little left. What
// is done already is no reason to take a turn: a message comes back with all that it
// once asked for.
func (h *Handler) wouldCall(ctx context.Context, wants []want, k known) ([]int, error) {
	var low []int
	var of []want
	for n, w := range wants {
		if w.target == "" && k.allowance(w.delivery.IntegrationID).Low(h.cfg.ReservePercent) {
			low, of = append(low, n), append(of, w)
		}
	}
	if len(low) == 0 {
		return nil, nil
	}
	stored, campaigns, err := current(ctx, h.cfg.Store, of)
	if err != nil {
		return nil, err
	}
	now := h.cfg.Now()
	var calls []int
	for i, w := range of {
		d, err := decide(w, pick(stored, w.delivery.ID), pick(campaigns, w.ref()), now, now.Add(defaultLease), h.cfg.Retry)
		if err != nil {
			return nil, fmt.Errorf("deciding about a delivery: %w", err)
		}
		if d.verdict == verdictSend {
			calls = append(calls, low[i])
		}
	}
	return calls, nil
}

// turn is what a batch's writes to an org wait for; nil: they go out.
type turn struct{ statuses, notes *reservedError }

// waits says whether a batch waits as a whole, with statuses to write or without.
func (t turn) waits(statuses bool) bool {
	return t.statuses != nil || !statuses && t.notes != nil
}

// turnOf is what writes to an org that has little left wait for by what is known of
// it, whoever's turn it is next.
func turnOf(a integration.Allowance, now time.Time) turn {
	wait := func(until time.Time) *reservedError {
		if !until.After(now) {
			return nil
		}
		return &reservedError{used: a.Used, max: a.Max, until: until, orgID: a.Key.OrgID}
	}
	return turn{statuses: wait(a.StatusesAt()), notes: wait(a.NotesAt())}
}

// takeTurn tries to be the one function that calls an org next. With statuses to
// write, they are the call, and its answer tells how much is left. With notes only,
// the org is asked, when it has not been for a while.
func (h *Handler) takeTurn(ctx context.Context, k known, id string, statuses bool) (turn, error) {
	key, now := k.allowance(id).Key, h.cfg.Now()
	mine, err := h.share(ctx, k, key, func(a integration.Allowance) (integration.Allowance, bool) {
		return a.Called(now), a.Low(h.cfg.ReservePercent) && !turnOf(a, now).waits(statuses)
	})
	if err != nil {
		return turn{}, err
	}
	switch a := k.allowances[key]; {
	case !a.Low(h.cfg.ReservePercent):
		return turn{}, nil
	case !mine && turnOf(a, now).waits(statuses):
		return turnOf(a, now), nil
	case !mine: // too many at once to say whose turn it is
		return turnOf(a.Called(now), now), nil
	case statuses:
		return turn{notes: turnOf(a, now).statuses}, nil
	}
	usage, ok := h.cfg.Orgs.ask(ctx, k.integrations[id])
	if !ok {
		return turn{}, nil // what is wrong with the org is found by the notes as well
	}
	if _, err := h.learn(ctx, k, key, usage); err != nil {
		return turn{}, err
	}
	if a := k.allowances[key]; a.Low(h.cfg.ReservePercent) {
		return turn{notes: turnOf(a, now).notes}, nil
	}
	return turn{}, nil
}

// learn shares what an org said of its allowance, when that changes anything. It says
// whether little is left.
func (h *Handler) learn(ctx context.Context, k known, key integration.AllowanceKey, said salesforce.Usage) (low bool, err error) {
	usage := integration.Usage{Used: said.Used, Max: said.Max, At: said.At}
	low = usage.Low(h.cfg.ReservePercent)
	_, err = h.share(ctx, k, key, func(a integration.Allowance) (integration.Allowance, bool) {
		after, news := a.Learn(usage, h.cfg.ReservePercent)
		if low {
			after = after.Called(usage.At)
		}
		return after, news
	})
	return low, err
}

// learnAll shares what the orgs said in this invocation. An org whose word gets lost
// says it again.
func (h *Handler) learnAll(ctx context.Context, jobs []job, k known, since time.Time) {
	if h.cfg.ReservePercent == 0 {
		return
	}
	seen := map[string]bool{}
	for _, j := range jobs {
		id := j.delivery.IntegrationID
		if seen[id] {
			continue
		}
		seen[id] = true
		usage, ok := h.cfg.Orgs.usage(id)
		if !ok || usage.At.Before(since) {
			continue
		}
		low, err := h.learn(ctx, k, h.cfg.Orgs.allowanceKey(k.integrations[id]), usage)
		if low {
			h.cfg.Log.WarnContext(ctx, "the org has little left of its API allowance: notes wait, statuses go out seldom",
				"integration_id", id, "used", usage.Used, "max", usage.Max)
		}
		if err != nil {
			h.cfg.Log.WarnContext(ctx, "what the org said of its allowance is not shared", "integration_id", id, "error", err)
		}
	}
}

// shareTries bounds how often share begins anew. Those who write the same row are push,
// which then has nothing to change any more, and people's questions, which are rare.
const shareTries = 3

// share changes an org's allowance in the store, where change says that there is anything
// to change; it is asked again by what somebody else has stored meanwhile, such as a
// person's question, which is no reason to wait. It returns whether the change is stored.
func (h *Handler) share(ctx context.Context, k known, key integration.AllowanceKey, change func(integration.Allowance) (integration.Allowance, bool)) (bool, error) {
	for range shareTries {
		a := k.allowances[key]
		a.Key = key
		next, wanted := change(a)
		if !wanted {
			return false, nil
		}
		stored, err := h.cfg.Store.SwapAllowance(ctx, next)
		if err == nil {
			k.allowances[key] = stored
			return true, nil
		}
		if integration.ErrorCode(err) != integration.CodeConflict {
			return false, fmt.Errorf("sharing what is left of an org's allowance: %w", err)
		}
		found, err := h.cfg.Store.GetAllowances(ctx, []integration.AllowanceKey{key})
		if err != nil {
			return false, fmt.Errorf("reading what is left of an org's allowance: %w", err)
		}
		k.allowances[key] = found[key]
	}
	return false, nil
}

// heldNotes keeps notes back that were begun before the org said, in answer to the
// statuses of the same batch, that little is left.
func heldNotes(client *salesforce.Client, reservePercent int, since time.Time, which []int, outcomes []outcome) []int {
	usage, ok := client.Usage()
	told := integration.Allowance{Used: usage.Used, Max: usage.Max, At: usage.At}
	if !ok || usage.At.Before(since) || !told.Low(reservePercent) {
		return which
	}
	for _, at := range which {
		outcomes[at].err = &reservedError{used: usage.Used, max: usage.Max, until: told.NotesAt()}
	}
	return nil
}
