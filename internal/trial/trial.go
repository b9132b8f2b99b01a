// Package trial puts a program that writes experiment events to Salesforce through
// faults, and counts what is lost, doubled, wrong and late at the end, and what was
// spent. The org is the local one, the queue a model of SQS with Lambda's pollers;
// all of it runs in the virtual time of testing/synctest, so that hours of back-off
// cost nothing.
package trial

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/push/pushtest"
	"salesforce-integration/internal/salesforce/localorg"
)

// Settings are those of a function and of its event source, as in the template.
type Settings struct {
	BatchSize   int
	Window      time.Duration // MaximumBatchingWindowInSeconds
	Concurrency int           // MaximumConcurrency
	Timeout     time.Duration // of the function
}

// Place is what a function finds around it.
type Place struct {
	Transport http.RoundTripper // to [OrgURL]
	Queue     *pushtest.Queue
	// Life is the function's: what goes out by another way than Transport goes
	// through it.
	Life *pushtest.Mortal
	// Line is the way to the org that no function's end cuts off: for a library that
	// does not let each of its clients have a transport.
	Line http.RoundTripper
}

// Function is a function in memory, as Lambda keeps it warm between invocations.
type Function interface {
	// Handle does one invocation, and returns which messages are to come back. An
	// error brings all of them back.
	Handle(ctx context.Context, batch []events.SQSMessage) ([]events.SQSBatchItemFailure, error)
}

// Writer is a program under trial.
type Writer interface {
	Name() string
	Settings() Settings
	// Prepare is called once, before the first function starts, with the Campaign of
	// each experiment.
	Prepare(ctx context.Context, campaigns map[string]string) error
	// Steps is about how many steps of a [pushtest.Mortal] a cold invocation takes.
	Steps() int64
	// Start makes a cold function.
	Start(Place) Function
}

const (
	answerTime = 50 * time.Millisecond
	// receiveTime is what a poller needs for one ReceiveMessage, which brings ten
	// messages at most.
	receiveTime  = 10 * time.Millisecond
	receiveMost  = 10
	retention    = 4 * 24 * time.Hour // SQS's default
	stepsForever = int64(1) << 40
)

// run is one trial under way.
type run struct {
	writer Writer
	fault  Fault
	org    *localorg.Org
	line   *Line
	queue  *pushtest.Queue
	end    time.Time

	mu    sync.Mutex
	rng   *rand.Rand
	kills int // still to be done
}

// Run puts a writer through a fault while a load comes. Call it inside of a synctest
// bubble: it may last days of the time that it sees.
func Run(ctx context.Context, w Writer, f Fault, l Load) (Row, error) {
	org, all, err := Set(ctx, w, f, l)
	if err != nil {
		return Row{}, err
	}
	r := &run{
		writer: w, fault: f, org: org, line: NewLine(org, answerTime), queue: pushtest.NewQueue(time.Now), end: time.Now().Add(retention),
		rng: rand.New(rand.NewPCG(1, 1)), kills: f.killed,
	}
	seen := newWitness(org, all)
	r.line.watch = seen.look
	if err := r.arm(); err != nil {
		return Row{}, err
	}
	publish(r.queue, all, f)
	var pollers sync.WaitGroup
	for i := range w.Settings().Concurrency {
		pollers.Go(func() {
			// Apart from each other, so that a trial goes the same way each time.
			time.Sleep(time.Duration(i) * time.Millisecond)
			r.poll(ctx)
		})
	}
	pollers.Wait()
	row, err := seen.row()
	row.Fault, row.Writer, row.Unread = f.Name, w.Name(), r.queue.Len()
	row.Calls, row.Logins = r.line.Spent()
	return row, err
}

// Set makes an org with a load's Campaigns, and prepares a writer for it.
func Set(ctx context.Context, w Writer, f Fault, l Load) (*localorg.Org, []Event, error) {
	org, err := localorg.New(localorg.Config{Now: time.Now, Seed: 1})
	if err != nil {
		return nil, nil, fmt.Errorf("making the org: %w", err)
	}
	ids := make([]string, l.Campaigns)
	for i := range ids {
		if ids[i], err = org.Create("Campaign", map[string]any{"Name": fmt.Sprint("Campaign ", i), "Status": "In Progress"}); err != nil {
			return nil, nil, fmt.Errorf("making a Campaign: %w", err)
		}
	}
	byExperiment := map[string]string{}
	for i, id := range ids {
		byExperiment[experiment(i)] = id
	}
	if err := w.Prepare(ctx, byExperiment); err != nil {
		return nil, nil, fmt.Errorf("preparing %s: %w", w.Name(), err)
	}
	return org, l.events(ids, time.Now(), f), nil
}

// arm sets the fault's clocks.
func (r *run) arm() error {
	for _, s := range r.fault.org {
		if err := s.fault.Validate(); err != nil {
			return fmt.Errorf("the fault %q: %w", r.fault.Name, err)
		}
		time.AfterFunc(s.from, func() {
			id, err := r.org.AddFault(s.fault)
			if err != nil {
				return // it was valid a moment ago
			}
			time.AfterFunc(s.until-s.from, func() { r.org.RemoveFault(id) })
		})
	}
	if r.fault.refused.until > 0 {
		time.AfterFunc(r.fault.refused.from, func() { r.line.Refuse(true) })
		time.AfterFunc(r.fault.refused.until, func() { r.line.Refuse(false) })
	}
	return nil
}

// poll is one of Lambda's pollers with the function it invokes: it gathers messages
// until the batch is full or the window over.
func (r *run) poll(ctx context.Context) {
	var warm Function
	for {
		next, more := r.queue.Next()
		if !more || next.After(r.end) {
			return
		}
		time.Sleep(time.Until(next))
		batch := gather(r.queue, r.writer.Settings())
		if len(batch) == 0 {
			time.Sleep(receiveTime) // somebody else was faster
			continue
		}
		if steps, kill := r.kill(); kill {
			// One that would get to its end vanishes there, before anybody has its answer.
			_, _ = r.invoke(ctx, r.start(pushtest.NewMortal(steps)), batch)
			continue
		}
		if warm == nil {
			warm = r.start(pushtest.NewMortal(stepsForever))
		}
		if failures, err := r.invoke(ctx, warm, batch); err == nil {
			r.queue.Delete(batch, failures)
		}
	}
}

func gather(q *pushtest.Queue, s Settings) []events.SQSMessage {
	var batch []events.SQSMessage
	for until := time.Now().Add(s.Window); ; {
		batch = append(batch, q.Receive(min(receiveMost, s.BatchSize-len(batch)))...)
		if len(batch) == 0 || len(batch) == s.BatchSize || !time.Now().Add(receiveTime).Before(until) {
			return batch
		}
		time.Sleep(receiveTime)
	}
}

// kill tells whether the next invocation is to vanish, and after how many steps.
func (r *run) kill() (steps int64, kill bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kills == 0 {
		return 0, false
	}
	r.kills--
	return r.rng.Int64N(r.writer.Steps()), true
}

// start makes a cold function.
func (r *run) start(life *pushtest.Mortal) Function {
	return r.writer.Start(Place{Transport: life.Transport(r.line), Queue: r.queue, Life: life, Line: r.line})
}

func (r *run) invoke(ctx context.Context, f Function, batch []events.SQSMessage) ([]events.SQSBatchItemFailure, error) {
	ctx, cancel := context.WithTimeout(ctx, r.writer.Settings().Timeout)
	defer cancel()
	return f.Handle(ctx, batch)
}
