package integration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// MaxBulkLinks is how many links one request makes.
const MaxBulkLinks = 500

// BulkOutcome is what became of one row of many.
type BulkOutcome string

// The outcomes.
const (
	BulkCreated  BulkOutcome = "created"
	BulkExists   BulkOutcome = "exists"   // the Campaign followed the same experiment already
	BulkConflict BulkOutcome = "conflict" // the Campaign follows another experiment, or the experiment has too many
	BulkInvalid  BulkOutcome = "invalid"  // a field of the row is at fault
	BulkFailed   BulkOutcome = "failed"   // it was not found out, or not stored; the same row may work when it is sent again
)

// BulkRow is one link to make. Err is what its reader found wrong with it.
type BulkRow struct {
	NewLink
	Err error
}

// BulkResult is what became of a row. NewLink is as it was given, cleaned, with the
// id that a name stands for; for an invalid row it is empty. Err is why nothing was
// made.
type BulkResult struct {
	NewLink
	Outcome BulkOutcome
	Err     error
}

// bulk is many links on their way.
type bulk struct {
	integration Integration
	results     []BulkResult
}

// CreateLinks makes many links, by hand: each for itself, so that one which cannot
// be made keeps no other from being made. Results are in the order of the rows. Of
// rows with the same Campaign the first counts. Made again, all of them exist.
// Errors: [CodeNotFound]; [CodeInvalid] for no rows, or more than [MaxBulkLinks];
// what the store fails with before anything is made.
func (s *Service) CreateLinks(ctx context.Context, by Actor, integrationID string, rows []BulkRow) ([]BulkResult, error) {
	switch {
	case len(rows) == 0:
		return nil, Invalidf("", "There are no rows. Send one for each link.")
	case len(rows) > MaxBulkLinks:
		return nil, Invalidf("", "There are more than %d rows. Send them in several requests.", MaxBulkLinks)
	}
	i, err := s.Get(ctx, integrationID)
	if err != nil {
		return nil, err
	}
	b := bulk{integration: i, results: make([]BulkResult, len(rows))}
	b.check(rows)
	s.resolve(ctx, &b)
	for first := true; ; first = false {
		open := b.open()
		if len(open) == 0 {
			break
		}
		if err := s.makeLinks(ctx, &b, open); err != nil {
			b.fail(open, err)
			s.auditLinks(ctx, by, &b, open)
			if first {
				return nil, err
			}
			s.c.Log.WarnContext(ctx, "it is not known which links were stored", "integration_id", i.ID, "subject", by.Subject, "links", len(open), "error", err)
			continue
		}
		s.auditLinks(ctx, by, &b, open)
	}
	return b.results, nil
}

// auditLinks writes down who made these links, or may have: of what is stored when
// the function dies, or when no answer comes, a repetition finds only that it exists.
// So it follows each batch.
func (s *Service) auditLinks(ctx context.Context, by Actor, b *bulk, rows []int) {
	for _, n := range rows {
		if r := b.results[n]; r.Outcome == BulkCreated || r.Outcome == BulkFailed {
			s.audited(ctx, r.Err, by, "link created", b.integration.ID, slog.String("experiment_key", r.ExperimentKey), slog.String("campaign_id", r.CampaignID))
		}
	}
}

func (b *bulk) check(rows []BulkRow) {
	for n, row := range rows {
		checked, err := row.NewLink, row.Err
		if err == nil {
			checked, err = row.check()
		}
		if err != nil {
			b.results[n] = BulkResult{Outcome: BulkInvalid, Err: err}
			continue
		}
		b.results[n] = BulkResult{NewLink: checked}
	}
}

// resolve finds the ids that names stand for. When the org cannot be asked, only
// the rows with names fail.
func (s *Service) resolve(ctx context.Context, b *bulk) {
	var named []int
	var links []NewLink
	for n, r := range b.results {
		if r.Outcome == "" && r.CampaignName != "" {
			named, links = append(named, n), append(links, r.NewLink)
		}
	}
	if len(named) == 0 {
		return
	}
	err := healthy(b.integration)
	var found namedCampaigns
	if err == nil {
		found, err = s.lookUpNames(ctx, b.integration, links)
	}
	if err != nil {
		s.c.Log.WarnContext(ctx, "names of campaigns were not looked up", "integration_id", b.integration.ID, "error", err)
		b.fail(named, err)
		return
	}
	for _, n := range named {
		r := &b.results[n]
		id, err := found.only(r.CampaignName)
		if err != nil {
			*r = BulkResult{Outcome: BulkInvalid, Err: err}
			continue
		}
		r.CampaignID = id
	}
}

// linkBatch is how many links are made at a time: with the rows of as many
// experiments, and the integration's, they go into one transaction of 100 rows at most.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
const linkBatch = 49

// open lists the rows to make next: of each Campaign the first that has no outcome,
// up to a batch of them.
func (b *bulk) open() []int {
	var open []int
	taken := map[string]bool{}
	for n, r := range b.results {
		if len(open) < linkBatch && r.Outcome == "" && !taken[r.CampaignID] {
			taken[r.CampaignID] = true
			open = append(open, n)
		}
	}
	return open
}

func (b *bulk) fail(rows []int, err error) {
	for _, n := range rows {
		b.results[n].Outcome, b.results[n].Err = BulkFailed, err
	}
}

// makeLinks makes the links of some rows, no two of one Campaign, and settles with them
// what else there is of these Campaigns.
func (s *Service) makeLinks(ctx context.Context, b *bulk, open []int) error {
	now := s.now()
	links := make([]Link, len(open))
	for at, n := range open {
		r := b.results[n]
		links[at] = Link{IntegrationID: b.integration.ID, ExperimentKey: r.ExperimentKey, CampaignID: r.CampaignID, Source: LinkManual, CreatedAt: now}
	}
	made, err := s.c.Store.CreateLinks(ctx, links)
	if err != nil {
		return fmt.Errorf("create %d links: %w", len(links), err)
	}
	var inTheWay []CampaignRef
	for at, m := range made {
		r := &b.results[open[at]]
		switch code := ErrorCode(m.Err); {
		case m.Err == nil && m.Created:
			r.Outcome = BulkCreated
		case m.Err == nil:
			r.Outcome = BulkExists
		case code == CodeConflict:
			r.Outcome, r.Err = BulkConflict, m.Err
			inTheWay = append(inTheWay, links[at].Ref())
		case code == CodeInvalid:
			*r = BulkResult{Outcome: BulkInvalid, Err: m.Err}
		default:
			r.Outcome, r.Err = BulkFailed, m.Err
		}
	}
	stored, err := s.linksInTheWay(ctx, inTheWay)
	if err != nil {
		// That they conflict is known; with what, in the store's words.
		s.c.Log.WarnContext(ctx, "the links in the way of others were not read", "integration_id", b.integration.ID, "error", err)
	}
	b.explain(open, stored)
	return nil
}

func (s *Service) linksInTheWay(ctx context.Context, refs []CampaignRef) (map[CampaignRef]Link, error) {
	if len(refs) == 0 {
		return map[CampaignRef]Link{}, nil
	}
	return s.c.Store.GetLinks(ctx, refs)
}

// explain names the experiment that is in the way of a conflict, and settles the
// further rows of Campaigns whose experiment is known by now.
func (b *bulk) explain(open []int, stored map[CampaignRef]Link) {
	follows := map[string]string{}
	for _, n := range open {
		r := &b.results[n]
		switch r.Outcome {
		case BulkCreated, BulkExists:
			follows[r.CampaignID] = r.ExperimentKey
		case BulkConflict:
			other, ok := stored[CampaignRef{IntegrationID: b.integration.ID, CampaignID: r.CampaignID}]
			if ok && other.ExperimentKey != r.ExperimentKey {
				r.Err = followsAnother(r.CampaignID, other.ExperimentKey, r.Err)
				follows[r.CampaignID] = other.ExperimentKey
			}
		default:
		}
	}
	for n := range b.results {
		r := &b.results[n]
		experiment, known := follows[r.CampaignID]
		switch {
		case r.Outcome != "" || !known:
		case experiment == r.ExperimentKey:
			r.Outcome = BulkExists
		default:
			r.Outcome, r.Err = BulkConflict, followsAnother(r.CampaignID, experiment, errAnotherRow)
		}
	}
}

var errAnotherRow = errors.New("another row of the request has the campaign")
