package trial_test

import (
	"context"
	"sync"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
)

// ledger is a store in memory that books, for each of its calls, what package
// dynamo would have sent to DynamoDB for it: the table in that package's comment.
// With a DynamoDB at hand, BenchmarkReachOneInvocationDynamoDB counts instead.
type ledger struct {
	integration.Store

	mu     sync.Mutex
	booked int
}

// Limits of a call, as package dynamo keeps to them.
const (
	keysPerRead        = 100
	rowsPerTransaction = 100
)

func newLedger() *ledger { return &ledger{Store: inmem.New()} }

func (l *ledger) book(calls int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.booked += calls
}

func (l *ledger) reads(keys int) { l.book((keys + keysPerRead - 1) / keysPerRead) }

// total returns what was booked so far.
func (l *ledger) total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.booked
}

func (l *ledger) LinksByExperiment(ctx context.Context, keys []string) (map[string][]integration.Link, error) {
	l.reads(len(keys))
	return l.Store.LinksByExperiment(ctx, keys)
}

func (l *ledger) GetIntegrations(ctx context.Context, ids []string) (map[string]integration.Integration, error) {
	l.reads(len(ids))
	return l.Store.GetIntegrations(ctx, ids)
}

func (l *ledger) GetDeliveries(ctx context.Context, ids []string) (map[string]integration.Delivery, error) {
	l.reads(len(ids))
	return l.Store.GetDeliveries(ctx, ids)
}

func (l *ledger) Read(ctx context.Context, k integration.Keys) (integration.Rows, error) {
	l.reads(len(k.Deliveries) + len(k.Links) + len(k.Campaigns) + len(k.Seen))
	return l.Store.Read(ctx, k)
}

func (l *ledger) GetIntegration(ctx context.Context, id string) (integration.Integration, error) {
	l.book(1)
	return l.Store.GetIntegration(ctx, id)
}

func (l *ledger) UpdateIntegration(ctx context.Context, i integration.Integration) (integration.Integration, error) {
	l.book(1)
	return l.Store.UpdateIntegration(ctx, i)
}

func (l *ledger) GetToken(ctx context.Context, id string) (integration.TokenRecord, error) {
	l.book(1)
	return l.Store.GetToken(ctx, id)
}

func (l *ledger) SwapToken(ctx context.Context, t integration.TokenRecord) (integration.TokenRecord, error) {
	l.book(1)
	return l.Store.SwapToken(ctx, t)
}

func (l *ledger) GetAllowances(ctx context.Context, keys []integration.AllowanceKey) (map[integration.AllowanceKey]integration.Allowance, error) {
	l.reads(len(keys))
	return l.Store.GetAllowances(ctx, keys)
}

func (l *ledger) SwapAllowance(ctx context.Context, a integration.Allowance) (integration.Allowance, error) {
	l.book(1)
	return l.Store.SwapAllowance(ctx, a)
}

// Commit books a transaction for each hundred rows; a unit's rows stay together.
func (l *ledger) Commit(ctx context.Context, units []integration.Unit) ([]integration.UnitResult, error) {
	transactions, room := 0, 0
	for _, u := range units {
		rows := 0
		if u.Delivery != nil {
			rows++
		}
		if u.Campaign != nil {
			rows++
		}
		if rows > room {
			transactions, room = transactions+1, rowsPerTransaction
		}
		room -= rows
	}
	l.book(transactions)
	return l.Store.Commit(ctx, units)
}
