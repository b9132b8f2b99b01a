// Command integrations is the function behind the administrators' API.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"salesforce-integration/internal/httpapi/wire"
)

func main() {
	handler, err := wire.Handler(os.Getenv, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "integrations:", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}
