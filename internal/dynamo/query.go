package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"salesforce-integration/internal/integration"
)

const (
	maxLimit = 100 // items in a part of a list
	// maxQueries bounds the calls for one part of a list: an answer of DynamoDB holds
	// 1 MB, so that long items may take several. What is still missing by then comes
	// with a cursor.
	maxQueries = 5
)

// listing is one list: where it lies, and how its parts are cut.
type listing[T any] struct {
	name     string              // in its cursors
	query    dynamodb.QueryInput // without Limit
	position string              // the attribute that a cursor holds
	start    func(position string) item
	decode   func(item) (T, error)
}

// checkPage validates a page's limit; its cursor is the list's to judge.
func checkPage(p integration.Page) error {
	if p.Limit < 1 || p.Limit > maxLimit {
		return integration.Invalidf("limit", "The limit must be from 1 to %d.", maxLimit)
	}
	return nil
}

// readPart reads one part of a list, from behind the position after on. It reads
// one item more than asked for, to know whether there is another part.
func readPart[T any](ctx context.Context, s *Store, l listing[T], limit int, after string) (integration.List[T], error) {
	var part integration.List[T]
	q := l.query
	q.TableName = s.table
	if after != "" {
		q.ExclusiveStartKey = l.start(after)
	}
	for range maxQueries {
		q.Limit = aws.Int32(int32(limit + 1 - len(part.Items))) //nolint:gosec // at most 101
		out, err := s.client.Query(ctx, &q)
		if err != nil {
			return integration.List[T]{}, failed("Query", err)
		}
		for _, it := range out.Items {
			if len(part.Items) == limit {
				part.NextCursor = formatCursor(l.name, after)
				return part, nil
			}
			v, err := l.decode(it)
			if err != nil {
				return integration.List[T]{}, err
			}
			part.Items = append(part.Items, v)
			after = text(it, l.position)
		}
		if len(out.LastEvaluatedKey) == 0 {
			return part, nil
		}
		q.ExclusiveStartKey = out.LastEvaluatedKey
		after = text(out.LastEvaluatedKey, l.position) // all before it are in the part
		if len(part.Items) == limit {
			break
		}
	}
	part.NextCursor = formatCursor(l.name, after)
	return part, nil
}
