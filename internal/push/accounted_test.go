package push_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push/pushtest"
)

// These tests are about deliveries that could be left behind, or go on for ever,
// when something else changes meanwhile.

func TestANoteThatTheOrgRefusesDoesNotGoRoundInCircles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.org.noNotes = true
		w.publish("e1", "Experiment Reached Significance", time.Now())
		w.drain(t)
		w.resume()
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"parked no_right"}) {
			t.Errorf("deliveries: %v", got)
		}
		if w.org.calls > 10 {
			t.Errorf("%d calls for one note", w.org.calls)
		}
		if i, err := w.store.GetIntegration(t.Context(), integrationID); err != nil || i.Attention != nil {
			t.Errorf("a note must not stop the integration: %v, %v", i.Attention, err)
		}
		w.changeIntegration(t, func(i *integration.Integration) {
			i.Settings.NoteEvents = map[integration.EventType]bool{integration.EventSignificance: false}
		})
		w.resume()
		w.drain(t)
		if got := w.outcomes(t); !slices.Contains(got, "skipped not_mapped") || slices.Contains(got, "pending resumed") {
			t.Errorf("with the note switched off: %v", got)
		}
	})
}

func TestOneCampaignThatMayNotBeWrittenHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.org.refuse(demoCampaign)
		w.publish("e1", "Experiment Completed", time.Now())
		w.drain(t)
		if i, err := w.store.GetIntegration(t.Context(), integrationID); err != nil || i.Attention != nil {
			t.Fatalf("one Campaign stopped the integration: %v, %v", i.Attention, err)
		}
		w.link(t, integrationID, "other", "7015g000000AbCdAAK")
		w.queue.Put(event("e2", "Experiment Completed", "other", time.Now()), time.Now())
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "parked no_right"}) {
			t.Errorf("deliveries: %v", got)
		}
	})
}

func TestAMissingRightOnSeveralCampaignsStopsTheIntegration(t *testing.T) {
	w := newWorld(t, time.Now)
	w.link(t, integrationID, "exp", demoCampaign)
	w.link(t, integrationID, "exp", "7015g000000AbCdAAK")
	w.org.refuse("*")
	if _, err := w.handler().Handle(t.Context(), []byte(event("e1", "Experiment Completed", "exp", time.Now()))); err != nil {
		t.Fatal(err)
	}
	if i, err := w.store.GetIntegration(t.Context(), integrationID); err != nil || i.Attention == nil {
		t.Errorf("attention: %v, %v", i.Attention, err)
	}
}

func TestWhatIsRetriedEndsWhenItIsNotAskedForAnyMore(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, w *world)
		want   string
	}{
		{"the status is mapped to nothing", func(t *testing.T, w *world) {
			t.Helper()
			w.changeIntegration(t, func(i *integration.Integration) {
				i.Settings.StatusMap = map[integration.EventType]string{integration.EventCompleted: ""}
				i.Settings.NoteEvents = map[integration.EventType]bool{integration.EventCompleted: true}
			})
		}, "skipped not_mapped"},
		{"the link is deleted", func(t *testing.T, w *world) {
			t.Helper()
			if err := w.store.DeleteLink(t.Context(), integrationID, demoCampaign); err != nil {
				t.Fatal(err)
			}
			w.queue.Put(fmt.Sprintf(`{"command":"sweep","integration_id":%q}`, integrationID), time.Now())
		}, "skipped no_link"},
		{"the integration is deleted", func(t *testing.T, w *world) {
			t.Helper()
			if err := w.store.DeleteIntegration(t.Context(), integrationID, 0); err != nil {
				t.Fatal(err)
			}
			w.queue.Put(fmt.Sprintf(`{"command":"sweep","integration_id":%q}`, integrationID), time.Now())
		}, "skipped no_link"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, time.Now)
				w.link(t, integrationID, "exp", demoCampaign)
				w.org.fault = func(call int) modelFault {
					if call == 1 {
						return faultLimit
					}
					return faultNone
				}
				w.publish("e1", "Experiment Completed", time.Now())
				messages := w.queue.Receive(10)
				w.queue.Delete(messages, handleBatch(t.Context(), t, w.handler(), messages))
				if got := w.outcomes(t); !slices.Equal(got, []string{"retrying failing"}) {
					t.Fatalf("deliveries: %v", got)
				}
				tt.change(t, w)
				w.drain(t)
				for _, d := range w.deliveries(t) {
					if !d.Status.Final() {
						t.Errorf("left behind: %s %s", d.Status, d.Reason)
					}
				}
				if got := w.outcomes(t); !slices.Contains(got, tt.want) {
					t.Errorf("deliveries: %v", got)
				}
			})
		})
	}
}

func TestAMessageIsReceivedSeldomEnoughForADay(t *testing.T) {
	const maxReceiveCount = 1000 // the template's
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		for n := range 20 {
			w.link(t, integrationID, "exp", fmt.Sprintf("7015g0000%06dAAA", n))
		}
		w.org.fault = func(int) modelFault { return faultLocked }
		w.publish("e1", "Experiment Completed", time.Now())
		received := 0
		for {
			at, more := w.queue.Next()
			if !more {
				break
			}
			time.Sleep(time.Until(at))
			messages := w.queue.Receive(10)
			received += len(messages)
			w.queue.Delete(messages, handleBatch(t.Context(), t, w.handler(), messages))
		}
		for _, o := range w.outcomes(t) {
			if o != "parked exhausted" {
				t.Fatalf("deliveries: %v", w.outcomes(t))
			}
		}
		if received > maxReceiveCount/2 {
			t.Errorf("received %d times", received)
		}
	})
}

func TestAnEventFromTheFutureIsRefused(t *testing.T) {
	w := newWorld(t, time.Now)
	w.link(t, integrationID, "exp", demoCampaign)
	d, _ := w.one(t, event("e1", "Experiment Completed", "exp", time.Now().Add(time.Hour)))
	if d.Status != integration.StatusSkipped || d.Reason != integration.ReasonInvalidEvent {
		t.Errorf("%s %s: %s", d.Status, d.Reason, d.Detail)
	}
}

func TestACampaignThatIsLinkedToAnotherExperimentStartsAnew(t *testing.T) {
	w := newWorld(t, time.Now)
	w.link(t, integrationID, "exp", demoCampaign)
	now := time.Now()
	if _, err := w.handler().Handle(t.Context(), []byte(event("e1", "Experiment Completed", "exp", now))); err != nil {
		t.Fatal(err)
	}
	if err := w.store.DeleteLink(t.Context(), integrationID, demoCampaign); err != nil {
		t.Fatal(err)
	}
	w.link(t, integrationID, "other", demoCampaign)
	if _, err := w.handler().Handle(t.Context(), []byte(event("e2", "Experiment Rolled Back", "other", now.Add(-time.Hour)))); err != nil {
		t.Fatal(err)
	}
	if statuses, _ := w.org.snapshot(); statuses[demoCampaign] != "Paused" {
		t.Errorf("status %q", statuses[demoCampaign])
	}
}

func TestAnIntegrationThatIsDeletedWhileItsCampaignIsWritten(t *testing.T) {
	w := newWorld(t, time.Now)
	w.link(t, integrationID, "exp", demoCampaign)
	w.org.fault = func(int) modelFault {
		if err := w.store.DeleteIntegration(t.Context(), integrationID, 0); err != nil {
			t.Error(err)
		}
		return faultNone
	}
	d, _ := w.one(t, event("e1", "Experiment Completed", "exp", time.Now()))
	if d.Status != integration.StatusDelivered {
		t.Errorf("%s %s: the Campaign was written", d.Status, d.Reason)
	}
}

func TestWhatAFunctionDiedAtEndsWhenItsLinkIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.link(t, integrationID, "exp", otherCampaign)
		w.publish("e1", "Experiment Completed", time.Now())
		dying := pushtest.NewMortal(1 << 30)
		w.org.fault = func(int) modelFault { dying.Kill(); return faultUnreached }
		handleBatch(t.Context(), t, w.handlerThrough(dying.Store(w.store), dying.Transport(w.org), dying.Queue(w.queue)), w.queue.Receive(10))
		w.org.fault = nil
		if got := w.outcomes(t); !slices.Equal(got, []string{"sending trying", "sending trying"}) {
			t.Fatalf("deliveries: %v", got)
		}
		if err := w.store.DeleteLink(t.Context(), integrationID, otherCampaign); err != nil {
			t.Fatal(err)
		}
		w.queue.Put(fmt.Sprintf(`{"command":"sweep","integration_id":%q}`, integrationID), time.Now())
		w.work(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"sending trying", "sending trying"}) {
			t.Errorf("while the function may live: %v", got)
		}
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "skipped no_link"}) {
			t.Errorf("deliveries: %v", got)
		}
	})
}
