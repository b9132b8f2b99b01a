package push_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push/pushtest"
)

// These tests are about records that the integration's user may not write, while he
// may write others.

const thirdCampaign = "7015g000000AbCeAAK"

func (w *world) attention(t *testing.T) *integration.Attention {
	t.Helper()
	i, err := w.store.GetIntegration(t.Context(), integrationID)
	if err != nil {
		t.Fatal(err)
	}
	return i.Attention
}

// answering lets the org answer the calls of a kind in its own way.
func (w *world) answering(path string, answer func(r *http.Request, body []byte) (*http.Response, error)) {
	w.through = func(next http.RoundTripper) http.RoundTripper {
		return pushtest.RoundTripper(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, path) {
				return next.RoundTrip(r)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			pushtest.Trace(r, true)
			w.org.calls++
			return answer(r, body)
		})
	}
}

func TestOneNoteThatMayNotBeHungStopsNotTheIntegration(t *testing.T) {
	w := newWorld(t, time.Now)
	w.link(t, integrationID, "exp", demoCampaign)
	part := func(ref string, status int, code string) map[string]any {
		return map[string]any{"referenceId": ref, "httpStatusCode": status, "body": []map[string]any{{"errorCode": code, "message": "refused"}}}
	}
	w.answering("/composite/graph", func(r *http.Request, _ []byte) (*http.Response, error) {
		return w.org.answer(r, http.StatusOK, map[string]any{"graphs": []any{map[string]any{"graphId": "n0", "isSuccessful": false, "graphResponse": map[string]any{
			"compositeResponse": []any{part("note", 400, "PROCESSING_HALTED"), part("link", 403, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY")},
		}}}})
	})
	d, _ := w.one(t, event("e1", "Experiment Reached Significance", "exp", time.Now()))
	if d.Status != integration.StatusParked || d.Reason != integration.ReasonNoRight || d.Fix == "" {
		t.Errorf("%s %s, fix %q", d.Status, d.Reason, d.Fix)
	}
	if a := w.attention(t); a != nil {
		t.Errorf("attention: %+v", a)
	}
}

// TestACallThatIsRefusedStopsTheIntegration: Salesforce took no part of it, so nothing
// else would fare better.
func TestACallThatIsRefusedStopsTheIntegration(t *testing.T) {
	for detailType, path := range map[string]string{"Experiment Completed": "/composite/sobjects", "Experiment Reached Significance": "/composite/graph"} {
		t.Run(detailType, func(t *testing.T) {
			w := newWorld(t, time.Now)
			w.link(t, integrationID, "exp", demoCampaign)
			w.answering(path, func(r *http.Request, _ []byte) (*http.Response, error) {
				return w.org.answer(r, http.StatusForbidden, []map[string]any{{"errorCode": "API_CURRENTLY_DISABLED", "message": "API is disabled for this User"}})
			})
			d, _ := w.one(t, event("e1", detailType, "exp", time.Now()))
			if d.Status != integration.StatusParked || d.Reason != integration.ReasonAttention {
				t.Errorf("%s %s", d.Status, d.Reason)
			}
			if a := w.attention(t); a == nil || a.Code != "API_CURRENTLY_DISABLED" {
				t.Errorf("attention: %+v", a)
			}
		})
	}
}

func TestWhatARightRefusesIsNotTriedUntilSomebodyMendsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		for n, campaign := range []string{demoCampaign, otherCampaign, thirdCampaign} {
			w.link(t, integrationID, fmt.Sprint("exp", n), campaign)
		}
		w.org.refuse(demoCampaign, otherCampaign)
		for n := range 3 {
			w.queue.Put(event(fmt.Sprint("e", n), "Experiment Completed", fmt.Sprint("exp", n), time.Now()), time.Now())
			w.drain(t)
		}
		want := []string{"delivered status_written", "parked no_right", "parked no_right"}
		calls := w.org.calls
		for range 8 {
			time.Sleep(6 * time.Hour)
			w.queue.Put(`{"command":"sweep"}`, time.Now())
			w.queue.Put(event("e0", "Experiment Completed", "exp0", time.Now().Add(-48*time.Hour)), time.Now()) // a duplicate
			w.drain(t)
		}
		if got := w.outcomes(t); !slices.Equal(got, want) || w.org.calls != calls || w.attention(t) != nil {
			t.Errorf("%v, %d more calls, attention %v", got, w.org.calls-calls, w.attention(t))
		}
		// Sent again together, without any other one, they say nothing new of the integration.
		w.resume()
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, want) || w.attention(t) != nil {
			t.Errorf("resumed too early: %v, attention %v", got, w.attention(t))
		}
		w.org.refuse()
		w.resume()
		w.drain(t)
		if got := slices.Compact(w.outcomes(t)); !slices.Equal(got, []string{"delivered status_written"}) {
			t.Errorf("mended: %v", got)
		}
	})
}

func TestARefusedStatusIsNotTriedWithEachTryOfItsNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.changeIntegration(t, func(i *integration.Integration) {
			i.Settings.NoteEvents = map[integration.EventType]bool{integration.EventCompleted: true}
		})
		w.org.refuse(demoCampaign)
		statuses := 0
		w.through = func(next http.RoundTripper) http.RoundTripper {
			return pushtest.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/composite/sobjects") {
					statuses++
				}
				if strings.HasSuffix(r.URL.Path, "/composite/graph") {
					pushtest.Trace(r, true)
					return w.org.answer(r, http.StatusServiceUnavailable, "<html>")
				}
				return next.RoundTrip(r)
			})
		}
		w.publish("e1", "Experiment Completed", time.Now())
		w.workUntil(t, time.Now().Add(30*time.Hour))
		if got := w.outcomes(t); !slices.Equal(got, []string{"parked exhausted", "parked no_right"}) || statuses != 1 {
			t.Errorf("%v, the status was tried %d times", got, statuses)
		}
	})
}

func TestANoteThatSurelyFailedIsWrittenInAnotherForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.org.noNotes = true
		w.org.fault = func(call int) modelFault {
			if call == 1 {
				return faultLimit // refused before anything was done
			}
			return faultNone
		}
		w.publish("e1", "Experiment Reached Significance", time.Now())
		w.drain(t)
		if w.org.calls != 2 {
			t.Errorf("%d calls: nothing was to be looked for", w.org.calls)
		}
		w.changeIntegration(t, func(i *integration.Integration) { i.Settings.NoteKind = integration.NoteFeedItem })
		w.resume()
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered note_written"}) {
			t.Errorf("deliveries: %v", got)
		}
	})
}

func TestAnEarlierFailureDoesNotMarkWhatWasMendedSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.org.lockOut(true)
		w.answering("/services/oauth2/token", func(r *http.Request, _ []byte) (*http.Response, error) {
			if w.org.locked {
				// It is refused, and mended before that is looked at.
				w.org.lockOut(false)
				w.changeIntegration(t, func(i *integration.Integration) {
					i.Attention = &integration.Attention{Since: time.Now(), Announced: true}
				})
				w.changeIntegration(t, func(i *integration.Integration) { i.Attention, i.Recovering = nil, true })
				return w.org.answer(r, http.StatusBadRequest, map[string]any{"error": "invalid_client"})
			}
			r.Body = io.NopCloser(bytes.NewReader(nil))
			return w.org.RoundTrip(r)
		})
		w.publish("e1", "Experiment Completed", time.Now())
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written"}) || w.attention(t) != nil {
			t.Errorf("%v, attention %+v", got, w.attention(t))
		}
	})
}
