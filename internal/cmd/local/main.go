// Command local runs the product on this machine, behind `make run`, `make demo`, `make test` and `make token`.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"salesforce-integration/internal/cmd/local/issuer"
	"salesforce-integration/internal/cmd/local/stack"
)

const usage = `usage: local up | demo | token [admin|viewer] | test [go test flags] | build [sam build flags]

  up     run the stack until Ctrl-C
  demo   tell the product's story on a stack, its own if none runs
  token  print a bearer token for the stack
  test   run the end-to-end tests on a stack of their own
  build  build the functions for AWS

API_PORT, ORG_PORT and AWS_PORT change the ports 8000, 8001 and 4566.
`

var errUsage = errors.New("no such command")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err == nil:
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	case interrupted:
		fmt.Fprintln(os.Stderr, "stopped")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	root, err := checkout()
	if err != nil {
		return err
	}
	if args[0] == "build" {
		return stack.Build(ctx, root, args[1:])
	}
	keys, err := issuer.Open(filepath.Join(root, ".local", "issuer.pem"))
	if err != nil {
		return err
	}
	switch args[0] {
	case "up":
		return up(ctx, root, keys)
	case "demo":
		return demo(ctx, root, keys)
	case "token":
		return token(keys, args[1:])
	case "test":
		return test(ctx, root, keys, args[1:])
	default:
		return errUsage
	}
}

// checkout finds the folder of go.mod, from the working directory upwards.
func checkout() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the checkout: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "template.yaml")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("this is not inside of a checkout: there is no template.yaml here or above")
		}
		dir = parent
	}
}

// up runs the stack until it is interrupted.
func up(ctx context.Context, root string, keys *issuer.Issuer) (err error) {
	ports, err := stack.PortsFrom(os.Getenv)
	if err != nil {
		return err
	}
	began := time.Now()
	s, err := stack.Start(ctx, stack.Config{Root: root, Ports: ports, Issuer: keys, Progress: progress(began)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	fmt.Printf("ready  API %s/api/v1  Salesforce org %s  AWS %s  (Ctrl-C stops it)\n", s.APIURL, s.OrgURL, s.AWSURL)
	<-ctx.Done()
	fmt.Println("\nstopping")
	return nil
}

func progress(began time.Time) func(string) {
	return func(what string) { fmt.Printf("%5.1fs  %s\n", time.Since(began).Seconds(), what) }
}

func token(keys *issuer.Issuer, args []string) error {
	role := "admin"
	if len(args) > 0 && args[0] != "" {
		role = args[0]
	}
	if role != "admin" && role != "viewer" {
		return fmt.Errorf("the role is %q, and must be admin or viewer", role)
	}
	signed, err := keys.Token(issuer.Claims{Role: role, Issued: time.Now()})
	if err != nil {
		return err
	}
	fmt.Println(signed)
	return nil
}
