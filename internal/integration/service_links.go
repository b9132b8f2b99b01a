package integration

import (
	"context"
	"fmt"
	"log/slog"
)

// CreateLink makes a campaign follow an experiment, by hand. When it already
// does, created is false and the stored link is returned. Errors: [CodeInvalid]
// (for a name also when the org has none or several of it), [CodeNotFound] (the
// integration), [CodeConflict] (the campaign follows another experiment, which the
// message names, or the experiment has too many campaigns); with a name, those of
// [CampaignFinder], too.
func (s *Service) CreateLink(ctx context.Context, by Actor, integrationID string, n NewLink) (stored Link, created bool, err error) {
	integrationID, err = parseID("integration", integrationID)
	if err != nil {
		return Link{}, false, err
	}
	if n, err = n.check(); err != nil {
		return Link{}, false, err
	}
	if n.CampaignName != "" {
		i, err := s.reachable(ctx, integrationID)
		if err != nil {
			return Link{}, false, err
		}
		named, err := s.lookUpNames(ctx, i, []NewLink{n})
		if err != nil {
			return Link{}, false, err
		}
		if n.CampaignID, err = named.only(n.CampaignName); err != nil {
			return Link{}, false, err
		}
	}
	l := Link{
		IntegrationID: integrationID,
		ExperimentKey: n.ExperimentKey,
		CampaignID:    n.CampaignID,
		Source:        LinkManual,
		CreatedAt:     s.now(),
	}
	stored, created, err = s.c.Store.CreateLink(ctx, l)
	if ErrorCode(err) == CodeConflict {
		return Link{}, false, s.explainConflict(ctx, l, err)
	}
	if err != nil || created {
		s.audited(ctx, err, by, "link created", integrationID, slog.String("experiment_key", l.ExperimentKey), slog.String("campaign_id", l.CampaignID))
	}
	if err != nil {
		return Link{}, false, missing("integration", fmt.Errorf("create link: %w", err))
	}
	return stored, created, nil
}

// explainConflict names the experiment that the campaign follows. If it cannot be
// read, the store's own words have to do.
func (s *Service) explainConflict(ctx context.Context, l Link, conflict error) error {
	ref := CampaignRef{IntegrationID: l.IntegrationID, CampaignID: l.CampaignID}
	links, err := s.c.Store.GetLinks(ctx, []CampaignRef{ref})
	other, ok := links[ref]
	if err != nil || !ok || other.ExperimentKey == l.ExperimentKey {
		return fmt.Errorf("create link: %w", conflict)
	}
	return followsAnother(l.CampaignID, other.ExperimentKey, conflict)
}

func followsAnother(campaignID, experimentKey string, cause error) error {
	return &Error{
		Code:  CodeConflict,
		Field: "campaign_id",
		Message: fmt.Sprintf("Campaign %s already follows experiment %q. A campaign follows one experiment of an integration: delete that link first.",
			campaignID, experimentKey),
		Err: cause,
	}
}

// ListLinks lists an integration's links. Errors: [CodeNotFound], [CodeInvalid]
// for a filter, limit or cursor.
func (s *Service) ListLinks(ctx context.Context, integrationID string, f LinkFilter, p Page) (List[Link], error) {
	var errs []error
	if f.CampaignID != "" {
		f.CampaignID = field(&errs, f.CampaignID, ParseCampaignID)
	}
	if f.ExperimentKey != "" {
		f.ExperimentKey = field(&errs, f.ExperimentKey, ParseExperimentKey)
	}
	p = field(&errs, p, checkPage)
	p.Cursor = field(&errs, p.Cursor, func(c string) (string, error) { return unmarked(c, f.marks()...) })
	if err := joined(errs); err != nil {
		return List[Link]{}, err
	}
	i, err := s.Get(ctx, integrationID)
	if err != nil {
		return List[Link]{}, err
	}
	l, err := s.c.Store.ListLinks(ctx, i.ID, f, p)
	if err != nil {
		return List[Link]{}, fmt.Errorf("list links: %w", err)
	}
	l.NextCursor = marked(l.NextCursor, f.marks()...)
	return l, nil
}

// DeleteLink lets a campaign follow no experiment any more, and tells push to
// close what still waits to be sent to it. Errors: [CodeNotFound].
func (s *Service) DeleteLink(ctx context.Context, by Actor, integrationID, campaignID string) error {
	integrationID, err := parseID("integration", integrationID)
	if err != nil {
		return err
	}
	campaignID, err = ParseCampaignID(campaignID)
	if err != nil {
		return notFound("link")
	}
	err = s.c.Store.DeleteLink(ctx, integrationID, campaignID)
	s.audited(ctx, err, by, "link deleted", integrationID, slog.String("campaign_id", campaignID))
	if err != nil {
		return missing("link", fmt.Errorf("delete link: %w", err))
	}
	s.sweepLink(ctx, by, integrationID)
	return nil
}
