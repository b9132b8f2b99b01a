package dynamo_test

import (
	"testing"

	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/dynamo/dynamotest"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/storetest"
)

func TestStore(t *testing.T) {
	client := dynamotest.Client(t)
	storetest.Run(t, func(t *testing.T) integration.Store {
		return dynamo.New(client, dynamotest.NewTable(t, client))
	})
}
