package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"salesforce-integration/internal/cmd/local/issuer"
	"salesforce-integration/internal/cmd/local/stack"
)

// atOnce is how many tests run side by side. They mostly wait, so that they may be more than there are processors.
const atOnce = 8

// test runs the end-to-end tests on a stack of their own, on ports that nobody uses, and beside them the tests that want
// a real table and a real key.
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

	args := append([]string{"test", "-race", "-shuffle=on", "-count=1", "-timeout=10m", "-parallel=" + strconv.Itoa(atOnce)}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./internal/e2e/...", "./internal/dynamo/...", "./internal/seal/...", "./internal/apireach/...")...)
	cmd.Dir = root
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), fmt.Sprintf("E2E_API_PORT=%d", ports.API),
		"DYNAMO_TEST_ENDPOINT="+s.AWSURL, "KMS_TEST_ENDPOINT="+s.AWSURL)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the end-to-end tests failed: %w", err)
	}
	return nil
}
