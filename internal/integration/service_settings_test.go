package integration_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
)

type statusMap = map[integration.EventType]string

func TestSettingsThatAreRefused(t *testing.T) {
	many := statusMap{}
	for n := range 51 {
		many[integration.EventType(fmt.Sprintf("Experiment %d", n))] = "x"
	}
	one := func(event integration.EventType, status string) integration.Settings {
		return integration.Settings{StatusMap: statusMap{event: status}}
	}
	tests := []struct {
		name  string
		s     integration.Settings
		field string // "" when it is fine
	}{
		{"nothing", integration.Settings{}, ""},
		{"another event", one("Experiment Started", "In Progress"), ""},
		{"no status", one("Experiment Completed", ""), ""},
		{"a status that just fits", one("Experiment Completed", strings.Repeat("ä", 40)), ""},
		{"a status that is too long", one("Experiment Completed", strings.Repeat("a", 41)), "settings.status_map"},
		{"a status with a line break", one("Experiment Completed", "a\nb"), "settings.status_map"},
		{"a status that is no text", one("Experiment Completed", "\xff"), "settings.status_map"},
		{"an event that just fits", one(integration.EventType("Experiment "+strings.Repeat("x", 117)), "a"), ""},
		{"an event that is too long", one(integration.EventType("Experiment "+strings.Repeat("x", 118)), "a"), "settings.status_map"},
		{"an event of something else", one("Order Placed", "a"), "settings.status_map"},
		{"an event without a name", one("Experiment ", "a"), "settings.status_map"},
		{"no event", one("", "a"), "settings.status_map"},
		{"an event in small letters", one("experiment Completed", "a"), "settings.status_map"},
		{"an event with spaces behind", one("Experiment Completed ", "a"), "settings.status_map"},
		{"an event with a control character", one("Experiment\x00 A", "a"), "settings.status_map"},
		{"50 entries", integration.Settings{StatusMap: without(many, "Experiment 0")}, ""},
		{"51 entries", integration.Settings{StatusMap: many}, "settings.status_map"},
		{"a note for something else", integration.Settings{NoteEvents: map[integration.EventType]bool{"Order Placed": true}}, "settings.note_events"},
		{"a note for an event", integration.Settings{NoteEvents: map[integration.EventType]bool{"Experiment Started": true}}, ""},
		{"statuses that finish an experiment", integration.Settings{FinalizeStatuses: []string{"Completed", "Aborted"}}, ""},
		{"50 statuses", integration.Settings{FinalizeStatuses: numbered(50)}, ""},
		{"51 statuses", integration.Settings{FinalizeStatuses: numbered(51)}, "settings.finalize_statuses"},
		{"an empty status that finishes", integration.Settings{FinalizeStatuses: []string{"Completed", " "}}, "settings.finalize_statuses"},
		{"a finishing status that is too long", integration.Settings{FinalizeStatuses: []string{strings.Repeat("a", 41)}}, "settings.finalize_statuses"},
		{"a finishing status with a line break", integration.Settings{FinalizeStatuses: []string{"a\nb"}}, "settings.finalize_statuses"},
		{"a kind of note", integration.Settings{NoteKind: integration.NoteFeedItem}, ""},
		{"no kind of note", integration.Settings{NoteKind: "post"}, "settings.note_kind"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, nil)
			n := good()
			n.Settings = tt.s
			_, err := b.service.Create(t.Context(), ada, n)
			if got := fieldOf(err); got != tt.field {
				t.Errorf("field %q, want %q: %v", got, tt.field, err)
			}
			kind := tt.s.NoteKind
			if b = newBench(t, nil); tt.field != "" {
				if _, err := b.service.Create(t.Context(), ada, good()); err != nil {
					t.Fatal(err)
				}
				_, err = b.service.Update(t.Context(), ada, someID, integration.Patch{StatusMap: tt.s.StatusMap, NoteEvents: tt.s.NoteEvents, NoteKind: &kind, FinalizeStatuses: &tt.s.FinalizeStatuses})
				if got := fieldOf(err); got != tt.field {
					t.Errorf("update: field %q, want %q: %v", got, tt.field, err)
				}
			}
		})
	}
}

func without(m statusMap, event integration.EventType) statusMap {
	rest := statusMap{}
	for e, s := range m {
		if e != event {
			rest[e] = s
		}
	}
	return rest
}

func fieldOf(err error) string {
	if integration.ErrorCode(err) != integration.CodeInvalid {
		return ""
	}
	for _, name := range []string{"settings.status_map", "settings.note_events", "settings.note_kind", "settings.finalize_statuses"} {
		if strings.Contains(err.Error(), name+":") {
			return name
		}
	}
	return "another"
}

func TestEffectsAreWhatIsReallyDone(t *testing.T) {
	s := integration.Settings{
		StatusMap:  statusMap{"Experiment Started": "In Progress", integration.EventRolledBack: ""},
		NoteEvents: map[integration.EventType]bool{integration.EventCompleted: true, "Experiment Paused": false},
	}
	want := map[integration.EventType]integration.Effect{
		integration.EventCompleted:    {Status: "Completed", Note: true},
		integration.EventRolledBack:   {},
		integration.EventSignificance: {Note: true},
		"Experiment Started":          {Status: "In Progress"},
		"Experiment Paused":           {},
	}
	if diff := cmp.Diff(want, s.Effects()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !s.WritesNotes() || s.Kind() != integration.NoteContent {
		t.Errorf("writes notes %t, of kind %s", s.WritesNotes(), s.Kind())
	}
	s.NoteEvents = map[integration.EventType]bool{integration.EventSignificance: false}
	if s.WritesNotes() {
		t.Error("no event writes a note any more")
	}
}

// TestWhatTakesAttentionAway says also what has waiting deliveries sent.
func TestWhatTakesAttentionAway(t *testing.T) {
	name, url, id := "new", "https://other.my.salesforce.com", "other"
	same, other := integration.Secret("first"), integration.Secret("second")
	on, off := true, false
	feed, content := integration.NoteFeedItem, integration.NoteContent
	inactive := func(i *integration.Integration) { i.Active = false }
	tests := []struct {
		name      string
		before    func(*integration.Integration)
		patch     integration.Patch
		wantGone  bool
		wantQueue bool
	}{
		{"nothing", nil, integration.Patch{}, false, false},
		{"another name", nil, integration.Patch{Name: &name}, false, false},
		{"new credentials", nil, integration.Patch{ClientSecret: &other}, true, true},
		{"the same credentials, saved once more", nil, integration.Patch{ClientSecret: &same}, true, true},
		{"another org", nil, integration.Patch{InstanceURL: &url}, true, true},
		{"another app", nil, integration.Patch{ClientID: &id}, true, true},
		{"new credentials while it is off", inactive, integration.Patch{ClientSecret: &other}, true, false},
		{"switched on", inactive, integration.Patch{Active: &on}, true, true},
		{"switched on again", nil, integration.Patch{Active: &on}, false, true},
		{"switched off", nil, integration.Patch{Active: &off}, false, false},
		{"another status", nil, integration.Patch{StatusMap: statusMap{"Experiment Started": "In Progress"}}, true, true},
		{"the same settings", nil, integration.Patch{StatusMap: statusMap{}, NoteKind: &content}, false, true},
		{"another kind of note", nil, integration.Patch{NoteKind: &feed}, true, true},
		{"what messages do", nil, integration.Patch{FinalizeStatuses: &[]string{"Done"}, Reread: &on, LookupKey: &on}, false, false},
		{"a note more", nil, integration.Patch{NoteEvents: map[integration.EventType]bool{integration.EventCompleted: true}}, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, nil)
			b.needsAttention(t, tt.before)
			got, err := b.service.Update(t.Context(), ada, someID, tt.patch)
			if err != nil || (got.Attention == nil) != tt.wantGone || b.resumed(t) != tt.wantQueue {
				t.Errorf("attention %+v, commands %+v, %v", got.Attention, b.queue.taken, err)
			}
			if after := b.read(t); (after.Attention == nil) != tt.wantGone || after.Recovering != tt.wantGone {
				t.Errorf("stored attention %+v, recovering %t", after.Attention, after.Recovering)
			}
		})
	}
}

// TestOneThatWasNeverBrokenRecoversFromNothing, whatever is changed.
func TestOneThatWasNeverBrokenRecoversFromNothing(t *testing.T) {
	b := newBench(t, nil)
	b.needsAttention(t, func(i *integration.Integration) { i.Attention = nil })
	secret, feed := integration.Secret("second"), integration.NoteFeedItem
	if _, err := b.service.Update(t.Context(), ada, someID, integration.Patch{ClientSecret: &secret, NoteKind: &feed}); err != nil {
		t.Fatal(err)
	}
	if after := b.read(t); after.Recovering {
		t.Errorf("%+v", after)
	}
}

// TestWhatUnpinsTheOrg: after it, the next connection pins the org it finds.
func TestWhatUnpinsTheOrg(t *testing.T) {
	name, url, id := "new", "https://other.my.salesforce.com", "other"
	same, other := integration.Secret("first"), integration.Secret("second")
	on := true
	for title, c := range map[string]struct {
		patch integration.Patch
		want  bool
	}{
		"another address":    {integration.Patch{InstanceURL: &url}, true},
		"another app":        {integration.Patch{ClientID: &id}, true},
		"a new secret":       {integration.Patch{ClientSecret: &other}, true},
		"the same secret":    {integration.Patch{ClientSecret: &same}, false},
		"a new access token": {integration.Patch{AccessToken: &other}, false},
		"another name":       {integration.Patch{Name: &name, Active: &on}, false},
	} {
		t.Run(title, func(t *testing.T) {
			b := newBench(t, nil)
			b.needsAttention(t, func(i *integration.Integration) { i.OrgID = "00D5g000004XyZaEAK" })
			got, err := b.service.Update(t.Context(), ada, someID, c.patch)
			if err != nil || (got.OrgID == "") != c.want {
				t.Errorf("org %q, %v", got.OrgID, err)
			}
		})
	}
}

// TestAChangeWhoseCommandIsNotTaken is stored all the same, and the same request
// sends the command that the first could not.
func TestAChangeWhoseCommandIsNotTaken(t *testing.T) {
	b := newBench(t, func(c *integration.ServiceConfig) { c.Commands = failing{} })
	b.needsAttention(t, nil)
	secret := integration.Secret("second")
	patch := integration.Patch{ClientSecret: &secret}
	if _, err := b.service.Update(t.Context(), ada, someID, patch); integration.ErrorCode(err) != integration.CodeStored {
		t.Errorf("error %v, want %s", err, integration.CodeStored)
	}
	after := b.read(t)
	if after.Attention != nil || after.CredentialsVersion != 2 {
		t.Errorf("stored %+v", after)
	}
	again := newBench(t, func(c *integration.ServiceConfig) { c.Store, c.Vault = b.store, b.vault })
	if _, err := again.service.Update(t.Context(), ada, someID, patch); err != nil || !again.resumed(t) {
		t.Errorf("again: %v, commands %+v", err, again.queue.taken)
	}
}

func numbered(n int) []string {
	var out []string
	for k := range n {
		out = append(out, fmt.Sprint("status ", k))
	}
	return out
}

func TestLooksNeedTheOperatorsLeave(t *testing.T) {
	yes, no := true, false
	for _, tt := range []struct {
		name   string
		may    bool
		s      integration.Settings
		patch  integration.Patch
		fields []string
	}{
		{"a second look, allowed", true, integration.Settings{Reread: true}, integration.Patch{Reread: &yes}, nil},
		{"a look for the key, allowed", true, integration.Settings{LookupKey: true}, integration.Patch{LookupKey: &yes}, nil},
		{"a second look", false, integration.Settings{Reread: true}, integration.Patch{Reread: &yes}, []string{"settings.reread"}},
		{"a look for the key", false, integration.Settings{LookupKey: true}, integration.Patch{LookupKey: &yes, Reread: &no}, []string{"settings.lookup_key"}},
		{"both", false, integration.Settings{Reread: true, LookupKey: true}, integration.Patch{Reread: &yes, LookupKey: &yes}, []string{"settings.reread", "settings.lookup_key"}},
		{"neither", false, integration.Settings{}, integration.Patch{Reread: &no, LookupKey: &no}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			may := func(c *integration.ServiceConfig) { c.WebhookReads = tt.may }
			n := good()
			n.Settings = tt.s
			_, created := newBench(t, may).service.Create(t.Context(), ada, n)
			_, tested := newBench(t, may).service.TestNewConnection(t.Context(), ada, integration.NewConnection{
				InstanceURL: n.InstanceURL, ClientID: n.ClientID, Credentials: n.Credentials, Settings: tt.s,
			})
			b := newBench(t, may)
			if _, err := b.service.Create(t.Context(), ada, good()); err != nil {
				t.Fatal(err)
			}
			_, updated := b.service.Update(t.Context(), ada, someID, tt.patch)
			for how, err := range map[string]error{"create": created, "test": tested, "update": updated} {
				if (err == nil) != (tt.fields == nil) {
					t.Errorf("%s: %v", how, err)
				}
				for _, field := range tt.fields {
					if !strings.Contains(fmt.Sprint(err), field) || !strings.Contains(fmt.Sprint(err), "WebhookReadsSalesforce to yes") {
						t.Errorf("%s: %v does not name %s, or the parameter", how, err, field)
					}
				}
			}
		})
	}
}
