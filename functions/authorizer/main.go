// Command authorizer is the function that checks bearer tokens for the API.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"salesforce-integration/internal/authz"
)

func main() {
	authorizer, err := authz.Wire(os.Getenv, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "authorizer:", err)
		os.Exit(1)
	}
	lambda.Start(authorizer.Handle)
}
