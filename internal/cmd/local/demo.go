package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"salesforce-integration/internal/cmd/local/issuer"
	"salesforce-integration/internal/cmd/local/stack"
	"salesforce-integration/internal/cmd/local/story"
)

// demoTime bounds the story once the stack stands.
const demoTime = 2 * time.Minute

// demo tells the product's story on the stack that runs, or on one of its own.
func demo(ctx context.Context, root string, keys *issuer.Issuer) (err error) {
	ports, err := stack.PortsFrom(os.Getenv)
	if err != nil {
		return err
	}
	began := time.Now()
	s, err := stack.Attach(ctx, ports.API)
	if err != nil {
		s, err = stack.Start(ctx, stack.Config{Root: root, Ports: ports, Issuer: keys, Progress: progress(began)})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.Close()) }()
	} else if !strings.HasPrefix(s.BuildDir, root+string(filepath.Separator)) {
		return fmt.Errorf("the stack that runs on port %d is another checkout's; stop it, or set API_PORT, ORG_PORT and AWS_PORT", ports.API)
	} else {
		fmt.Printf("using the stack that runs on port %d\n", ports.API)
	}
	token, err := keys.Token(issuer.Claims{Role: "admin", Issued: time.Now()})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, demoTime)
	defer cancel()
	return story.Tell(ctx, story.Config{Stack: s.Description, Token: token, Paper: story.NewPaper(os.Stdout, onTerminal())})
}

// onTerminal says whether colours are welcome: https://no-color.org.
func onTerminal() bool {
	info, err := os.Stdout.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
}
