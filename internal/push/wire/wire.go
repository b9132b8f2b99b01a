// Package wire puts the push function together: from its environment and AWS's
// clients to a handler.
package wire

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"salesforce-integration/internal/awsenv"
	"salesforce-integration/internal/bus"
	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/emf"
	"salesforce-integration/internal/lambdalog"
	"salesforce-integration/internal/push"
	"salesforce-integration/internal/queue"
	"salesforce-integration/internal/salesforce/egress"
	"salesforce-integration/internal/seal"
)

// Handler makes the push function's handler. It calls nothing yet: what is wrong
// with the environment is said at once, AWS and Salesforce are first reached when
// an event comes.
func Handler(getenv func(string) string, stdout io.Writer) (*push.Handler, error) {
	env, err := push.ReadEnv(getenv)
	if err != nil {
		return nil, fmt.Errorf("reading the environment: %w", err)
	}
	log, err := lambdalog.New(stdout, env.LogLevel)
	if err != nil {
		return nil, fmt.Errorf("reading LOG_LEVEL: %w", err)
	}
	aws := awsenv.Config(getenv)
	// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
	function := cmp.Or(getenv("AWS_LAMBDA_FUNCTION_NAME"), "push")
	store := dynamo.New(dynamodb.NewFromConfig(aws), env.Table)
	orgs := push.NewOrgs(push.OrgsConfig{
		Tokens:       store,
		Integrations: store,
		Vault:        seal.New(kms.NewFromConfig(aws), env.KMSKey, seal.Options{}),
		Allowed:      env.Allowed,
		APIVersion:   env.APIVersion,

		HTTPClient: egress.NewClient(egress.Config{Listed: env.Allowed}),
		Now:        time.Now,
		Log:        log,
	})
	return push.NewHandler(push.Config{
		Store: store,
		Queue: queue.New(sqs.NewFromConfig(aws), env.QueueURL),
		Orgs:  orgs,
		Bus:   bus.New(eventbridge.NewFromConfig(aws), env.BusName, env.BusSource),
		Retry: push.DefaultRetryPolicy(),

		ReservePercent: env.Reserve,

		Now:     time.Now,
		Log:     log,
		Metrics: emf.New(stdout, function, getenv("STAGE"), time.Now).Counts,
	}), nil
}
