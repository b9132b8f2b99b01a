package push_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/push"
	"salesforce-integration/internal/salesforce/localorg"
)

// stage is a world whose org is the local one, and a previewer in it.
type stage struct {
	*world
	t     *testing.T
	local *localorg.Org
	view  *push.Previewer
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const (
	keyOfStage    = "checkout-button-color"
	firstCampaign = "701xx000000001AAAQ"
	eventOfStage  = "17793124-05d4-b198-2fde-7ededc63b103"
)

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{world: newWorld(t, func() time.Time { return noon }), t: t}
	var err error
	s.local, err = localorg.New(localorg.Config{ClientID: "3MVG9", ClientSecret: "s3cr3t-value", Now: s.now})
	if err != nil {
		t.Fatal(err)
	}
	s.view = push.NewPreviewer(push.PreviewerConfig{Store: s.store, Now: s.now, ReservePercent: 20, Orgs: s.orgs()})
	s.link(t, integrationID, keyOfStage, firstCampaign)
	return s
}

// orgs connects a previewer with the local org.
func (s *stage) orgs() *orgclient.Dialer {
	return orgclient.New(orgclient.Config{
		Tokens: s.store, Vault: s.vault, Now: s.now, HTTPClient: &http.Client{Transport: roundTrip(s.local)},
		Allowances: s.store, ReservePercent: 20,
	})
}

func (s *stage) change(change func(*integration.Integration)) {
	s.t.Helper()
	i, err := s.store.GetIntegration(s.t.Context(), integrationID)
	if err != nil {
		s.t.Fatal(err)
	}
	change(&i)
	if _, err := s.store.UpdateIntegration(s.t.Context(), i); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) preview(envelope string, page ...integration.Page) integration.Preview {
	s.t.Helper()
	i, err := s.store.GetIntegration(s.t.Context(), integrationID)
	if err != nil {
		s.t.Fatal(err)
	}
	p := integration.Page{Limit: 200}
	if len(page) > 0 {
		p = page[0]
	}
	seen, err := s.view.PreviewEvent(s.t.Context(), i, []byte(envelope), p)
	if err != nil {
		s.t.Fatal(err)
	}
	return seen
}

func (s *stage) asked() (calls int) {
	for _, e := range s.local.Journal() {
		if e.Route != "token" {
			calls++
		}
	}
	s.local.ClearJournal()
	return calls
}

// of is an event's envelope; fields go into its detail.
func of(detailType, fields string) string {
	return fmt.Sprintf(`{"id": %q, "detail-type": %q, "time": "2026-03-02T12:00:00Z", "detail": {"experiment_key": %q%s}}`, eventOfStage, detailType, keyOfStage, fields)
}

const (
	completedType    = "Experiment Completed"
	significanceType = "Experiment Reached Significance"
)

func TestPreviewOfAStatus(t *testing.T) {
	s := newStage(t)
	got := s.preview(of(completedType, ""))
	if len(got.Effects) != 1 {
		t.Fatalf("%+v", got)
	}
	e := got.Effects[0]
	if e.Campaign == nil || e.Campaign.Status != "In Progress" || e.Status != "Completed" || e.Outcome != integration.PreviewWrite || e.Warning != "" || e.NoteTitle != "" {
		t.Errorf("%+v", e)
	}
	if got.Note != nil || got.APICalls != 1 || got.OrgProblem != nil || s.asked() != 1 {
		t.Errorf("%+v", got)
	}
	if got.Event.ID != eventOfStage || e.DeliveryID != integration.DeliveryID(integration.Outbound, eventOfStage, integrationID, firstCampaign) {
		t.Errorf("event %q, delivery %q", got.Event.ID, e.DeliveryID)
	}
	if err := s.local.Change("Campaign", firstCampaign, map[string]any{"Status": "Completed"}); err != nil {
		t.Fatal(err)
	}
	if e := s.preview(of(completedType, "")).Effects[0]; !strings.Contains(e.Warning, "already") || e.Outcome != integration.PreviewWrite {
		t.Errorf("a status that is there: %+v", e)
	}
	if err := s.local.Delete("Campaign", firstCampaign); err != nil {
		t.Fatal(err)
	}
	if e := s.preview(of(completedType, "")).Effects[0]; e.Outcome != integration.PreviewPark || e.Warning != "" || e.Campaign != nil {
		t.Errorf("a Campaign that is not there: %+v", e)
	}
}

// TestPreviewIsWhatHappens previews each event, publishes it, and compares.
func TestPreviewIsWhatHappens(t *testing.T) {
	for _, detailType := range []string{completedType, significanceType, "Experiment Rolled Back", "Experiment Something"} {
		for _, kind := range []integration.NoteKind{integration.NoteContent, integration.NoteFeedItem} {
			t.Run(detailType+" "+string(kind), func(t *testing.T) {
				s := newStage(t)
				s.change(func(i *integration.Integration) {
					i.Settings.NoteKind = kind
					i.Settings.NoteEvents = map[integration.EventType]bool{integration.EventRolledBack: true}
				})
				envelope := of(detailType, `, "experiment_name": "Checkout & <b>button</b>", "reason": "guardrail 'x' regressed", "results": {"winning_variant": "green", "lift": 0.042}`)
				seen := s.preview(envelope)
				before := s.asked()

				var result push.Result
				out, err := s.handlerThrough(s.store, roundTrip(s.local)).Handle(t.Context(), []byte(envelope))
				if err != nil {
					t.Fatal(err)
				}
				result = out.(push.Result)
				happened, foreseen := map[string]string{}, map[string]string{}
				for _, d := range result.Deliveries {
					happened[d.ID] = string(d.Reason)
				}
				writes := 0
				for _, e := range seen.Effects {
					foreseen[e.DeliveryID] = string(e.Reason)
					if e.Outcome == integration.PreviewWrite {
						writes++
					}
				}
				if diff := cmp.Diff(happened, foreseen); diff != "" {
					t.Errorf("deliveries (-happened +foreseen):\n%s", diff)
				}
				if before != min(writes, 1) {
					t.Errorf("%d calls to foresee %d writes", before, writes)
				}
				for _, e := range seen.Effects {
					if e.NoteTitle == "" {
						continue
					}
					want := []string{e.NoteTitle + "\n" + seen.Note.Text}
					if diff := cmp.Diff(want, s.written(kind)); diff != "" {
						t.Errorf("notes (-foreseen +written):\n%s", diff)
					}
				}
				for _, e := range s.preview(envelope).Effects {
					if writes > 0 && e.Outcome != integration.PreviewDuplicate {
						t.Errorf("once it happened: %+v", e)
					}
				}
			})
		}
	}
}

// written lists the notes, or posts, of the first Campaign: title, then text.
func (s *stage) written(kind integration.NoteKind) []string {
	s.t.Helper()
	var all []string
	if kind == integration.NoteFeedItem {
		posts, err := s.local.Records("FeedItem")
		if err != nil {
			s.t.Fatal(err)
		}
		for _, post := range posts {
			all = append(all, post["Body"].(string))
		}
		return all
	}
	for _, n := range s.local.Notes(firstCampaign) {
		all = append(all, n.Title+"\n"+n.Text)
	}
	return all
}

func TestPreviewOfWhatIsNotWritten(t *testing.T) {
	tests := []struct {
		name     string
		change   func(*stage)
		envelope string
		outcome  integration.PreviewOutcome
		reason   integration.Reason
		field    string
	}{
		{"no link", nil, strings.Replace(of(completedType, ""), keyOfStage, "another", 1), integration.PreviewSkip, integration.ReasonNoLink, ""},
		{"not mapped", nil, of("Experiment Renamed", ""), integration.PreviewSkip, integration.ReasonNotMapped, ""},
		{"inactive", func(s *stage) { s.change(func(i *integration.Integration) { i.Active = false }) }, of(completedType, ""), integration.PreviewPark, integration.ReasonInactive, ""},
		{"attention", func(s *stage) {
			s.change(func(i *integration.Integration) {
				i.Attention = &integration.Attention{Since: noon, Cause: "It is broken.", Fix: "Mend it."}
			})
		}, of(completedType, ""), integration.PreviewPark, integration.ReasonAttention, ""},
		{"superseded", func(s *stage) { s.watermark(noon.Add(time.Minute), "") }, of(completedType, ""), integration.PreviewSkip, integration.ReasonSuperseded, ""},
		{"superseded by an event of the same instant", func(s *stage) { s.watermark(noon, "") },
			strings.Replace(of(completedType, ""), `"id": "`+eventOfStage+`", `, "", 1), integration.PreviewSkip, integration.ReasonSuperseded, ""},
		{"another function writes", func(s *stage) { s.watermark(noon.Add(-time.Minute), "somebody") }, of(completedType, ""), integration.PreviewWait, integration.ReasonTrying, ""},
		{"no key", nil, `{"detail-type": "Experiment Completed", "detail": {}}`, integration.PreviewSkip, integration.ReasonInvalidEvent, "detail.experiment_key"},
		{"a key of another type", nil, `{"detail-type": "Experiment Completed", "detail": {"experiment_key": 7}}`, integration.PreviewSkip, integration.ReasonInvalidEvent, "detail.experiment_key"},
		{"no detail", nil, `{"detail-type": "Experiment Completed"}`, integration.PreviewSkip, integration.ReasonInvalidEvent, "detail"},
		{"no type", nil, `{"detail": {"experiment_key": "e"}}`, integration.PreviewSkip, integration.ReasonInvalidEvent, "detail-type"},
		{"a time that is none", nil, of(completedType, `, "occurred_at": "yesterday"`), integration.PreviewSkip, integration.ReasonInvalidEvent, "detail.occurred_at"},
		{"an envelope's time that is none", nil, `{"detail-type": "Experiment Completed", "time": "noon", "detail": {"experiment_key": "e"}}`, integration.PreviewSkip, integration.ReasonInvalidEvent, "time"},
		{"another source", nil, `{"id": "` + eventOfStage + `", "source": "shop.platform", ` + of(completedType, "")[1:], integration.PreviewSkip, integration.ReasonInvalidEvent, "source"},
		{"the future", nil, of(completedType, `, "occurred_at": "2027-01-01T00:00:00Z"`), integration.PreviewSkip, integration.ReasonInvalidEvent, "detail.occurred_at"},
		{"results that cannot be shown", nil, of(significanceType, `, "results": {"lift": "much"}`), integration.PreviewSkip, integration.ReasonInvalidEvent, "detail.results"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t)
			if tt.change != nil {
				tt.change(s)
			}
			got := s.preview(tt.envelope)
			if len(got.Effects) != 1 {
				t.Fatalf("%+v", got)
			}
			e := got.Effects[0]
			if e.Outcome != tt.outcome || e.Reason != tt.reason || e.Field != tt.field || e.Detail == "" {
				t.Errorf("%+v", e)
			}
			if calls := s.asked(); (calls > 0) != (tt.outcome == integration.PreviewWait) {
				t.Errorf("the org was asked %d times", calls)
			}
		})
	}
}

// TestPreviewOfASource: only the one that the bus's rule lets through arrives.
func TestPreviewOfASource(t *testing.T) {
	s := newStage(t)
	named := func(source string) integration.PreviewEffect {
		t.Helper()
		got := s.preview(`{"source": ` + source + `, ` + of(completedType, "")[1:])
		if len(got.Effects) != 1 {
			t.Fatalf("%+v", got)
		}
		return got.Effects[0]
	}
	for _, source := range []string{`"experimentation.platform"`, `""`, `null`} {
		if e := named(source); e.Outcome != integration.PreviewWrite || e.DeliveryID == "" {
			t.Errorf("source %s: %+v", source, e)
		}
	}
	for _, source := range []string{`"experimentation.salesforce"`, `"Experimentation.Platform"`, `" experimentation.platform"`} {
		e := named(source)
		if e.Outcome != integration.PreviewSkip || e.Field != "source" || e.CampaignID != "" || e.DeliveryID != "" {
			t.Errorf("source %s: %+v", source, e)
		}
		for _, words := range []string{source, `"experimentation.platform"`, "EventSource"} {
			if !strings.Contains(e.Detail, words) {
				t.Errorf("source %s: %q does not say %s", source, e.Detail, words)
			}
		}
	}
	s.view = push.NewPreviewer(push.PreviewerConfig{Store: s.store, Now: s.now, EventSource: "shop", Orgs: s.orgs()})
	if e := named(`"shop"`); e.Outcome != integration.PreviewWrite {
		t.Errorf("the operator's: %+v", e)
	}
	if e := named(`"experimentation.platform"`); e.Field != "source" {
		t.Errorf("the default, where the operator has another: %+v", e)
	}
}

// watermark says that a newer status was written, or that one is being written.
func (s *stage) watermark(at time.Time, by string) {
	s.t.Helper()
	c := integration.Campaign{CampaignRef: integration.CampaignRef{IntegrationID: integrationID, CampaignID: firstCampaign},
		ExperimentKey: keyOfStage, EventAt: at, EventID: "0f"}
	if by != "" {
		c.ClaimedBy, c.ClaimedStatus, c.ClaimedUntil = by, "Paused", noon.Add(time.Minute)
	}
	if _, err := s.store.Commit(s.t.Context(), []integration.Unit{{Campaign: &c}}); err != nil {
		s.t.Fatal(err)
	}
}

func TestPreviewWritesNothing(t *testing.T) {
	s := newStage(t)
	s.preview(of(completedType, ""))
	before := s.store.Calls()
	s.preview(of(completedType, ""))
	s.preview(of(significanceType, ""))
	after := s.store.Calls()
	for name, n := range after {
		reads := strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || name == "LinksByExperiment" || name == "Read"
		if n != before[name] && !reads {
			t.Errorf("%s was called", name)
		}
	}
	for _, e := range s.local.Journal() {
		if e.Route != "token" && e.Route != "query" {
			t.Errorf("the org got %s %s", e.Method, e.Path)
		}
	}
	if notes := s.local.Notes(firstCampaign); len(notes) != 0 {
		t.Errorf("notes %+v", notes)
	}
}

func TestPreviewWithLittleLeft(t *testing.T) {
	s := newStage(t)
	s.change(func(i *integration.Integration) {
		i.Settings.NoteEvents = map[integration.EventType]bool{integration.EventCompleted: true}
	})
	if err := s.local.UpdateSettings(func(o *localorg.Settings) { o.DailyAPIRequests = 100 }); err != nil {
		t.Fatal(err)
	}
	s.local.SetAPIUsage(95)
	outcomes := func() string {
		var all []string
		for _, e := range s.preview(of(completedType, "")).Effects {
			all = append(all, fmt.Sprintf("%s%s %s %s", e.Status, e.NoteKind, e.Outcome, e.Reason))
		}
		return strings.Join(all, ", ")
	}
	if got := outcomes(); got != "Completed write status_written, content_note wait allowance" {
		t.Error(got)
	}
	s.local.ClearJournal()
	again := s.preview(of(completedType, ""))
	if again.OrgProblem == nil || again.OrgProblem.Code != "ALLOWANCE_RESERVED" || !strings.Contains(again.OrgProblem.Cause, "96 of its 100") || again.APICalls != 0 {
		t.Errorf("what is left is spent on a preview: %+v", again)
	}
	if n := len(s.local.Journal()); n != 0 {
		t.Errorf("the org was asked %d times", n)
	}
	if got := outcomes(); got != "Completed write status_written, content_note wait allowance" {
		t.Error(got)
	}
	s.local.SetAPIUsage(5)
	key := integration.AllowanceKey{IntegrationID: integrationID}
	known, err := s.store.GetAllowances(t.Context(), []integration.AllowanceKey{key})
	if err != nil {
		t.Fatal(err)
	}
	old := known[key]
	old.At, old.NextCallAt = noon.Add(-integration.AllowanceGoodFor), noon
	if _, err := s.store.SwapAllowance(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if got := outcomes(); got != "Completed write status_written, content_note write note_written" {
		t.Error(got)
	}
}

func TestPreviewOfManyCampaigns(t *testing.T) {
	s := newStage(t)
	s.addIntegration(t, "0195b9b0-0000-7000-8000-000000000002")
	s.link(t, "0195b9b0-0000-7000-8000-000000000002", keyOfStage, "701xx0000000999AAA")
	var want []string
	for n := range 450 {
		id, err := s.local.Create("Campaign", map[string]any{"Name": fmt.Sprint("C", n)})
		if err != nil {
			t.Fatal(err)
		}
		s.link(t, integrationID, keyOfStage, id)
		want = append(want, id)
	}
	want = append(want, firstCampaign)
	s.asked()
	var got []string
	page, parts := integration.Page{Limit: 200}, 0
	for {
		p := s.preview(of(completedType, ""), page)
		parts++
		if calls := s.asked(); calls != 1 || len(p.Effects) > 200 {
			t.Errorf("a part of %d took %d calls", len(p.Effects), calls)
		}
		for _, e := range p.Effects {
			if e.Campaign == nil {
				t.Errorf("%s was not read", e.CampaignID)
			}
			got = append(got, e.CampaignID)
		}
		if p.NextCursor == "" {
			break
		}
		page.Cursor = p.NextCursor
	}
	if diff := cmp.Diff(sortedCopy(want), got); diff != "" || parts != 3 {
		t.Errorf("%d parts (-want +got):\n%s", parts, diff)
	}
	i, err := s.store.GetIntegration(t.Context(), integrationID)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(of(completedType, ""), keyOfStage, "another", 1)
	if _, err := s.view.PreviewEvent(t.Context(), i, []byte(other), page); integration.ErrorCode(err) != integration.CodeInvalid {
		t.Errorf("a cursor of another experiment: %v", err)
	}
	for _, cursor := range []string{"x", "MQpsb2cKMQ", page.Cursor[:len(page.Cursor)-3]} {
		if _, err := s.view.PreviewEvent(t.Context(), i, []byte(of(completedType, "")), integration.Page{Limit: 1, Cursor: cursor}); integration.ErrorCode(err) != integration.CodeInvalid {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

// FuzzPreview: whatever comes, a preview answers.
func FuzzPreview(f *testing.F) {
	for _, seed := range []string{"", "null", "[]", "{}", `"x"`, of(completedType, ""), of(significanceType, `, "results": null`), of(completedType, `, "occurred_at": "9999-12-31T23:59:59-05:00"`), `{"id": "", "time": null, "detail": []}`, `{"id": 5}`} {
		f.Add(seed)
	}
	i := integration.Integration{ID: integrationID, Active: true, InstanceURL: "https://org.my.salesforce.com"}
	f.Fuzz(func(t *testing.T, envelope string) {
		w := newWorld(t, func() time.Time { return noon })
		view := push.NewPreviewer(push.PreviewerConfig{Store: w.store, Now: w.now, Orgs: orgclient.New(orgclient.Config{Tokens: w.store, Vault: w.vault})})
		p, err := view.PreviewEvent(t.Context(), i, []byte(envelope), integration.Page{Limit: 1})
		if err != nil || len(p.Effects) != 1 {
			t.Errorf("%d effects, %v", len(p.Effects), err)
		}
		if _, err := json.Marshal(p); err != nil {
			t.Error(err)
		}
	})
}
