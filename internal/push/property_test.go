package push_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push/pushtest"
)

// TestNothingLostNothingDoubledInOrder runs the real planner, state machine and
// store against a model of the org: random events, duplicates, any order, every
// fault, functions that run at the same time, functions that are gone between any
// two outside calls, and administrators who change things meanwhile. When the dust
// has settled, each campaign has the status of its newest event, each note is there
// once, and each event is accounted for.
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

	acts    []act     // of administrators, and of the world; the next one first
	changed time.Time // when the settings did
	index   *laggingIndex
}

// act is something that happens at a time.
type act struct {
	at time.Time
	do func(t *testing.T)
}

func (s *scenario) act(after time.Duration, do func(t *testing.T)) {
	s.acts = append(s.acts, act{time.Now().Add(after), do})
	slices.SortStableFunc(s.acts, func(a, b act) int { return a.at.Compare(b.at) })
}

// soon is within the time in which most happens.
func (s *scenario) soon() time.Duration { return time.Duration(s.rng64(int64(3 * time.Minute))) }

type scenarioEvent struct {
	id, experiment, detailType string
	at                         time.Time
}

var propertyCampaigns = map[string][]string{
	"exp-a": {"7015g000000AbCdAAK", "7015g000000AbCeAAK"},
	"exp-b": {"701xx000000001AAAQ"},
}

// looseCampaign is linked to exp-b, too, and in some worlds not for long.
const looseCampaign = "7015g000000AbCfAAK"

// maxLag is by how much the list of what waits may lag: less than a resume waits
// until it looks again.
const maxLag = 25 * time.Second

func oneWorld(t *testing.T, seed uint64) {
	defer func() {
		if t.Failed() {
			t.Logf("repeat it with PUSH_SEED=%d", seed)
		}
	}()
	s := &scenario{rng: rand.New(rand.NewPCG(seed, 0)), world: newWorld(t, time.Now)}
	s.world.retry.Rand = s.rng64
	s.index = &laggingIndex{Store: s.world.store, lag: func() time.Duration { return time.Duration(s.rng64(int64(maxLag))) }}
	for experiment, campaigns := range propertyCampaigns {
		for _, c := range campaigns {
			s.world.link(t, integrationID, experiment, c)
		}
	}
	s.world.link(t, integrationID, "exp-b", looseCampaign)
	s.publish()
	s.misbehave()
	s.breakIntegration()
	s.changeSettings()
	s.unlink(t)
	s.command()
	s.runLow()
	s.run(t)
	s.check(t)
	if t.Failed() {
		s.tell(t)
	}
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
		return modelFault(s.rng64(int64(faultCount)))
	}
	s.world.org.late = func(fault modelFault) time.Duration {
		if fault == faultSlow {
			return time.Duration(s.rng64(int64(10 * time.Minute))) // as long as an org lets a request run
		}
		return time.Duration(s.rng64(int64(20 * time.Second)))
	}
}

// change changes the integration, whoever else does.
func (s *scenario) change(t *testing.T, to func(*integration.Integration)) {
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

// breakIntegration lets some runs begin with an integration that is switched off,
// or with credentials that Salesforce refuses, until an administrator acts.
func (s *scenario) breakIntegration() {
	after := time.Duration(s.rng64(120)) * time.Second
	mend := func(change func(*integration.Integration), org func()) {
		s.act(after, func(t *testing.T) {
			org()
			s.change(t, change)
			s.world.resume()
		})
	}
	switch s.rng64(5) {
	case 2:
		s.world.org.refuse("*")
		mend(func(i *integration.Integration) { i.Attention = nil; i.Recovering = true }, func() { s.world.org.refuse() })
	case 0:
		s.act(0, func(t *testing.T) { s.change(t, func(i *integration.Integration) { i.Active = false }) })
		mend(func(i *integration.Integration) { i.Active = true }, func() {})
	case 1:
		s.world.org.lockOut(true)
		mend(func(i *integration.Integration) { i.CredentialsVersion++; i.Attention = nil }, func() { s.world.org.lockOut(false) })
	}
}

// run lets functions work until the queue is empty. Some of the first ones vanish.
func (s *scenario) run(t *testing.T) {
	crashes := s.rng64(6)
	deadline := time.Now().Add(72 * time.Hour)
	for {
		at, more := s.world.queue.Next()
		if len(s.acts) > 0 && (!more || at.After(s.acts[0].at)) {
			next := s.acts[0]
			s.acts = s.acts[1:]
			time.Sleep(time.Until(next.at))
			next.do(t)
			continue
		}
		if !more && !s.redeliver(t) {
			return
		}
		if !more {
			continue
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
				store := f.Store(s.index)
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
