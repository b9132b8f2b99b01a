package storetest

import (
	"slices"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

var logTests = []test{
	{"newest first, in parts", func(t *testing.T, s integration.Store) {
		fillLog(t, s, 9)
		want := []string{id(8), id(7), id(6), id(5), id(4), id(3), id(2), id(1), id(0)}
		for _, limit := range []int{1, 2, 3, 9, 100} {
			wantEqual(t, "ids", readLog(t, s, integration.DeliveryFilter{}, limit), want)
		}
	}},
	{"of one instant by id backwards", func(t *testing.T, s integration.Store) {
		var units []integration.Unit
		for _, n := range []int{2, 4, 1, 3} {
			d := newDelivery(n)
			d.CreatedAt = t0()
			units = append(units, integration.Unit{Delivery: d})
		}
		older := newDelivery(9)
		older.CreatedAt = t0().Add(-time.Nanosecond)
		mustCommit(t, s, append(units, integration.Unit{Delivery: older})...)
		for _, limit := range []int{1, 3} {
			wantEqual(t, "ids", readLog(t, s, integration.DeliveryFilter{}, limit), []string{id(4), id(3), id(2), id(1), id(9)})
		}
	}},
	{"the order is of instants, whatever their zone and fraction", func(t *testing.T, s integration.Store) {
		zone := time.FixedZone("east", 5*3600)
		base := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		at := []time.Time{base.Add(-time.Hour), base, base.Add(time.Nanosecond).In(zone), base.Add(500 * time.Millisecond), base.Add(time.Second).In(zone)}
		var units []integration.Unit
		for n := range at {
			d := newDelivery(len(at) - n)
			d.CreatedAt = at[n]
			units = append(units, integration.Unit{Delivery: d})
		}
		mustCommit(t, s, units...)
		wantEqual(t, "ids", readLog(t, s, integration.DeliveryFilter{}, 2), []string{id(1), id(2), id(3), id(4), id(5)})
	}},
	{"a delivery keeps its place when it changes", func(t *testing.T, s integration.Store) {
		stored := fillLog(t, s, 3)
		d := stored[0]
		d.Status, d.UpdatedAt = integration.StatusDelivered, t0().Add(time.Hour)
		mustCommit(t, s, integration.Unit{Delivery: &d})
		wantEqual(t, "ids", readLog(t, s, integration.DeliveryFilter{}, 2), []string{id(2), id(1), id(0)})
		wantEqual(t, "delivered", readLog(t, s, integration.DeliveryFilter{Status: integration.StatusDelivered}, 2), []string{id(0)})
	}},
	{"stays in order while others write", func(t *testing.T, s integration.Store) {
		fillLog(t, s, 5)
		next := 5
		got := walk(t, 1, listLog(t, s, integration.DeliveryFilter{}), func() {
			mustCommit(t, s, integration.Unit{Delivery: newDelivery(next)})
			next++
		})
		wantEqual(t, "ids", deliveryIDs(got), []string{id(4), id(3), id(2), id(1), id(0)})
	}},
	{"what waits for its integration is a list of its own", testWaiting},
	{"campaigns are not in it", func(t *testing.T, s integration.Store) {
		mustCommit(t, s, integration.Unit{Campaign: newCampaign(id(1), 1)})
		if got := readLog(t, s, integration.DeliveryFilter{}, 10); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	}},
	{"filters", testLogFilters},
	{"a rare match is found behind many others", func(t *testing.T, s integration.Store) {
		var units []integration.Unit
		for n := range 300 {
			d := newDelivery(n)
			if n == 3 {
				d.Status = integration.StatusParked
			}
			units = append(units, integration.Unit{Delivery: d})
		}
		mustCommit(t, s, units...)
		for _, limit := range []int{1, 20} {
			wantEqual(t, "ids", readLog(t, s, integration.DeliveryFilter{Status: integration.StatusParked}, limit), []string{id(3)})
		}
	}},
	{"a cursor outlives a change of filters", func(t *testing.T, s integration.Store) {
		fillLog(t, s, 6)
		l, err := s.ListDeliveries(t.Context(), integration.DeliveryFilter{}, integration.Page{Limit: 3}) // read 5, 4, 3
		if err != nil || l.NextCursor == "" {
			t.Fatalf("got %d items, %v", len(l.Items), err)
		}
		at := func(n int) time.Time { return newDelivery(n).CreatedAt }
		for _, tt := range []struct {
			name string
			f    integration.DeliveryFilter
			want []string
		}{
			{"range around it", integration.DeliveryFilter{From: at(1), To: at(5)}, []string{id(2), id(1)}},
			{"range older than it", integration.DeliveryFilter{To: at(2)}, []string{id(1), id(0)}},
			{"range newer than it", integration.DeliveryFilter{From: at(4)}, nil},
		} {
			t.Run(tt.name, func(t *testing.T) {
				got, err := s.ListDeliveries(t.Context(), tt.f, integration.Page{Limit: 10, Cursor: l.NextCursor})
				if err != nil {
					t.Fatal(err)
				}
				wantEqual(t, "ids", deliveryIDs(got.Items), tt.want)
			})
		}
	}},
	{"refuses bad pages", func(t *testing.T, s integration.Store) {
		fillLog(t, s, 2)
		badPages(t, listLog(t, s, integration.DeliveryFilter{}))
		mustCreate(t, s, id(1), id(2))
		foreign, err := s.ListIntegrations(t.Context(), integration.Page{Limit: 1})
		if err != nil || foreign.NextCursor == "" {
			t.Fatalf("cursor %q, %v", foreign.NextCursor, err)
		}
		_, err = s.ListDeliveries(t.Context(), integration.DeliveryFilter{}, integration.Page{Limit: 1, Cursor: foreign.NextCursor})
		wantInvalid(t, err, "cursor")
		own, err := s.ListDeliveries(t.Context(), integration.DeliveryFilter{}, integration.Page{Limit: 1})
		if err != nil || own.NextCursor == "" {
			t.Fatalf("cursor %q, %v", own.NextCursor, err)
		}
		_, err = s.ListIntegrations(t.Context(), integration.Page{Limit: 1, Cursor: own.NextCursor})
		wantInvalid(t, err, "cursor")
	}},
	{"long payloads do not cut a part short", func(t *testing.T, s integration.Store) {
		var units []integration.Unit
		var want []string
		for n := range 24 {
			d := newDelivery(n)
			d.Payload = make([]byte, 100_000)
			units, want = append(units, integration.Unit{Delivery: d}), append(want, d.ID)
		}
		mustCommit(t, s, units...)
		slices.Reverse(want)
		l, err := s.ListDeliveries(t.Context(), integration.DeliveryFilter{}, integration.Page{Limit: 20})
		if err != nil || len(l.Items) != 20 {
			t.Errorf("got %d of 20 items, %v", len(l.Items), err)
		}
		wantEqual(t, "ids", readLog(t, s, integration.DeliveryFilter{}, 20), want)
	}},
}

func testLogFilters(t *testing.T, s integration.Store) {
	in := newDelivery(1)
	in.Direction, in.Status, in.EventType, in.ExperimentKey = integration.Inbound, integration.StatusDelivered, "campaign_updated", "prices"
	other := newDelivery(2)
	other.IntegrationID, other.CampaignID = id(7), campaignID(77)
	nobody := newDelivery(3)
	nobody.IntegrationID, nobody.CampaignID, nobody.Status = "", "", integration.StatusSkipped
	mustCommit(t, s, integration.Unit{Delivery: in}, integration.Unit{Delivery: other}, integration.Unit{Delivery: nobody})
	at := func(n int) time.Time { return newDelivery(n).CreatedAt }

	tests := []struct {
		name string
		f    integration.DeliveryFilter
		want []string
	}{
		{"none", integration.DeliveryFilter{}, []string{id(3), id(2), id(1)}},
		{"direction", integration.DeliveryFilter{Direction: integration.Inbound}, []string{id(1)}},
		{"other direction", integration.DeliveryFilter{Direction: integration.Outbound}, []string{id(3), id(2)}},
		{"status", integration.DeliveryFilter{Status: integration.StatusSkipped}, []string{id(3)}},
		{"event type", integration.DeliveryFilter{EventType: "campaign_updated"}, []string{id(1)}},
		{"integration", integration.DeliveryFilter{IntegrationID: id(7)}, []string{id(2)}},
		{"experiment", integration.DeliveryFilter{ExperimentKey: "checkout"}, []string{id(3), id(2)}},
		{"campaign", integration.DeliveryFilter{CampaignID: campaignID(77)}, []string{id(2)}},
		{"all at once", integration.DeliveryFilter{
			Direction: integration.Inbound, Status: integration.StatusDelivered, EventType: "campaign_updated", IntegrationID: id(1),
			ExperimentKey: "prices", CampaignID: campaignID(1), From: at(1), To: at(2),
		}, []string{id(1)}},
		{"contradicting", integration.DeliveryFilter{Direction: integration.Inbound, IntegrationID: id(7)}, nil},
		{"from is included", integration.DeliveryFilter{From: at(2)}, []string{id(3), id(2)}},
		{"just after", integration.DeliveryFilter{From: at(2).Add(time.Nanosecond)}, []string{id(3)}},
		{"to is excluded", integration.DeliveryFilter{To: at(2)}, []string{id(1)}},
		{"just before", integration.DeliveryFilter{To: at(2).Add(time.Nanosecond)}, []string{id(2), id(1)}},
		{"range", integration.DeliveryFilter{From: at(2), To: at(3)}, []string{id(2)}},
		{"range in another zone", integration.DeliveryFilter{From: at(2).In(time.FixedZone("west", -9*3600)), To: at(3)}, []string{id(2)}},
		{"empty range", integration.DeliveryFilter{From: at(2), To: at(2)}, nil},
		{"range back to front", integration.DeliveryFilter{From: at(3), To: at(1)}, nil},
		{"range long ago", integration.DeliveryFilter{To: t0().AddDate(-90, 0, 0)}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, limit := range []int{1, 2, 100} {
				wantEqual(t, "ids", readLog(t, s, tt.f, limit), tt.want)
			}
		})
	}
}

// fillLog stores n deliveries, a second apart, in a mixed order.
func fillLog(t *testing.T, s integration.Store, n int) map[int]integration.Delivery {
	t.Helper()
	stored := map[int]integration.Delivery{}
	for k := range n {
		at := (k*4 + 2) % n
		if n%2 == 0 {
			at = n - 1 - k
		}
		stored[at] = *mustCommit(t, s, integration.Unit{Delivery: newDelivery(at)})[0].Delivery
	}
	return stored
}

func listLog(t *testing.T, s integration.Store, f integration.DeliveryFilter) func(integration.Page) (integration.List[integration.Delivery], error) {
	return func(p integration.Page) (integration.List[integration.Delivery], error) {
		return s.ListDeliveries(t.Context(), f, p)
	}
}

func readLog(t *testing.T, s integration.Store, f integration.DeliveryFilter, limit int) []string {
	t.Helper()
	return deliveryIDs(walk(t, limit, listLog(t, s, f), nil))
}

func deliveryIDs(ds []integration.Delivery) []string {
	var all []string
	for _, d := range ds {
		all = append(all, d.ID)
	}
	return all
}

func testWaiting(t *testing.T, s integration.Store) {
	parked := func(n int, reason integration.Reason) *integration.Delivery {
		d := newDelivery(n)
		d.IntegrationID, d.Status, d.Reason = id(1000), integration.StatusParked, reason
		return d
	}
	refused, elsewhere := parked(4, integration.ReasonRefused), parked(5, integration.ReasonInactive)
	elsewhere.IntegrationID = id(2000)
	results := mustCommit(t, s,
		integration.Unit{Delivery: parked(1, integration.ReasonInactive)},
		integration.Unit{Delivery: parked(2, integration.ReasonAttention)},
		integration.Unit{Delivery: parked(3, integration.ReasonInactive)},
		integration.Unit{Delivery: refused}, integration.Unit{Delivery: elsewhere}, integration.Unit{Delivery: newDelivery(6)})
	list := func(p integration.Page) (integration.List[integration.Delivery], error) {
		return s.ListWaiting(t.Context(), id(1000), p)
	}
	for _, limit := range []int{1, 3, 100} {
		wantEqual(t, "ids", deliveryIDs(walk(t, limit, list, nil)), []string{id(3), id(2), id(1)})
	}
	taken := *results[1].Delivery
	move := func(to integration.DeliveryStatus) {
		if err := taken.Move(t0().Add(time.Hour), to, integration.ReasonResumed, ""); err != nil {
			t.Fatal(err)
		}
		taken = *mustCommit(t, s, integration.Unit{Delivery: &taken})[0].Delivery
	}
	move(integration.StatusPending)
	wantEqual(t, "with the one that was resumed", deliveryIDs(walk(t, 2, list, nil)), []string{id(3), id(2), id(1)})
	move(integration.StatusSending)
	wantEqual(t, "with the one that is being sent", deliveryIDs(walk(t, 2, list, nil)), []string{id(3), id(2), id(1)})
	move(integration.StatusDelivered)
	wantEqual(t, "without the one that was delivered", deliveryIDs(walk(t, 2, list, nil)), []string{id(3), id(1)})
	if _, err := list(integration.Page{Limit: 1, Cursor: "nonsense"}); integration.ErrorCode(err) != integration.CodeInvalid {
		t.Errorf("a foreign cursor: %v", err)
	}
	if l, err := s.ListWaiting(t.Context(), "", integration.Page{Limit: 1}); err != nil || len(l.Items) != 0 {
		t.Errorf("of no integration: %v, %v", l, err)
	}
}
