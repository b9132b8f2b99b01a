// Package storetest holds one behaviour suite for every [integration.Store]: what
// the contract promises is a named subtest here, and what passes may be put in the
// place of any other store.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
)

// Run runs the suite. newStore returns an empty store of its own for each call,
// and cleans up after itself by t.Cleanup.
func Run(t *testing.T, newStore func(t *testing.T) integration.Store) {
	groups := []struct {
		name  string
		tests []test
	}{
		{"Integrations", integrationTests},
		{"Links", linkTests},
		{"ManyLinks", manyLinksTests},
		{"Deliveries", deliveryTests},
		{"Seen", seenTests},
		{"Log", logTests},
		{"Tokens", tokenTests},
		{"Allowances", allowanceTests},
		{"Requests", requestTests},
		{"Paging", pagingTests},
		{"RoundTrip", roundTripTests},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, tt := range g.tests {
				t.Run(tt.name, func(t *testing.T) { tt.run(t, newStore(t)) })
			}
		})
	}
}

type test struct {
	name string
	run  func(t *testing.T, s integration.Store)
}

// t0 is when the suite's stories begin: with nanoseconds, which must survive.
func t0() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 123456789, time.UTC) }

// id makes the nth of a series of ids that sort by n, as UUIDv7s do.
func id(n int) string { return fmt.Sprintf("0195%04x-0000-7000-8000-%012x", n>>16, n) }

// campaignID makes the nth of a series of Campaign ids.
func campaignID(n int) string { return fmt.Sprintf("701xx%010dAAQ", n) }

func ref(integrationID string, n int) integration.CampaignRef {
	return integration.CampaignRef{IntegrationID: integrationID, CampaignID: campaignID(n)}
}

func newIntegration(id string) integration.Integration {
	return integration.Integration{
		ID: id, Name: "CRM " + id, Type: integration.TypeSalesforce, Active: true,
		InstanceURL: "https://example.my.salesforce.com", ClientID: "3MVG9",
		SealedCredentials: integration.Sealed("sealed"), CredentialsVersion: 1,
		CreatedAt: t0(), UpdatedAt: t0(),
	}
}

func mustCreate(t *testing.T, s integration.Store, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if _, err := s.CreateIntegration(t.Context(), newIntegration(id)); err != nil {
			t.Fatalf("CreateIntegration(%s): %v", id, err)
		}
	}
}

func newLink(integrationID, experimentKey string, campaign int) integration.Link {
	return integration.Link{
		IntegrationID: integrationID, ExperimentKey: experimentKey, CampaignID: campaignID(campaign),
		Source: integration.LinkManual, CreatedAt: t0(),
	}
}

func mustLink(t *testing.T, s integration.Store, links ...integration.Link) {
	t.Helper()
	for _, l := range links {
		if _, created, err := s.CreateLink(t.Context(), l); err != nil || !created {
			t.Fatalf("CreateLink(%+v): created %t, %v", l, created, err)
		}
	}
}

func newDelivery(n int) *integration.Delivery {
	return &integration.Delivery{
		ID: id(n), Direction: integration.Outbound, Status: integration.StatusPending,
		EventType: string(integration.EventCompleted), EventID: "event", IntegrationID: id(1),
		ExperimentKey: "checkout", CampaignID: campaignID(n), Payload: []byte(`{"n":1}`),
		CreatedAt: t0().Add(time.Duration(n) * time.Second), UpdatedAt: t0(),
	}
}

func newCampaign(integrationID string, n int) *integration.Campaign {
	return &integration.Campaign{CampaignRef: ref(integrationID, n), ExperimentKey: "a", EventAt: t0(), EventID: "event"}
}

// mustCommit commits and fails the test unless every unit was stored.
func mustCommit(t *testing.T, s integration.Store, units ...integration.Unit) []integration.UnitResult {
	t.Helper()
	results := commit(t, s, units...)
	for n, r := range results {
		if !r.Committed {
			t.Fatalf("unit %d was not committed", n)
		}
	}
	return results
}

func commit(t *testing.T, s integration.Store, units ...integration.Unit) []integration.UnitResult {
	t.Helper()
	results, err := s.Commit(t.Context(), units)
	if err != nil {
		t.Fatalf("Commit: %v", err)
	}
	if len(results) != len(units) {
		t.Fatalf("Commit of %d units: %d results", len(units), len(results))
	}
	return results
}

func wantCode(t *testing.T, err error, want integration.Code) {
	t.Helper()
	if got := integration.ErrorCode(err); got != want {
		t.Errorf("error %v has the code %q, want %q", err, got, want)
	}
}

func wantInvalid(t *testing.T, err error, field string) {
	t.Helper()
	var e *integration.Error
	if !errors.As(err, &e) || e.Code != integration.CodeInvalid || e.Field != field {
		t.Errorf("error %v, want %s with field %q", err, integration.CodeInvalid, field)
	}
}

func wantEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// walk reads a list to its end in parts, and checks that no part is too long.
// Between two parts it calls between, if that is set.
func walk[T any](t *testing.T, limit int, read func(integration.Page) (integration.List[T], error), between func()) []T {
	t.Helper()
	var all []T
	p := integration.Page{Limit: limit}
	for range 500 {
		l, err := read(p)
		if err != nil {
			t.Fatalf("reading a part after %d items: %v", len(all), err)
		}
		if len(l.Items) > limit {
			t.Fatalf("a part has %d items, want at most %d", len(l.Items), limit)
		}
		all = append(all, l.Items...)
		if l.NextCursor == "" {
			return all
		}
		p.Cursor = l.NextCursor
		if between != nil {
			between()
		}
	}
	t.Fatal("the list does not end")
	return nil
}

// race starts f n times at once and waits for all.
func race(n int, f func(n int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// badCursors are strings that no store may have given out.
func badCursors() map[string]string {
	return map[string]string{
		"not base64":    "%%%",
		"a word":        "next",
		"empty JSON":    "e30",
		"binary":        "AAECAwQ",
		"a huge string": fmt.Sprintf("%04000d", 0),
	}
}
