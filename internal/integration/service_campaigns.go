package integration

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"salesforce-integration/internal/salesforce/sfid"
)

// MinSearchLen is the shortest text to search Campaigns for, in characters: a
// single one finds half of the org.
const MinSearchLen = 2

// FoundCampaign is a Campaign of the org, and the experiment that it follows in
// the integration; ExperimentKey is empty when it follows none.
type FoundCampaign struct {
	OrgCampaign
	ExperimentKey string
	RecordURL     string // for a browser
}

// FoundCampaigns is what a search found.
type FoundCampaigns struct {
	Items []FoundCampaign
	// More says that the search finds more Campaigns than the limit let through.
	More bool
}

// SearchCampaigns looks for Campaigns in an integration's org, to link them: by a
// part of their name, or by id. Errors: [CodeNotFound], [CodeInvalid] for search
// or limit, [CodeConflict] and [CodeOrgAway] as [CampaignFinder] has them.
func (s *Service) SearchCampaigns(ctx context.Context, integrationID, search string, limit int) (FoundCampaigns, error) {
	var errs []error
	search = field(&errs, search, checkSearch)
	limit = field(&errs, Page{Limit: limit}, checkPage).Limit
	if err := joined(errs); err != nil {
		return FoundCampaigns{}, err
	}
	i, err := s.reachable(ctx, integrationID)
	if err != nil {
		return FoundCampaigns{}, err
	}
	var found []OrgCampaign
	if id, notID := sfid.ParsePrefix(search, sfid.PrefixCampaign); notID == nil {
		found, err = s.c.Campaigns.CampaignsByID(ctx, i, []string{id})
	} else {
		found, err = s.c.Campaigns.SearchCampaigns(ctx, i, search, limit+1)
	}
	if err != nil {
		return FoundCampaigns{}, fmt.Errorf("search campaigns of integration %s: %w", i.ID, err)
	}
	out := FoundCampaigns{More: len(found) > limit}
	found = found[:min(limit, len(found))]
	refs := make([]CampaignRef, len(found))
	for n, c := range found {
		refs[n] = CampaignRef{IntegrationID: i.ID, CampaignID: c.ID}
	}
	links := map[CampaignRef]Link{}
	if len(refs) > 0 {
		if links, err = s.c.Store.GetLinks(ctx, refs); err != nil {
			return FoundCampaigns{}, fmt.Errorf("read the links of %d campaigns: %w", len(refs), err)
		}
	}
	for n, c := range found {
		out.Items = append(out.Items, FoundCampaign{OrgCampaign: c, ExperimentKey: links[refs[n]].ExperimentKey, RecordURL: i.InstanceURL + "/" + c.ID})
	}
	return out, nil
}

func checkSearch(raw string) (string, error) {
	switch search := strings.TrimSpace(raw); {
	case utf8.RuneCountInString(search) < MinSearchLen:
		return "", Invalidf("search", "Enter at least %d characters of the Campaign's name, or its id.", MinSearchLen)
	case utf8.RuneCountInString(search) > MaxCampaignNameLen:
		return "", Invalidf("search", "It is longer than the %d characters that a Campaign's name has.", MaxCampaignNameLen)
	case !printable(search):
		return "", Invalidf("search", "It holds a control character.")
	default:
		return search, nil
	}
}

// reachable reads an integration whose org may be asked something. While it needs
// attention its org is left alone: each try with a wrong secret counts against the
// user. One that is switched off may be asked; only nothing is sent.
func (s *Service) reachable(ctx context.Context, id string) (Integration, error) {
	i, err := s.Get(ctx, id)
	if err != nil {
		return Integration{}, err
	}
	return i, healthy(i)
}

// healthy refuses an integration that needs attention.
func healthy(i Integration) error {
	if a := i.Attention; a != nil {
		return Conflictf("The integration needs attention, and until then its org is not asked: %s %s Then test the connection.", a.Cause, a.Fix)
	}
	return nil
}
