// Package coldstart measures how long a function takes from its process's start to
// its first answer, beside one that does nothing. It plays Lambda's runtime API
// and as much of AWS as the first requests ask for.
//
// What it leaves out is Lambda's own: fetching the program, making the sandbox, and
// a processor's share that grows with the memory. All functions in Go have those.
package coldstart

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Function is a program to start, and what it is to answer first.
type Function struct {
	Name    string
	Program string   // the file
	Env     []string // its settings, besides those of Lambda itself
	Event   []byte
	// Check says whether an answer is right; nil: any will do. Work that was not
	// done is fast.
	Check func(answer []byte) error
}

// Start is one start of a function.
type Start struct {
	Took  time.Duration // from before the process was started to its answer
	Bytes int64         // the most memory that it held by then; 0: not known
}

// Measure starts a function once, waits for its first answer and ends it. The
// error tells what the function wrote, when it failed.
func Measure(ctx context.Context, f Function) (Start, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r := &runtimeAPI{event: f.Event, answered: make(chan answer, 1), ended: ctx.Done()}
	server := httptest.NewServer(r)
	defer server.Close()
	var output bytes.Buffer
	process := exec.CommandContext(ctx, f.Program) //nolint:gosec // the benchmark's own programs
	process.Stdout, process.Stderr = &output, &output
	process.Env = append(lambdaEnvironment(server.Listener.Addr().String()), f.Env...)

	began := time.Now()
	if err := process.Start(); err != nil {
		return Start{}, fmt.Errorf("start %s: %w", f.Name, err)
	}
	exited := make(chan error, 1)
	go func() { exited <- process.Wait() }()
	var got answer
	var held int64
	select {
	case got = <-r.answered:
		held = peakMemory(process.Process.Pid)
		cancel() // ends the process
		if err := <-exited; err == nil {
			return Start{}, fmt.Errorf("%s ended by itself: %s", f.Name, output.Bytes())
		}
	case err := <-exited:
		return Start{}, fmt.Errorf("%s ended without an answer (%w): %s", f.Name, err, output.Bytes())
	}
	switch {
	case got.failed:
		return Start{}, fmt.Errorf("%s failed: %s\n%s", f.Name, got.body, output.Bytes())
	case f.Check != nil:
		if err := f.Check(got.body); err != nil {
			return Start{}, fmt.Errorf("%s: %w: %s\n%s", f.Name, err, got.body, output.Bytes())
		}
	}
	return Start{Took: got.at.Sub(began), Bytes: held}, nil
}

// lambdaEnvironment is what Lambda gives to each function.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func lambdaEnvironment(runtimeAPI string) []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + runtimeAPI,
		"AWS_LAMBDA_FUNCTION_NAME=coldstart",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512",
		"AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_SESSION_TOKEN=test",
		"PATH=" + os.Getenv("PATH"),
	}
}

// answer is what a function posted.
type answer struct {
	body   []byte
	at     time.Time
	failed bool
}

// runtimeAPI hands out one event, and keeps its answer.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	event    []byte
	answered chan answer
	ended    <-chan struct{}
	once     sync.Once
}

const (
	pathNext     = "/2018-06-01/runtime/invocation/next"
	pathAnswer   = "/2018-06-01/runtime/invocation/first/response"
	pathError    = "/2018-06-01/runtime/invocation/first/error"
	pathNoInit   = "/2018-06-01/runtime/init/error"
	eventTimeout = 28 * time.Second
)

// ServeHTTP implements [http.Handler].
func (r *runtimeAPI) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch req.URL.Path {
	case pathNext:
		first := false
		r.once.Do(func() { first = true })
		if !first { // as Lambda does while there is nothing to do
			select {
			case <-req.Context().Done():
			case <-r.ended:
			}
			return
		}
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "first")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(eventTimeout).UnixMilli()))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:coldstart")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(r.event) // a function that went away is seen by its end
	case pathAnswer, pathError, pathNoInit:
		body, err := io.ReadAll(req.Body)
		got := answer{body: body, at: time.Now(), failed: err != nil || req.URL.Path != pathAnswer}
		select {
		case r.answered <- got:
		default:
		}
		w.WriteHeader(http.StatusAccepted)
	default:
		http.NotFound(w, req)
	}
}

// Build compiles the program in dir of the module as SAM builds the functions.
func Build(ctx context.Context, dir, program string) error {
	build := exec.CommandContext(ctx, "go", "build", "-o", program, dir) //nolint:gosec // its arguments are the benchmark's
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-tags=lambda.norpc -ldflags=-s -trimpath -buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("build %s: %s", dir, out), err)
	}
	return nil
}
