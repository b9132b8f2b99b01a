package integration

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"
)

// NewLink is what an administrator enters for a link: the experiment, and its
// Campaign by exactly one of id and name.
type NewLink struct {
	ExperimentKey string
	CampaignID    string // 15 or 18 characters
	CampaignName  string // whatever its case; it has to be the only one of the org
}

// check returns the link with its fields cleaned. Errors are [CodeInvalid].
func (n NewLink) check() (NewLink, error) {
	var errs []error
	n.ExperimentKey = field(&errs, n.ExperimentKey, ParseExperimentKey)
	switch {
	case n.CampaignID != "" && n.CampaignName != "":
		errs = append(errs, Invalidf("campaign_name", "Give the Campaign's campaign_id or its campaign_name, not both."))
	case n.CampaignName != "":
		n.CampaignName = field(&errs, n.CampaignName, parseCampaignName)
	case n.CampaignID == "":
		errs = append(errs, Invalidf("campaign_id", "Give the Campaign's campaign_id, or its campaign_name."))
	default:
		n.CampaignID = field(&errs, n.CampaignID, ParseCampaignID)
	}
	return n, joined(errs)
}

func parseCampaignName(raw string) (string, error) {
	switch name := strings.TrimSpace(raw); {
	case name == "":
		return "", Invalidf("campaign_name", "It is empty.")
	case utf8.RuneCountInString(name) > MaxCampaignNameLen:
		return "", Invalidf("campaign_name", "It is longer than the %d characters that a Campaign's name has.", MaxCampaignNameLen)
	case !printable(name):
		return "", Invalidf("campaign_name", "It holds a control character.")
	default:
		return name, nil
	}
}

// namedCampaigns holds the Campaigns that have one of some names.
type namedCampaigns map[string][]OrgCampaign

// nameKey is the same for names that Salesforce takes for the same.
func nameKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// lookUpNames asks the org for the Campaigns of these names, each name once. It
// asks nothing when there is no name.
func (s *Service) lookUpNames(ctx context.Context, i Integration, links []NewLink) (namedCampaigns, error) {
	found := namedCampaigns{}
	var names []string
	for _, n := range links {
		key := nameKey(n.CampaignName)
		if _, asked := found[key]; key != "" && !asked {
			found[key] = nil
			names = append(names, n.CampaignName)
		}
	}
	if len(names) == 0 {
		return found, nil
	}
	campaigns, err := s.c.Campaigns.CampaignsNamed(ctx, i, names)
	if err != nil {
		return nil, fmt.Errorf("look %d names of campaigns up: %w", len(names), err)
	}
	for _, c := range campaigns {
		found[nameKey(c.Name)] = append(found[nameKey(c.Name)], c)
	}
	return found, nil
}

// maxCandidates is how many Campaigns of the same name a message lists.
const maxCandidates = 10

// only returns the id of the one Campaign of that name. Errors are [CodeInvalid]
// for the field campaign_name; several candidates are listed.
func (f namedCampaigns) only(name string) (string, error) {
	found := f[nameKey(name)]
	switch len(found) {
	case 1:
		return found[0].ID, nil
	case 0:
		return "", Invalidf("campaign_name", "There is no Campaign of this name, or the integration's Run-As user may not see it.")
	}
	ids := make([]string, 0, maxCandidates)
	for _, c := range found[:min(len(found), maxCandidates)] {
		ids = append(ids, c.ID)
	}
	list := strings.Join(ids, ", ")
	if len(found) > maxCandidates {
		list += ", …"
	}
	return "", Invalidf("campaign_name", "%d Campaigns have this name: %s. Give the campaign_id of the one that is meant.", len(found), list)
}
