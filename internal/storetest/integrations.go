package storetest

import (
	"sync/atomic"
	"testing"

	"salesforce-integration/internal/integration"
)

var integrationTests = []test{
	{"create stores version 1", func(t *testing.T, s integration.Store) {
		got, err := s.CreateIntegration(t.Context(), newIntegration(id(1)))
		if err != nil {
			t.Fatal(err)
		}
		want := newIntegration(id(1))
		want.Version = 1
		wantEqual(t, "created", got, want)
		stored, err := s.GetIntegration(t.Context(), id(1))
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "stored", stored, want)
	}},
	{"create refuses an id that exists, or a version that does not", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		again := newIntegration(id(1))
		again.Name = "other"
		_, err := s.CreateIntegration(t.Context(), again)
		wantCode(t, err, integration.CodeConflict)
		again.Version = 1
		_, err = s.CreateIntegration(t.Context(), again)
		wantCode(t, err, integration.CodeConflict)
		stored, err := s.GetIntegration(t.Context(), id(1))
		if err != nil || stored.Name != newIntegration(id(1)).Name || stored.Version != 1 {
			t.Errorf("the refused one left a trace: %+v, %v", stored, err)
		}
		other := newIntegration(id(2))
		other.Version = 3
		_, err = s.CreateIntegration(t.Context(), other)
		wantCode(t, err, integration.CodeConflict)
	}},
	{"create refuses an empty id", func(t *testing.T, s integration.Store) {
		_, err := s.CreateIntegration(t.Context(), newIntegration(""))
		wantInvalid(t, err, "id")
	}},
	{"of concurrent creates one wins", func(t *testing.T, s integration.Store) {
		var won atomic.Int32
		race(8, func(int) {
			_, err := s.CreateIntegration(t.Context(), newIntegration(id(1)))
			if err == nil {
				won.Add(1)
			} else {
				wantCode(t, err, integration.CodeConflict)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d creates won", won.Load())
		}
	}},
	{"get of an unknown id", func(t *testing.T, s integration.Store) {
		for _, unknown := range []string{id(1), "", "../x", string(make([]byte, 5000))} {
			_, err := s.GetIntegration(t.Context(), unknown)
			wantCode(t, err, integration.CodeNotFound)
		}
	}},
	{"get many leaves out what is not there", func(t *testing.T, s integration.Store) {
		var ids []string
		for n := range 230 {
			ids = append(ids, id(n))
			if n%2 == 0 {
				mustCreate(t, s, id(n))
			}
		}
		got, err := s.GetIntegrations(t.Context(), append(ids, ids[0], ""))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 115 || got[id(228)].ID != id(228) || got[id(0)].Name != "CRM "+id(0) {
			t.Errorf("got %d of 115 integrations", len(got))
		}
		none, err := s.GetIntegrations(t.Context(), nil)
		if err != nil || len(none) != 0 {
			t.Errorf("of no ids: %v, %v", none, err)
		}
	}},
	{"list newest first, in parts", func(t *testing.T, s integration.Store) {
		var want []string
		for n := 6; n >= 0; n-- {
			want = append(want, id(n))
		}
		mustCreate(t, s, id(3), id(0), id(6), id(1), id(5), id(2), id(4))
		for _, limit := range []int{1, 3, 7, 100} {
			wantEqual(t, "ids", ids(walk(t, limit, listIntegrations(t, s), nil)), want)
		}
	}},
	{"list stays in order while others write", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1), id(2), id(3), id(4))
		next := 5
		got := walk(t, 1, listIntegrations(t, s), func() {
			mustCreate(t, s, id(next)) // newer: belongs before what was read already
			if next == 5 {
				if err := s.DeleteIntegration(t.Context(), id(4), 0); err != nil { // the cursor's own row
					t.Fatal(err)
				}
			}
			next++
		})
		wantEqual(t, "ids", ids(got), []string{id(4), id(3), id(2), id(1)})
	}},
	{"list of nothing", func(t *testing.T, s integration.Store) {
		if got := walk(t, 10, listIntegrations(t, s), nil); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	}},
	{"list ends without a last empty part", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1), id(2))
		l, err := s.ListIntegrations(t.Context(), integration.Page{Limit: 2})
		if err != nil || len(l.Items) != 2 || l.NextCursor != "" {
			t.Errorf("got %d items, cursor %q, %v", len(l.Items), l.NextCursor, err)
		}
	}},
	{"list refuses bad pages", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1), id(2))
		badPages(t, listIntegrations(t, s))
		mustLink(t, s, newLink(id(1), "a", 1), newLink(id(1), "a", 2))
		links, err := listLinks(t, s, id(1), integration.LinkFilter{})(integration.Page{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.ListIntegrations(t.Context(), integration.Page{Limit: 1, Cursor: links.NextCursor})
		wantInvalid(t, err, "cursor")
	}},
	{"update counts versions", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		i, err := s.GetIntegration(t.Context(), id(1))
		if err != nil {
			t.Fatal(err)
		}
		i.Name, i.Active, i.Description, i.OrgID = "renamed", false, "", "00Dxx0000001gEREAY"
		updated, err := s.UpdateIntegration(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		i.Version = 2
		wantEqual(t, "updated", updated, i)
		stored, err := s.GetIntegration(t.Context(), id(1))
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "stored", stored, i)
	}},
	{"update refuses a version that is not the stored one", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		for _, version := range []int64{0, 2, 17} {
			i := newIntegration(id(1))
			i.Version = version
			_, err := s.UpdateIntegration(t.Context(), i)
			wantCode(t, err, integration.CodeConflict)
		}
	}},
	{"update of an unknown id", func(t *testing.T, s integration.Store) {
		for _, unknown := range []string{id(1), ""} {
			for _, version := range []int64{0, 1} {
				i := newIntegration(unknown)
				i.Version = version
				_, err := s.UpdateIntegration(t.Context(), i)
				wantCode(t, err, integration.CodeNotFound)
			}
		}
	}},
	{"of concurrent updates one wins", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		i := newIntegration(id(1))
		i.Version = 1
		var won atomic.Int32
		race(8, func(int) {
			_, err := s.UpdateIntegration(t.Context(), i)
			if err == nil {
				won.Add(1)
			} else {
				wantCode(t, err, integration.CodeConflict)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d updates won", won.Load())
		}
	}},
	{"delete sweeps everything but the log", testDeleteSweeps},
	{"delete refuses a version that is not the stored one", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		mustLink(t, s, newLink(id(1), "a", 1))
		for _, version := range []int64{2, 17, -1} {
			wantCode(t, s.DeleteIntegration(t.Context(), id(1), version), integration.CodeConflict)
		}
		if left := walk(t, 100, listLinks(t, s, id(1), integration.LinkFilter{}), nil); len(left) != 1 {
			t.Errorf("a refused deletion left %d of 1 links", len(left))
		}
		if err := s.DeleteIntegration(t.Context(), id(1), 1); err != nil {
			t.Fatal(err)
		}
		_, err := s.GetIntegration(t.Context(), id(1))
		wantCode(t, err, integration.CodeNotFound)
		wantCode(t, s.DeleteIntegration(t.Context(), id(1), 1), integration.CodeNotFound)
	}},
	{"of a deletion and a change of one version one wins", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		var won atomic.Int32
		race(8, func(n int) {
			var err error
			if n%2 == 0 {
				err = s.DeleteIntegration(t.Context(), id(1), 1)
			} else {
				i := newIntegration(id(1))
				i.Version = 1
				_, err = s.UpdateIntegration(t.Context(), i)
			}
			if err == nil {
				won.Add(1)
			} else if code := integration.ErrorCode(err); code != integration.CodeConflict && code != integration.CodeNotFound {
				t.Errorf("a loser hears %v", err)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d won", won.Load())
		}
	}},
	{"delete leaves no link of a concurrent create", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		race(9, func(n int) {
			if n == 4 {
				if err := s.DeleteIntegration(t.Context(), id(1), 0); err != nil {
					t.Errorf("delete: %v", err)
				}
				return
			}
			if _, _, err := s.CreateLink(t.Context(), newLink(id(1), "a", n)); err != nil {
				wantCode(t, err, integration.CodeNotFound)
			}
		})
		if left := walk(t, 100, listLinks(t, s, id(1), integration.LinkFilter{}), nil); len(left) != 0 {
			t.Errorf("%d links are left", len(left))
		}
		byExperiment, err := s.LinksByExperiment(t.Context(), []string{"a"})
		if err != nil || len(byExperiment) != 0 {
			t.Errorf("by experiment: %v, %v", byExperiment, err)
		}
	}},
	{"a value handed in or out is a copy", func(t *testing.T, s integration.Store) {
		in := newIntegration(id(1))
		out, err := s.CreateIntegration(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		in.SealedCredentials[0], out.SealedCredentials[1] = 'X', 'X'
		read, err := s.GetIntegration(t.Context(), id(1))
		if err != nil || string(read.SealedCredentials) != "sealed" {
			t.Errorf("read %q, %v", read.SealedCredentials, err)
		}
	}},
	{"a context that is over is CodeUnavailable", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		_, err := s.GetIntegration(cancelled(t), id(1))
		wantCode(t, err, integration.CodeUnavailable)
		_, err = s.CreateIntegration(cancelled(t), newIntegration(id(2)))
		wantCode(t, err, integration.CodeUnavailable)
	}},
}

func testDeleteSweeps(t *testing.T, s integration.Store) {
	mustCreate(t, s, id(1), id(2))
	var units []integration.Unit
	for n := range 130 {
		mustLink(t, s, newLink(id(1), []string{"a", "b", "c"}[n%3], n))
		units = append(units, integration.Unit{Delivery: newDelivery(n), Campaign: newCampaign(id(1), n)})
	}
	mustCommit(t, s, units...)
	mustLink(t, s, newLink(id(2), "a", 1))
	mustCommit(t, s, integration.Unit{Campaign: newCampaign(id(2), 1)})
	for _, owner := range []string{id(1), id(2)} {
		if _, err := s.SwapToken(t.Context(), integration.TokenRecord{IntegrationID: owner}); err != nil {
			t.Fatal(err)
		}
	}

	if err := s.DeleteIntegration(t.Context(), id(1), 0); err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.DeleteIntegration(t.Context(), id(1), 0), integration.CodeNotFound)

	_, err := s.GetIntegration(t.Context(), id(1))
	wantCode(t, err, integration.CodeNotFound)
	_, err = s.GetToken(t.Context(), id(1))
	wantCode(t, err, integration.CodeNotFound)
	if left := walk(t, 100, listLinks(t, s, id(1), integration.LinkFilter{}), nil); len(left) != 0 {
		t.Errorf("%d links are left", len(left))
	}
	campaigns, err := getCampaigns(t, s, []integration.CampaignRef{ref(id(1), 1), ref(id(1), 129), ref(id(2), 1)})
	if err != nil || len(campaigns) != 1 || campaigns[ref(id(2), 1)].EventID != "event" {
		t.Errorf("campaigns left: %v, %v", campaigns, err)
	}
	links, err := s.LinksByExperiment(t.Context(), []string{"a", "b", "c"})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "links by experiment", links, map[string][]integration.Link{"a": {newLink(id(2), "a", 1)}})
	deliveries, err := s.GetDeliveries(t.Context(), []string{id(0), id(129)})
	if err != nil || len(deliveries) != 2 {
		t.Errorf("%d of 2 deliveries are left, %v", len(deliveries), err)
	}
	if _, err := s.GetToken(t.Context(), id(2)); err != nil {
		t.Errorf("the other integration's token: %v", err)
	}
}

func listIntegrations(t *testing.T, s integration.Store) func(integration.Page) (integration.List[integration.Integration], error) {
	return func(p integration.Page) (integration.List[integration.Integration], error) {
		return s.ListIntegrations(t.Context(), p)
	}
}

func ids(is []integration.Integration) []string {
	var all []string
	for _, i := range is {
		all = append(all, i.ID)
	}
	return all
}

// badPages checks what every list refuses.
func badPages[T any](t *testing.T, read func(integration.Page) (integration.List[T], error)) {
	t.Helper()
	for name, cursor := range badCursors() {
		t.Run("cursor that is "+name, func(t *testing.T) {
			_, err := read(integration.Page{Limit: 1, Cursor: cursor})
			wantInvalid(t, err, "cursor")
		})
	}
	for _, limit := range []int{-1, 0, 101} {
		_, err := read(integration.Page{Limit: limit})
		wantInvalid(t, err, "limit")
	}
}
