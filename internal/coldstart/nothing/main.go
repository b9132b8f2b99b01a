// Command nothing is a Lambda function that does nothing: the least that a function
// in Go costs to start, and what the others are measured against.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context, json.RawMessage) (string, error) { return "nothing", nil })
}
