package push_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
)

func TestWhatWasForgottenIsTakenUp(t *testing.T) {
	tests := []struct {
		name   string
		forget func(t *testing.T, w *world)
		want   string
	}{
		{"a message that got lost before its retry", func(t *testing.T, w *world) {
			t.Helper()
			w.org.fault = func(int) modelFault { return faultLimit }
			w.publish("e1", "Experiment Completed", time.Now())
			w.work(t)
			w.queue.Lose()
		}, "delivered status_written"},
		{"a function that was gone in its write, and its message, too", func(t *testing.T, w *world) {
			t.Helper()
			w.org.fault = func(int) modelFault {
				w.store.Before(func(_ context.Context, op string) error {
					if op == "Commit" {
						return errors.New("gone")
					}
					return nil
				})
				return faultNone
			}
			w.publish("e1", "Experiment Completed", time.Now())
			w.work(t)
			w.store.Before(nil)
			w.queue.Lose()
		}, "delivered status_written"},
		{"an integration that works again, of which nobody told", func(t *testing.T, w *world) {
			t.Helper()
			w.changeIntegration(t, func(i *integration.Integration) { i.Active = false })
			w.publish("e1", "Experiment Completed", time.Now())
			w.work(t)
			w.changeIntegration(t, func(i *integration.Integration) { i.Active = true })
		}, "delivered status_written"},
		{"a link that was deleted, of which nobody told", func(t *testing.T, w *world) {
			t.Helper()
			w.org.fault = func(int) modelFault { return faultLimit }
			w.publish("e1", "Experiment Completed", time.Now())
			w.work(t)
			if err := w.store.DeleteLink(t.Context(), integrationID, demoCampaign); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			w.work(t)
		}, "skipped no_link, skipped no_link"}, // of the event, and of its delivery
		{"nothing: the integration is still switched off", func(t *testing.T, w *world) {
			t.Helper()
			w.changeIntegration(t, func(i *integration.Integration) { i.Active = false })
			w.publish("e1", "Experiment Completed", time.Now())
			w.work(t)
		}, "parked inactive"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, time.Now)
				w.link(t, integrationID, "exp", demoCampaign)
				tt.forget(t, w)
				w.org.fault = nil
				sweep := func() {
					w.queue.Put(`{"command":"sweep"}`, time.Now())
					w.drain(t)
				}
				before := w.outcomes(t)
				sweep()
				if got := w.outcomes(t); !slices.Equal(got, before) && strings.Join(got, ", ") != "skipped no_link, skipped no_link" {
					t.Errorf("at once: %v, wanted %v as before", got, before)
				}
				time.Sleep(2 * time.Hour)
				sweep()
				if got := strings.Join(w.outcomes(t), ", "); got != tt.want {
					t.Errorf("later: %v, wanted %s", got, tt.want)
				}
			})
		})
	}
}

func TestASweepGoesThroughAllIntegrations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		var ids []string
		for n := range 120 {
			id := fmt.Sprintf("0195b9b0-0000-7000-8000-%012d", n+100)
			w.addIntegration(t, id)
			w.link(t, id, "exp", demoCampaign)
			ids = append(ids, integration.DeliveryID(integration.Outbound, "e1", id, demoCampaign))
		}
		w.org.fault = func(int) modelFault { return faultLimit }
		w.publish("e1", "Experiment Completed", time.Now())
		w.work(t)
		w.queue.Lose()
		w.org.fault = nil
		time.Sleep(2 * time.Hour)
		w.queue.Put(`{"command":"sweep"}`, time.Now())
		w.drain(t)
		found, err := w.store.GetDeliveries(t.Context(), ids)
		if err != nil || len(found) != len(ids) {
			t.Fatalf("%d deliveries, %v", len(found), err)
		}
		for _, d := range found {
			if d.Status != integration.StatusDelivered {
				t.Errorf("%s: %s %s", d.IntegrationID, d.Status, d.Reason)
			}
		}
	})
}

func TestADeliveryWhoseFunctionIsGoneCanBeSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.org.fault = func(int) modelFault {
			w.store.Before(func(_ context.Context, op string) error {
				if op == "Commit" {
					return errors.New("gone")
				}
				return nil
			})
			return faultNone
		}
		w.publish("e1", "Experiment Completed", time.Now())
		w.work(t)
		w.store.Before(nil)
		w.org.fault = nil
		w.queue.Lose()
		redeliver := fmt.Sprintf(`{"command":"redeliver","delivery_ids":[%q]}`, w.deliveries(t)[0].ID)
		w.queue.Put(redeliver, time.Now())
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"sending trying"}) {
			t.Errorf("while it may still be at it: %v", got)
		}
		time.Sleep(2 * time.Hour)
		w.queue.Put(redeliver, time.Now())
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written"}) {
			t.Errorf("later: %v", got)
		}
	})
}
