// Package wire puts the integrations function together: from its environment and
// AWS's clients to a handler.
package wire

import (
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"

	"salesforce-integration/internal/awsenv"
	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/httpapi"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/lambdalog"
	"salesforce-integration/internal/orgcheck"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/push"
	"salesforce-integration/internal/queue"
	"salesforce-integration/internal/salesforce/egress"
	"salesforce-integration/internal/seal"
)

// Handler makes the integrations function's handler, which logs to stdout. It
// calls nothing yet: AWS is first reached when a request comes.
func Handler(getenv func(string) string, stdout io.Writer) (httpapi.LambdaHandler, error) {
	c, err := readConfig(getenv)
	if err != nil {
		return nil, fmt.Errorf("reading the environment: %w", err)
	}
	log, err := lambdalog.New(stdout, c.logLevel)
	if err != nil {
		return nil, fmt.Errorf("reading LOG_LEVEL: %w", err)
	}
	aws := awsenv.Config(getenv)
	store := dynamo.New(dynamodb.NewFromConfig(aws), c.table)
	vault := seal.New(kms.NewFromConfig(aws), c.kmsKey, seal.Options{})
	client := egress.NewClient(egress.Config{Listed: c.allowed})
	dialer := orgclient.New(orgclient.Config{Tokens: store, Vault: vault, Allowed: c.allowed, APIVersion: c.version, HTTPClient: client, Now: time.Now,
		Allowances: store, ReservePercent: c.reserve, Log: log})
	service, err := integration.NewService(integration.ServiceConfig{
		Store:        store,
		Vault:        vault,
		Commands:     queue.New(sqs.NewFromConfig(aws), c.queueURL),
		Orgs:         orgcheck.New(orgcheck.Config{APIVersion: c.version, HTTPClient: client, Now: time.Now, Inbound: c.inbound}),
		Campaigns:    dialer,
		Previews:     push.NewPreviewer(push.PreviewerConfig{Store: store, Orgs: dialer, EventSource: c.source, ReservePercent: c.reserve, Now: time.Now}),
		Allowed:      c.allowed,
		WebhookReads: c.looks,
		Now:          time.Now,
		NewID:        newID,
		Random:       rand.Reader,
		Log:          log,
	})
	if err != nil {
		return nil, err
	}
	api, err := httpapi.New(httpapi.Config{Service: service, PublicURL: c.publicURL, Log: log})
	if err != nil {
		return nil, err
	}
	return httpapi.Lambda(api), nil
}

// newID makes a UUIDv7: ids sort by creation.
func newID() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}
