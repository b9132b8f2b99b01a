package push_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push/pushtest"
)

// TestNothingLostNothingDoubledInOrder runs the real planner, state machine and
// store against a model of the org: random events, duplicates, any order, every
// fault, functions that run at the same time, and functions that are gone between
// any two outside calls. When the dust has settled, each campaign has the status
// of its newest event, each note is there once, and each event is accounted for.
//
// PUSH_RUNS sets how many worlds are tried, PUSH_SEED repeats one.
func TestNothingLostNothingDoubledInOrder(t *testing.T) {
	runs := 1500
	if testing.Short() {
		runs = 200
	}
	if v, err := strconv.Atoi(os.Getenv("PUSH_RUNS")); err == nil {
		runs = v
	}
	if seed, err := strconv.ParseUint(os.Getenv("PUSH_SEED"), 10, 64); err == nil {
		synctest.Test(t, func(t *testing.T) { oneWorld(t, seed) })
		return
	}
	first := rand.Uint64()
	for i := range runs {
		seed := first + uint64(i)
		synctest.Test(t, func(t *testing.T) { oneWorld(t, seed) })
		if t.Failed() {
			return
		}
	}
}

// scenario is what a run is made of.
type scenario struct {
	rng    *rand.Rand
	world  *world
	events []scenarioEvent

	mendAt time.Time // when an administrator acts
	mend   func(t *testing.T)
}

type scenarioEvent struct {
	id, experiment, detailType string
	at                         time.Time
}

var propertyCampaigns = map[string][]string{
	"exp-a": {"7015g000000AbCdAAK", "7015g000000AbCeAAK"},
	"exp-b": {"701xx000000001AAAQ"},
}

func oneWorld(t *testing.T, seed uint64) {
	defer func() {
		if t.Failed() {
			t.Logf("repeat it with PUSH_SEED=%d", seed)
		}
	}()
	s := &scenario{rng: rand.New(rand.NewPCG(seed, 0)), world: newWorld(t, time.Now)}
	s.world.retry.Rand = s.rng64
	for experiment, campaigns := range propertyCampaigns {
		for _, c := range campaigns {
			s.world.link(t, integrationID, experiment, c)
		}
	}
	s.publish()
	s.misbehave()
	s.breakIntegration(t)
	s.run(t)
	s.check(t)
}

var rngLock sync.Mutex

// rng64 is asked by functions that run at the same time.
func (s *scenario) rng64(n int64) int64 {
	rngLock.Lock()
	defer rngLock.Unlock()
	return s.rng.Int64N(n)
}

func (s *scenario) chance(percent int64) bool { return s.rng64(100) < percent }

// publish puts up to eight events on the queue, in any order, some twice.
func (s *scenario) publish() {
	base := time.Now()
	types := []string{"Experiment Completed", "Experiment Rolled Back", "Experiment Reached Significance"}
	for i := range 1 + s.rng64(8) {
		e := scenarioEvent{
			id:         fmt.Sprintf("event-%d", i),
			experiment: []string{"exp-a", "exp-b"}[s.rng64(2)],
			detailType: types[s.rng64(3)],
			at:         base.Add(time.Duration(s.rng64(5)) * time.Second), // some at the same instant
		}
		s.events = append(s.events, e)
		body := fmt.Sprintf(`{"id":%q,"detail-type":%q,"time":%q,"detail":{"experiment_key":%q,"occurred_at":%q}}`,
			e.id, e.detailType, e.at.Format(time.RFC3339), e.experiment, e.at.Format(time.RFC3339Nano))
		for range 1 + s.rng64(2) {
			s.world.queue.Put(body, base.Add(time.Duration(s.rng64(30))*time.Second))
		}
	}
}

// misbehave gives the org its faults: for the first calls only, so that all ends.
func (s *scenario) misbehave() {
	bad := int(s.rng64(20))
	percent := s.rng64(101)
	s.world.org.fault = func(call int) modelFault {
		if call > bad || !s.chance(percent) {
			return faultNone
		}
		return modelFault(s.rng64(int64(faultSlow)))
	}
}

// breakIntegration lets some runs begin with an integration that is switched off,
// or with credentials that Salesforce refuses, until an administrator acts.
func (s *scenario) breakIntegration(t *testing.T) {
	change := func(t *testing.T, to func(*integration.Integration)) {
		for {
			i, err := s.world.store.GetIntegration(t.Context(), integrationID)
			if err != nil {
				t.Fatal(err)
			}
			to(&i)
			if _, err := s.world.store.UpdateIntegration(t.Context(), i); err == nil {
				return
			}
		}
	}
	resume := fmt.Sprintf(`{"command":"resume","integration_id":%q}`, integrationID)
	s.mendAt = time.Now().Add(time.Duration(s.rng64(120)) * time.Second)
	switch s.rng64(5) {
	case 2:
		s.world.org.refuse("*")
		s.mend = func(t *testing.T) {
			s.world.org.refuse()
			change(t, func(i *integration.Integration) { i.Attention = nil; i.Recovering = true })
			s.world.queue.Put(resume, time.Now())
		}
	case 0:
		change(t, func(i *integration.Integration) { i.Active = false })
		s.mend = func(t *testing.T) {
			change(t, func(i *integration.Integration) { i.Active = true })
			s.world.queue.Put(resume, time.Now())
		}
	case 1:
		s.world.org.lockOut(true)
		s.mend = func(t *testing.T) {
			s.world.org.lockOut(false)
			change(t, func(i *integration.Integration) { i.CredentialsVersion++; i.Attention = nil })
			s.world.queue.Put(resume, time.Now())
		}
	}
}

// run lets functions work until the queue is empty. Some of the first ones vanish.
func (s *scenario) run(t *testing.T) {
	crashes := s.rng64(6)
	deadline := time.Now().Add(72 * time.Hour)
	for {
		at, more := s.world.queue.Next()
		if s.mend != nil && (!more || at.After(s.mendAt)) {
			time.Sleep(time.Until(s.mendAt))
			s.mend(t)
			s.mend = nil
			continue
		}
		if !more {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("seed goes on for three days: %d messages are still on the queue", s.world.queue.Len())
			return
		}
		time.Sleep(time.Until(at))
		var wg sync.WaitGroup
		for range 1 + s.rng64(2) {
			messages := s.world.queue.Receive(int(1 + s.rng64(6)))
			if len(messages) == 0 {
				continue
			}
			life := int64(1 << 30)
			if crashes > 0 && s.chance(50) {
				crashes--
				life = s.rng64(14)
			}
			wg.Go(func() {
				f := pushtest.NewMortal(life)
				store := f.Store(s.world.store)
				// A function has a minute, as in the template.
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				failures := handleBatch(ctx, t, s.world.handlerThrough(store, f.Transport(s.world.org), f.Queue(s.world.queue)), messages)
				if !f.Dead() {
					s.world.queue.Delete(messages, failures)
				}
			})
		}
		wg.Wait()
	}
}

func (s *scenario) check(t *testing.T) {
	time.Sleep(time.Minute) // late commits
	statuses, notes := s.world.org.snapshot()
	for experiment, campaigns := range propertyCampaigns {
		newest, markers := s.expect(experiment)
		for _, c := range campaigns {
			if statuses[c] != newest {
				t.Errorf("campaign %s has status %q, its newest event says %q", c, statuses[c], newest)
			}
			if len(notes[c]) != markers {
				t.Errorf("campaign %s has %d notes, wanted %d: %q", c, len(notes[c]), markers, notes[c])
			}
		}
	}
	for _, d := range s.world.deliveries(t) {
		if !d.Status.Final() {
			t.Errorf("delivery %s of %s is left behind as %s (%s), with an empty queue", d.ID, d.EventID, d.Status, d.Detail)
		}
	}
	for _, e := range s.events {
		for _, c := range propertyCampaigns[e.experiment] {
			parts := []string{e.id, integrationID, c}
			if strings.HasSuffix(e.detailType, "Significance") {
				parts = append(parts, "note")
			}
			id := integration.DeliveryID(integration.Outbound, parts...)
			found, err := s.world.store.GetDeliveries(t.Context(), []string{id})
			if err != nil {
				t.Fatal(err)
			}
			if d, ok := found[id]; !ok || !d.Status.Final() {
				t.Errorf("event %s on %s ended as %q (%s)", e.id, c, d.Status, d.Detail)
			}
		}
	}
}

// expect returns the status of an experiment's newest event, and how many notes it
// asks for.
func (s *scenario) expect(experiment string) (status string, notes int) {
	var newest scenarioEvent
	for _, e := range s.events {
		switch {
		case e.experiment != experiment:
		case strings.HasSuffix(e.detailType, "Significance"):
			notes++
		case e.at.After(newest.at) || e.at.Equal(newest.at) && e.id > newest.id:
			newest = e
		}
	}
	switch newest.detailType {
	case "Experiment Completed":
		status = "Completed"
	case "Experiment Rolled Back":
		status = "Paused"
	}
	return status, notes
}
