package dynamo_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/storetest"
)

// TestEveryFieldIsKept fails where no engine is at hand, too, when a field of the
// domain has no attribute: what a write returns is read back from its item.
func TestEveryFieldIsKept(t *testing.T) {
	var i integration.Integration
	var r integration.TokenRecord
	var l integration.Link
	var u integration.Unit
	u.Delivery, u.Campaign, u.Seen = &integration.Delivery{}, &integration.Campaign{}, &integration.Seen{}
	for _, v := range []any{&i, &r, &l, u.Delivery, u.Campaign, u.Seen} {
		storetest.Fill(t, v)
	}
	i.Version, r.Version, u.Delivery.Version, u.Campaign.Version, u.Seen.Version = 0, 0, 0, 0, 0
	r.ExpiresAt = r.ExpiresAt.Truncate(time.Second)
	u.Delivery.ExpiresAt = u.Delivery.ExpiresAt.Truncate(time.Second)
	c := &stub{}
	s := dynamo.New(c, "table")

	gotI, err := s.CreateIntegration(t.Context(), i)
	i.Version = 1
	wantKept(t, err, gotI, i)
	gotR, err := s.SwapToken(t.Context(), r)
	r.Version = 1
	wantKept(t, err, gotR, r)
	gotU, err := s.Commit(t.Context(), []integration.Unit{u})
	u.Delivery.Version, u.Campaign.Version, u.Seen.Version = 1, 1, 1
	wantKept(t, err, gotU, []integration.UnitResult{{Committed: true, Delivery: u.Delivery, Campaign: u.Campaign, Seen: u.Seen}})

	gotL, _, err := s.CreateLink(t.Context(), l)
	wantKept(t, err, gotL, l)
	// The second copy of a link, in its experiment's item.
	update := c.transacts[1].TransactItems[2].Update
	indexed := attributes{
		"pk": update.Key["pk"], "sk": update.Key["sk"],
		update.ExpressionAttributeNames["#l0"]: update.ExpressionAttributeValues[":l0"],
	}
	c.batchGet = func(int, *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error) {
		return &dynamodb.BatchGetItemOutput{Responses: map[string][]attributes{"table": {indexed}}}, nil
	}
	gotX, err := s.LinksByExperiment(t.Context(), []string{l.ExperimentKey})
	wantKept(t, err, gotX, map[string][]integration.Link{l.ExperimentKey: {l}})
}

func wantKept(t *testing.T, err error, got, want any) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%T (-want +got):\n%s", want, diff)
	}
}
