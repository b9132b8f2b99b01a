package webhook_test

import (
	"context"
	"sync"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/webhook"
)

// fakeOrg is what the rig's org has, and how it was asked.
type fakeOrg struct {
	mu        sync.Mutex
	campaigns map[string]webhook.OrgCampaign
	noField   bool
	calls     int          // that an answer takes
	before    func() error // the call does not get there
	asked     []question
}

type question struct {
	ids   []string
	field string
}

func (o *fakeOrg) Campaigns(_ context.Context, _ integration.Integration, ids []string, field string) (webhook.OrgAnswer, error) {
	o.mu.Lock()
	o.asked = append(o.asked, question{ids, field})
	before := o.before
	o.mu.Unlock()
	if before != nil {
		if err := before(); err != nil {
			return webhook.OrgAnswer{}, err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	answer := webhook.OrgAnswer{Campaigns: map[string]webhook.OrgCampaign{}, NoField: o.noField && field != "", Calls: o.calls}
	for _, id := range ids {
		if c, ok := o.campaigns[id]; ok {
			if field == "" || o.noField {
				c.Key = ""
			}
			answer.Campaigns[id] = c
		}
	}
	return answer, nil
}

// settings changes what the rig's integration wants.
func (r *rig) settings(s integration.Settings) {
	r.tb.Helper()
	r.change(func(i *integration.Integration) { i.Settings = s })
}

// change changes the rig's integration.
func (r *rig) change(by func(*integration.Integration)) {
	r.tb.Helper()
	i, err := r.store.GetIntegration(r.tb.Context(), integrationID)
	if err != nil {
		r.tb.Fatal(err)
	}
	by(&i)
	if _, err := r.store.UpdateIntegration(r.tb.Context(), i); err != nil {
		r.tb.Fatal(err)
	}
}

// inOrg puts Campaigns into the rig's org.
func (r *rig) inOrg(campaigns map[string]webhook.OrgCampaign) {
	r.org.mu.Lock()
	defer r.org.mu.Unlock()
	r.org.campaigns = campaigns
}
