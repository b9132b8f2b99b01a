package integration_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"salesforce-integration/internal/integration"
)

// foundCampaigns is an org with these Campaigns, or one that fails.
type foundCampaigns struct {
	campaigns []integration.OrgCampaign
	err       error
	asked     int
}

func (f *foundCampaigns) find(fits func(integration.OrgCampaign) bool) ([]integration.OrgCampaign, error) {
	f.asked++
	if f.err != nil {
		return nil, f.err
	}
	return slices.DeleteFunc(slices.Clone(f.campaigns), func(c integration.OrgCampaign) bool { return !fits(c) }), nil
}

func (f *foundCampaigns) SearchCampaigns(_ context.Context, _ integration.Integration, text string, limit int) ([]integration.OrgCampaign, error) {
	found, err := f.find(func(c integration.OrgCampaign) bool { return strings.Contains(c.Name, text) })
	return found[:min(limit, len(found))], err
}

func (f *foundCampaigns) CampaignsByID(_ context.Context, _ integration.Integration, ids []string) ([]integration.OrgCampaign, error) {
	return f.find(func(c integration.OrgCampaign) bool { return slices.Contains(ids, c.ID) })
}

func (f *foundCampaigns) CampaignsNamed(_ context.Context, _ integration.Integration, names []string) ([]integration.OrgCampaign, error) {
	return f.find(func(c integration.OrgCampaign) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, c.Name) })
	})
}

func TestASearchReadsLinksOnlyOfWhatItFound(t *testing.T) {
	b := linked(t, nil)
	if _, err := b.service.SearchCampaigns(t.Context(), someID, "nothing", 0); err != nil || b.found.asked != 1 {
		t.Fatalf("%v, asked %d times", err, b.found.asked)
	}
	b.found.campaigns = []integration.OrgCampaign{{ID: someCampaign, Name: "Checkout"}, {ID: "701xx000000002AAAQ", Name: "Checkout 2"}}
	found, err := b.service.SearchCampaigns(t.Context(), someID, "Checkout", 0)
	if err != nil || len(found.Items) != 2 || found.Items[0].ExperimentKey != "checkout-button-color" || found.Items[1].ExperimentKey != "" || found.More {
		t.Errorf("%+v, %v", found, err)
	}
}
