// Package dynamotest lends tests a DynamoDB: the one whose endpoint the environment
// names, with a table as the template makes it.
package dynamotest

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// EndpointEnv names the endpoint of a DynamoDB to test against: a local AWS, or
// DynamoDB Local.
const EndpointEnv = "DYNAMO_TEST_ENDPOINT"

// Client returns a client of the engine under test, or skips the test.
func Client(t testing.TB) *dynamodb.Client {
	t.Helper()
	endpoint := os.Getenv(EndpointEnv)
	if endpoint == "" {
		t.Skipf("%s is not set: it names the endpoint of a local DynamoDB", EndpointEnv)
	}
	return dynamodb.New(dynamodb.Options{
		Region: "eu-central-1", BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// NewTable creates a table as the template does, and deletes it after the test.
func NewTable(t testing.TB, client *dynamodb.Client) string {
	t.Helper()
	name := aws.String("test-" + strings.ToLower(rand.Text()[:12]))
	str := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS}
	}
	keys := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{
			{AttributeName: &hash, KeyType: types.KeyTypeHash},
			{AttributeName: &sort, KeyType: types.KeyTypeRange},
		}
	}
	log := func(name, hash string) types.GlobalSecondaryIndex {
		return types.GlobalSecondaryIndex{IndexName: &name, KeySchema: keys(hash, "log_sk"), Projection: &types.Projection{
			ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"direction", "status", "event_type", "integration_id", "experiment_key", "campaign_id"},
		}}
	}
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{str("pk"), str("sk"), str("log_pk"), str("log_sk"), str("log_integration"), str("log_experiment"), str("log_campaign"), str("parked_pk"), str("parked_sk")},
		KeySchema:            keys("pk", "sk"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			log("log", "log_pk"),
			log("log-integration", "log_integration"),
			log("log-experiment", "log_experiment"),
			log("log-campaign", "log_campaign"),
			{
				IndexName: aws.String("parked"), KeySchema: keys("parked_pk", "parked_sk"),
				Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			},
		},
	})
	// MiniStack closes idle connections, whereupon the SDK sends a call twice: what
	// the first one did is no failure of the second.
	if there := (*types.ResourceInUseException)(nil); err != nil && !errors.As(err, &there) {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := client.DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: name})
		if gone := (*types.ResourceNotFoundException)(nil); err != nil && !errors.As(err, &gone) {
			t.Error(err)
		}
	})
	if err := dynamodb.NewTableExistsWaiter(client).Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: name}, time.Minute); err != nil {
		t.Fatal(err)
	}
	return *name
}

// Counted returns a client like another one, and the number of calls that it has
// sent, repeated ones included.
func Counted(plain *dynamodb.Client) (*dynamodb.Client, *atomic.Int64) {
	calls := &atomic.Int64{}
	return dynamodb.New(plain.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Finalize.Add(middleware.FinalizeMiddlewareFunc("count", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				calls.Add(1)
				return next.HandleFinalize(ctx, in)
			}), middleware.After)
		})
	}), calls
}
