package push

import (
	"context"
	"errors"
	"fmt"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/salesforce"
)

// outlook is what an event asks for in one integration, and what is known of it.
type outlook struct {
	in        incoming
	wants     []want
	stored    map[string]integration.Delivery
	campaigns map[integration.CampaignRef]integration.Campaign
	now       time.Time
}

// decide decides about each want as push does.
func (o outlook) decide() ([]decision, error) {
	decisions := make([]decision, len(o.wants))
	for n, w := range o.wants {
		d, err := decide(w, pick(o.stored, w.delivery.ID), pick(o.campaigns, w.ref()), o.now, o.now.Add(defaultLease), DefaultRetryPolicy())
		if err != nil {
			return nil, fmt.Errorf("deciding about a delivery: %w", err)
		}
		decisions[n] = d
	}
	return decisions, nil
}

// writtenTo lists the Campaigns that something would be written to.
func (o outlook) writtenTo(decisions []decision) []string {
	var ids []string
	for n, w := range o.wants {
		if v := decisions[n].verdict; v == verdictSend || v == verdictBusy || v == verdictWait {
			ids = append(ids, w.delivery.CampaignID)
		}
	}
	return ids
}

// hold lets what would be written wait for its turn.
func (o outlook) hold(t turn) {
	for n := range o.wants {
		switch w := &o.wants[n]; {
		case w.target != "":
		case w.effect.Note:
			w.held = t.notes
		default:
			w.held = t.statuses
		}
	}
}

// end takes what would be sent to its end, as far as the look into the org tells it,
// by what push makes of such an outcome.
func (o outlook) end(decisions []decision, seen sight) error {
	for n, d := range decisions {
		err := seen.failure(o.wants[n].delivery.CampaignID)
		if d.verdict != verdictSend || err == nil {
			continue
		}
		j := job{want: o.wants[n], delivery: *d.unit.Delivery, campaign: d.unit.Campaign}
		unit, err := settle(j, outcome{err: err}, o.now, DefaultRetryPolicy())
		if err != nil {
			return fmt.Errorf("settling a delivery: %w", err)
		}
		decisions[n] = decision{verdict: verdictRecord, unit: unit}
	}
	return nil
}

// effects puts the decisions into words, with what the notes say, which is the same
// on each Campaign.
func (o outlook) effects(decisions []decision, seen sight) (effects []integration.PreviewEffect, note *integration.PreviewNote) {
	for n, w := range o.wants {
		stored := pick(o.stored, w.delivery.ID)
		if stored == nil && w.onlyIfStored {
			continue
		}
		e := effectOf(o.in, w, decisions[n], stored)
		e.Campaign = pick(seen.campaigns, e.CampaignID)
		e.Warning = seen.warning(e)
		if e.NoteTitle != "" && note == nil {
			said := eventNote(w.event, e.DeliveryID, e.CampaignID)
			note = &integration.PreviewNote{HTML: said.ContentHTML(), Text: said.Text()}
		}
		if o.in.event.ID == unnamedEvent || e.Field == fieldSource {
			e.DeliveryID = "" // nothing of it gets into the log under this id
		}
		effects = append(effects, e)
	}
	return effects, note
}

// effectOf puts a decision into words.
func effectOf(in incoming, w want, d decision, stored *integration.Delivery) integration.PreviewEffect {
	e := integration.PreviewEffect{
		CampaignID: w.delivery.CampaignID, RecordURL: w.delivery.RecordURL, DeliveryID: w.delivery.ID,
		Status: w.effect.Status, NoteKind: w.kind,
	}
	switch d.verdict {
	case verdictDone:
		e.Outcome, e.Reason = integration.PreviewDuplicate, stored.Reason
		e.Detail = fmt.Sprintf("this event was taken before, and its delivery is %s: %s", stored.Status, stored.Detail)
	case verdictBusy, verdictWait:
		e.Outcome, e.Reason, e.Until = integration.PreviewWait, integration.ReasonTrying, d.busyUntil
		e.Detail = "another write to this Campaign, or an earlier try of this event, may be under way until " + d.busyUntil.UTC().Format(time.RFC3339)
	case verdictRecord:
		r := d.unit.Delivery
		e.Reason, e.Detail = r.Reason, r.Detail
		switch r.Status {
		case integration.StatusParked:
			e.Outcome = integration.PreviewPark
		case integration.StatusRetrying:
			e.Outcome, e.Until = integration.PreviewWait, r.NextAttemptAt
		default:
			e.Outcome = integration.PreviewSkip
		}
	case verdictSend:
		e.Outcome, e.Reason = integration.PreviewWrite, integration.ReasonStatusWritten
		e.Detail = fmt.Sprintf("the Campaign's Status would be set to %q", w.effect.Status)
		if w.effect.Note {
			e.Reason, e.NoteKind = integration.ReasonNoteWritten, d.unit.Delivery.NoteKind
			e.Detail = "a note with the result would be added to the Campaign"
		}
	}
	if e.Reason == integration.ReasonInvalidEvent {
		e.Field = fieldResults
		if in.reject != nil {
			e.Field = in.reject.field
		}
	}
	if w.effect.Note {
		note := eventNote(w.event, w.delivery.ID, w.delivery.CampaignID)
		e.NoteTitle = salesforce.NoteTitle(note.Title, note.Marker)
	}
	return e
}

// sight is what a look into the org found: nothing, when there was no need of one.
type sight struct {
	looked    bool
	campaigns map[string]integration.OrgCampaign
	turn      turn // what writes wait for, by the org's allowance
	calls     int
	err       error // why it was not looked; a write would fail as well
	problem   *integration.OrgProblem
}

// codeNotFound is what Salesforce says of a record that there is not, or that the
// user may not see: a look can't tell them apart.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
const codeNotFound = "NOT_FOUND"

// failure is what a write to a Campaign would fail with, by what was seen; nil: it may
// go well.
func (s sight) failure(campaignID string) error {
	if _, there := s.campaigns[campaignID]; s.looked && !there {
		return &salesforce.Error{Op: "preview a write", Code: codeNotFound, Record: true}
	}
	return s.err
}

// look reads the Campaigns as they are now, by one call: a preview has as many at
// most as one query takes. That the org fails is part of what was seen.
func (p *Previewer) look(ctx context.Context, i integration.Integration, ids []string) (sight, error) {
	if len(ids) == 0 {
		return sight{}, nil
	}
	seen := sight{campaigns: map[string]integration.OrgCampaign{}}
	allowance, err := p.cfg.Orgs.Spare(ctx, i)
	switch {
	case integration.ErrorCode(err) == integration.CodeOrgAway:
		seen.problem, seen.turn = reserved(err), turnOf(allowance, p.cfg.Now())
		return seen, nil
	case err != nil:
		return sight{}, err
	}
	connection, err := p.cfg.Orgs.Dial(ctx, i)
	if err != nil {
		seen.err, seen.problem = err, problemOf(err)
		return seen, nil
	}
	found, err := connection.Client.QueryCampaigns(ctx, ids)
	seen.calls = connection.Client.Calls()
	allowance = p.cfg.Orgs.Learn(ctx, allowance, connection.Client)
	if err != nil {
		seen.err, seen.problem = err, problemOf(err)
		return seen, nil
	}
	seen.looked = true
	for _, c := range orgclient.Campaigns(found) {
		seen.campaigns[c.ID] = c
	}
	if allowance.Low(p.cfg.ReservePercent) {
		seen.turn = turnOf(allowance, p.cfg.Now())
	}
	return seen, nil
}

// warning says what is odd about an effect that would be written.
func (s sight) warning(e integration.PreviewEffect) string {
	switch {
	case !s.looked || e.Outcome != integration.PreviewWrite && e.Outcome != integration.PreviewWait:
		return ""
	case e.Campaign == nil:
		return "Salesforce will refuse this: the Campaign is not in the org, or the Run-As user may not see it."
	case e.Status != "" && e.Campaign.Status == e.Status:
		return "The Campaign has this status already: writing it again changes nothing."
	default:
		return ""
	}
}

// codeReserved is the problem of an org that was not asked, since what is left of
// its calls is not for previews.
const codeReserved = "ALLOWANCE_RESERVED"

func reserved(err error) *integration.OrgProblem {
	p := &integration.OrgProblem{Code: codeReserved, Fix: "Try again when the org has calls to spare."}
	var e *integration.Error
	if errors.As(err, &e) {
		p.Cause = e.Message
	}
	return p
}

func problemOf(err error) *integration.OrgProblem {
	d := salesforce.Classify(err)
	return &integration.OrgProblem{Code: d.Code, Cause: d.Cause, Fix: orgclient.FixNow(d.Fix)}
}
