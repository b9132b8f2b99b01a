package stack

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	stackName = "salesforce-integration-local" // that of the environment `local` in samconfig.toml
	stage     = "local"
	region    = "us-east-1"
	// What MiniStack takes for the root user's.
	accessKey = "test"
	secretKey = "test"
)

// buildEnvironment makes functions small and static: no debug symbols, no paths of the machine, no libc, and no RPC
// server of the old runtime: https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html.
func buildEnvironment() []string {
	return []string{"CGO_ENABLED=0", "GOFLAGS=-tags=lambda.norpc -ldflags=-s -trimpath -buildvcs=false"}
}

// A samCLI runs the SAM CLI for one stack.
type samCLI struct {
	root   string // the checkout
	dir    string // for build results and logs
	awsURL string
}

func (s samCLI) buildDir() string { return filepath.Join(s.dir, "build") }

func (s samCLI) run(ctx context.Context, command string, args ...string) error {
	env := append(environment(s.awsURL), "SAM_CLI_TELEMETRY=0", "__SAM_CLI_APP_DIR="+filepath.Join(s.dir, "sam"))
	env = append(env, buildEnvironment()...)
	args = append([]string{command, "--config-file", filepath.Join(s.root, "samconfig.toml"), "--config-env", "local"}, args...)
	return run(ctx, filepath.Join(s.dir, "sam-"+command+".log"), env, s.root,
		filepath.Join(s.root, ".tools", "sam", "bin", "sam"), args...)
}

// build builds the functions for this machine.
func (s samCLI) build(ctx context.Context) error {
	// sam build starts one Go command for each function, all at once. With a cold cache each would compile what they
	// share; one command before them does it once.
	env := append(environment(s.awsURL), buildEnvironment()...)
	env = append(env, "GOOS=linux", "GOARCH="+runtime.GOARCH)
	if err := run(ctx, filepath.Join(s.dir, "go-build.log"), env, s.root, "go", "build", "./functions/..."); err != nil {
		return err
	}
	if err := s.run(ctx, "build", "--build-dir", s.buildDir(), "--parameter-overrides", "Architecture="+architecture()); err != nil {
		return err
	}
	if runtime.GOOS == "linux" {
		return nil
	}
	return s.rebuildForThisSystem(ctx)
}

// rebuildForThisSystem puts programs that run here in the place of those for Linux: the local AWS starts functions as
// plain processes.
func (s samCLI) rebuildForThisSystem(ctx context.Context) error {
	env := append(environment(s.awsURL), buildEnvironment()...)
	for _, function := range []string{"authorizer", "integrations", "webhook", "push"} {
		resource := strings.ToUpper(function[:1]) + function[1:] + "Function"
		err := run(ctx, filepath.Join(s.dir, "go-build-"+function+".log"), env, s.root,
			"go", "build", "-o", filepath.Join(s.buildDir(), resource, "bootstrap"), "./functions/"+function)
		if err != nil {
			return err
		}
	}
	return nil
}

// deploy deploys what build built.
func (s samCLI) deploy(ctx context.Context, parameters map[string]string) error {
	args := []string{"--template-file", filepath.Join(s.buildDir(), "template.yaml"), "--no-progressbar", "--parameter-overrides"}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		args = append(args, name+"="+parameters[name])
	}
	return s.run(ctx, "deploy", args...)
}

// architecture is this machine's, as the template's parameter has it.
func architecture() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}

// Build runs `sam build` for a deployment to AWS, with its output where a person sees it.
func Build(ctx context.Context, root string, args []string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(root, ".tools", "sam", "bin", "sam"), append([]string{"build"}, args...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), buildEnvironment()...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("sam build: %w", err)
	}
	return nil
}
