package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/integration"
)

const (
	conflict = "TransactionConflict"
	lost     = "ConditionalCheckFailed"
)

func deliveries(n int) []integration.Unit {
	var units []integration.Unit
	for k := range n {
		units = append(units, integration.Unit{Delivery: &integration.Delivery{ID: fmt.Sprintf("d%03d", k)}})
	}
	return units
}

// thousand is the unit of work that the calls are counted for: a thousand
// deliveries, of which two thirds move a campaign's watermark.
func thousand() (units []integration.Unit, ids []string, refs []integration.CampaignRef) {
	units = deliveries(1000)
	for n, u := range units {
		u.Delivery.Payload = make([]byte, 500)
		ids = append(ids, u.Delivery.ID)
		if n%3 != 0 || n == 999 {
			ref := integration.CampaignRef{IntegrationID: "i", CampaignID: fmt.Sprintf("701xx%010dAAQ", n)}
			units[n].Campaign = &integration.Campaign{CampaignRef: ref}
			refs = append(refs, ref)
		}
	}
	return units, ids, refs
}

func TestCallsForAThousandDeliveries(t *testing.T) {
	c := &stub{}
	s := dynamo.New(c, "table")
	units, ids, refs := thousand()
	if len(refs) != 667 {
		t.Fatalf("%d campaigns", len(refs))
	}
	results, err := s.Commit(t.Context(), units)
	if err != nil || len(results) != 1000 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	rows := 0
	for _, in := range c.transacts {
		rows += len(in.TransactItems)
		if len(in.TransactItems) > 100 {
			t.Errorf("a transaction of %d items", len(in.TransactItems))
		}
	}
	if rows != 1667 {
		t.Errorf("%d rows were written", rows)
	}
	if _, err := s.Read(t.Context(), integration.Keys{Deliveries: ids, Campaigns: refs}); err != nil {
		t.Error(err)
	}
	want := map[string]int{"TransactWriteItems": 17, "BatchGetItem": 17}
	if diff := cmp.Diff(want, c.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestCommitKeepsUnderTheSizeOfATransaction(t *testing.T) {
	c := &stub{}
	units := deliveries(30)
	for n := range units {
		units[n].Delivery.Payload = make([]byte, integration.MaxPayload)
	}
	if _, err := dynamo.New(c, "table").Commit(t.Context(), units); err != nil {
		t.Fatal(err)
	}
	for _, in := range c.transacts {
		if size := len(in.TransactItems) * integration.MaxPayload * 4 / 3; size > 4<<20 {
			t.Errorf("a transaction of %d items travels as %d bytes", len(in.TransactItems), size)
		}
	}
	if len(c.transacts) != 3 {
		t.Errorf("%d transactions", len(c.transacts))
	}
}

func TestCommitSendsTheOthersAgainWithoutLosers(t *testing.T) {
	c := &stub{transact: func(n int, in *dynamodb.TransactWriteItemsInput) error {
		if n == 0 {
			e := cancelled("", lost, "", lost)
			e.CancellationReasons[1].Item = attributes{
				"pk": str("DELIVERY#d001"), "sk": str("DELIVERY"), "id": str("d001"), "version": &types.AttributeValueMemberN{Value: "7"},
			}
			return e
		}
		return nil
	}}
	results, err := dynamo.New(c, "table").Commit(t.Context(), deliveries(4))
	if err != nil {
		t.Fatal(err)
	}
	want := []integration.UnitResult{
		{Committed: true, Delivery: &integration.Delivery{ID: "d000", Version: 1}},
		{Delivery: &integration.Delivery{ID: "d001", Version: 7}},
		{Committed: true, Delivery: &integration.Delivery{ID: "d002", Version: 1}},
		{},
	}
	if diff := cmp.Diff(want, results); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"TransactWriteItems": 2}, c.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if *c.transacts[0].ClientRequestToken == *c.transacts[1].ClientRequestToken {
		t.Error("two transactions have one token")
	}
}

func TestCommitRetriesWhatIsContended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &stub{transact: func(n int, in *dynamodb.TransactWriteItemsInput) error {
			switch n {
			case 0:
				return cancelled("", conflict, "ThrottlingError", "", lost)
			case 2:
				return cancelled(conflict, "")
			}
			return nil
		}}
		results, err := dynamo.New(c, "table").Commit(t.Context(), deliveries(5))
		if err != nil {
			t.Fatal(err)
		}
		for n, r := range results {
			if r.Committed != (n != 4) {
				t.Errorf("unit %d: committed %t", n, r.Committed)
			}
		}
		// 5, then the free 2 at once, the contended 2, of them one each alone.
		if diff := cmp.Diff(map[string]int{"TransactWriteItems": 3, "PutItem": 2}, c.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

func TestEndlessContentionIsUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &stub{
			transact: func(_ int, in *dynamodb.TransactWriteItemsInput) error {
				return cancelled(slices.Repeat([]string{conflict}, len(in.TransactItems))...)
			},
			put: func(int, *dynamodb.PutItemInput) error { return &types.TransactionConflictException{} },
		}
		s := dynamo.New(c, "table")
		for _, n := range []int{1, 2} {
			_, err := s.Commit(t.Context(), deliveries(n))
			wantCode(t, err, integration.CodeUnavailable)
		}
		_, _, err := s.CreateLink(t.Context(), integration.Link{IntegrationID: "i", ExperimentKey: "e", CampaignID: "c"})
		wantCode(t, err, integration.CodeUnavailable)
		if diff := cmp.Diff(map[string]int{"PutItem": 10, "TransactWriteItems": 20}, c.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

func TestCommitStopsWaitingWhenItsContextIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := &stub{transact: func(int, *dynamodb.TransactWriteItemsInput) error {
			cancel()
			return cancelled(conflict, conflict)
		}}
		_, err := dynamo.New(c, "table").Commit(ctx, deliveries(2))
		wantCode(t, err, integration.CodeUnavailable)
		if !errors.Is(err, context.Canceled) || c.calls["TransactWriteItems"] != 1 {
			t.Errorf("got %v after %v", err, c.calls)
		}
	})
}

// The SDK sends a PutItem again when the answer to the first got lost; then the
// condition fails on the writer's own row.
func TestPutKnowsItsOwnRow(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(attributes)
		want   bool
	}{
		{"own", func(attributes) {}, true},
		{"somebody else's, equal in all but the writer", func(it attributes) { it["write_id"] = str("other") }, false},
		{"somebody else's of an older version of the product", func(it attributes) { delete(it, "write_id") }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &stub{put: func(_ int, in *dynamodb.PutItemInput) error {
				stored := maps.Clone(in.Item)
				tt.change(stored)
				return &types.ConditionalCheckFailedException{Item: stored}
			}}
			s := dynamo.New(c, "table")
			results, err := s.Commit(t.Context(), deliveries(1))
			if err != nil || results[0].Committed != tt.want || results[0].Delivery.ID != "d000" {
				t.Errorf("commit: %+v, %v", results, err)
			}
			_, err = s.SwapToken(t.Context(), integration.TokenRecord{IntegrationID: "i"})
			if (err == nil) != tt.want {
				t.Errorf("swap: %v", err)
			}
			_, err = s.CreateIntegration(t.Context(), integration.Integration{ID: "i"})
			if (err == nil) != tt.want {
				t.Errorf("create: %v", err)
			}
		})
	}
}

func TestErrorsHaveCodes(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want integration.Code
	}{
		{"throttled", &types.ProvisionedThroughputExceededException{}, integration.CodeUnavailable},
		{"throttled generically", &smithy.GenericAPIError{Code: "ThrottlingException"}, integration.CodeUnavailable},
		{"failing", &types.InternalServerError{}, integration.CodeUnavailable},
		{"failing generically", &smithy.GenericAPIError{Code: "Odd", Fault: smithy.FaultServer}, integration.CodeUnavailable},
		{"not reached", errors.New("connection refused"), integration.CodeUnavailable},
		{"out of time", context.DeadlineExceeded, integration.CodeUnavailable},
		{"cancelled for throttling", cancelled("ThrottlingError"), integration.CodeUnavailable},
		{"not allowed", &smithy.GenericAPIError{Code: "AccessDeniedException"}, integration.CodeInternal},
		{"malformed", &smithy.GenericAPIError{Code: "ValidationException"}, integration.CodeInternal},
		{"no table", &types.ResourceNotFoundException{}, integration.CodeInternal},
		{"cancelled as invalid", cancelled("ValidationError", ""), integration.CodeInternal},
		{"cancelled for no reason", cancelled("", ""), integration.CodeInternal},
		{"cancelled without reasons", cancelled(), integration.CodeInternal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &stub{
					transact: func(_ int, in *dynamodb.TransactWriteItemsInput) error {
						if e := (*types.TransactionCanceledException)(nil); errors.As(tt.err, &e) && len(e.CancellationReasons) == 1 {
							return cancelled(slices.Repeat([]string{*e.CancellationReasons[0].Code}, len(in.TransactItems))...)
						}
						return tt.err
					},
					batchGet: func(int, *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error) { return nil, tt.err },
					query:    func(int, *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) { return nil, tt.err },
					get:      func(*dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) { return nil, tt.err },
				}
				s := dynamo.New(c, "table")
				_, err := s.Commit(t.Context(), deliveries(2))
				wantCode(t, err, tt.want)
				if e := (*types.TransactionCanceledException)(nil); errors.As(tt.err, &e) {
					return // only a transaction answers so
				}
				_, err = s.GetDeliveries(t.Context(), []string{"d"})
				wantCode(t, err, tt.want)
				_, err = s.ListDeliveries(t.Context(), integration.DeliveryFilter{}, integration.Page{Limit: 1})
				wantCode(t, err, tt.want)
				_, err = s.GetToken(t.Context(), "i")
				wantCode(t, err, tt.want)
			})
		})
	}
}

func wantCode(t *testing.T, err error, want integration.Code) {
	t.Helper()
	if integration.ErrorCode(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
