package inmem

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"salesforce-integration/internal/integration"
)

// CreateLink implements [integration.LinkStore].
func (s *Store) CreateLink(ctx context.Context, l integration.Link) (integration.Link, bool, error) {
	r, err := run(ctx, s, "CreateLink", func() (integration.LinkResult, error) {
		r := s.createLink(l)
		return r, r.Err
	})
	return r.Link, r.Created, err
}

// CreateLinks implements [integration.LinkStore].
func (s *Store) CreateLinks(ctx context.Context, links []integration.Link) ([]integration.LinkResult, error) {
	return run(ctx, s, "CreateLinks", func() ([]integration.LinkResult, error) {
		seen := map[integration.CampaignRef]bool{}
		for n, l := range links {
			if seen[l.Ref()] {
				return nil, &integration.Error{Code: integration.CodeInternal, Message: fmt.Sprintf("link %d: its campaign is there twice", n)}
			}
			seen[l.Ref()] = true
		}
		results := make([]integration.LinkResult, len(links))
		for n, l := range links {
			results[n] = s.createLink(l)
		}
		return results, nil
	})
}

func (s *Store) createLink(l integration.Link) integration.LinkResult {
	if err := checkLink(l); err != nil {
		return integration.LinkResult{Err: err}
	}
	if _, ok := s.integrations[l.IntegrationID]; !ok {
		return integration.LinkResult{Err: noIntegration(l.IntegrationID)}
	}
	if stored, ok := s.links[l.Ref()]; ok {
		if stored.ExperimentKey != l.ExperimentKey {
			return integration.LinkResult{Err: integration.Conflictf("Campaign %s already follows experiment %q.", l.CampaignID, stored.ExperimentKey)}
		}
		return integration.LinkResult{Link: stored}
	}
	n := 0
	for _, other := range s.links {
		if other.ExperimentKey == l.ExperimentKey {
			n++
		}
	}
	if n >= integration.MaxLinksPerExperiment {
		return integration.LinkResult{Err: integration.Conflictf("Experiment %q already has %d campaigns, which is the limit.", l.ExperimentKey, n)}
	}
	l.CreatedAt = utc(l.CreatedAt)
	s.links[l.Ref()] = l
	return integration.LinkResult{Link: l, Created: true}
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
		delete(s.seen, ref)
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

func checkLink(l integration.Link) error {
	switch {
	case l.ExperimentKey == "" || utf8.RuneCountInString(l.ExperimentKey) > integration.MaxExperimentKeyLen:
		return integration.Invalidf("experiment_key", "An experiment key has 1 to %d characters.", integration.MaxExperimentKeyLen)
	case l.CampaignID == "":
		return integration.Invalidf("campaign_id", "A link needs a campaign id.")
	}
	return nil
}
