package webhook

import (
	"context"
	"fmt"
	"sync"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgclient"
)

// Orgs asks the orgs themselves. It keeps a client for each integration while the
// function is warm, and makes none before one is needed.
type Orgs struct {
	dialer *orgclient.Dialer

	mu      sync.Mutex
	clients map[string]dialled
}

type dialled struct {
	orgclient.Connection
	version     int64 // of the credentials
	instanceURL string
}

var _ Org = (*Orgs)(nil)

// NewOrgs returns orgs that are reached by a dialer.
func NewOrgs(d *orgclient.Dialer) *Orgs {
	return &Orgs{dialer: d, clients: map[string]dialled{}}
}

// Campaigns implements [Org].
func (o *Orgs) Campaigns(ctx context.Context, i integration.Integration, ids []string, keyField string) (OrgAnswer, error) {
	c, err := o.client(ctx, i)
	if err != nil {
		return OrgAnswer{}, err
	}
	states, known, err := c.Client.CampaignStates(ctx, ids, keyField)
	if err != nil {
		return OrgAnswer{}, err
	}
	answer := OrgAnswer{Campaigns: make(map[string]OrgCampaign, len(states)), NoField: !known, Calls: 1}
	if answer.NoField { // who is told so asks again without the field
		answer.Calls++
	}
	for _, s := range states {
		id, err := integration.ParseCampaignID(s.ID)
		if err != nil {
			return OrgAnswer{}, fmt.Errorf("the org answered with an id that is none: %w", err)
		}
		answer.Campaigns[id] = OrgCampaign{Status: s.Status, ModifiedAt: s.LastModified, Key: s.Value}
	}
	return answer, nil
}

// client returns the integration's client, a new one when its credentials or its
// address have changed.
func (o *Orgs) client(ctx context.Context, i integration.Integration) (dialled, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c, ok := o.clients[i.ID]; ok && c.version == i.CredentialsVersion && c.instanceURL == i.InstanceURL {
		return c, nil
	}
	made, err := o.dialer.Dial(ctx, i)
	if err != nil {
		return dialled{}, err
	}
	c := dialled{made, i.CredentialsVersion, i.InstanceURL}
	o.clients[i.ID] = c
	return c, nil
}
