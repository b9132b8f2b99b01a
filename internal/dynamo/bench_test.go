package dynamo_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/aws/smithy-go/middleware"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"salesforce-integration/internal/dynamo"
)

// BenchmarkThousandDeliveries stores a thousand deliveries and 667 campaigns,
// reads them back, and reports the calls that DynamoDB saw each way.
func BenchmarkThousandDeliveries(b *testing.B) {
	plain := engine(b)
	var calls atomic.Int64
	client := dynamodb.New(plain.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Finalize.Add(middleware.FinalizeMiddlewareFunc("count", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				calls.Add(1)
				return next.HandleFinalize(ctx, in)
			}), middleware.After)
		})
	})
	var written, read int64
	for b.Loop() {
		b.StopTimer()
		s := dynamo.New(client, newTable(b, plain))
		units, ids, refs := thousand()
		b.StartTimer()

		calls.Store(0)
		if _, err := s.Commit(b.Context(), units); err != nil {
			b.Fatal(err)
		}
		written += calls.Swap(0)
		if _, err := s.GetDeliveries(b.Context(), ids); err != nil {
			b.Fatal(err)
		}
		if _, err := s.GetCampaigns(b.Context(), refs); err != nil {
			b.Fatal(err)
		}
		read += calls.Load()
	}
	b.ReportMetric(float64(written)/float64(b.N), "writes/op")
	b.ReportMetric(float64(read)/float64(b.N), "reads/op")
}
