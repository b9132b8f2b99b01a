package webhook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"salesforce-integration/internal/integration"
)

// orgTime is how long a look into the org may take, the token's exchange included:
// what is left must do for the record and the answer.
const orgTime = 12 * time.Second

// Org tells what Campaigns are in Salesforce now.
type Org interface {
	// Campaigns reads the Campaigns of these ids (at most 100) in as few calls as it
	// can, with the value of one more field ("" for none). Those that are not there,
	// or that the Run-As user may not see, are left out.
	Campaigns(ctx context.Context, i integration.Integration, ids []string, keyField string) (OrgAnswer, error)
}

// OrgAnswer is what an org says of its Campaigns.
type OrgAnswer struct {
	Campaigns map[string]OrgCampaign // by 18-character id
	// NoField says that the org has no such field, or hides it from the Run-As user.
	NoField bool
	Calls   int // how many API calls the answer took
}

// OrgCampaign is a Campaign as it is in the org.
type OrgCampaign struct {
	Status     string
	ModifiedAt time.Time
	Key        string // the value of the field that was asked for; empty: none
}

// look is what was found in the org so far.
type look struct {
	OrgAnswer
	asked map[string]bool // by id: with its key?
}

func newLook() look {
	return look{OrgAnswer: OrgAnswer{Campaigns: map[string]OrgCampaign{}}, asked: map[string]bool{}}
}

// status says what was found out about a Campaign's state; asked is false before.
func (l look) status(id string) (found OrgCampaign, there, asked bool) {
	_, asked = l.asked[id]
	found, there = l.Campaigns[id]
	return found, there, asked
}

// wanted returns the items that wait for a look into the org, and says whether one
// of them wants its Campaign's key.
func (r rules) wanted(items []*item, l look) (waiting []*item, keys bool) {
	if !r.ReadsSalesforce {
		return nil, false
	}
	for _, it := range items {
		_, asked := l.asked[it.campaignID]
		switch {
		case !it.open():
		case r.lookupKey && it.verdict.reason == integration.ReasonUnknownCampaign && !l.asked[it.campaignID]:
			waiting, keys = append(waiting, it), true
		case r.reread && it.asking() && !it.asks.done && !asked:
			waiting = append(waiting, it)
		}
	}
	return waiting, keys
}

// lookInto asks the org, in one go, for all that items wait for, and says whether
// anything did. When there is no answer, the items are told: nothing is done for
// them, and the message has to come again.
func (h *Handler) lookInto(ctx context.Context, i integration.Integration, r rules, items []*item, l look) (look, bool) {
	waiting, keys := r.wanted(items, l)
	if len(waiting) == 0 {
		return l, false
	}
	if i.Attention != nil {
		for _, it := range waiting {
			it.err = &orgError{err: errNeedsAttention, held: i.Attention}
		}
		return l, true
	}
	next := look{
		OrgAnswer: OrgAnswer{Campaigns: maps.Clone(l.Campaigns), NoField: l.NoField},
		asked:     maps.Clone(l.asked),
	}
	var ids []string
	seen := map[string]bool{}
	for _, it := range waiting {
		if !seen[it.campaignID] {
			seen[it.campaignID] = true
			ids = append(ids, it.campaignID)
			next.asked[it.campaignID] = keys
		}
	}
	field := ""
	if keys {
		field = h.config.ExperimentKeyField
	}
	ctx, cancel := context.WithTimeout(ctx, orgTime)
	defer cancel()
	answer, err := h.org.Campaigns(ctx, i, ids, field)
	for _, it := range waiting {
		if err != nil {
			it.err = &orgError{err: err}
		}
		it.apiCalls += max(answer.Calls, 1)
	}
	if err != nil {
		return l, true
	}
	maps.Copy(next.Campaigns, answer.Campaigns)
	next.NoField = next.NoField || answer.NoField
	return next, true
}

// errNeedsAttention is an org that no function sends anything to.
var errNeedsAttention = errors.New("the integration needs attention: nothing is sent to its org until that is mended")

// orgError is an org that could not be asked.
type orgError struct {
	err  error
	held *integration.Attention // what keeps the integration from asking; nil: it asked
}

// Error implements error.
func (e *orgError) Error() string { return fmt.Sprintf("look into the org: %v", e.err) }

// Unwrap returns the cause.
func (e *orgError) Unwrap() error { return e.err }
