package push

import (
	"context"
	"slices"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// write carries out the jobs of one org in as few calls as they fit, and returns
// an outcome for each. Notes wait when the answer about the statuses leaves less than
// reservePercent of the org's allowance. No call holds two records of one campaign: begin lets one
// status a campaign through, and notes of one campaign go in different calls.
func (o *Orgs) write(ctx context.Context, i integration.Integration, jobs []job, reservePercent int) []outcome {
	outcomes := make([]outcome, len(jobs))
	cached, err := o.client(ctx, i)
	if err != nil {
		for at := range outcomes {
			outcomes[at].err = err
		}
		return outcomes
	}
	client := cached.client
	var statuses, notes []int
	for at, j := range jobs {
		if j.want.effect.Note {
			notes = append(notes, at)
		} else {
			statuses = append(statuses, at)
		}
	}
	started := o.cfg.Now()
	writeStatuses(ctx, client, jobs, statuses, outcomes)
	notes = heldNotes(client, reservePercent, started, notes, outcomes)
	var open []int
	for kind, of := range byKind(jobs, notes) {
		open = append(open, findWritten(ctx, client, kind, jobs, of, outcomes)...)
	}
	slices.Sort(open)
	notes = open
	for len(notes) > 0 {
		var now, later []int
		inCall := map[string]bool{}
		for _, at := range notes {
			if campaign := jobs[at].delivery.CampaignID; inCall[campaign] {
				later = append(later, at)
			} else {
				inCall[campaign] = true
				now = append(now, at)
			}
		}
		for kind, of := range byKind(jobs, now) {
			writeNotes(ctx, client, kind, jobs, of, outcomes)
		}
		notes = later
	}
	if slices.ContainsFunc(outcomes, func(o outcome) bool { return o.err == nil }) {
		o.pinOrg(ctx, i, cached)
	}
	return outcomes
}

func writeStatuses(ctx context.Context, client *salesforce.Client, jobs []job, which []int, outcomes []outcome) {
	if len(which) == 0 {
		return
	}
	updates := make([]salesforce.StatusUpdate, len(which))
	for i, at := range which {
		updates[i] = salesforce.StatusUpdate{CampaignID: jobs[at].delivery.CampaignID, Status: jobs[at].want.effect.Status}
	}
	before := client.Calls()
	results, err := client.UpdateCampaignStatuses(ctx, updates)
	spent := client.Calls() - before
	for i, at := range which {
		outcomes[at].calls += spent
		outcomes[at].err = err
		if err == nil {
			outcomes[at].err = results[i].Err
		}
	}
}

// byKind groups notes by the form that they are written in.
func byKind(jobs []job, which []int) map[integration.NoteKind][]int {
	groups := map[integration.NoteKind][]int{}
	for _, at := range which {
		kind := jobs[at].delivery.NoteKind
		groups[kind] = append(groups[kind], at)
	}
	return groups
}

func writeNotes(ctx context.Context, client *salesforce.Client, kind integration.NoteKind, jobs []job, which []int, outcomes []outcome) {
	notes := make([]salesforce.Note, len(which))
	for i, at := range which {
		notes[i] = eventNote(jobs[at].want.event, jobs[at].delivery.ID, jobs[at].delivery.CampaignID)
	}
	before := client.Calls()
	create := client.CreateNotes
	if kind == integration.NoteFeedItem {
		create = client.CreateFeedItems
	}
	results, err := create(ctx, notes)
	spent := client.Calls() - before
	for i, at := range which {
		outcomes[at].calls += spent
		outcomes[at].err = err
		if err == nil {
			outcomes[at].err, outcomes[at].noteID = results[i].Err, results[i].NoteID
		}
	}
}

// findWritten looks, for notes that an earlier try may have written, whether it
// did, and returns those still to be written. When it cannot tell, nothing of them
// is written: a note twice is worse than a note later.
func findWritten(ctx context.Context, client *salesforce.Client, kind integration.NoteKind, jobs []job, which []int, outcomes []outcome) []int {
	var doubtful, open []int
	var campaigns []string
	for _, at := range which {
		if jobs[at].delivery.Doubtful {
			doubtful = append(doubtful, at)
			campaigns = append(campaigns, jobs[at].delivery.CampaignID)
		} else {
			open = append(open, at)
		}
	}
	if len(doubtful) == 0 {
		return open
	}
	before := client.Calls()
	find := client.FindNotes
	if kind == integration.NoteFeedItem {
		find = client.FindFeedItems
	}
	found, err := find(ctx, campaigns)
	spent := client.Calls() - before
	for _, at := range doubtful {
		outcomes[at].calls += spent
		if err != nil {
			outcomes[at].err = err
			continue
		}
		marker := noteMarker(jobs[at].delivery.ID)
		for _, n := range found[jobs[at].delivery.CampaignID] {
			if n.HasMarker(marker) {
				outcomes[at].noteID, outcomes[at].found = n.ID, true
			}
		}
		if !outcomes[at].found {
			outcomes[at].absent = true
			open = append(open, at)
		}
	}
	return open
}
