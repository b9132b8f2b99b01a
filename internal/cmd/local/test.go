package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"salesforce-integration/internal/cmd/local/issuer"
	"salesforce-integration/internal/cmd/local/stack"
)

// test runs the end-to-end tests on a stack of their own, on ports that nobody uses.
func test(ctx context.Context, root string, keys *issuer.Issuer, flags []string) (err error) {
	ports, err := stack.FreePorts(ctx)
	if err != nil {
		return err
	}
	s, err := stack.Start(ctx, stack.Config{Root: root, Ports: ports, Issuer: keys, Progress: progress(time.Now())})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()

	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-count=1", "./internal/e2e/..."}, flags...)...)
	cmd.Dir = root
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), fmt.Sprintf("E2E_API_PORT=%d", ports.API))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the end-to-end tests failed: %w", err)
	}
	return nil
}
