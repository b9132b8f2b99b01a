package dynamo

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"salesforce-integration/internal/integration"
)

// DeleteIntegration implements [integration.IntegrationStore]. The integration
// itself goes first: from then on no link can be made, so what is swept stays
// away, and a call that was cut off can be made again. It goes by a transaction, as
// that has a token: when its answer gets lost and the SDK sends it again, it still
// hears that the deletion was its own.
func (s *Store) DeleteIntegration(ctx context.Context, id string, version int64) error {
	if !usable(id) {
		return noIntegration(id)
	}
	deletion := &types.Delete{
		TableName: s.table, Key: integrationKey(id).item(), ConditionExpression: aws.String("attribute_exists(pk)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if version != 0 {
		values := item{}
		values.putInt(":v", version)
		deletion.ConditionExpression, deletion.ExpressionAttributeValues = aws.String("#v = :v"), values
		deletion.ExpressionAttributeNames = map[string]string{"#v": attrVersion}
	}
	reasons, err := s.transact(ctx, []types.TransactWriteItem{{Delete: deletion}})
	if err != nil {
		return err
	}
	if reasons != nil && len(reasons[0].stored) > 0 {
		return changedIntegration(id)
	}
	if err := s.sweep(ctx, id); err != nil {
		return err
	}
	if reasons != nil {
		return noIntegration(id)
	}
	return nil
}

// sweep deletes everything below an integration. A link that somebody else deletes
// meanwhile cancels its transaction, so it looks again until nothing is left.
func (s *Store) sweep(ctx context.Context, id string) error {
	for range maxTries {
		left, err := s.sweepOnce(ctx, id)
		if err != nil || !left {
			return err
		}
	}
	return failed("sweep", errors.New("others kept writing the same rows"))
}

func (s *Store) sweepOnce(ctx context.Context, id string) (left bool, err error) {
	values := item{}
	values.putString(":pk", integrationPartition(id))
	q := &dynamodb.QueryInput{
		TableName: s.table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: values,
	}
	for {
		out, err := s.client.Query(ctx, q)
		if err != nil {
			return false, failed("Query", err)
		}
		batches, err := s.sweepBatches(out.Items)
		if err != nil {
			return false, err
		}
		for _, batch := range batches {
			reasons, err := s.transact(ctx, batch)
			if err != nil {
				return false, err
			}
			left = left || reasons != nil
		}
		if len(out.LastEvaluatedKey) == 0 {
			return left, nil
		}
		q.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// sweepBatches makes the transactions that delete these rows. The links of one
// experiment in a transaction leave its item by one update, since a transaction
// may touch an item only once.
func (s *Store) sweepBatches(rows []map[string]types.AttributeValue) ([][]types.TransactWriteItem, error) {
	var batches [][]types.TransactWriteItem
	var batch []types.TransactWriteItem
	links := map[string][]integration.CampaignRef{}
	flush := func() {
		for experiment, refs := range links {
			batch = append(batch, s.unindex(experiment, refs))
		}
		if len(batch) > 0 {
			batches = append(batches, batch)
		}
		batch = nil
		clear(links)
	}
	for _, it := range rows {
		if len(batch)+len(links)+2 > maxTransactItems { // a row, and perhaps another experiment
			flush()
		}
		if !strings.HasPrefix(text(it, attrSK), skLinkPrefix) {
			batch = append(batch, types.TransactWriteItem{Delete: &types.Delete{TableName: s.table, Key: keyOf(it).item()}})
			continue
		}
		l, err := readLink(it)
		if err != nil {
			return nil, err
		}
		batch = append(batch, s.deleteLink(l))
		links[l.ExperimentKey] = append(links[l.ExperimentKey], l.Ref())
	}
	flush()
	return batches, nil
}
