package dynamo_test

import (
	"testing"

	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/dynamo/dynamotest"
	"salesforce-integration/internal/integration"
)

// BenchmarkThousandDeliveries stores a thousand deliveries and 667 campaigns,
// reads them back, and reports the calls that DynamoDB saw each way.
func BenchmarkThousandDeliveries(b *testing.B) {
	plain := dynamotest.Client(b)
	client, calls := dynamotest.Counted(plain)
	var written, read int64
	for b.Loop() {
		b.StopTimer()
		s := dynamo.New(client, dynamotest.NewTable(b, plain))
		units, ids, refs := thousand()
		b.StartTimer()

		calls.Store(0)
		if _, err := s.Commit(b.Context(), units); err != nil {
			b.Fatal(err)
		}
		written += calls.Swap(0)
		if _, err := s.Read(b.Context(), integration.Keys{Deliveries: ids, Campaigns: refs}); err != nil {
			b.Fatal(err)
		}
		read += calls.Load()
	}
	b.ReportMetric(float64(written)/float64(b.N), "writes/op")
	b.ReportMetric(float64(read)/float64(b.N), "reads/op")
}
