package dynamo

import (
	"context"
	"slices"
	"time"

	"salesforce-integration/internal/integration"
)

// GetAllowances implements [integration.AllowanceStore].
func (s *Store) GetAllowances(ctx context.Context, keys []integration.AllowanceKey) (map[integration.AllowanceKey]integration.Allowance, error) {
	return getMany(ctx, s, keys, allowanceKey, readAllowance)
}

// SwapAllowance implements [integration.AllowanceStore].
func (s *Store) SwapAllowance(ctx context.Context, a integration.Allowance) (integration.Allowance, error) {
	k, ok := allowanceKey(a.Key)
	if !ok {
		return integration.Allowance{}, integration.Invalidf("key", "An allowance is an org's or an integration's.")
	}
	a.Version++
	stored, ok, err := s.put(ctx, row{allowanceItem(k, a)})
	if err != nil {
		return integration.Allowance{}, err
	}
	if !ok {
		return integration.Allowance{}, integration.Conflictf("The allowance was changed by somebody else meanwhile.")
	}
	return readAllowance(stored)
}

func allowanceItem(k key, a integration.Allowance) item {
	it := k.item()
	it.putString("org_id", a.Key.OrgID)
	it.putString("integration_id", a.Key.IntegrationID)
	it.putInt("used", int64(a.Used))
	it.putInt("max", int64(a.Max))
	it.putTime("at", a.At)
	it.putTime("next_call_at", a.NextCallAt)
	it.putTime("next_question_at", a.NextQuestionAt)
	if a.Key.OrgID != "" {
		// By then it is long out of date: nobody deletes it with an integration.
		it.putTTL(slices.MaxFunc([]time.Time{a.At, a.NextCallAt, a.NextQuestionAt}, time.Time.Compare).Add(integration.AllowanceKept))
	}
	it.putInt(attrVersion, a.Version)
	return it
}

func readAllowance(it item) (integration.Allowance, error) {
	r := reader{item: it}
	a := integration.Allowance{
		Key:            integration.AllowanceKey{OrgID: r.string("org_id"), IntegrationID: r.string("integration_id")},
		Used:           int(r.int("used")),
		Max:            int(r.int("max")),
		At:             r.time("at"),
		NextCallAt:     r.time("next_call_at"),
		NextQuestionAt: r.time("next_question_at"),
		Version:        r.int(attrVersion),
	}
	return a, r.err
}
