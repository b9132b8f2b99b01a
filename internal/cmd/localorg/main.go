// Command localorg serves a local Salesforce org; see docs/local-org.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"salesforce-integration/internal/salesforce/localorg/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := server.Main(ctx, os.Args[1:], os.Getenv, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "localorg:", err)
		os.Exit(1)
	}
}
