package dynamo_test

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type attributes = map[string]types.AttributeValue

// stub answers as a test says, for what no engine can be made to do: conflicts,
// throttling, lost answers. Without an answer set, writes succeed and reads find
// nothing. It counts the calls and keeps the requests.
type stub struct {
	transact func(n int, in *dynamodb.TransactWriteItemsInput) error
	put      func(n int, in *dynamodb.PutItemInput) error
	batchGet func(n int, in *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error)
	query    func(n int, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error)
	get      func(in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error)

	mu        sync.Mutex
	calls     map[string]int
	transacts []*dynamodb.TransactWriteItemsInput
	puts      []*dynamodb.PutItemInput
	queries   []*dynamodb.QueryInput
}

// count counts a call and returns how many there were of its kind before.
func (s *stub) count(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = map[string]int{}
	}
	s.calls[op]++
	return s.calls[op] - 1
}

func (s *stub) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	s.count("GetItem")
	if s.get != nil {
		return s.get(in)
	}
	return &dynamodb.GetItemOutput{}, nil
}

func (s *stub) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	n := s.count("PutItem")
	s.mu.Lock()
	s.puts = append(s.puts, in)
	s.mu.Unlock()
	if s.put != nil {
		if err := s.put(n, in); err != nil {
			return nil, err
		}
	}
	return &dynamodb.PutItemOutput{}, nil
}

func (s *stub) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	n := s.count("Query")
	copied := *in
	s.mu.Lock()
	s.queries = append(s.queries, &copied)
	s.mu.Unlock()
	if s.query != nil {
		return s.query(n, in)
	}
	return &dynamodb.QueryOutput{}, nil
}

func (s *stub) BatchGetItem(_ context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	n := s.count("BatchGetItem")
	if s.batchGet != nil {
		return s.batchGet(n, in)
	}
	return &dynamodb.BatchGetItemOutput{}, nil
}

func (s *stub) TransactWriteItems(_ context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	n := s.count("TransactWriteItems")
	s.mu.Lock()
	s.transacts = append(s.transacts, in)
	s.mu.Unlock()
	if s.transact != nil {
		if err := s.transact(n, in); err != nil {
			return nil, err
		}
	}
	return &dynamodb.TransactWriteItemsOutput{}, nil
}

// cancelled makes the error of a cancelled transaction; "" is an item without
// fault.
func cancelled(codes ...string) *types.TransactionCanceledException {
	e := &types.TransactionCanceledException{}
	for _, code := range codes {
		if code == "" {
			code = "None"
		}
		e.CancellationReasons = append(e.CancellationReasons, types.CancellationReason{Code: aws.String(code)})
	}
	return e
}
