package dynamo

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// attrVersion is the compare-and-swap counter of every row that has one.
const attrVersion = "version"

// attrWriteID names the write that stored a row. The SDK repeats a PutItem whose
// answer got lost; the repetition then fails on what the first one stored, and
// only this tells the writer's own success from somebody else's.
const attrWriteID = "write_id"

// row is an item to store while the stored version is still the one before.
type row struct{ item item }

func (r row) version() int64 { return (&reader{item: r.item}).int(attrVersion) }

// condition says that the stored version is the one before r's.
func (r row) condition() (expression *string, names map[string]string, values map[string]types.AttributeValue) {
	before := r.version() - 1
	if before == 0 {
		return aws.String("attribute_not_exists(#v)"), map[string]string{"#v": attrPK}, nil
	}
	v := item{}
	v.putInt(":v", before)
	return aws.String("#v = :v"), map[string]string{"#v": attrVersion}, v
}

func (r row) put(table *string) *types.Put {
	p := &types.Put{
		Item: r.item, TableName: table,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	p.ConditionExpression, p.ExpressionAttributeNames, p.ExpressionAttributeValues = r.condition()
	return p
}

// put stores a row. When its version does not fit, ok is false and current is what
// is stored instead, nil for nothing.
func (s *Store) put(ctx context.Context, r row) (current item, ok bool, err error) {
	id := rand.Text()
	r.item.putString(attrWriteID, id)
	p := r.put(s.table)
	in := &dynamodb.PutItemInput{
		Item: p.Item, TableName: p.TableName, ConditionExpression: p.ConditionExpression,
		ExpressionAttributeNames: p.ExpressionAttributeNames, ExpressionAttributeValues: p.ExpressionAttributeValues,
		ReturnValuesOnConditionCheckFailure: p.ReturnValuesOnConditionCheckFailure,
	}
	for try := 0; ; try++ {
		_, err = s.client.PutItem(ctx, in)
		var refused *types.ConditionalCheckFailedException
		var contended *types.TransactionConflictException
		switch {
		case err == nil:
			return r.item, true, nil
		case errors.As(err, &refused):
			return refused.Item, text(refused.Item, attrWriteID) == id, nil
		case !errors.As(err, &contended) || try == maxTries:
			return nil, false, failed("PutItem", err)
		}
		if err := pause(ctx, try); err != nil {
			return nil, false, failed("PutItem", err)
		}
	}
}
