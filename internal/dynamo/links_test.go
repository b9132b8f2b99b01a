package dynamo_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/integration"
)

func hundredLinks(experiments int) []integration.Link {
	var links []integration.Link
	for n := range 100 {
		links = append(links, integration.Link{
			IntegrationID: "i", CampaignID: fmt.Sprintf("701xx%010dAAQ", n), ExperimentKey: fmt.Sprint("e", n%experiments),
		})
	}
	return links
}

// TestCallsForAHundredLinks: a transaction takes 100 rows, of which one is the
// integration's.
func TestCallsForAHundredLinks(t *testing.T) {
	for experiments, want := range map[int]int{1: 2, 50: 2, 100: 3} {
		c := &stub{}
		if _, err := dynamo.New(c, "table").CreateLinks(t.Context(), hundredLinks(experiments)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]int{"TransactWriteItems": want}, c.calls); diff != "" {
			t.Errorf("of %d experiments: calls (-want +got):\n%s", experiments, diff)
		}
		for _, in := range c.transacts {
			if len(in.TransactItems) > 100 {
				t.Errorf("of %d experiments: a transaction of %d items", experiments, len(in.TransactItems))
			}
		}
	}
}

// TestOneLinkInTheWay: the others are made in one more call.
func TestOneLinkInTheWay(t *testing.T) {
	c := &stub{}
	c.transact = func(n int, in *dynamodb.TransactWriteItemsInput) error {
		if n > 0 {
			return nil
		}
		reasons := make([]types.CancellationReason, len(in.TransactItems))
		reasons[3] = types.CancellationReason{Code: aws.String(lost), Item: in.TransactItems[3].Put.Item}
		return &types.TransactionCanceledException{CancellationReasons: reasons}
	}
	results, err := dynamo.New(c, "table").CreateLinks(t.Context(), hundredLinks(10)[:20])
	if err != nil {
		t.Fatal(err)
	}
	created := 0
	for _, r := range results {
		if r.Err != nil {
			t.Error(r.Err)
		}
		if r.Created {
			created++
		}
	}
	if created != 19 || c.calls["TransactWriteItems"] != 2 {
		t.Errorf("%d links created by %v", created, c.calls)
	}
}
