package storetest

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

// The tests here walk a list in parts of random length, while others create,
// delete and change items between two parts. Whatever they do, an item that was
// there all the time is seen exactly once, none is seen twice, and the order holds.
var pagingTests = []test{
	{"integrations under concurrent writes", func(t *testing.T, s integration.Store) {
		live := &population{count: 24, next: 24}
		add := func(n int) { mustCreate(t, s, id(n)) }
		live.fill(add)
		live.walks(t, func(limit int) (integration.Page, func(integration.Page) ([]int, string)) {
			return integration.Page{Limit: limit}, func(p integration.Page) ([]int, string) {
				l, err := s.ListIntegrations(t.Context(), p)
				return numbers(t, l.Items, err, func(i integration.Integration) string { return i.ID }), l.NextCursor
			}
		}, descendingNumbers, add, func(n int) {
			if err := s.DeleteIntegration(t.Context(), id(n), 0); err != nil {
				t.Fatal(err)
			}
		})
	}},
	{"links under concurrent writes", func(t *testing.T, s integration.Store) {
		mustCreate(t, s, id(1))
		// Every other one is of the experiment that is looked for.
		experiment := func(n int) string { return []string{"a", "b"}[n%2] }
		for _, f := range []integration.LinkFilter{{}, {ExperimentKey: "a"}} {
			live := &population{count: 24, next: 24, wanted: func(n int) bool { return f.ExperimentKey == "" || experiment(n) == f.ExperimentKey }}
			add := func(n int) { mustLink(t, s, newLink(id(1), experiment(n), n)) }
			live.fill(add)
			remove := func(n int) {
				if err := s.DeleteLink(t.Context(), id(1), campaignID(n)); err != nil {
					t.Fatal(err)
				}
			}
			live.walks(t, func(limit int) (integration.Page, func(integration.Page) ([]int, string)) {
				return integration.Page{Limit: limit}, func(p integration.Page) ([]int, string) {
					l, err := s.ListLinks(t.Context(), id(1), f, p)
					return numbers(t, l.Items, err, func(l integration.Link) string { return id(numberOfCampaign(l.CampaignID)) }), l.NextCursor
				}
			}, ascendingNumbers, add, remove)
			for n := range live.there {
				remove(n)
			}
		}
	}},
	{"deliveries under concurrent writes", func(t *testing.T, s integration.Store) {
		versions := map[int]int64{}
		store := func(n int, status integration.DeliveryStatus) {
			d := newDelivery(n)
			d.CreatedAt = t0().Add(time.Duration(n/3) * time.Second) // three of each instant
			d.Status, d.Version = status, versions[n]
			mustCommit(t, s, integration.Unit{Delivery: d})
			versions[n]++
		}
		for _, f := range []integration.DeliveryFilter{{}, {Status: integration.StatusPending}} {
			live := &population{count: 24, next: 24}
			add := func(n int) { store(n, integration.StatusPending) }
			live.fill(add)
			live.walks(t, func(limit int) (integration.Page, func(integration.Page) ([]int, string)) {
				return integration.Page{Limit: limit}, func(p integration.Page) ([]int, string) {
					l, err := s.ListDeliveries(t.Context(), f, p)
					return numbers(t, l.Items, err, func(d integration.Delivery) string { return d.ID }), l.NextCursor
				}
			}, descendingNumbers, add, func(n int) { // the log forgets nothing: what is over is another's to look for
				store(n, integration.StatusDelivered)
			})
		}
	}},
}

// population is the items of a list, by number; the numbers are in the list's order.
type population struct {
	count, next int
	there       map[int]bool
	wanted      func(n int) bool // nil: all
}

func (p *population) fill(add func(int)) {
	p.there = map[int]bool{}
	for n := range p.count {
		add(2 * n) // with room for others between them
		p.there[2*n] = true
	}
	p.next = 2 * p.count
}

type order func(a, b int) bool

func ascendingNumbers(a, b int) bool  { return a < b }
func descendingNumbers(a, b int) bool { return a > b }

// walks reads the list some times, with other lengths and other disturbances.
func (p *population) walks(t *testing.T, list func(limit int) (integration.Page, func(integration.Page) ([]int, string)), inOrder order, add, remove func(int)) {
	t.Helper()
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 7))
		throughout := map[int]bool{}
		for n := range p.there {
			throughout[n] = p.wanted == nil || p.wanted(n)
		}
		page, read := list(1 + r.IntN(7))
		var seen []int
		for parts := 0; ; parts++ {
			part, cursor := read(page)
			seen = append(seen, part...)
			if cursor == "" {
				break
			}
			if parts > 200 {
				t.Fatal("the list does not end")
			}
			page.Cursor, page.Limit = cursor, 1+r.IntN(7)
			p.disturb(r, throughout, add, remove)
		}
		met := map[int]int{}
		for k, n := range seen {
			met[n]++
			if k > 0 && !inOrder(seen[k-1], n) {
				t.Errorf("walk %d: %d comes after %d", seed, n, seen[k-1])
			}
		}
		for n, stayed := range throughout {
			if stayed && met[n] != 1 {
				t.Errorf("walk %d: %d was there all the time and was seen %d times", seed, n, met[n])
			}
		}
		for n, times := range met {
			if times > 1 {
				t.Errorf("walk %d: %d was seen %d times", seed, n, times)
			}
		}
	}
}

// disturb does what others may do between two parts: it removes an item, and adds
// one at the end or between others.
func (p *population) disturb(r *rand.Rand, throughout map[int]bool, add, remove func(int)) {
	if r.IntN(2) == 0 && len(p.there) > p.count/2 {
		n := 2 * r.IntN(p.next/2)
		if p.there[n] {
			remove(n)
			delete(p.there, n)
			throughout[n] = false
		}
	}
	if r.IntN(2) == 0 {
		p.next += 2
		add(p.next)
		p.there[p.next] = true
	}
	if between := 2*r.IntN(p.next/2) + 1; !p.there[between] {
		add(between)
		p.there[between] = true
	}
}

// numbers turns a part's items back into their numbers.
func numbers[T any](t *testing.T, items []T, err error, idOf func(T) string) []int {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, item := range items {
		all = append(all, numberOf(idOf(item)))
	}
	return all
}

// numberOf is the n of [id].
func numberOf(id string) int {
	n, err := strconv.ParseInt(id[len(id)-12:], 16, 64)
	if err != nil {
		return -1
	}
	return int(n)
}

// numberOfCampaign is the n of [campaignID].
func numberOfCampaign(id string) int {
	n, err := strconv.Atoi(id[5:15])
	if err != nil {
		return -1
	}
	return n
}
