package storetest

import (
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"salesforce-integration/internal/integration"
)

func newSeen(integrationID string, n int) *integration.Seen {
	return &integration.Seen{
		CampaignRef: ref(integrationID, n), ExperimentKey: "a", LinkedAt: t0(), Status: "Completed", At: t0().Add(time.Minute),
		RequestID: id(n), RequestedAt: t0().Add(time.Hour), Dealt: integration.DealtOff,
	}
}

func wantSeen(t *testing.T, s integration.Store, want map[integration.CampaignRef]integration.Seen, refs ...integration.CampaignRef) {
	t.Helper()
	got, err := getSeen(t, s, refs)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "what was seen", got, want)
}

var seenTests = []test{
	{"it is stored alone, or with a delivery", func(t *testing.T, s integration.Store) {
		alone, both := integration.Unit{Seen: newSeen(id(1), 1)}, integration.Unit{Delivery: newDelivery(2), Seen: newSeen(id(1), 2)}
		results := mustCommit(t, s, alone, both)
		wantStored(t, s, results[0], alone, 1)
		wantStored(t, s, results[1], both, 1)
	}},
	{"it is another row than the campaign", func(t *testing.T, s integration.Store) {
		u := integration.Unit{Campaign: newCampaign(id(1), 1), Seen: newSeen(id(1), 1)}
		wantStored(t, s, mustCommit(t, s, u)[0], u, 1)
		c := newCampaign(id(1), 1)
		c.Version = 1
		mustCommit(t, s, integration.Unit{Campaign: c})
		v := newSeen(id(1), 1)
		v.Version, v.Accounted = 1, true
		u = integration.Unit{Seen: v}
		wantStored(t, s, mustCommit(t, s, u)[0], u, 2)
	}},
	{"its delivery is stored only with it", func(t *testing.T, s integration.Store) {
		stored := mustCommit(t, s, integration.Unit{Seen: newSeen(id(1), 1)})[0].Seen
		for name, version := range map[string]int64{"new": 0, "of the future": 2} {
			v := newSeen(id(1), 1)
			v.Version, v.Status = version, "other"
			got := commit(t, s, integration.Unit{Delivery: newDelivery(1), Seen: v}, integration.Unit{Delivery: newDelivery(3)})
			wantEqual(t, name, got[0], integration.UnitResult{Seen: stored})
			wantAbsent(t, s)
		}
	}},
	{"alone it is stored over what was read only", func(t *testing.T, s integration.Store) {
		stored := mustCommit(t, s, integration.Unit{Seen: newSeen(id(1), 1)})[0].Seen
		for name, version := range map[string]int64{"new": 0, "of the future": 2} {
			v := newSeen(id(1), 1)
			v.Version, v.ExperimentKey = version, "b"
			wantEqual(t, name, commit(t, s, integration.Unit{Seen: v})[0], integration.UnitResult{Seen: stored})
		}
		wantSeen(t, s, map[integration.CampaignRef]integration.Seen{stored.CampaignRef: *stored}, stored.CampaignRef)
	}},
	{"of many at once, over the same row, one is stored", func(t *testing.T, s integration.Store) {
		for _, version := range []int64{0, 1} {
			results := make([]integration.UnitResult, 8)
			var writers errgroup.Group
			for n := range results {
				writers.Go(func() error {
					v, d := newSeen(id(1), 1), newDelivery(100*int(version)+n)
					v.Version, v.RequestID = version, d.ID
					got, err := s.Commit(t.Context(), []integration.Unit{{Delivery: d, Seen: v}})
					if err == nil {
						results[n] = got[0]
					}
					return err
				})
			}
			if err := writers.Wait(); err != nil {
				t.Fatal(err)
			}
			stored := map[integration.CampaignRef]integration.Seen{}
			for _, r := range results {
				if r.Committed {
					if len(stored) > 0 {
						t.Errorf("stored twice over version %d", version)
					}
					stored[r.Seen.CampaignRef] = *r.Seen
				}
			}
			wantSeen(t, s, stored, ref(id(1), 1))
		}
	}},
	{"two units of one row are a bug of the caller", func(t *testing.T, s integration.Store) {
		for _, units := range [][]integration.Unit{
			{{Seen: newSeen(id(1), 1)}, {Seen: newSeen(id(1), 1)}},
			{{Seen: newSeen("", 1)}},
		} {
			_, err := s.Commit(t.Context(), units)
			wantCode(t, err, integration.CodeInternal)
		}
		wantSeen(t, s, map[integration.CampaignRef]integration.Seen{}, ref(id(1), 1))
	}},
	{"it goes with its link", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		mustLink(t, s, newLink(id(1), "a", 1), newLink(id(1), "a", 2))
		kept := mustCommit(t, s, integration.Unit{Seen: newSeen(id(1), 1)}, integration.Unit{Seen: newSeen(id(1), 2)})[1].Seen
		if err := s.DeleteLink(t.Context(), id(1), campaignID(1)); err != nil {
			t.Fatal(err)
		}
		wantSeen(t, s, map[integration.CampaignRef]integration.Seen{kept.CampaignRef: *kept}, ref(id(1), 1), ref(id(1), 2), ref(id(1), 2), ref("", 3))
		mustCommit(t, s, integration.Unit{Seen: newSeen(id(1), 1)}) // it can begin anew
	}},
	{"it goes with its integration", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1), id(2))
		mustCommit(t, s, integration.Unit{Seen: newSeen(id(1), 1)})
		kept := mustCommit(t, s, integration.Unit{Seen: newSeen(id(2), 1)})[0].Seen
		if err := s.DeleteIntegration(t.Context(), id(1), 0); err != nil {
			t.Fatal(err)
		}
		wantSeen(t, s, map[integration.CampaignRef]integration.Seen{kept.CampaignRef: *kept}, ref(id(1), 1), ref(id(2), 1))
	}},
	{"many are read at once", func(t *testing.T, s integration.Store) {
		var units []integration.Unit
		var refs []integration.CampaignRef
		for n := range 230 {
			refs = append(refs, ref(id(1), n))
			if n%2 == 0 {
				units = append(units, integration.Unit{Delivery: newDelivery(n), Seen: newSeen(id(1), n)})
			}
		}
		mustCommit(t, s, units...)
		got, err := getSeen(t, s, refs)
		if err != nil || len(got) != 115 {
			t.Errorf("%d of 115, %v", len(got), err)
		}
	}},
}
