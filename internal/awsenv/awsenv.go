// Package awsenv makes the SDK's configuration out of the environment that Lambda
// gives to a function, and of nothing else.
//
// The SDK's own loader also looks for files, profiles, single sign-on, roles to
// take and the metadata service. A function has none of these, and linking them in
// costs each cold start more than all of the function's own set-up
// (docs/benchmarks.md).
package awsenv

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Config returns the configuration for a function's clients. It makes no call, and
// cannot fail: a client without a region or keys says so when it is used.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
func Config(getenv func(string) string) aws.Config {
	c := aws.Config{
		Region: getenv("AWS_REGION"),
		// Lambda replaces an environment, and with it the keys, before they run out.
		Credentials: credentials.NewStaticCredentialsProvider(getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY"), getenv("AWS_SESSION_TOKEN")),
		HTTPClient:  awshttp.NewBuildableClient(), // one for all clients
	}
	// Where a local AWS is. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
	if at := getenv("AWS_ENDPOINT_URL"); at != "" {
		c.BaseEndpoint = &at
	}
	return c
}
