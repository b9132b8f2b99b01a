package storetest

import (
	"strconv"
	"sync/atomic"
	"testing"

	"salesforce-integration/internal/integration"
)

func createLinks(t *testing.T, s integration.Store, links ...integration.Link) []integration.LinkResult {
	t.Helper()
	results, err := s.CreateLinks(t.Context(), links)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(links) {
		t.Fatalf("CreateLinks of %d links: %d results", len(links), len(results))
	}
	return results
}

var manyLinksTests = []test{
	{"each succeeds or fails on its own", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1), id(2))
		stored := newLink(id(1), "a", 1)
		mustLink(t, s, stored, newLink(id(1), "a", 2))
		again := stored
		again.Source, again.DeliveryID = integration.LinkWebhook, id(9)
		empty := newLink(id(1), "a", 7)
		empty.ExperimentKey = ""
		links := []integration.Link{
			newLink(id(1), "b", 3), again, newLink(id(1), "b", 2), newLink(id(9), "b", 4), newLink(id(2), "a", 1), empty, newLink(id(1), "a", 5),
		}
		got := createLinks(t, s, links...)
		for n, want := range []integration.LinkResult{
			{Link: links[0], Created: true}, {Link: stored}, {}, {}, {Link: links[4], Created: true}, {}, {Link: links[6], Created: true},
		} {
			code := map[int]integration.Code{2: integration.CodeConflict, 3: integration.CodeNotFound, 5: integration.CodeInvalid}[n]
			wantCode(t, got[n].Err, code)
			if code == "" {
				wantEqual(t, "link "+strconv.Itoa(n), got[n], want)
			}
		}
		wantLinks(t, s, stored, newLink(id(1), "a", 2), links[0], links[6], links[4])
	}},
	{"none", func(t *testing.T, s integration.Store) { createLinks(t, s) }},
	{"a campaign twice is a bug of the caller", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		_, err := s.CreateLinks(t.Context(), []integration.Link{newLink(id(1), "a", 1), newLink(id(1), "b", 1)})
		wantCode(t, err, integration.CodeInternal)
		wantLinks(t, s)
	}},
	{"a hundred and thirty of one experiment", func(t *testing.T, s integration.Store) { testManyLinks(t, s, 1) }},
	{"a hundred and thirty of as many experiments", func(t *testing.T, s integration.Store) { testManyLinks(t, s, 130) }},
	{"a hundred and thirty of seven experiments", func(t *testing.T, s integration.Store) { testManyLinks(t, s, 7) }},
	{"at once", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		var links []integration.Link
		for n := range 30 {
			links = append(links, newLink(id(1), "e"+strconv.Itoa(n%3), n))
		}
		var won atomic.Int32
		race(6, func(int) {
			results, err := s.CreateLinks(t.Context(), links)
			if err != nil {
				t.Errorf("CreateLinks: %v", err)
			}
			for _, r := range results {
				if r.Err != nil {
					t.Errorf("a link: %v", r.Err)
				}
				if r.Created {
					won.Add(1)
				}
			}
		})
		if won.Load() != 30 {
			t.Errorf("%d of 30 links were created", won.Load())
		}
		wantIndexed(t, s, 30, "e0", "e1", "e2")
	}},
	{"as many as there is room for", func(t *testing.T, s integration.Store) {
		if testing.Short() {
			t.Skip("makes a thousand links")
		}
		mustCreate(t, s, id(1))
		var links []integration.Link
		for n := range integration.MaxLinksPerExperiment + 7 {
			links = append(links, newLink(id(1), "a", n))
		}
		full := 0
		for _, r := range createLinks(t, s, append(links, newLink(id(1), "b", 5000))...) {
			if r.Err != nil {
				wantCode(t, r.Err, integration.CodeConflict)
				full++
			}
		}
		if full != 7 {
			t.Errorf("%d links were refused, want 7", full)
		}
		wantIndexed(t, s, integration.MaxLinksPerExperiment, "a")
		wantIndexed(t, s, 1, "b")
	}},
}

func testManyLinks(t *testing.T, s integration.Store, experiments int) {
	mustCreate(t, s, id(1))
	var links []integration.Link
	var keys []string
	for n := range 130 {
		links = append(links, newLink(id(1), "e"+strconv.Itoa(n%experiments), n))
		keys = append(keys, "e"+strconv.Itoa(n%experiments))
	}
	for n, r := range createLinks(t, s, links...) {
		wantEqual(t, "link "+strconv.Itoa(n), r, integration.LinkResult{Link: links[n], Created: true})
	}
	wantIndexed(t, s, 130, keys...)
	for n, r := range createLinks(t, s, links...) {
		wantEqual(t, "link "+strconv.Itoa(n)+" again", r, integration.LinkResult{Link: links[n]})
	}
	wantIndexed(t, s, 130, keys...)
	if err := s.DeleteLink(t.Context(), id(1), campaignID(77)); err != nil {
		t.Fatal(err)
	}
	wantIndexed(t, s, 129, keys...)
}
