// Command integrations is a placeholder until its handler lands.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context) (map[string]any, error) {
		return map[string]any{"statusCode": 200, "body": "integrations"}, nil
	})
}
