package dynamo

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"salesforce-integration/internal/integration"
)

// attrCount is how many links an experiment's item holds.
const attrCount = "count"

// CreateLink implements [integration.LinkStore].
func (s *Store) CreateLink(ctx context.Context, l integration.Link) (integration.Link, bool, error) {
	results, err := s.CreateLinks(ctx, []integration.Link{l})
	if err != nil {
		return integration.Link{}, false, err
	}
	return results[0].Link, results[0].Created, results[0].Err
}

// CreateLinks implements [integration.LinkStore]. Links share transactions; these
// go one after the other, since all of an integration's look at its row, and all
// of an experiment's change its item.
func (s *Store) CreateLinks(ctx context.Context, links []integration.Link) ([]integration.LinkResult, error) {
	results := make([]integration.LinkResult, len(links))
	seen := map[key]bool{}
	var open []int
	for n, l := range links {
		if err := checkLink(l); err != nil {
			results[n].Err = err
			continue
		}
		k := linkKey(l.Ref())
		if seen[k] {
			return nil, &integration.Error{Code: integration.CodeInternal, Message: fmt.Sprintf("link %d: its campaign is there twice", n)}
		}
		seen[k] = true
		open = append(open, n)
	}
	// Those of one experiment lie side by side, to share the update of its item.
	slices.SortStableFunc(open, func(a, b int) int {
		return compareLinks(links[a], links[b])
	})
	for len(open) > 0 {
		made := newMaking(s, links, open)
		open = open[len(made.which):]
		again, err := made.send(ctx, results)
		if err != nil {
			return nil, err
		}
		open = append(again, open...)
	}
	return results, nil
}

func checkLink(l integration.Link) error {
	switch {
	case !usable(l.IntegrationID):
		return noIntegration(l.IntegrationID)
	case l.ExperimentKey == "" || utf8.RuneCountInString(l.ExperimentKey) > integration.MaxExperimentKeyLen:
		return integration.Invalidf("experiment_key", "An experiment key has 1 to %d characters.", integration.MaxExperimentKeyLen)
	case !usable(l.CampaignID):
		return integration.Invalidf("campaign_id", "A link needs a campaign id.")
	}
	return nil
}
