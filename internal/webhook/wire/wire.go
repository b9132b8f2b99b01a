// Package wire puts the webhook function together out of its settings and the AWS
// clients, so that main stays a few lines and a test can do the same.
package wire

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/google/uuid"

	"salesforce-integration/internal/awsenv"
	"salesforce-integration/internal/bus"
	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/emf"
	"salesforce-integration/internal/lambdalog"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/salesforce/egress"
	"salesforce-integration/internal/seal"
	"salesforce-integration/internal/webhook"
)

// Handler returns the webhook's handler for the settings that getenv reads; its
// log and its metrics go to stdout. The error names everything that is wrong with
// the settings. No call to AWS is made.
func Handler(getenv func(string) string, stdout io.Writer) (*webhook.Handler, error) {
	settings := webhook.FromEnv(getenv)
	if err := settings.Validate(); err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	log, err := lambdalog.New(stdout, settings.LogLevel)
	if err != nil {
		return nil, fmt.Errorf("read LOG_LEVEL: %w", err)
	}
	aws := awsenv.Config(getenv)
	// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
	function := cmp.Or(getenv("AWS_LAMBDA_FUNCTION_NAME"), "webhook")
	store := dynamo.New(dynamodb.NewFromConfig(aws), settings.TableName)
	vault := seal.New(kms.NewFromConfig(aws), settings.KMSKeyID, seal.Options{})
	var org webhook.Org
	if settings.ReadsSalesforce {
		org = webhook.NewOrgs(orgclient.New(orgclient.Config{
			Tokens:     store,
			Vault:      vault,
			Allowed:    settings.Allowed,
			APIVersion: settings.APIVersion,
			HTTPClient: egress.NewClient(egress.Config{Listed: settings.Allowed}),
			Now:        time.Now,
		}))
	}
	return webhook.New(settings, webhook.Deps{
		Store:     store,
		Vault:     vault,
		Publisher: bus.New(eventbridge.NewFromConfig(aws), settings.BusName, settings.BusSource),
		Org:       org,
		Now:       time.Now,
		NewID:     uuid.NewString,
		Log:       log,
		Metrics:   emf.New(stdout, function, settings.Stage, time.Now).Counts,
		Wait:      wait,
	})
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
