package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"salesforce-integration/internal/integration"
)

// Client is what the store needs of [dynamodb.Client].
type Client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Store implements [integration.Store] on one table. It may be used by many
// goroutines.
type Store struct {
	client Client
	table  *string
}

var _ integration.Store = (*Store)(nil)

// New returns a store on the table of that name, which must have the keys and the
// index that the package comment describes.
func New(client Client, table string) *Store {
	return &Store{client: client, table: &table}
}

// parallel bounds the calls that one operation has under way at a time: enough for what
// the webhook reads about a message of 100 notifications, in one go.
const parallel = 12
