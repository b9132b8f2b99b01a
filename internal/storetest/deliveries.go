package storetest

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"

	"salesforce-integration/internal/integration"
)

var deliveryTests = []test{
	{"commit stores a delivery, a campaign, or both", func(t *testing.T, s integration.Store) {
		units := []integration.Unit{
			{Delivery: newDelivery(1)},
			{Campaign: newCampaign(id(1), 2)},
			{Delivery: newDelivery(3), Campaign: newCampaign(id(1), 3)},
			{},
		}
		results := mustCommit(t, s, units...)
		for n, r := range results {
			wantStored(t, s, r, units[n], 1)
		}
	}},
	{"commit of nothing", func(t *testing.T, s integration.Store) {
		commit(t, s)
	}},
	{"commit counts versions", func(t *testing.T, s integration.Store) {
		u := integration.Unit{Delivery: newDelivery(1), Campaign: newCampaign(id(1), 1)}
		for version := range int64(4) {
			u.Delivery.Attempts = int(version)
			r := mustCommit(t, s, u)[0]
			wantStored(t, s, r, u, version+1)
			u = integration.Unit{Delivery: r.Delivery, Campaign: r.Campaign}
		}
	}},
	{"a new row loses against a stored one", func(t *testing.T, s integration.Store) {
		for _, one := range []bool{true, false} {
			t.Run(fmt.Sprintf("alone=%t", one), func(t *testing.T) {
				n := 10
				if one {
					n = 20
				}
				stored := mustCommit(t, s, integration.Unit{Delivery: newDelivery(n)}, integration.Unit{Campaign: newCampaign(id(1), n)})
				d, c := newDelivery(n), newCampaign(id(1), n)
				d.Attempts, c.EventID = 9, "other"
				var lost []integration.UnitResult
				if one {
					lost = append(commit(t, s, integration.Unit{Delivery: d}), commit(t, s, integration.Unit{Campaign: c})...)
				} else {
					lost = commit(t, s, integration.Unit{Delivery: d}, integration.Unit{Campaign: c})
				}
				wantEqual(t, "results", lost, []integration.UnitResult{
					{Delivery: stored[0].Delivery}, {Campaign: stored[1].Campaign},
				})
			})
		}
	}},
	{"a stale or a future version loses", func(t *testing.T, s integration.Store) {
		u := integration.Unit{Delivery: newDelivery(1), Campaign: newCampaign(id(1), 1)}
		mustCommit(t, s, u)
		u.Delivery.Version, u.Campaign.Version = 1, 1
		second := mustCommit(t, s, u)[0]
		for _, version := range []int64{0, 1, 3} {
			d, c := newDelivery(1), newCampaign(id(1), 1)
			d.Version, c.Version = version, version
			d.Attempts, c.EventID = 9, "other"
			got := commit(t, s, integration.Unit{Delivery: d})
			got = append(got, commit(t, s, integration.Unit{Campaign: c})...)
			got = append(got, commit(t, s, integration.Unit{Delivery: d, Campaign: c})...)
			wantEqual(t, fmt.Sprintf("with version %d", version), got, []integration.UnitResult{
				{Delivery: second.Delivery}, {Campaign: second.Campaign}, {Delivery: second.Delivery, Campaign: second.Campaign},
			})
		}
	}},
	{"a version of a row that is not there loses", func(t *testing.T, s integration.Store) {
		d, c := newDelivery(1), newCampaign(id(1), 1)
		d.Version, c.Version = 4, 4
		for _, u := range []integration.Unit{{Delivery: d}, {Campaign: c}, {Delivery: d, Campaign: c}} {
			wantEqual(t, "result", commit(t, s, u), []integration.UnitResult{{}})
		}
		wantAbsent(t, s)
	}},
	{"a unit is stored whole or not at all", func(t *testing.T, s integration.Store) {
		taken := mustCommit(t, s, integration.Unit{Campaign: newCampaign(id(1), 1)}, integration.Unit{Delivery: newDelivery(2)})

		got := commit(t, s, integration.Unit{Delivery: newDelivery(1), Campaign: newCampaign(id(1), 1)})
		wantEqual(t, "the campaign is taken", got, []integration.UnitResult{{Campaign: taken[0].Campaign}})
		got = commit(t, s, integration.Unit{Delivery: newDelivery(2), Campaign: newCampaign(id(1), 2)})
		wantEqual(t, "the delivery is taken", got, []integration.UnitResult{{Delivery: taken[1].Delivery}})

		fits := *taken[1].Delivery // its version fits, the campaign's does not
		fits.Attempts = 9
		got = commit(t, s, integration.Unit{Delivery: &fits, Campaign: newCampaign(id(1), 1)})
		wantEqual(t, "both are stored", got, []integration.UnitResult{{Delivery: taken[1].Delivery, Campaign: taken[0].Campaign}})

		deliveries, err := s.GetDeliveries(t.Context(), []string{id(1), id(2)})
		if err != nil || len(deliveries) != 1 || deliveries[id(2)].Version != 1 {
			t.Errorf("deliveries: %v, %v", deliveries, err)
		}
	}},
	{"units fail on their own, in a commit of 250", func(t *testing.T, s integration.Store) {
		taken := map[int]integration.UnitResult{}
		for _, n := range []int{0, 57, 58, 99, 100, 181, 249} {
			taken[n] = mustCommit(t, s, integration.Unit{Campaign: newCampaign(id(1), n)})[0]
		}
		var units []integration.Unit
		var all []string
		for n := range 250 {
			units = append(units, integration.Unit{Delivery: newDelivery(n), Campaign: newCampaign(id(1), n)})
			all = append(all, id(n))
		}
		for n, r := range commit(t, s, units...) {
			before, lost := taken[n]
			switch {
			case r.Committed == lost:
				t.Errorf("unit %d: committed %t", n, r.Committed)
			case lost:
				wantEqual(t, fmt.Sprintf("unit %d", n), r, integration.UnitResult{Campaign: before.Campaign})
			case r.Delivery.ID != id(n) || r.Delivery.Version != 1 || r.Campaign.CampaignRef != ref(id(1), n) || r.Campaign.Version != 1:
				t.Errorf("unit %d holds %+v and %+v", n, r.Delivery, r.Campaign)
			}
		}
		stored, err := s.GetDeliveries(t.Context(), all)
		if err != nil || len(stored) != 250-len(taken) {
			t.Errorf("%d deliveries are stored, %v", len(stored), err)
		}
	}},
	{"of concurrent commits to a campaign one wins", func(t *testing.T, s integration.Store) {
		var won atomic.Int32
		race(8, func(n int) {
			c := newCampaign(id(1), 1)
			c.ClaimedBy = id(n)
			results, err := s.Commit(t.Context(), []integration.Unit{{Delivery: newDelivery(n), Campaign: c}})
			switch {
			case err != nil:
				t.Errorf("commit %d: %v", n, err)
			case results[0].Committed:
				won.Add(1)
			case results[0].Campaign == nil || results[0].Campaign.ClaimedBy == id(n) || results[0].Delivery != nil:
				t.Errorf("loser %d sees %+v, %+v", n, results[0].Campaign, results[0].Delivery)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d commits won", won.Load())
		}
	}},
	{"of identical concurrent commits one wins", func(t *testing.T, s integration.Store) {
		var won atomic.Int32
		race(8, func(int) {
			results, err := s.Commit(t.Context(), []integration.Unit{{Delivery: newDelivery(1)}})
			if err != nil {
				t.Errorf("commit: %v", err)
			} else if results[0].Committed {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d commits won", won.Load())
		}
	}},
	{"concurrent batches that overlap", func(t *testing.T, s integration.Store) {
		const rows, writers = 40, 4
		wins := make([]atomic.Int32, rows)
		race(writers, func(w int) {
			var units []integration.Unit
			for n := range rows {
				at := (n*7 + w*11) % rows // each writer in an order of its own
				units = append(units, integration.Unit{Delivery: newDelivery(at), Campaign: newCampaign(id(1), at)})
			}
			results, err := s.Commit(t.Context(), units)
			if err != nil {
				t.Errorf("commit: %v", err)
				return
			}
			for n, r := range results {
				if r.Committed {
					wins[(n*7+w*11)%rows].Add(1)
				} else if r.Delivery == nil || r.Campaign == nil {
					t.Errorf("a loser does not see what is stored")
				}
			}
		})
		for n := range wins {
			if wins[n].Load() != 1 {
				t.Errorf("delivery %d was stored by %d commits", n, wins[n].Load())
			}
		}
	}},
	{"a hundred payloads of 60 KB", func(t *testing.T, s integration.Store) {
		var units []integration.Unit
		var all []string
		for n := range 100 {
			d := newDelivery(n)
			d.Payload = bytes.Repeat([]byte{byte(n)}, 60_000)
			units, all = append(units, integration.Unit{Delivery: d}), append(all, d.ID)
		}
		mustCommit(t, s, units...)
		wantPayloads(t, s, all, 60_000)
		lost := commit(t, s, units...)
		for n, r := range lost {
			if r.Committed || r.Delivery == nil || !bytes.Equal(r.Delivery.Payload, units[n].Delivery.Payload) {
				t.Fatalf("unit %d again: committed %t", n, r.Committed)
			}
		}
	}},
	{"payloads of the largest size", func(t *testing.T, s integration.Store) {
		var units []integration.Unit
		var all []string
		for n := range 20 {
			d := newDelivery(n)
			d.Payload = bytes.Repeat([]byte{byte(n)}, integration.MaxPayload)
			units, all = append(units, integration.Unit{Delivery: d}), append(all, d.ID)
		}
		mustCommit(t, s, units...)
		wantPayloads(t, s, all, integration.MaxPayload)
	}},
	{"a payload too long is refused before anything is stored", func(t *testing.T, s integration.Store) {
		d := newDelivery(2)
		d.Payload = make([]byte, integration.MaxPayload+1)
		_, err := s.Commit(t.Context(), []integration.Unit{{Delivery: newDelivery(1)}, {Delivery: d}})
		wantInvalid(t, err, "payload")
		wantAbsent(t, s)
	}},
	{"two units of one row are a bug of the caller", func(t *testing.T, s integration.Store) {
		for name, units := range map[string][]integration.Unit{
			"delivery": {{Delivery: newDelivery(1)}, {Delivery: newDelivery(1), Campaign: newCampaign(id(1), 1)}},
			"campaign": {{Delivery: newDelivery(1), Campaign: newCampaign(id(1), 1)}, {Campaign: newCampaign(id(1), 1)}},
			"empty":    {{Delivery: newDelivery(1)}, {Delivery: &integration.Delivery{}}},
			"nobody's": {{Delivery: newDelivery(1)}, {Campaign: newCampaign("", 1)}},
		} {
			_, err := s.Commit(t.Context(), units)
			if integration.ErrorCode(err) != integration.CodeInternal {
				t.Errorf("%s: %v", name, err)
			}
		}
		wantAbsent(t, s)
	}},
	{"get many leaves out what is not there", func(t *testing.T, s integration.Store) {
		var units []integration.Unit
		ids, refs := []string{"", "unknown"}, []integration.CampaignRef{{}}
		for n := range 230 {
			ids, refs = append(ids, id(n), id(n)), append(refs, ref(id(1), n), ref(id(1), n))
			if n%2 == 0 {
				units = append(units, integration.Unit{Delivery: newDelivery(n), Campaign: newCampaign(id(1), n)})
			}
		}
		mustCommit(t, s, units...)
		deliveries, err := s.GetDeliveries(t.Context(), ids)
		if err != nil || len(deliveries) != 115 || deliveries[id(228)].CampaignID != campaignID(228) {
			t.Errorf("%d of 115 deliveries, %v", len(deliveries), err)
		}
		campaigns, err := getCampaigns(t, s, refs)
		if err != nil || len(campaigns) != 115 || campaigns[ref(id(1), 228)].EventID != "event" {
			t.Errorf("%d of 115 campaigns, %v", len(campaigns), err)
		}
		if deliveries, err = s.GetDeliveries(t.Context(), nil); err != nil || len(deliveries) != 0 {
			t.Errorf("of no ids: %v, %v", deliveries, err)
		}
		if campaigns, err = getCampaigns(t, s, nil); err != nil || len(campaigns) != 0 {
			t.Errorf("of no refs: %v, %v", campaigns, err)
		}
	}},
	{"rows of several kinds are read at once", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		var units []integration.Unit
		var k integration.Keys
		for n := range 60 {
			k.Deliveries = append(k.Deliveries, id(n), id(n), "unknown")
			k.Links, k.Campaigns, k.Seen = append(k.Links, ref(id(1), n)), append(k.Campaigns, ref(id(1), n)), append(k.Seen, ref(id(1), n))
			switch n % 4 {
			case 0:
				units = append(units, integration.Unit{Delivery: newDelivery(n)})
			case 1:
				mustLink(t, s, newLink(id(1), "a", n))
			case 2:
				units = append(units, integration.Unit{Campaign: newCampaign(id(1), n)})
			case 3:
				units = append(units, integration.Unit{Seen: newSeen(id(1), n)})
			}
		}
		mustCommit(t, s, units...)
		rows, err := s.Read(t.Context(), k)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "how many of each kind", []int{len(rows.Deliveries), len(rows.Links), len(rows.Campaigns), len(rows.Seen)}, []int{15, 15, 15, 15})
		wantEqual(t, "one of each kind",
			[]string{rows.Deliveries[id(4)].ID, rows.Links[ref(id(1), 5)].CampaignID, rows.Campaigns[ref(id(1), 6)].CampaignID, rows.Seen[ref(id(1), 7)].CampaignID},
			[]string{id(4), campaignID(5), campaignID(6), campaignID(7)})
		if rows, err = s.Read(t.Context(), integration.Keys{}); err != nil || len(rows.Deliveries)+len(rows.Links)+len(rows.Campaigns)+len(rows.Seen) != 0 {
			t.Errorf("of no keys: %+v, %v", rows, err)
		}
		_, err = s.Read(cancelled(t), k)
		wantCode(t, err, integration.CodeUnavailable)
	}},
	{"a value handed in or out is a copy", func(t *testing.T, s integration.Store) {
		in := newDelivery(1)
		in.History = []integration.Transition{{At: t0(), Status: integration.StatusPending}}
		out := mustCommit(t, s, integration.Unit{Delivery: in})[0].Delivery
		for _, d := range []*integration.Delivery{in, out} {
			d.Payload[0], d.History[0].Detail = 'X', "changed"
		}
		read, err := s.GetDeliveries(t.Context(), []string{id(1)})
		if err != nil || read[id(1)].Payload[0] != '{' || read[id(1)].History[0].Detail != "" {
			t.Errorf("read %+v, %v", read[id(1)], err)
		}
		if in.Version != 0 {
			t.Error("Commit changed the caller's delivery")
		}
	}},
	{"a context that is over is CodeUnavailable", func(t *testing.T, s integration.Store) {
		_, err := s.Commit(cancelled(t), []integration.Unit{{Delivery: newDelivery(1)}, {Delivery: newDelivery(2)}})
		wantCode(t, err, integration.CodeUnavailable)
		_, err = s.GetDeliveries(cancelled(t), []string{id(1)})
		wantCode(t, err, integration.CodeUnavailable)
		wantAbsent(t, s)
	}},
}

func getCampaigns(t *testing.T, s integration.Store, refs []integration.CampaignRef) (map[integration.CampaignRef]integration.Campaign, error) {
	t.Helper()
	rows, err := s.Read(t.Context(), integration.Keys{Campaigns: refs})
	return rows.Campaigns, err
}

func getSeen(t *testing.T, s integration.Store, refs []integration.CampaignRef) (map[integration.CampaignRef]integration.Seen, error) {
	t.Helper()
	rows, err := s.Read(t.Context(), integration.Keys{Seen: refs})
	return rows.Seen, err
}

// wantStored checks a committed unit's result and what a read then returns.
func wantStored(t *testing.T, s integration.Store, r integration.UnitResult, u integration.Unit, version int64) {
	t.Helper()
	want := integration.UnitResult{Committed: true}
	if u.Delivery != nil {
		d := *u.Delivery
		d.Version = version
		want.Delivery = &d
		read, err := s.GetDeliveries(t.Context(), []string{d.ID})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "the delivery read", read, map[string]integration.Delivery{d.ID: d})
	}
	if u.Campaign != nil {
		c := *u.Campaign
		c.Version = version
		want.Campaign = &c
		read, err := getCampaigns(t, s, []integration.CampaignRef{c.CampaignRef})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "the campaign read", read, map[integration.CampaignRef]integration.Campaign{c.CampaignRef: c})
	}
	if u.Seen != nil {
		v := *u.Seen
		v.Version = version
		want.Seen = &v
		read, err := getSeen(t, s, []integration.CampaignRef{v.CampaignRef})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "what was seen, read", read, map[integration.CampaignRef]integration.Seen{v.CampaignRef: v})
	}
	wantEqual(t, "result", r, want)
}

// wantAbsent checks that delivery 1 and its campaign are not stored.
func wantAbsent(t *testing.T, s integration.Store) {
	t.Helper()
	const n = 1
	d, err := s.GetDeliveries(t.Context(), []string{id(n)})
	if err != nil || len(d) != 0 {
		t.Errorf("delivery %d is stored (%d), %v", n, len(d), err)
	}
	c, err := getCampaigns(t, s, []integration.CampaignRef{ref(id(1), n)})
	if err != nil || len(c) != 0 {
		t.Errorf("campaign %d is stored (%d), %v", n, len(c), err)
	}
}

func wantPayloads(t *testing.T, s integration.Store, ids []string, size int) {
	t.Helper()
	stored, err := s.GetDeliveries(t.Context(), ids)
	if err != nil || len(stored) != len(ids) {
		t.Fatalf("%d of %d deliveries are stored, %v", len(stored), len(ids), err)
	}
	for n, id := range ids {
		if !bytes.Equal(stored[id].Payload, bytes.Repeat([]byte{byte(n)}, size)) {
			t.Errorf("payload %d has %d bytes", n, len(stored[id].Payload))
		}
	}
}
