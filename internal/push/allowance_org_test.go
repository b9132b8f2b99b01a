package push_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
)

const secondID = "0195b9b0-0000-7000-8000-000000000002"

// scarceForTwo is a scarce world with two integrations of its org, in which the first
// one has just been told that little is left.
func scarceForTwo(t *testing.T) *world {
	t.Helper()
	w := scarce(t)
	w.addIntegration(t, secondID)
	w.link(t, secondID, "other", demoCampaign)
	w.publish("first", "Experiment Completed", time.Now().Add(-time.Hour))
	w.work(t)
	return w
}

// pinned sets the org that an integration is known to be of.
func (w *world) pinned(t *testing.T, id, orgID string) {
	t.Helper()
	i, err := w.store.GetIntegration(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	i.OrgID = orgID
	if _, err := w.store.UpdateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
}

// TestWhatOneIntegrationKnowsOfItsOrg another one knows, too, once it is known to be of
// the same org.
func TestWhatOneIntegrationKnowsOfItsOrg(t *testing.T) {
	for name, c := range map[string]struct {
		orgID string
		calls int // of the second integration's statuses, right away
	}{
		"the same org":         {"00D5g000004XyZaEAK", 0},
		"another org":          {"00D5g000004XyZbEAK", 1},
		"an org not known yet": {"", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := scarceForTwo(t)
				w.pinned(t, secondID, c.orgID)
				spent := w.org.calls
				w.queue.Put(event("e1", "Experiment Completed", "other", time.Now()), time.Now())
				w.work(t)
				if got := w.org.calls - spent; got != c.calls {
					t.Errorf("%d calls, wanted %d", got, c.calls)
				}
				// What the org said is known from then on, wherever it is kept.
				time.Sleep(time.Second)
				spent = w.org.calls
				w.queue.Put(event("e2", "Experiment Rolled Back", "other", time.Now()), time.Now())
				w.work(t)
				if got := w.org.calls - spent; got != 0 {
					t.Errorf("%d calls out of the reserve", got)
				}
			})
		})
	}
}

// TestTheOrgOfAnIntegrationChanges: what was known of the one says nothing of the other.
func TestTheOrgOfAnIntegrationChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := scarceForTwo(t)
		w.pinned(t, integrationID, "") // as a new address does
		spent := w.org.calls
		w.org.usage = "api-usage=10/100"
		w.publish("e1", "Experiment Rolled Back", time.Now())
		w.work(t)
		if got := w.org.calls - spent; got != 1 {
			t.Errorf("%d calls, wanted one", got)
		}
	})
}

// TestAStatusDoesNotWaitForAnothersNote: of integrations that share an org, those with
// statuses take the turn, whoever comes first.
func TestAStatusDoesNotWaitForAnothersNote(t *testing.T) {
	for range 10 { // the order is by lot
		synctest.Test(t, func(t *testing.T) {
			w := scarceForTwo(t)
			w.pinned(t, secondID, "00D5g000004XyZaEAK")
			time.Sleep(time.Hour)
			for experiment, eventType := range map[string]string{"exp": "Experiment Reached Significance", "other": "Experiment Completed"} {
				w.queue.Put(event("later "+experiment, eventType, experiment, time.Now()), time.Now())
			}
			w.work(t)
			list, err := w.store.ListDeliveries(t.Context(), integration.DeliveryFilter{IntegrationID: secondID}, integration.Page{Limit: 10})
			if err != nil || len(list.Items) != 1 || list.Items[0].Reason == integration.ReasonAllowance {
				t.Errorf("the status: %+v, %v", list.Items, err)
			}
		})
	}
}

// orgFunc is a way to the org that is a function.
type orgFunc func(*http.Request) (*http.Response, error)

func (f orgFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestOfTwoWordsOfAnOrgTheLaterCounts: two integrations of an org write in one batch, and
// the org passes into its reserve between their answers.
func TestOfTwoWordsOfAnOrgTheLaterCounts(t *testing.T) {
	for later, campaign := range map[string]string{"the first": demoCampaign, "the second": "7015g000000AbCeAAK"} {
		t.Run(later, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := scarce(t)
				w.addIntegration(t, secondID)
				w.link(t, secondID, "exp", "7015g000000AbCeAAK")
				for _, id := range []string{integrationID, secondID} {
					w.pinned(t, id, "00D5g000004XyZaEAK")
				}
				w.through = func(org http.RoundTripper) http.RoundTripper {
					return orgFunc(func(r *http.Request) (*http.Response, error) {
						if r.Method != http.MethodPatch {
							return org.RoundTrip(r)
						}
						body, err := io.ReadAll(r.Body)
						if err != nil {
							return nil, err
						}
						r.Body = io.NopCloser(bytes.NewReader(body))
						used := "api-usage=79/100"
						if strings.Contains(string(body), campaign) {
							time.Sleep(time.Second)
							used = "api-usage=81/100"
						}
						w.org.use(used)
						return org.RoundTrip(r)
					})
				}
				w.publish("e1", "Experiment Completed", time.Now())
				w.work(t)
				key := integration.AllowanceKey{OrgID: "00D5g000004XyZaEAK"}
				found, err := w.store.GetAllowances(t.Context(), []integration.AllowanceKey{key})
				if err != nil || !found[key].Low(20) {
					t.Errorf("known: %+v (%v)", found, err)
				}
			})
		})
	}
}

// TestTwoIntegrationsOfOneOrgTakeTurns: below the reserve, the calls of both together are
// as far apart as those of one, and neither waits for ever.
func TestTwoIntegrationsOfOneOrgTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := scarceForTwo(t)
		start := time.Now()
		w.pinned(t, secondID, "00D5g000004XyZaEAK")
		for n := range 6 * 60 {
			at := start.Add(time.Duration(n) * time.Minute)
			for _, experiment := range []string{"exp", "other"} {
				w.queue.Put(event(fmt.Sprint(experiment, n), "Experiment Completed", experiment, at), at)
			}
		}
		before := w.org.admitted // the model's org has one token only, and refuses the other's
		w.workUntil(t, start.Add(6*time.Hour))
		if got := w.org.admitted - before; got > 6*60/5 || got < 6*60/10 {
			t.Errorf("%d calls in six hours, wanted %d at most, and not far fewer", got, 6*60/5)
		}
		for _, id := range []string{integrationID, secondID} {
			list, err := w.store.ListDeliveries(t.Context(), integration.DeliveryFilter{IntegrationID: id, Status: integration.StatusDelivered}, integration.Page{Limit: 100})
			if err != nil || len(list.Items) < 6*60/5/4 {
				t.Errorf("%d of integration %s were written (%v)", len(list.Items), id, err)
			}
		}
	})
}
