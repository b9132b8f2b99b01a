package dynamo_test

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/integration"
)

func TestBatchGetAsksAgainForWhatWasLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Three keys an answer, and every other answer none.
		c := &stub{batchGet: func(n int, in *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error) {
			ask := in.RequestItems["table"]
			done := min(3*(n%2), len(ask.Keys))
			out := &dynamodb.BatchGetItemOutput{Responses: map[string][]map[string]types.AttributeValue{}}
			for _, k := range ask.Keys[:done] {
				it := attributes{"id": str(k["pk"].(*types.AttributeValueMemberS).Value[len("DELIVERY#"):]), "pk": k["pk"], "sk": k["sk"]}
				out.Responses["table"] = append(out.Responses["table"], it)
			}
			if ask.Keys = ask.Keys[done:]; len(ask.Keys) > 0 {
				out.UnprocessedKeys = map[string]types.KeysAndAttributes{"table": ask}
			}
			return out, nil
		}}
		var ids []string
		for n := range 40 {
			ids = append(ids, fmt.Sprint("d", n))
		}
		got, err := dynamo.New(c, "table").GetDeliveries(t.Context(), ids)
		if err != nil || len(got) != 40 || got["d39"].ID != "d39" {
			t.Errorf("got %d of 40, %v", len(got), err)
		}
	})
}

func TestBatchGetGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &stub{batchGet: func(_ int, in *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error) {
			return &dynamodb.BatchGetItemOutput{UnprocessedKeys: in.RequestItems}, nil
		}}
		_, err := dynamo.New(c, "table").GetIntegrations(t.Context(), []string{"i"})
		wantCode(t, err, integration.CodeUnavailable)
		if c.calls["BatchGetItem"] != 10 {
			t.Errorf("%d calls", c.calls["BatchGetItem"])
		}
	})
}

// TestOneAnswerOfTheLogIsOneQuery: whatever is filtered, an answer looks at one page's
// worth of an index, and reads what it found by one call.
func TestOneAnswerOfTheLogIsOneQuery(t *testing.T) {
	position := func(n int) string { return fmt.Sprintf("2026-03-02T10:00:%02d.000000000Z#d%d", 59-n, n) }
	all := integration.DeliveryFilter{Direction: integration.Outbound, Status: integration.StatusParked, EventType: "e", IntegrationID: "i", ExperimentKey: "x", CampaignID: "c"}
	tests := []struct {
		name     string
		filter   integration.DeliveryFilter
		index    string
		expected string // the filter expression
	}{
		{"nothing", integration.DeliveryFilter{}, "log", ""},
		{"a status", integration.DeliveryFilter{Status: integration.StatusParked}, "log", "#status = :status"},
		{"an integration", integration.DeliveryFilter{IntegrationID: "i"}, "log-integration", ""},
		{"an experiment of an integration", integration.DeliveryFilter{IntegrationID: "i", ExperimentKey: "x"}, "log-experiment", "#integration_id = :integration_id"},
		{"a Campaign", integration.DeliveryFilter{CampaignID: "c"}, "log-campaign", ""},
		{"all", all, "log-campaign", "#direction = :direction AND #status = :status AND #event_type = :event_type AND #integration_id = :integration_id AND #experiment_key = :experiment_key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &stub{query: func(int, *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
				last := attributes{"pk": str("DELIVERY#d9"), "sk": str("DELIVERY"), "log_sk": str(position(9))}
				return &dynamodb.QueryOutput{Items: []map[string]types.AttributeValue{{"log_sk": str(position(3))}}, LastEvaluatedKey: last}, nil
			}}
			s := dynamo.New(c, "table")
			l, err := s.ListDeliveries(t.Context(), tt.filter, integration.Page{Limit: 10})
			if err != nil || len(l.Items) != 0 || l.NextCursor == "" {
				t.Fatalf("got %+v, %v", l, err)
			}
			if c.calls["Query"] != 1 || c.calls["BatchGetItem"] != 1 {
				t.Errorf("calls %v", c.calls)
			}
			q := c.queries[0]
			if *q.IndexName != tt.index || aws.ToString(q.FilterExpression) != tt.expected || aws.ToInt32(q.Limit) != 11 {
				t.Errorf("index %s, filter %q, limit %d", *q.IndexName, aws.ToString(q.FilterExpression), aws.ToInt32(q.Limit))
			}
			if _, err := s.ListDeliveries(t.Context(), tt.filter, integration.Page{Limit: 10, Cursor: l.NextCursor}); err != nil {
				t.Fatal(err)
			}
			if got := c.queries[1].ExclusiveStartKey["log_sk"].(*types.AttributeValueMemberS).Value; got != position(9) {
				t.Errorf("it goes on behind %s, want %s", got, position(9))
			}
		})
	}
}

// TestTheLogLooksFurtherWhereLittleIsFound: an answer pays for a page's worth of the
// index, however little the filter lets pass, and only the parts after empty ones look
// at more, within a bound.
func TestTheLogLooksFurtherWhereLittleIsFound(t *testing.T) {
	position := func(n int) string { return fmt.Sprintf("2026-03-02T10:00:00.%09dZ#d%d", 999999999-n, n) }
	tests := []struct {
		name   string
		filter integration.DeliveryFilter
		every  int // one of so many deliveries fits
		parts  int
		most   []int32 // at which a part may look
	}{
		{"all fit", integration.DeliveryFilter{Status: integration.StatusParked}, 1, 4, []int32{11, 11, 11, 11}},
		{"a few fit", integration.DeliveryFilter{Status: integration.StatusParked}, 4, 4, []int32{11, 44, 44, 44}},
		{"none fits", integration.DeliveryFilter{Status: integration.StatusParked}, 1 << 30, 6, []int32{11, 44, 176, 704, 2500, 2500}},
		{"nothing is filtered", integration.DeliveryFilter{}, 1, 3, []int32{11, 11, 11}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := 0
			c := &stub{query: func(_ int, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
				if start, ok := in.ExclusiveStartKey["log_sk"].(*types.AttributeValueMemberS); ok {
					_, number, _ := strings.Cut(start.Value, "#d")
					n, err := strconv.Atoi(number)
					if err != nil {
						t.Fatal(err)
					}
					at = n
				}
				out := &dynamodb.QueryOutput{ScannedCount: aws.ToInt32(in.Limit)}
				for range aws.ToInt32(in.Limit) {
					if at++; at%tt.every == 0 {
						out.Items = append(out.Items, attributes{"log_sk": str(position(at))})
					}
				}
				out.LastEvaluatedKey = attributes{"log_sk": str(position(at))}
				return out, nil
			}}
			s := dynamo.New(c, "table")
			page := integration.Page{Limit: 10}
			for part := range tt.parts {
				l, err := s.ListDeliveries(t.Context(), tt.filter, page)
				if err != nil || l.NextCursor == "" {
					t.Fatalf("part %d: %+v, %v", part, l, err)
				}
				if got := aws.ToInt32(c.queries[part].Limit); got > tt.most[part] || got < 11 || (tt.every > 100 && got != tt.most[part]) {
					t.Errorf("part %d looks at %d deliveries, want %d at most", part, got, tt.most[part])
				}
				if got, looked := l.PassedOver, int(aws.ToInt32(c.queries[part].Limit)); tt.every == 1 && got != 0 || tt.every > 100 && got != looked {
					t.Errorf("part %d passed over %d of %d", part, got, looked)
				}
				page.Cursor = l.NextCursor
			}
			if c.calls["Query"] != tt.parts {
				t.Errorf("%d queries for %d parts", c.calls["Query"], tt.parts)
			}
		})
	}
}

// FuzzCursor gives strangers' cursors to the lists: they are refused, or they ask
// DynamoDB for a position of that very list.
func FuzzCursor(f *testing.F) {
	enc := base64.RawURLEncoding.EncodeToString
	f.Add("")
	f.Add("%%%")
	f.Add(enc([]byte("1\nlog\n2026-03-02T10:00:00.000000000Z#d")))
	f.Add(enc([]byte("1\nlog\n2026-03-02T10:00:00Z#d")))
	f.Add(enc([]byte("1\nlog\n#")))
	f.Add(enc([]byte("1\nlog\n2026-03-02T10:00:00.000000000Z#d\n404")))
	f.Add(enc([]byte("1\nlog\n2026-03-02T10:00:00.000000000Z#d\n99999999999999999999")))
	f.Add(enc([]byte("1\nintegrations\ni")))
	f.Add(enc([]byte("1\nlinks of i\nLINK#c")))
	f.Add(enc([]byte("1\nlinks of i\nTOKEN")))
	f.Add(enc([]byte("1\nlinks of j\nLINK#c")))
	f.Add(enc([]byte("2\nintegrations\ni")))
	f.Add(enc([]byte("1\nintegrations\n\xff")))
	f.Fuzz(func(t *testing.T, cursor string) {
		c := &stub{}
		s := dynamo.New(c, "table")
		p := integration.Page{Limit: 1, Cursor: cursor}
		lists := []func() (string, error){
			func() (string, error) {
				l, err := s.ListIntegrations(t.Context(), p)
				return l.NextCursor, err
			},
			func() (string, error) {
				l, err := s.ListLinks(t.Context(), "i", integration.LinkFilter{}, p)
				return l.NextCursor, err
			},
			func() (string, error) {
				l, err := s.ListDeliveries(t.Context(), integration.DeliveryFilter{From: time.Unix(0, 0)}, p)
				return l.NextCursor, err
			},
		}
		accepted := 0
		for _, list := range lists {
			next, err := list()
			if code := integration.ErrorCode(err); (code != "" && code != integration.CodeInvalid) || next != "" {
				t.Errorf("cursor %q: next %q, %v", cursor, next, err)
			}
			if err == nil {
				accepted++
			}
		}
		if cursor != "" && accepted > 1 {
			t.Errorf("cursor %q fits %d lists", cursor, accepted)
		}
		for _, q := range c.queries {
			pk, _ := q.ExclusiveStartKey["pk"].(*types.AttributeValueMemberS)
			if cursor != "" && (pk == nil || (pk.Value != "INTEGRATIONS" && pk.Value != "INTEGRATION#i" && pk.Value[:9] != "DELIVERY#")) {
				t.Errorf("cursor %q asks for %v", cursor, q.ExclusiveStartKey)
			}
		}
	})
}
