package salesforce_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce"
	"salesforce-integration/internal/salesforce/localorg"
	"salesforce-integration/internal/salesforce/outbound"
)

// whole is an org that speaks the wire format, and a client of it.
type whole struct {
	*localorg.Org
	url    string
	client *salesforce.Client
	tokens *salesforce.CachedTokens
}

func newWhole(t testing.TB, change func(*salesforce.Config)) whole {
	t.Helper()
	o, err := localorg.New(localorg.Config{})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(o)
	t.Cleanup(srv.Close)
	w := whole{Org: o, url: srv.URL}
	w.tokens, err = salesforce.NewCachedTokens(salesforce.TokensConfig{InstanceURL: srv.URL, ClientID: localorg.DefaultClientID,
		ClientSecret: salesforce.NewSecret(localorg.DefaultClientSecret), HTTPClient: listed(srv.URL)})
	if err != nil {
		t.Fatal(err)
	}
	cfg := salesforce.Config{InstanceURL: srv.URL, Tokens: w.tokens, HTTPClient: listed(srv.URL)}
	if change != nil {
		change(&cfg)
	}
	if w.client, err = salesforce.New(cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w whole) fault(t testing.TB, f localorg.Fault) {
	t.Helper()
	if _, err := w.AddFault(f); err != nil {
		t.Fatal(err)
	}
}

func (w whole) status(t testing.TB, id string) string {
	t.Helper()
	rec, err := w.Record("Campaign", id)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := rec["Status"].(string)
	return s
}

// campaigns makes n more campaigns.
func (w whole) campaigns(t testing.TB, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		var err error
		if ids[i], err = w.Create("Campaign", map[string]any{"Name": fmt.Sprintf("Campaign %d", i), "Status": "In Progress"}); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

func completed(ids ...string) []salesforce.StatusUpdate {
	updates := make([]salesforce.StatusUpdate, len(ids))
	for i, id := range ids {
		updates[i] = salesforce.StatusUpdate{CampaignID: id, Status: "Completed"}
	}
	return updates
}

func TestWholeConnection(t *testing.T) {
	w := newWhole(t, nil)
	versions, err := w.client.Versions(t.Context())
	if err != nil || !slices.ContainsFunc(versions, func(v salesforce.Version) bool { return "v"+v.Version == salesforce.DefaultAPIVersion }) {
		t.Errorf("versions %v, %v", versions, err)
	}
	token, err := w.tokens.Token(t.Context())
	if err != nil || token.OrgID != localorg.DefaultOrgID || token.InstanceURL != w.url || token.IssuedAt.IsZero() {
		t.Errorf("token %+v, %v", token, err)
	}
	d, err := w.client.DescribeCampaign(t.Context())
	if err != nil || !d.Updateable || !slices.ContainsFunc(d.Fields["Status"].Values, func(v salesforce.PicklistValue) bool { return v.Value == "Paused" && v.Active }) {
		t.Errorf("description %+v, %v", d.Fields["Status"], err)
	}
	if err := w.client.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	found, err := w.client.SearchCampaigns(t.Context(), "checkout opt", 5)
	if err != nil || len(found) != 1 || found[0].ID != localorg.CampaignID || found[0].Status != "In Progress" || found[0].LastModified.IsZero() {
		t.Errorf("campaigns %+v, %v", found, err)
	}
	if u, known := w.client.Usage(); !known || u.Used != w.APIUsage() || w.client.Calls() != w.APIUsage() {
		t.Errorf("usage %+v, %d calls, the org counted %d", u, w.client.Calls(), w.APIUsage())
	}
}

func TestWholeNamesThatNeedQuoting(t *testing.T) {
	w := newWhole(t, nil)
	for _, name := range []string{`O'Neil`, `ends in \`, `100% sure_thing`, `' OR Name != '`, `"double"`, "é 😀"} {
		id, err := w.Create("Campaign", map[string]any{"Name": name})
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.client.SearchCampaigns(t.Context(), name, 10)
		if err != nil || len(got) != 1 || got[0].ID != id || got[0].Name != name {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestWholeThousandUpdatesInOneCall(t *testing.T) {
	w := newWhole(t, nil)
	ids := w.campaigns(t, 1000)
	if err := w.Delete("Campaign", ids[500]); err != nil {
		t.Fatal(err)
	}
	w.fault(t, localorg.Fault{Match: localorg.Match{Record: ids[3]}, Effect: localorg.Effect{Kind: localorg.LockRow}})
	w.fault(t, localorg.Fault{Match: localorg.Match{Record: ids[999]}, Effect: localorg.Effect{Kind: localorg.Validation, Message: "Budget first"}})
	got, err := w.client.UpdateCampaignStatuses(t.Context(), completed(ids...))
	if err != nil {
		t.Fatal(err)
	}
	failed := make(map[string]salesforce.Class)
	for _, r := range got {
		if r.Err != nil {
			failed[r.CampaignID] = salesforce.Classify(r.Err).Class
		} else if w.status(t, r.CampaignID) != "Completed" {
			t.Errorf("%s is not written", r.CampaignID)
		}
	}
	want := map[string]salesforce.Class{ids[3]: salesforce.ClassLock, ids[999]: salesforce.ClassData, ids[500]: salesforce.ClassGone}
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	if w.client.Calls() != 1 || w.APIUsage() != 1 {
		t.Errorf("%d calls, the org counted %d", w.client.Calls(), w.APIUsage())
	}
}

func TestWholeNotes(t *testing.T) {
	for name, htmlRule := range map[string]string{"an org that refuses bad HTML": "refuse", "an org that strips it": "strip"} {
		t.Run(name, func(t *testing.T) {
			w := newWhole(t, nil)
			if err := w.UpdateSettings(func(s *localorg.Settings) { s.Disputed.NoteHTML = htmlRule }); err != nil {
				t.Fatal(err)
			}
			text := `A < B & "C" isn't D`
			got, err := w.client.CreateNotes(t.Context(), []salesforce.Note{{CampaignID: localorg.CampaignID, Title: "Result", Marker: "[exp-1]",
				HTML: "<p>" + salesforce.EscapeText(text) + "</p>"}})
			if err != nil || got[0].Err != nil {
				t.Fatal(got, err)
			}
			notes := w.Notes(localorg.CampaignID)
			if len(notes) != 1 || notes[0].Title != "Result [exp-1]" || notes[0].ID != got[0].NoteID || !strings.Contains(notes[0].Text, text) {
				t.Errorf("notes %+v", notes)
			}
			found, err := w.client.FindNotes(t.Context(), []string{localorg.CampaignID})
			if refs := found[localorg.CampaignID]; err != nil || len(refs) != 1 || refs[0].ID != got[0].NoteID || !refs[0].HasMarker("[exp-1]") {
				t.Errorf("found %+v, %v", found, err)
			}
		})
	}
}

func TestWholeEachNoteStandsForItself(t *testing.T) {
	for _, shows := range []string{"halted", "cause"} {
		t.Run(shows, func(t *testing.T) {
			w := newWhole(t, nil)
			if err := w.UpdateSettings(func(s *localorg.Settings) { s.Disputed.GraphFailure = shows }); err != nil {
				t.Fatal(err)
			}
			ids := w.campaigns(t, 80)
			if err := w.Delete("Campaign", ids[10]); err != nil {
				t.Fatal(err)
			}
			w.fault(t, localorg.Fault{Match: localorg.Match{Record: ids[20]}, Effect: localorg.Effect{Kind: localorg.LockRow}})
			notes := make([]salesforce.Note, len(ids))
			for i, id := range ids {
				notes[i] = salesforce.Note{CampaignID: id, Title: "Result", Marker: fmt.Sprintf("[%d]", i), HTML: "<p>a</p>"}
			}
			got, err := w.client.CreateNotes(t.Context(), notes)
			if err != nil || w.client.Calls() != 2 {
				t.Fatalf("%d calls, %v", w.client.Calls(), err)
			}
			for i, r := range got {
				written := len(w.Notes(ids[i]))
				switch {
				case i != 10 && i != 20:
					if r.Err != nil || written != 1 {
						t.Errorf("note %d: %v, %d written", i, r.Err, written)
					}
				case written != 0 || r.Err == nil || salesforce.Uncertain(r.Err) || salesforce.Classify(r.Err).Code == "PROCESSING_HALTED":
					t.Errorf("note %d: %v, %d written", i, r.Err, written)
				}
			}
			if d := salesforce.Classify(got[20].Err); d.Class != salesforce.ClassLock {
				t.Errorf("the locked one: %+v", d)
			}
			all, err := w.Records("ContentNote")
			if err != nil || len(all) != 78 {
				t.Errorf("%d notes in the org, %v: a failed link left its note behind", len(all), err)
			}
		})
	}
}

func TestWholeFeedItems(t *testing.T) {
	w := newWhole(t, nil)
	if err := w.UpdateSettings(func(s *localorg.Settings) { s.Notes = false }); err != nil {
		t.Fatal(err)
	}
	note := []salesforce.Note{{CampaignID: localorg.CampaignID, Title: "Result", Marker: "[exp-1]", HTML: "<p>a</p><p>b</p>"}}
	got, err := w.client.CreateNotes(t.Context(), note)
	if err != nil || got[0].Err == nil || salesforce.Uncertain(got[0].Err) || salesforce.Classify(got[0].Err).Retryable {
		t.Errorf("a note without notes: %+v, %v, %+v", got, err, salesforce.Classify(got[0].Err))
	}
	if _, err := w.client.Describe(t.Context(), "ContentNote"); !errors.Is(err, salesforce.ErrNoObject) {
		t.Errorf("describe: %v", err)
	}
	got, err = w.client.CreateFeedItems(t.Context(), note)
	if err != nil || got[0].Err != nil {
		t.Fatal(got, err)
	}
	view, err := w.View("Campaign", localorg.CampaignID)
	if err != nil || len(view.Posts) != 1 || view.Posts[0].Body != "Result [exp-1]\na\nb" {
		t.Errorf("posts %+v, %v", view.Posts, err)
	}
	found, err := w.client.FindFeedItems(t.Context(), []string{localorg.CampaignID})
	if refs := found[localorg.CampaignID]; err != nil || len(refs) != 1 || !refs[0].HasMarker("[exp-1]") || refs[0].ID != got[0].NoteID {
		t.Errorf("found %+v, %v", found, err)
	}
}

// A note whose answer is lost is in the org: Uncertain says so, and FindNotes finds it.
func TestWholeLostAnswer(t *testing.T) {
	w := newWhole(t, nil)
	w.fault(t, localorg.Fault{Match: localorg.Match{Route: "graph"}, Times: 1, Effect: localorg.Effect{Kind: localorg.LostAnswer}})
	note := []salesforce.Note{{CampaignID: localorg.CampaignID, Title: "Result", Marker: "[exp-1]", HTML: "<p>a</p>"}}
	got, err := w.client.CreateNotes(t.Context(), note)
	if err != nil || !salesforce.Uncertain(got[0].Err) || salesforce.Classify(got[0].Err).Class != salesforce.ClassOutage {
		t.Fatal(got, err)
	}
	found, err := w.client.FindNotes(t.Context(), []string{localorg.CampaignID})
	if err != nil || !slices.ContainsFunc(found[localorg.CampaignID], func(n salesforce.NoteRef) bool { return n.HasMarker("[exp-1]") }) {
		t.Errorf("found %+v, %v", found, err)
	}
}

func TestWholeFaultsOfACall(t *testing.T) {
	tests := []struct {
		name      string
		effect    localorg.Effect
		class     salesforce.Class
		uncertain bool
		done      bool // the org did it all the same
	}{
		{"a page", localorg.Effect{Kind: localorg.Unavailable}, salesforce.ClassOutage, true, false},
		{"a server error", localorg.Effect{Kind: localorg.ServerError}, salesforce.ClassUnknown, true, false},
		{"too many", localorg.Effect{Kind: localorg.TooMany}, salesforce.ClassLimit, false, false},
		{"the allowance", localorg.Effect{Kind: localorg.RequestLimit}, salesforce.ClassLimit, false, false},
		{"a reset", localorg.Effect{Kind: localorg.Reset}, salesforce.ClassOutage, true, false},
		{"a lost answer", localorg.Effect{Kind: localorg.LostAnswer}, salesforce.ClassOutage, true, true},
		{"a lost answer with a page", localorg.Effect{Kind: localorg.LostAnswer, Status: 502}, salesforce.ClassOutage, true, true},
		{"a log-in page", localorg.Effect{Kind: localorg.CustomAnswer, Status: 200, ContentType: "text/html", Body: "<html/>"}, salesforce.ClassUnknown, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWhole(t, nil)
			w.fault(t, localorg.Fault{Match: localorg.Match{Route: "collections"}, Times: 1, Effect: tt.effect})
			got, err := w.client.UpdateCampaignStatuses(t.Context(), completed(localorg.CampaignID))
			if err != nil {
				t.Fatal(err)
			}
			if d := salesforce.Classify(got[0].Err); d.Class != tt.class || salesforce.Uncertain(got[0].Err) != tt.uncertain {
				t.Errorf("%v is %+v, uncertain %t", got[0].Err, d, salesforce.Uncertain(got[0].Err))
			}
			if done := w.status(t, localorg.CampaignID) == "Completed"; done != tt.done {
				t.Errorf("done: %t", done)
			}
			// The same again is harmless for a status, and goes through.
			if got, err := w.client.UpdateCampaignStatuses(t.Context(), completed(localorg.CampaignID)); err != nil || got[0].Err != nil {
				t.Errorf("the second try: %v, %v", got, err)
			}
		})
	}
}

func TestWholeSlowAnswer(t *testing.T) {
	w := newWhole(t, func(cfg *salesforce.Config) { cfg.RequestTimeout = 50 * time.Millisecond })
	if _, err := w.tokens.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.fault(t, localorg.Fault{Match: localorg.Match{Route: "collections"}, Times: 1,
		Effect: localorg.Effect{Kind: localorg.Slow, Delay: localorg.Duration(time.Minute)}})
	got, err := w.client.UpdateCampaignStatuses(t.Context(), completed(localorg.CampaignID))
	if err != nil || salesforce.Classify(got[0].Err).Code != salesforce.CodeTimeout || !salesforce.Uncertain(got[0].Err) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWholeSettingsThatStandInTheWay(t *testing.T) {
	tests := []struct {
		name   string
		change func(*localorg.Settings)
		status string
		class  salesforce.Class
		fix    string
	}{
		{"no Marketing User", func(s *localorg.Settings) { s.MarketingUser = false }, "Completed", salesforce.ClassPermission, "Marketing User"},
		{"a field that is read-only", func(s *localorg.Settings) { s.FieldSecurity = map[string]string{"Campaign.Status": "read"} }, "Completed", salesforce.ClassPermission, "field-level security"},
		{"a field that is hidden", func(s *localorg.Settings) { s.FieldSecurity = map[string]string{"Campaign.Status": "hidden"} }, "Completed", salesforce.ClassPermission, "field-level security"},
		{"a restricted stock picklist", func(s *localorg.Settings) { s.StatusPicklist, s.RestrictStatus = "stock", true }, "Paused", salesforce.ClassData, "status map"},
		{"no API for the org", func(s *localorg.Settings) { s.RESTAPI = false }, "Completed", salesforce.ClassPermission, "API"},
		{"no API for the user", func(s *localorg.Settings) { s.UserAPI = false }, "Completed", salesforce.ClassPermission, "API Enabled"},
		{"no scope", func(s *localorg.Settings) { s.Scope = "id" }, "Completed", salesforce.ClassCredential, "scope"},
		{"another host", func(s *localorg.Settings) { s.MyDomain = "mydomain.my.salesforce.com" }, "Completed", salesforce.ClassCredential, "My Domain"},
		{"the version is gone", func(s *localorg.Settings) { s.APIVersionMin = 67 }, "Completed", salesforce.ClassPermission, "API version"},
		{"too many log-ins", func(s *localorg.Settings) { s.LoginsPerHour = 1 }, "Completed", salesforce.ClassLimit, "logs in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWhole(t, nil)
			if _, err := w.tokens.Token(t.Context()); err != nil { // the first log-in of the hour
				t.Fatal(err)
			}
			if err := w.UpdateSettings(tt.change); err != nil {
				t.Fatal(err)
			}
			w.RevokeAllTokens()
			got, err := w.client.UpdateCampaignStatuses(t.Context(), []salesforce.StatusUpdate{{CampaignID: localorg.CampaignID, Status: tt.status}})
			if err != nil {
				t.Fatal(err)
			}
			d := salesforce.Classify(got[0].Err)
			if d.Class != tt.class || !strings.Contains(d.Fix, tt.fix) || salesforce.Uncertain(got[0].Err) {
				t.Errorf("%v is %+v", got[0].Err, d)
			}
		})
	}
}

func TestWholeRevokedTokens(t *testing.T) {
	w := newWhole(t, nil)
	ids := w.campaigns(t, 50)
	if _, err := w.tokens.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.RevokeAllTokens()
	var wg sync.WaitGroup
	for _, id := range ids {
		wg.Go(func() {
			if got, err := w.client.UpdateCampaignStatuses(t.Context(), completed(id)); err != nil || got[0].Err != nil {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	wg.Wait()
	if w.Logins() != 2 {
		t.Errorf("%d log-ins, want 2: one, and one more after the tokens were revoked", w.Logins())
	}
}

// What the local org sends is what the codec reads, in each of the disputed forms.
func TestWholeOutboundMessage(t *testing.T) {
	for _, ids := range []int{15, 18} {
		for _, nulls := range []string{"omit", "nil"} {
			t.Run(fmt.Sprint(ids, nulls), func(t *testing.T) {
				w := newWhole(t, nil)
				var mu sync.Mutex
				var messages []outbound.Message
				hook := newHandler(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						t.Error(err)
					}
					m, err := outbound.Parse(body)
					if err != nil {
						t.Errorf("%v in\n%s", err, body)
					}
					mu.Lock()
					messages = append(messages, m)
					mu.Unlock()
					rw.Header().Set("Content-Type", outbound.ContentType)
					_, _ = rw.Write(outbound.Ack(err == nil))
				}))
				if err := w.UpdateSettings(func(s *localorg.Settings) { s.Disputed.OutboundIDs, s.Disputed.OutboundNulls = ids, nulls }); err != nil {
					t.Fatal(err)
				}
				if _, err := w.PutRule(localorg.Rule{Name: "Status", Object: "Campaign", Fields: []string{"Name", "Status", "Description"}, EndpointURL: hook}); err != nil {
					t.Fatal(err)
				}
				if err := w.Change("Campaign", localorg.CampaignID, map[string]any{"Status": "Completed", "Name": `Q1 <"&'> é`}); err != nil {
					t.Fatal(err)
				}
				if acked := w.Deliver(context.WithoutCancel(t.Context())); acked != 1 || len(messages) != 1 {
					t.Fatalf("%d acknowledged of %d", acked, len(messages))
				}
				n := messages[0].Notifications[0]
				want := outbound.Notification{ID: n.ID, ObjectType: "Campaign", RecordID: localorg.CampaignID,
					Fields: map[string]string{"Name": `Q1 <"&'> é`, "Status": "Completed"}}
				if diff := cmp.Diff(want, n); diff != "" || messages[0].OrganizationID != localorg.DefaultOrgID {
					t.Errorf("message of org %s (-want +got):\n%s", messages[0].OrganizationID, diff)
				}
			})
		}
	}
}
