package webhook_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/webhook"
)

// sequential says how many outside calls a message needs one after the other:
// each call takes a virtual second, so the virtual seconds that pass are the
// answer.
func sequential(t *testing.T, notes []note, wants integration.Settings) (calls int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.settings(wants)
		r.inOrg(map[string]webhook.OrgCampaign{campaignID: {Status: "Completed"}, unlinkedID: {Status: "Completed", Key: "k"}})
		second := func(context.Context, string) error { time.Sleep(time.Second); return nil }
		r.store.Before(second)
		r.bus.before = func() error { return second(t.Context(), "Publish") }
		r.org.before = func() error { return second(t.Context(), "Campaigns") }
		began := time.Now()
		got, err := r.Handle(context.Background(), soapEnvelope(notes...))
		if err != nil || got.StatusCode != http.StatusOK {
			t.Errorf("answer = %d %s (%v)", got.StatusCode, got.Body, err)
		}
		calls = int(time.Since(began) / time.Second)
	})
	return calls
}

// TestReach counts sequential outside calls of the store and the bus; a secret
// that is not in the vault's cache yet costs one more, and so do a hundred links of
// one experiment, or two more those of a hundred: the table takes them in two or
// three transactions (see package dynamo). A look into the org is one query, with a
// warm client; a cold one opens the credentials and reads the shared token before.
func TestReach(t *testing.T) {
	t.Parallel()
	var linked, fresh, fifty, one []note
	for n := range 100 {
		record := fmt.Sprintf("7015g00000%05dAAA", n)
		linked = append(linked, note{n, campaignID, map[string]string{"Status": "Completed"}})
		fresh = append(fresh, linking(n, record, fmt.Sprint("experiment-", n)))
		fifty = append(fifty, linking(n, record, fmt.Sprint("experiment-", n%50)))
		one = append(one, linking(n, record, "experiment"))
	}
	for name, c := range map[string]struct {
		notes []note
		wants integration.Settings
		want  int
	}{
		"one":                                     {[]note{completed(1, campaignID)}, integration.Settings{}, 4},
		"one that asks for nothing":               {[]note{{1, campaignID, map[string]string{"Status": "Planned"}}}, integration.Settings{}, 2},
		"one that makes its link only":            {[]note{{1, unlinkedID, map[string]string{"Status": "Planned", "Experiment_Key__c": "k"}}}, integration.Settings{}, 3},
		"one that makes its link and finalizes":   {[]note{linking(1, unlinkedID, "k")}, integration.Settings{}, 4},
		"a hundred":                               {linked, integration.Settings{}, 5},
		"a hundred that make their links":         {fresh, integration.Settings{}, 5},
		"a hundred new ones of fifty experiments": {fifty, integration.Settings{}, 5},
		"one that is looked at again":             {[]note{completed(1, campaignID)}, integration.Settings{Reread: true}, 5},
		"one whose key is looked up":              {[]note{completed(1, unlinkedID)}, integration.Settings{Reread: true, LookupKey: true}, 5},
		"a hundred new ones of one experiment":    {one, integration.Settings{}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := sequential(t, c.notes, c.wants); got != c.want {
				t.Errorf("%d sequential calls, want %d", got, c.want)
			}
		})
	}
}

// instant is a store that costs nothing: what it holds is made before, and it takes
// whatever is to be stored.
type instant struct {
	*inmem.Store
	links map[integration.CampaignRef]integration.Link
}

func (s instant) GetDeliveries(context.Context, []string) (map[string]integration.Delivery, error) {
	return map[string]integration.Delivery{}, nil
}

func (s instant) GetLinks(context.Context, []integration.CampaignRef) (map[integration.CampaignRef]integration.Link, error) {
	return s.links, nil
}

func (s instant) Commit(_ context.Context, units []integration.Unit) ([]integration.UnitResult, error) {
	results := make([]integration.UnitResult, len(units))
	for k, u := range units {
		results[k] = integration.UnitResult{Committed: true, Delivery: u.Delivery, Seen: u.Seen}
	}
	return results, nil
}

// BenchmarkHundred measures the CPU of a message of a hundred notifications beside
// that of encoding/xml reading it into structs: that of dealing with it, each one of
// a Campaign of its own that becomes completed, and that of a hundred duplicates with
// the work of a store in memory.
func BenchmarkHundred(b *testing.B) {
	notes := make([]note, 100)
	links := map[integration.CampaignRef]integration.Link{}
	for n := range notes {
		id := fmt.Sprintf("7015g00000%05dAAA", n)
		notes[n] = completed(n, id)
		links[ref(id)] = integration.Link{IntegrationID: integrationID, CampaignID: id, ExperimentKey: fmt.Sprint("e", n), CreatedAt: start.Add(-time.Hour)}
	}
	e := soapEnvelope(notes...)
	b.Run("handling", func(b *testing.B) {
		r := newRig(b)
		r.handleWith(instant{r.store, links}, r.bus)
		b.ReportAllocs()
		for b.Loop() {
			r.bus.requests = r.bus.requests[:0]
			if got := r.send(e); got.StatusCode != http.StatusOK || len(r.bus.requests) != 100 {
				b.Fatal(got.StatusCode, len(r.bus.requests))
			}
		}
	})
	b.Run("handler", func(b *testing.B) {
		r := newRig(b)
		r.send(e) // records; from here on they are duplicates, which costs the store least
		b.ReportAllocs()
		for b.Loop() {
			r.send(e)
		}
	})
	b.Run("encoding-xml", func(b *testing.B) {
		type message struct {
			OrganizationID string `xml:"Body>notifications>OrganizationId"`
			Notifications  []struct {
				ID     string `xml:"Id"`
				Record struct {
					ID, Name, Status, LastModifiedDate string
				} `xml:"sObject"`
			} `xml:"Body>notifications>Notification"`
		}
		b.ReportAllocs()
		for b.Loop() {
			var m message
			if err := xml.Unmarshal([]byte(e.Body), &m); err != nil || len(m.Notifications) != 100 {
				b.Fatal(err)
			}
		}
	})
}
