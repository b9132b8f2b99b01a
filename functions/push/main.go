// Command push is the Lambda function that takes experiment events to Salesforce.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"salesforce-integration/internal/push/wire"
)

func main() {
	handler, err := wire.Handler(os.Getenv, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "push:", err)
		os.Exit(1)
	}
	lambda.Start(func(ctx context.Context, payload json.RawMessage) (any, error) {
		return handler.Handle(ctx, payload)
	})
}
