package dynamo

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

// maxBatchKeys is how many keys one BatchGetItem takes.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
const maxBatchKeys = 100

// batchGet reads the items of these keys, strongly consistent; those that are not
// there are left out. Keys may be there twice.
func (s *Store) batchGet(ctx context.Context, keys []key) (map[key]item, error) {
	seen := make(map[key]bool, len(keys))
	keys = slices.DeleteFunc(slices.Clone(keys), func(k key) bool {
		twice := seen[k]
		seen[k] = true
		return twice
	})
	found := make(map[key]item, len(keys))
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for chunk := range slices.Chunk(keys, maxBatchKeys) {
		g.Go(func() error {
			return s.batchGetChunk(ctx, chunk, func(i item) {
				mu.Lock()
				defer mu.Unlock()
				found[keyOf(i)] = i
			})
		})
	}
	return found, g.Wait()
}

// batchGetChunk reads up to 100 items. An answer holds at most 16 MB and may leave
// out what was throttled: the rest is asked for again, at once while there is
// progress, with growing waits when there is none.
func (s *Store) batchGetChunk(ctx context.Context, keys []key, found func(item)) error {
	ask := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, k := range keys {
		ask.Keys = append(ask.Keys, k.item())
	}
	for try := 0; ; {
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*s.table: ask}})
		if err != nil {
			return failed("BatchGetItem", err)
		}
		for _, i := range out.Responses[*s.table] {
			found(i)
		}
		rest := out.UnprocessedKeys[*s.table].Keys
		if len(rest) == 0 {
			return nil
		}
		if len(rest) < len(ask.Keys) {
			try = 0
		} else {
			if try == maxTries {
				return failed("BatchGetItem", errors.New("throttled: keys stay unprocessed"))
			}
			if err := pause(ctx, try); err != nil {
				return failed("BatchGetItem", err)
			}
			try++
		}
		ask.Keys = rest
	}
}

// lookup gathers rows to read at once.
type lookup struct {
	keys []key
	take map[key]func(item) error
}

// want adds rows to a lookup. The map that it returns is filled by [Store.fetch]; ids
// that cannot be part of a key are like those that are not there.
func want[ID comparable, V any](l *lookup, ids []ID, keyOf func(ID) (key, bool), decode func(item) (V, error)) map[ID]V {
	found := make(map[ID]V, len(ids))
	if l.take == nil {
		l.take = make(map[key]func(item) error, len(ids))
	}
	for _, id := range ids {
		k, ok := keyOf(id)
		if !ok {
			continue
		}
		l.keys = append(l.keys, k)
		l.take[k] = func(it item) (err error) {
			found[id], err = decode(it)
			return err
		}
	}
	return found
}

func (s *Store) fetch(ctx context.Context, l lookup) error {
	items, err := s.batchGet(ctx, l.keys)
	if err != nil {
		return err
	}
	for k, it := range items {
		if err := l.take[k](it); err != nil {
			return err
		}
	}
	return nil
}

// getMany reads the values of many ids of one kind.
func getMany[ID comparable, V any](ctx context.Context, s *Store, ids []ID, keyOf func(ID) (key, bool), decode func(item) (V, error)) (map[ID]V, error) {
	var l lookup
	found := want(&l, ids, keyOf, decode)
	if err := s.fetch(ctx, l); err != nil {
		return nil, err
	}
	return found, nil
}

// getItem reads one item, strongly consistent; nil if it is not there.
func (s *Store) getItem(ctx context.Context, k key) (item, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: s.table, Key: k.item(), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, failed("GetItem", err)
	}
	return out.Item, nil
}
