package dynamo

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The bounds of one transaction. DynamoDB takes 4 MB of items. Sizes are estimated
// here, and MiniStack counts bytes as they travel, which is a third more: so there
// is some room left.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
const (
	maxTransactItems = 100
	maxTransactBytes = 2_800_000
)

// verdict is what became of one item of a cancelled transaction.
type verdict int

const (
	innocent  verdict = iota // it would have succeeded, as far as was looked
	refused                  // its condition failed
	contended                // somebody else is at it, or it is throttled
)

// reason is the verdict on an item, with what is stored if the condition failed.
type reason struct {
	verdict verdict
	stored  item
}

// transactOnce sends one transaction. It returns a reason for each item when it
// was cancelled, nothing when it was done. The token makes it one transaction even
// if the SDK sends it twice.
func (s *Store) transactOnce(ctx context.Context, items []types.TransactWriteItem) ([]reason, error) {
	_, err := s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: items, ClientRequestToken: aws.String(rand.Text()),
	})
	if err == nil {
		return nil, nil
	}
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) || len(cancelled.CancellationReasons) != len(items) {
		return nil, failed("TransactWriteItems", err)
	}
	reasons := make([]reason, len(items))
	guilty := 0
	for n, r := range cancelled.CancellationReasons {
		switch code := aws.ToString(r.Code); {
		case code == "" || code == "None":
			continue
		case code == "ConditionalCheckFailed":
			reasons[n] = reason{refused, r.Item}
		case throttled(code):
			reasons[n] = reason{verdict: contended}
		default:
			return nil, failed("TransactWriteItems", err)
		}
		guilty++
	}
	if guilty == 0 {
		return nil, failed("TransactWriteItems", err)
	}
	return reasons, nil
}

// transact sends a transaction until it is done or one of its conditions fails:
// then it returns the reasons.
func (s *Store) transact(ctx context.Context, items []types.TransactWriteItem) ([]reason, error) {
	for try := 0; ; try++ {
		reasons, err := s.transactOnce(ctx, items)
		if err != nil || reasons == nil {
			return nil, err
		}
		for _, r := range reasons {
			if r.verdict == refused {
				return reasons, nil
			}
		}
		if err := s.again(ctx, try); err != nil {
			return nil, err
		}
	}
}

// again waits before another try of a contended transaction, or gives up.
func (s *Store) again(ctx context.Context, try int) error {
	if try == maxTries {
		return failed("TransactWriteItems", errors.New("others kept writing the same rows"))
	}
	if err := pause(ctx, try); err != nil {
		return failed("TransactWriteItems", err)
	}
	return nil
}
