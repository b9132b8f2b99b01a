package dynamo_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/storetest"
)

// engineEnv names the endpoint of a DynamoDB to test against: a local AWS, or
// DynamoDB Local.
const engineEnv = "DYNAMO_TEST_ENDPOINT"

func TestStore(t *testing.T) {
	client := engine(t)
	storetest.Run(t, func(t *testing.T) integration.Store {
		return dynamo.New(client, newTable(t, client))
	})
}

// engine returns a client of the engine under test, or skips.
func engine(t testing.TB) *dynamodb.Client {
	endpoint := os.Getenv(engineEnv)
	if endpoint == "" {
		t.Skipf("%s is not set: it names the endpoint of a local DynamoDB", engineEnv)
	}
	return dynamodb.New(dynamodb.Options{
		Region: "eu-central-1", BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// newTable creates a table as the template does, and deletes it after the test.
func newTable(t testing.TB, client *dynamodb.Client) string {
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
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{str("pk"), str("sk"), str("log_pk"), str("log_sk"), str("parked_pk"), str("parked_sk")},
		KeySchema:            keys("pk", "sk"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			{
				IndexName: aws.String("log"), KeySchema: keys("log_pk", "log_sk"),
				Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			},
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
