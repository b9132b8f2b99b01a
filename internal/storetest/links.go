package storetest

import (
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

var linkTests = []test{
	{"create is seen by all reads", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		want := newLink(id(1), "checkout", 1)
		got, created, err := s.CreateLink(t.Context(), want)
		if err != nil || !created {
			t.Fatalf("created %t, %v", created, err)
		}
		wantEqual(t, "created", got, want)
		wantLinks(t, s, want)
	}},
	{"the same link again is not created", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		first := newLink(id(1), "checkout", 1)
		mustLink(t, s, first)
		again := first
		again.Source, again.CreatedAt = integration.LinkWebhook, t0().Add(time.Hour)
		got, created, err := s.CreateLink(t.Context(), again)
		if err != nil || created {
			t.Fatalf("created %t, %v", created, err)
		}
		wantEqual(t, "the stored link", got, first)
		wantLinks(t, s, first)
	}},
	{"a campaign follows one experiment of an integration", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1), id(2))
		mustLink(t, s, newLink(id(1), "a", 1))
		_, created, err := s.CreateLink(t.Context(), newLink(id(1), "b", 1))
		wantCode(t, err, integration.CodeConflict)
		if created {
			t.Error("created")
		}
		mustLink(t, s, newLink(id(2), "b", 1), newLink(id(1), "a", 2))
		wantLinks(t, s, newLink(id(1), "a", 1), newLink(id(1), "a", 2), newLink(id(2), "b", 1))
	}},
	{"a link needs its integration", func(t *testing.T, s integration.Store) {
		for _, unknown := range []string{id(1), ""} {
			_, _, err := s.CreateLink(t.Context(), newLink(unknown, "a", 1))
			wantCode(t, err, integration.CodeNotFound)
		}
		wantLinks(t, s)
	}},
	{"create refuses bad keys", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		for _, key := range []string{"", strings.Repeat("k", integration.MaxExperimentKeyLen+1)} {
			_, _, err := s.CreateLink(t.Context(), newLink(id(1), key, 1))
			wantInvalid(t, err, "experiment_key")
		}
		l := newLink(id(1), "a", 1)
		l.CampaignID = ""
		_, _, err := s.CreateLink(t.Context(), l)
		wantInvalid(t, err, "campaign_id")
	}},
	{"keys may hold any text", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		var links []integration.Link
		for n, key := range []string{"a#b", "LINKS", "größe/größer", " ", "🙂", "a\nb", "%", strings.Repeat("k", integration.MaxExperimentKeyLen), strings.Repeat("🙂", integration.MaxExperimentKeyLen)} {
			links = append(links, newLink(id(1), key, n))
		}
		mustLink(t, s, links...)
		wantLinks(t, s, links...)
	}},
	{"of concurrent creates to different experiments one wins", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		var won atomic.Int32
		race(8, func(n int) {
			_, created, err := s.CreateLink(t.Context(), newLink(id(1), "e"+strconv.Itoa(n), 1))
			if created {
				won.Add(1)
			} else {
				wantCode(t, err, integration.CodeConflict)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d creates won", won.Load())
		}
		wantIndexed(t, s, 1, "e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7")
	}},
	{"of concurrent creates of one link one creates it", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		var won atomic.Int32
		race(8, func(int) {
			got, created, err := s.CreateLink(t.Context(), newLink(id(1), "a", 1))
			if err != nil || got.ExperimentKey != "a" {
				t.Errorf("got %+v, %v", got, err)
			}
			if created {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d creates won", won.Load())
		}
	}},
	{"concurrent creates for one experiment all succeed", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		race(12, func(n int) {
			if _, created, err := s.CreateLink(t.Context(), newLink(id(1), "a", n)); err != nil || !created {
				t.Errorf("link %d: created %t, %v", n, created, err)
			}
		})
		wantIndexed(t, s, 12, "a")
	}},
	{"list by campaign id, in parts, filtered", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1), id(2))
		var all, odd []integration.Link
		for n := range 9 {
			l := newLink(id(1), []string{"even", "odd"}[n%2], n)
			all = append(all, l)
			if n%2 == 1 {
				odd = append(odd, l)
			}
		}
		for n := range all {
			mustLink(t, s, all[(n*4+3)%len(all)])
		}
		mustLink(t, s, newLink(id(2), "odd", 3))
		tests := []struct {
			name   string
			filter integration.LinkFilter
			want   []integration.Link
		}{
			{"all", integration.LinkFilter{}, all},
			{"experiment", integration.LinkFilter{ExperimentKey: "odd"}, odd},
			{"experiment without links", integration.LinkFilter{ExperimentKey: "other"}, nil},
			{"campaign", integration.LinkFilter{CampaignID: campaignID(4)}, all[4:5]},
			{"campaign without a link", integration.LinkFilter{CampaignID: campaignID(44)}, nil},
			{"both", integration.LinkFilter{CampaignID: campaignID(3), ExperimentKey: "odd"}, all[3:4]},
			{"both, contradicting", integration.LinkFilter{CampaignID: campaignID(3), ExperimentKey: "even"}, nil},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				for _, limit := range []int{1, 2, 4, 9, 100} {
					wantEqual(t, "links", walk(t, limit, listLinks(t, s, id(1), tt.filter), nil), tt.want)
				}
			})
		}
		for _, unknown := range []string{id(9), ""} {
			if got := walk(t, 10, listLinks(t, s, unknown, integration.LinkFilter{}), nil); len(got) != 0 {
				t.Errorf("integration %q has %v", unknown, got)
			}
		}
	}},
	{"list stays in order while others write", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		mustLink(t, s, newLink(id(1), "a", 10), newLink(id(1), "a", 20), newLink(id(1), "a", 30))
		first := true
		got := walk(t, 1, listLinks(t, s, id(1), integration.LinkFilter{}), func() {
			if !first {
				return
			}
			first = false
			if err := s.DeleteLink(t.Context(), id(1), campaignID(10)); err != nil { // the cursor's own row
				t.Fatal(err)
			}
			mustLink(t, s, newLink(id(1), "a", 5), newLink(id(1), "a", 25))
		})
		wantEqual(t, "links", got, []integration.Link{
			newLink(id(1), "a", 10), newLink(id(1), "a", 20), newLink(id(1), "a", 25), newLink(id(1), "a", 30),
		})
	}},
	{"list refuses bad pages", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1), id(2))
		mustLink(t, s, newLink(id(1), "a", 1), newLink(id(1), "a", 2), newLink(id(2), "a", 1))
		badPages(t, listLinks(t, s, id(1), integration.LinkFilter{}))
		for _, f := range []integration.LinkFilter{{CampaignID: campaignID(1)}, {ExperimentKey: "a"}} {
			_, err := s.ListLinks(t.Context(), id(1), f, integration.Page{Limit: 1, Cursor: "next"})
			wantInvalid(t, err, "cursor")
		}
		l, err := s.ListLinks(t.Context(), id(1), integration.LinkFilter{}, integration.Page{Limit: 1})
		if err != nil || l.NextCursor == "" {
			t.Fatalf("got %+v, %v", l, err)
		}
		_, err = s.ListLinks(t.Context(), id(2), integration.LinkFilter{}, integration.Page{Limit: 1, Cursor: l.NextCursor})
		wantInvalid(t, err, "cursor")
		own, err := s.ListIntegrations(t.Context(), integration.Page{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.ListLinks(t.Context(), id(1), integration.LinkFilter{}, integration.Page{Limit: 1, Cursor: own.NextCursor})
		wantInvalid(t, err, "cursor")
	}},
	{"delete removes it from all reads", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		mustLink(t, s, newLink(id(1), "a", 1), newLink(id(1), "a", 2))
		if err := s.DeleteLink(t.Context(), id(1), campaignID(1)); err != nil {
			t.Fatal(err)
		}
		wantLinks(t, s, newLink(id(1), "a", 2))
		wantCode(t, s.DeleteLink(t.Context(), id(1), campaignID(1)), integration.CodeNotFound)
		mustLink(t, s, newLink(id(1), "b", 1)) // it may follow another one now
		wantLinks(t, s, newLink(id(1), "b", 1), newLink(id(1), "a", 2))
	}},
	{"delete of an unknown link", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		wantCode(t, s.DeleteLink(t.Context(), id(1), campaignID(1)), integration.CodeNotFound)
		wantCode(t, s.DeleteLink(t.Context(), id(2), campaignID(1)), integration.CodeNotFound)
		wantCode(t, s.DeleteLink(t.Context(), "", ""), integration.CodeNotFound)
	}},
	{"of concurrent deletes one wins", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		mustLink(t, s, newLink(id(1), "a", 1))
		var won atomic.Int32
		race(6, func(int) {
			if err := s.DeleteLink(t.Context(), id(1), campaignID(1)); err == nil {
				won.Add(1)
			} else {
				wantCode(t, err, integration.CodeNotFound)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d deletes won", won.Load())
		}
		wantIndexed(t, s, 0, "a")
	}},
	{"an experiment's links are bounded", testLinkLimit},
	{"links of many experiments and campaigns at once", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		keys := []string{"", strings.Repeat("k", 5000)}
		refs := []integration.CampaignRef{{}, ref("", 1)}
		for n := range 230 {
			keys = append(keys, "e"+strconv.Itoa(n))
			refs = append(refs, ref(id(1), n))
			if n%2 == 0 {
				mustLink(t, s, newLink(id(1), "e"+strconv.Itoa(n), n))
			}
		}
		byKey, err := s.LinksByExperiment(t.Context(), append(keys, keys...))
		if err != nil || len(byKey) != 115 {
			t.Errorf("by experiment: %d of 115, %v", len(byKey), err)
		}
		wantEqual(t, "links of e228", byKey["e228"], []integration.Link{newLink(id(1), "e228", 228)})
		byRef, err := s.GetLinks(t.Context(), append(refs, refs...))
		if err != nil || len(byRef) != 115 {
			t.Errorf("by campaign: %d of 115, %v", len(byRef), err)
		}
		wantEqual(t, "link of campaign 2", byRef[ref(id(1), 2)], newLink(id(1), "e2", 2))
	}},
	{"reads of nothing", func(t *testing.T, s integration.Store) {
		byKey, err := s.LinksByExperiment(t.Context(), nil)
		if err != nil || len(byKey) != 0 {
			t.Errorf("by experiment: %v, %v", byKey, err)
		}
		byRef, err := s.GetLinks(t.Context(), nil)
		if err != nil || len(byRef) != 0 {
			t.Errorf("by campaign: %v, %v", byRef, err)
		}
	}},
}

func testLinkLimit(t *testing.T, s integration.Store) {
	if testing.Short() {
		t.Skip("makes a thousand links")
	}
	mustCreate(t, s, id(1), id(2))
	for n := range integration.MaxLinksPerExperiment {
		mustLink(t, s, newLink(id(1+n%2), "a", n))
	}
	over := newLink(id(1), "a", integration.MaxLinksPerExperiment)
	_, _, err := s.CreateLink(t.Context(), over)
	wantCode(t, err, integration.CodeConflict)
	if _, created, err := s.CreateLink(t.Context(), newLink(id(1), "a", 0)); err != nil || created {
		t.Errorf("a link that is there: created %t, %v", created, err)
	}
	mustLink(t, s, newLink(id(1), "b", integration.MaxLinksPerExperiment+1))
	wantIndexed(t, s, integration.MaxLinksPerExperiment, "a")
	if err := s.DeleteLink(t.Context(), id(2), campaignID(1)); err != nil {
		t.Fatal(err)
	}
	mustLink(t, s, over)
	if err := s.DeleteIntegration(t.Context(), id(1), 0); err != nil {
		t.Fatal(err)
	}
	wantIndexed(t, s, integration.MaxLinksPerExperiment/2-1, "a")
}

func listLinks(t *testing.T, s integration.Store, integrationID string, f integration.LinkFilter) func(integration.Page) (integration.List[integration.Link], error) {
	return func(p integration.Page) (integration.List[integration.Link], error) {
		return s.ListLinks(t.Context(), integrationID, f, p)
	}
}

// wantLinks checks that the three ways to read links show these and no others of
// the integrations 1 and 2.
func wantLinks(t *testing.T, s integration.Store, want ...integration.Link) {
	t.Helper()
	var listed []integration.Link
	for _, owner := range []string{id(1), id(2)} {
		listed = append(listed, walk(t, 100, listLinks(t, s, owner, integration.LinkFilter{}), nil)...)
	}
	wantEqual(t, "listed", listed, want)

	byRef := map[integration.CampaignRef]integration.Link{}
	byKey := map[string][]integration.Link{}
	var refs []integration.CampaignRef
	for n := range 10 {
		refs = append(refs, ref(id(1), n), ref(id(2), n))
	}
	keys := []string{"a", "b", "checkout"}
	for _, l := range want {
		byRef[integration.CampaignRef{IntegrationID: l.IntegrationID, CampaignID: l.CampaignID}] = l
		byKey[l.ExperimentKey] = append(byKey[l.ExperimentKey], l)
		keys = append(keys, l.ExperimentKey)
	}
	gotRefs, err := s.GetLinks(t.Context(), refs)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "by campaign", gotRefs, byRef)
	gotKeys, err := s.LinksByExperiment(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "by experiment", gotKeys, byKey)
}

// wantIndexed checks how many links these experiments have together.
func wantIndexed(t *testing.T, s integration.Store, want int, keys ...string) {
	t.Helper()
	links, err := s.LinksByExperiment(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for _, l := range links {
		got += len(l)
	}
	if got != want {
		t.Errorf("the experiments %v have %d links, want %d", keys, got, want)
	}
}
