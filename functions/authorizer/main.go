// Command authorizer is the function that checks bearer tokens for the API.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"salesforce-integration/internal/authz"
)

func main() {
	authorizer, err := authz.Wire(os.Getenv, os.Stdout)
	if err != nil {
		slog.Error("authorizer cannot start", "error", err)
		os.Exit(1)
	}
	lambda.Start(authorizer.Handle)
}
