package trial_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/metrics"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/dynamo/dynamotest"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push/pushtest"
	"salesforce-integration/internal/trial"
)

// What a thousand events at once may cost at most: two thirds statuses and a third
// notes, over a thousand Campaigns.
const (
	maxCallsAtOnce   = 10
	maxCallsBatched  = 20
	maxAWSCalls      = 150
	answerTime       = 50 * time.Millisecond
	coldFunctions    = 50
	functionForever  = 1 << 40
	eventsOfTheBurst = 1000
)

// set prepares a product for the burst, and returns the way to its org, one
// function, and the messages.
func set(tb testing.TB, p *trial.Product) (*trial.Line, func() trial.Function, []events.SQSMessage) {
	tb.Helper()
	org, all, err := trial.Set(tb.Context(), p, trial.Fault{}, trial.Burst())
	if err != nil {
		tb.Fatal(err)
	}
	line := trial.NewLine(org, answerTime)
	var messages []events.SQSMessage
	for i, e := range all {
		id := fmt.Sprint("m", i)
		messages = append(messages, events.SQSMessage{MessageId: id, ReceiptHandle: id, Body: e.Body(), EventSource: "aws:sqs"})
	}
	if len(messages) != eventsOfTheBurst {
		tb.Fatalf("%d events", len(messages))
	}
	return line, func() trial.Function { return start(p, line) }, messages
}

func start(p *trial.Product, line http.RoundTripper) trial.Function {
	return p.Start(trial.Place{Transport: line, Queue: pushtest.NewQueue(time.Now), Life: pushtest.NewMortal(functionForever)})
}

func handle(tb testing.TB, f trial.Function, messages []events.SQSMessage) {
	tb.Helper()
	failures, err := f.Handle(tb.Context(), messages)
	if err != nil || len(failures) > 0 {
		tb.Fatalf("%d of %d messages come back: %v", len(failures), len(messages), err)
	}
}

func TestReachOfOneInvocation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ledger := newLedger()
		p := trial.NewProductOn(ledger)
		line, cold, messages := set(t, p)
		before := ledger.total() + p.KeyCalls()
		handle(t, cold(), messages)
		if calls, logins := line.Spent(); calls > maxCallsAtOnce || logins != 1 {
			t.Errorf("%d Salesforce API calls and %d token exchanges, wanted %d and 1 at most", calls, logins, maxCallsAtOnce)
		}
		if calls := ledger.total() + p.KeyCalls() - before; calls > maxAWSCalls {
			t.Errorf("%d AWS calls, wanted %d at most", calls, maxAWSCalls)
		}
	})
}

func TestReachOfBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		row, err := trial.Run(t.Context(), trial.NewProduct(), trial.Fault{}, trial.Burst())
		if err != nil {
			t.Fatal(err)
		}
		if row.Calls > maxCallsBatched || row.Logins != 1 || row.Delivered != eventsOfTheBurst {
			t.Errorf("%+v, wanted %d calls and one token exchange at most", row, maxCallsBatched)
		}
	})
}

func TestReachOfColdFunctions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		line, cold, messages := set(t, trial.NewProduct())
		var wg sync.WaitGroup
		for i := range coldFunctions {
			wg.Go(func() {
				failures, err := cold().Handle(t.Context(), messages[i:i+1])
				if err != nil || len(failures) > 0 {
					t.Errorf("the event comes back: %v", err)
				}
			})
		}
		wg.Wait()
		if calls, logins := line.Spent(); logins != 1 || calls != coldFunctions {
			t.Errorf("%d functions did %d token exchanges and %d calls", coldFunctions, logins, calls)
		}
	})
}

// TestTheTrialHasTheTemplatesSettings keeps the two in step.
func TestTheTrialHasTheTemplatesSettings(t *testing.T) {
	template, err := os.ReadFile(filepath.Join("..", "..", "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := trial.TemplateSettings()
	for _, want := range []string{
		fmt.Sprintf(`BatchSize: %d\n`, s.BatchSize),
		fmt.Sprintf(`MaximumBatchingWindowInSeconds: %d\n`, int(s.Window.Seconds())),
		fmt.Sprintf(`(?s)PushConcurrency:\n\s+Type: Number\n\s+Default: %d\n`, s.Concurrency),
		fmt.Sprintf(`(?s)CodeUri: functions/push\n\s+Timeout: %d\n`, int(s.Timeout.Seconds())),
		fmt.Sprintf(`VisibilityTimeout: %d\n`, int(pushtest.VisibilityTimeout.Seconds())),
	} {
		if !regexp.MustCompile(want).Match(template) {
			t.Errorf("the template has nothing like %q", want)
		}
	}
}

// BenchmarkReachOneInvocation hands all events to one warm function, in real time,
// with a store that answers at once. Its AWS calls are derived: see ledger.
func BenchmarkReachOneInvocation(b *testing.B) {
	reach(b, "derived-aws-calls", func() (integration.Store, func() int) {
		ledger := newLedger()
		return ledger, ledger.total
	})
}

// BenchmarkReachOneInvocationDynamoDB does the same with a real table, where the
// environment names an engine, and counts what the SDK sends. The seconds are the
// engine's more than the product's.
func BenchmarkReachOneInvocationDynamoDB(b *testing.B) {
	plain := dynamotest.Client(b)
	client, calls := dynamotest.Counted(plain)
	reach(b, "aws-calls", func() (integration.Store, func() int) {
		return dynamo.New(client, dynamotest.NewTable(b, plain)), func() int { return int(calls.Load()) }
	})
}

// reach reports what one warm invocation with all events costs; newStore returns an
// empty store, and what counts the calls it makes. The function is warmed by one
// event first.
func reach(b *testing.B, aws string, newStore func() (integration.Store, func() int)) {
	var spent, logins, awsCalls int
	var peak uint64
	for b.Loop() {
		b.StopTimer()
		store, made := newStore()
		p := trial.NewProductOn(store)
		line, cold, messages := set(b, p)
		warm := cold()
		handle(b, warm, messages[:1])
		calls, exchanges := line.Spent()
		before := made() + p.KeyCalls()
		runtime.GC()
		stop := watchHeap(&peak)
		b.StartTimer()

		handle(b, warm, messages[1:])

		b.StopTimer()
		stop()
		awsCalls += made() + p.KeyCalls() - before
		callsAfter, exchangesAfter := line.Spent()
		spent, logins = spent+callsAfter-calls, logins+exchangesAfter-exchanges
		b.StartTimer()
	}
	each := func(n int) float64 { return float64(n) / float64(b.N) }
	b.ReportMetric(each(spent), "salesforce-calls/op")
	b.ReportMetric(each(logins), "token-exchanges/op")
	b.ReportMetric(each(awsCalls), aws+"/op")
	b.ReportMetric(float64(peak)/(1<<20), "peak-heap-MB")
}

// watchHeap samples what is on the heap, the local org's part included, until it is
// stopped.
func watchHeap(peak *uint64) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			*peak = max(*peak, sample[0].Value.Uint64())
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(done); <-stopped }
}
