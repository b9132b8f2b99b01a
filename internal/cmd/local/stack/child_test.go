//go:build unix

package stack_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"salesforce-integration/internal/cmd/local/stack"
)

func TestRunShowsTheEndOfWhatFailed(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	var script strings.Builder
	for i := range 40 {
		fmt.Fprintf(&script, "echo line %d\necho\n", i)
	}
	err := stack.Run(t.Context(), log, os.Environ(), t.TempDir(), "sh", "-c", script.String()+"exit 3")
	checkError(t, err, "exit status 3")
	checkError(t, err, "line 39")
	if strings.Contains(err.Error(), "line 10\n") {
		t.Errorf("the error shows more than the end:\n%v", err)
	}
}

func TestRunSucceeds(t *testing.T) {
	err := stack.Run(t.Context(), filepath.Join(t.TempDir(), "log"), []string{"A=1"}, t.TempDir(), "/bin/sh", "-c", `test "$A" = 1`)
	if err != nil {
		t.Error(err)
	}
}

// What a program started must not outlive it: the local AWS has functions as its children.
func TestAnInterruptEndsGrandchildrenToo(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		// The grandchild ignores the polite signal, so that only the forcible one ends it.
		ended <- stack.Run(ctx, filepath.Join(dir, "log"), os.Environ(), dir, "sh", "-c",
			`(trap "" TERM; exec 3>fifo; echo started >&3; exec sleep 600) & exec sleep 600`)
	}()
	pipe, err := os.Open(fifo) // waits for the grandchild
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	started := make([]byte, len("started\n"))
	if _, err := io.ReadFull(pipe, started); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want %v", err, context.Canceled)
	}
	if err := pipe.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(pipe); err != nil { // its end of the pipe closes when it ends
		t.Errorf("the grandchild is still there: %v", err)
	}
}
