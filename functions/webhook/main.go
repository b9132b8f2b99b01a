// Command webhook is the function that Salesforce tells about its Campaigns.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"salesforce-integration/internal/webhook/wire"
)

func main() {
	handler, err := wire.Handler(os.Getenv, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "webhook:", err)
		os.Exit(1)
	}
	lambda.Start(handler.Handle)
}
