package inmem

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"salesforce-integration/internal/integration"
)

type createdLink struct {
	link    integration.Link
	created bool
}

// CreateLink implements [integration.LinkStore].
func (s *Store) CreateLink(ctx context.Context, l integration.Link) (integration.Link, bool, error) {
	r, err := run(ctx, s, "CreateLink", func() (createdLink, error) {
		if err := checkLink(l); err != nil {
			return createdLink{}, err
		}
		if _, ok := s.integrations[l.IntegrationID]; !ok {
			return createdLink{}, noIntegration(l.IntegrationID)
		}
		ref := linkRef(l)
		if stored, ok := s.links[ref]; ok {
			if stored.ExperimentKey != l.ExperimentKey {
				return createdLink{}, integration.Conflictf("Campaign %s already follows experiment %q.", l.CampaignID, stored.ExperimentKey)
			}
			return createdLink{link: stored}, nil
		}
		n := 0
		for _, other := range s.links {
			if other.ExperimentKey == l.ExperimentKey {
				n++
			}
		}
		if n >= integration.MaxLinksPerExperiment {
			return createdLink{}, integration.Conflictf("Experiment %q already has %d campaigns, which is the limit.", l.ExperimentKey, n)
		}
		l.CreatedAt = utc(l.CreatedAt)
		s.links[ref] = l
		return createdLink{link: l, created: true}, nil
	})
	return r.link, r.created, err
}

// GetLinks implements [integration.LinkStore].
func (s *Store) GetLinks(ctx context.Context, refs []integration.CampaignRef) (map[integration.CampaignRef]integration.Link, error) {
	return run(ctx, s, "GetLinks", func() (map[integration.CampaignRef]integration.Link, error) {
		return pick(s.links, refs, func(l integration.Link) integration.Link { return l }), nil
	})
}

// ListLinks implements [integration.LinkStore].
func (s *Store) ListLinks(ctx context.Context, integrationID string, f integration.LinkFilter, p integration.Page) (integration.List[integration.Link], error) {
	return run(ctx, s, "ListLinks", func() (integration.List[integration.Link], error) {
		var campaigns []string
		for ref, l := range s.links {
			if ref.IntegrationID == integrationID &&
				(f.ExperimentKey == "" || l.ExperimentKey == f.ExperimentKey) &&
				(f.CampaignID == "" || l.CampaignID == f.CampaignID) {
				campaigns = append(campaigns, ref.CampaignID)
			}
		}
		slices.Sort(campaigns)
		return page(campaigns, p, "links of "+integrationID, ascending, func(campaign string) integration.Link {
			return s.links[integration.CampaignRef{IntegrationID: integrationID, CampaignID: campaign}]
		})
	})
}

// DeleteLink implements [integration.LinkStore].
func (s *Store) DeleteLink(ctx context.Context, integrationID, campaignID string) error {
	_, err := run(ctx, s, "DeleteLink", func() (struct{}, error) {
		ref := integration.CampaignRef{IntegrationID: integrationID, CampaignID: campaignID}
		if _, ok := s.links[ref]; !ok {
			return struct{}{}, integration.NotFoundf("Campaign %s is not linked.", campaignID)
		}
		delete(s.links, ref)
		return struct{}{}, nil
	})
	return err
}

// LinksByExperiment implements [integration.LinkStore].
func (s *Store) LinksByExperiment(ctx context.Context, experimentKeys []string) (map[string][]integration.Link, error) {
	return run(ctx, s, "LinksByExperiment", func() (map[string][]integration.Link, error) {
		found := map[string][]integration.Link{}
		for _, l := range s.links {
			if slices.Contains(experimentKeys, l.ExperimentKey) {
				found[l.ExperimentKey] = append(found[l.ExperimentKey], l)
			}
		}
		for _, links := range found {
			slices.SortFunc(links, func(a, b integration.Link) int {
				return cmp.Or(strings.Compare(a.IntegrationID, b.IntegrationID), strings.Compare(a.CampaignID, b.CampaignID))
			})
		}
		return found, nil
	})
}

func linkRef(l integration.Link) integration.CampaignRef {
	return integration.CampaignRef{IntegrationID: l.IntegrationID, CampaignID: l.CampaignID}
}

func checkLink(l integration.Link) error {
	switch {
	case l.ExperimentKey == "" || len(l.ExperimentKey) > integration.MaxExperimentKeyLen:
		return integration.Invalidf("experiment_key", "An experiment key has 1 to %d bytes.", integration.MaxExperimentKeyLen)
	case l.CampaignID == "":
		return integration.Invalidf("campaign_id", "A link needs a campaign id.")
	}
	return nil
}
