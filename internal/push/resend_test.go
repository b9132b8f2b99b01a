package push_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
)

const otherCampaign = "7015g000000AbCdAAK"

// parkOne leaves one status parked, whose event Salesforce refused for good.
func parkOne(t *testing.T, w *world) integration.Delivery {
	t.Helper()
	w.org.fault = func(int) modelFault { return faultLimit }
	w.publish("e1", "Experiment Completed", time.Now())
	w.drain(t)
	w.org.fault = func(int) modelFault { return faultNone }
	d := w.deliveries(t)[0]
	if d.Status != integration.StatusParked {
		t.Fatalf("%s %s", d.Status, d.Reason)
	}
	return d
}

func TestWhatIsSentAgainReachesNoOtherCampaign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		d := parkOne(t, w)
		w.link(t, integrationID, "exp", otherCampaign) // since then
		w.changeIntegration(t, func(i *integration.Integration) {
			i.Settings.NoteEvents = map[integration.EventType]bool{integration.EventCompleted: true} // since then, too
		})
		w.queue.Put(fmt.Sprintf(`{"command":"redeliver","delivery_ids":[%q]}`, d.ID), time.Now())
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written"}) {
			t.Errorf("deliveries: %v", got)
		}
		statuses, notes := w.org.snapshot()
		if statuses[demoCampaign] != "Completed" || statuses[otherCampaign] == "Completed" || len(notes) > 0 {
			t.Errorf("statuses %v, notes %v", statuses, notes)
		}
	})
}

func TestWhatIsSentAgainEndsWithoutItsLink(t *testing.T) {
	tests := []struct {
		name string
		lose func(t *testing.T, w *world)
		want string
	}{
		{"the link is deleted", func(t *testing.T, w *world) {
			t.Helper()
			if err := w.store.DeleteLink(t.Context(), integrationID, demoCampaign); err != nil {
				t.Fatal(err)
			}
		}, "skipped no_link"},
		{"another campaign follows now", func(t *testing.T, w *world) {
			t.Helper()
			if err := w.store.DeleteLink(t.Context(), integrationID, demoCampaign); err != nil {
				t.Fatal(err)
			}
			w.link(t, integrationID, "exp", otherCampaign)
		}, "skipped no_link"},
		{"the integration is deleted", func(t *testing.T, w *world) {
			t.Helper()
			if err := w.store.DeleteIntegration(t.Context(), integrationID, 0); err != nil {
				t.Fatal(err)
			}
		}, "skipped no_link"},
		{"nothing is lost", func(*testing.T, *world) {}, "delivered status_written"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, time.Now)
				w.link(t, integrationID, "exp", demoCampaign)
				d := parkOne(t, w)
				if _, err := w.handler().Handle(t.Context(), fmt.Appendf(nil, `{"command":"redeliver","delivery_ids":[%q]}`, d.ID)); err != nil {
					t.Fatal(err)
				}
				tt.lose(t, w) // while the message is on the queue
				w.drain(t)
				if got := w.outcomes(t); !slices.Equal(got, []string{tt.want}) {
					t.Errorf("deliveries: %v", got)
				}
			})
		})
	}
}

func TestManyAreSentAgainByFewMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.changeIntegration(t, func(i *integration.Integration) { i.Active = false })
		for n := range 50 {
			w.link(t, integrationID, "exp", fmt.Sprintf("7015g0000%06dAAA", n))
		}
		w.publish("e1", "Experiment Completed", time.Now())
		w.drain(t)
		w.changeIntegration(t, func(i *integration.Integration) { i.Active = true })
		if _, err := w.handler().Handle(t.Context(), fmt.Appendf(nil, `{"command":"resume","integration_id":%q}`, integrationID)); err != nil {
			t.Fatal(err)
		}
		if got := w.queue.Len(); got != 4 { // the second look is one
			t.Errorf("%d messages", got)
		}
		w.drain(t)
		for _, o := range w.outcomes(t) {
			if o != "delivered status_written" {
				t.Fatalf("deliveries: %v", w.outcomes(t))
			}
		}
		if w.org.calls > 2 {
			t.Errorf("%d calls", w.org.calls)
		}
	})
}

func TestACampaignThatIsLinkedAnewWhileAnEventIsRead(t *testing.T) {
	w := newWorld(t, time.Now)
	w.link(t, integrationID, "exp", demoCampaign)
	now := time.Now()
	moved := false
	w.store.Before(func(ctx context.Context, op string) error {
		if op != "Read" || moved {
			return nil
		}
		moved = true
		if err := w.store.DeleteLink(ctx, integrationID, demoCampaign); err != nil {
			t.Error(err)
		}
		w.link(t, integrationID, "other", demoCampaign) //nolint:contextcheck // the test's own is as good
		_, err := w.handler().Handle(ctx, []byte(event("e2", "Experiment Rolled Back", "other", now)))
		return err
	})
	if _, err := w.handler().Handle(t.Context(), []byte(event("e1", "Experiment Completed", "exp", now.Add(-time.Minute)))); err != nil {
		t.Fatal(err)
	}
	if statuses, _ := w.org.snapshot(); statuses[demoCampaign] != "Paused" {
		t.Errorf("status %q, wanted that of the experiment which the Campaign follows now", statuses[demoCampaign])
	}
	if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "skipped no_link"}) {
		t.Errorf("deliveries: %v", got)
	}
}
