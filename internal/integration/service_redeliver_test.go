package integration_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

func deliveryID(n int) string { return fmt.Sprintf("0195562f-3b80-8cc1-a3f5-%012x", n) }

// keep stores deliveries that parked, one a second, and changes each before.
func (b bench) keep(t *testing.T, n int, change func(n int, d *integration.Delivery)) {
	t.Helper()
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for k := range n {
		d := integration.Delivery{
			ID: deliveryID(k), Direction: integration.Outbound, EventType: "Experiment Completed", IntegrationID: someID,
			ExperimentKey: "e", CreatedAt: at.Add(time.Duration(k) * time.Second), Status: integration.StatusParked, Reason: integration.ReasonRefused,
		}
		if change != nil {
			change(k, &d)
		}
		if results, err := b.store.Commit(t.Context(), []integration.Unit{{Delivery: &d}}); err != nil || !results[0].Committed {
			t.Fatalf("%+v, %v", results, err)
		}
	}
}

func (b bench) redelivered(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, c := range b.queue.taken {
		if c.Kind != integration.CommandRedeliver || len(c.DeliveryIDs) > integration.MaxCommandDeliveries || c.RequestedBy != "ada" {
			t.Errorf("command %+v", c)
		}
		ids = append(ids, c.DeliveryIDs...)
	}
	return ids
}

func TestOnlyParkedOutboundDeliveriesAreSentAgain(t *testing.T) {
	testNow := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		change func(*integration.Delivery)
		words  string // of the refusal; "" when it is accepted
	}{
		{"parked", func(*integration.Delivery) {}, ""},
		{"parked while its integration was off", func(d *integration.Delivery) { d.Reason = integration.ReasonInactive }, ""},
		{"delivered", func(d *integration.Delivery) { d.Status = integration.StatusDelivered }, "has arrived"},
		{"skipped", func(d *integration.Delivery) { d.Status = integration.StatusSkipped }, "rightly skipped"},
		{"retrying", func(d *integration.Delivery) {
			d.Status, d.NextAttemptAt = integration.StatusRetrying, time.Date(2026, 3, 2, 11, 0, 0, 0, time.UTC)
		}, "next at 2026-03-02T11:00:00Z"},
		{"retrying, but forgotten", func(d *integration.Delivery) {
			d.Status, d.NextAttemptAt = integration.StatusRetrying, testNow.Add(-integration.OverdueAfter)
		}, ""},
		{"sending", func(d *integration.Delivery) {
			d.Status, d.LeaseUntil = integration.StatusSending, testNow.Add(-time.Minute)
		}, "on its way"},
		{"sending, but forgotten", func(d *integration.Delivery) {
			d.Status, d.LeaseUntil = integration.StatusSending, testNow.Add(-integration.OverdueAfter)
		}, ""},
		{"pending", func(d *integration.Delivery) {
			d.Status, d.UpdatedAt = integration.StatusPending, testNow.Add(-time.Minute)
		}, "on its way"},
		{"pending, but forgotten", func(d *integration.Delivery) {
			d.Status, d.UpdatedAt = integration.StatusPending, testNow.Add(-integration.OverdueAfter)
		}, ""},
		{"inbound", func(d *integration.Delivery) { d.Direction = integration.Inbound }, "came from Salesforce"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, nil)
			b.keep(t, 1, func(_ int, d *integration.Delivery) { tt.change(d) })
			_, err := b.service.Redeliver(t.Context(), ada, deliveryID(0))
			if tt.words == "" {
				if err != nil || !slices.Equal(b.redelivered(t), []string{deliveryID(0)}) {
					t.Errorf("%v, commands %+v", err, b.queue.taken)
				}
				return
			}
			if integration.ErrorCode(err) != integration.CodeConflict || !strings.Contains(err.Error(), tt.words) || len(b.queue.taken) != 0 {
				t.Errorf("error %v, commands %+v", err, b.queue.taken)
			}
		})
	}
	b := newBench(t, nil)
	for _, id := range []string{deliveryID(9), "x", ""} {
		if _, err := b.service.Redeliver(t.Context(), ada, id); integration.ErrorCode(err) != integration.CodeNotFound {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestManyAreSentAgainInTurn(t *testing.T) {
	b := newBench(t, nil)
	b.keep(t, 345, func(n int, d *integration.Delivery) {
		if n%3 == 0 {
			d.Status = integration.StatusDelivered
		}
	})
	f := integration.RedeliverFilter{IntegrationID: someID, Limit: 150}
	var accepted []int
	for range 10 {
		r, err := b.service.RedeliverMany(t.Context(), ada, f)
		if err != nil {
			t.Fatal(err)
		}
		accepted = append(accepted, r.Accepted)
		if f.Cursor = r.NextCursor; f.Cursor == "" {
			break
		}
	}
	total := 0
	for _, n := range accepted {
		if total += n; n > f.Limit {
			t.Errorf("%d were accepted, over the limit", n)
		}
	}
	ids := b.redelivered(t)
	if slices.Sort(ids); total != 230 || len(slices.Compact(ids)) != 230 || f.Cursor != "" {
		t.Errorf("accepted %v, %d different ones, cursor %q", accepted, len(ids), f.Cursor)
	}
}

func TestTheFilterOfABulkRedelivery(t *testing.T) {
	const otherID = "0195562f-3b80-7cc1-a3f5-5d3c2d4b1a9f"
	at := func(s int) time.Time { return time.Date(2026, 3, 2, 10, 0, s, 0, time.UTC) }
	tests := []struct {
		name   string
		filter integration.RedeliverFilter
		want   []int
	}{
		{"all parked outbound ones", integration.RedeliverFilter{}, []int{5, 4, 3, 0}},
		{"of an integration", integration.RedeliverFilter{IntegrationID: strings.ToUpper(otherID)}, []int{3}},
		{"of an experiment", integration.RedeliverFilter{ExperimentKey: "other"}, []int{4}},
		{"of a type", integration.RedeliverFilter{EventType: "Experiment Rolled Back"}, []int{5}},
		{"of a Campaign, in 15 characters", integration.RedeliverFilter{CampaignID: "701xx000000001A"}, []int{0}},
		{"of a time", integration.RedeliverFilter{From: at(3), To: at(5)}, []int{4, 3}},
		{"the newest", integration.RedeliverFilter{Limit: 1}, []int{5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, nil)
			b.keep(t, 6, func(n int, d *integration.Delivery) {
				switch n {
				case 0:
					d.CampaignID = "701xx000000001AAAQ"
				case 1:
					d.Direction = integration.Inbound
				case 2:
					d.Status = integration.StatusRetrying
				case 3:
					d.IntegrationID = otherID
				case 4:
					d.ExperimentKey = "other"
				case 5:
					d.EventType = "Experiment Rolled Back"
				}
			})
			var want []string
			for _, n := range tt.want {
				want = append(want, deliveryID(n))
			}
			r, err := b.service.RedeliverMany(t.Context(), ada, tt.filter)
			if got := b.redelivered(t); err != nil || !slices.Equal(got, want) || r.Accepted != len(want) {
				t.Errorf("%v, accepted %d, ids %v, want %v", err, r.Accepted, got, want)
			}
		})
	}
}

func TestABulkRedeliveryThatIsRefused(t *testing.T) {
	for name, f := range map[string]integration.RedeliverFilter{
		"too many":         {Limit: 1001},
		"fewer than none":  {Limit: -1},
		"no Campaign":      {CampaignID: "x"},
		"no integration":   {IntegrationID: "x"},
		"no cursor":        {Cursor: "x"},
		"an empty stretch": {From: time.Unix(2, 0), To: time.Unix(1, 0)},
	} {
		b := newBench(t, nil)
		b.keep(t, 1, nil)
		if _, err := b.service.RedeliverMany(t.Context(), ada, f); integration.ErrorCode(err) != integration.CodeInvalid || len(b.queue.taken) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAQueueThatFailsHalfWay: what it took is told, and where the rest begins.
func TestAQueueThatFailsHalfWay(t *testing.T) {
	b := newBench(t, nil)
	b.keep(t, 250, nil)
	b.queue.failAfter = 1
	r, err := b.service.RedeliverMany(t.Context(), ada, integration.RedeliverFilter{Limit: 1000})
	if err != nil || r.Accepted != 100 || r.NextCursor == "" {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := b.service.RedeliverMany(t.Context(), ada, integration.RedeliverFilter{Limit: 1000, Cursor: r.NextCursor}); integration.ErrorCode(err) != integration.CodeUnavailable {
		t.Errorf("nothing was taken, and the error is %v", err)
	}
	b.queue.failAfter = 0
	r, err = b.service.RedeliverMany(t.Context(), ada, integration.RedeliverFilter{Limit: 1000, Cursor: r.NextCursor})
	ids := b.redelivered(t)
	if slices.Sort(ids); err != nil || r.Accepted != 150 || r.NextCursor != "" || len(slices.Compact(ids)) != 250 {
		t.Errorf("%+v, %v, %d different ones", r, err, len(ids))
	}
}

// TestWhatWasSentAgainIsAuditedAtOnce: a request that dies on its second page has
// sent the first, and the audit trail says so.
func TestWhatWasSentAgainIsAuditedAtOnce(t *testing.T) {
	var log bytes.Buffer
	b := newBench(t, func(c *integration.ServiceConfig) { c.Log = slog.New(slog.NewJSONHandler(&log, nil)) })
	b.keep(t, 250, nil)
	pages := 0
	b.store.Before(func(_ context.Context, op string) error {
		if op == "ListDeliveries" {
			if pages++; pages == 2 {
				panic("dies")
			}
		}
		return nil
	})
	func() {
		defer func() { _ = recover() }()
		_, _ = b.service.RedeliverMany(t.Context(), ada, integration.RedeliverFilter{Limit: 1000})
	}()
	want := `"action":"deliveries redelivered","subject":"ada","role":"admin","integration_id":"` + someID + `","accepted":100}`
	if sent := len(b.redelivered(t)); pages != 2 || sent != 100 || strings.Count(log.String(), want) != 1 {
		t.Errorf("%d pages, %d sent: %s", pages, sent, log.String())
	}
}
