package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// stopWait is how long a process may take to end by itself.
const stopWait = 5 * time.Second

// A child is a process with a log file and a process group of its own, so that it can be ended with all that it started,
// and so that Ctrl-C reaches this process only, which then ends its children in order.
type child struct {
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{} // closed when the process has ended
}

// start runs a program in the background, its output in the log file. It is ended by stop, and not with the context, as
// the local AWS has to outlive all that uses it.
func start(ctx context.Context, log string, env []string, dir, program string, args ...string) (*child, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("make a log: %w", err)
	}
	c := &child{cmd: exec.CommandContext(context.WithoutCancel(ctx), program, args...), log: file, done: make(chan struct{})}
	c.cmd.Dir, c.cmd.Env = dir, env
	c.cmd.Stdout, c.cmd.Stderr = file, file
	ownGroup(c.cmd)
	if err := c.cmd.Start(); err != nil {
		file.Close()
		return nil, fmt.Errorf("start %s: %w", filepath.Base(program), err)
	}
	go func() {
		_ = c.cmd.Wait() // how it ended is in ProcessState
		close(c.done)
	}()
	return c, nil
}

// run runs a program to its end. An error shows the last lines that it said.
func run(ctx context.Context, log string, env []string, dir, program string, args ...string) error {
	c, err := start(ctx, log, env, dir, program, args...)
	if err != nil {
		return err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		return fmt.Errorf("%s was stopped: %w", filepath.Base(program), joined(ctx.Err(), c.stop()))
	}
	if err := c.stop(); err != nil {
		return err
	}
	if !c.cmd.ProcessState.Success() {
		return fmt.Errorf("%s %s ended with %s; the end of %s:\n%s",
			filepath.Base(program), args[0], c.cmd.ProcessState, log, tail(log, 25))
	}
	return nil
}

// stop ends the process and all that it started.
func (c *child) stop() error {
	defer c.log.Close()
	signalGroup(c.cmd, politely)
	select {
	case <-c.done:
	case <-time.After(stopWait):
	}
	signalGroup(c.cmd, forcibly) // also what the process left behind
	<-c.done
	return nil
}

func joined(first, second error) error {
	if second != nil {
		return fmt.Errorf("%w (%w)", first, second)
	}
	return first
}

// tail returns the last lines of a file, without the empty ones.
func tail(file string, lines int) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		if strings.TrimSpace(line) != "" {
			all = append(all, "  "+line)
		}
	}
	return strings.TrimRight(strings.Join(all[max(0, len(all)-lines):], ""), "\n")
}
