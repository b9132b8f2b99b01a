package dynamo_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/dynamo"
	"salesforce-integration/internal/integration"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestItems pins down the form of what lies in tables already.
func TestItems(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 123456789, time.UTC)
	ref := integration.CampaignRef{IntegrationID: "0195a000-0000-7000-8000-000000000001", CampaignID: "701xx000000001AAAQ"}
	tests := []struct {
		name  string
		store func(*dynamo.Store) error
	}{
		{"integration", func(s *dynamo.Store) error {
			_, err := s.CreateIntegration(t.Context(), integration.Integration{
				ID: ref.IntegrationID, Name: "CRM", Type: integration.TypeSalesforce, Description: "d", Active: true,
				InstanceURL: "https://example.my.salesforce.com", ClientID: "3MVG9", HasAccessToken: true,
				SealedCredentials: []byte("c"), SealedWebhookSecret: []byte("w"), CredentialsVersion: 2, OrgID: "00Dxx0000001gEREAY",
				CreatedAt: at, UpdatedAt: at,
			})
			return err
		}},
		{"link", func(s *dynamo.Store) error {
			_, _, err := s.CreateLink(t.Context(), integration.Link{
				IntegrationID: ref.IntegrationID, CampaignID: ref.CampaignID, ExperimentKey: "checkout", Source: integration.LinkManual, CreatedAt: at,
			})
			return err
		}},
		{"links", func(s *dynamo.Store) error {
			l := integration.Link{
				IntegrationID: ref.IntegrationID, CampaignID: ref.CampaignID, ExperimentKey: "checkout", Source: integration.LinkWebhook, CreatedAt: at, DeliveryID: "d",
			}
			other := l
			other.CampaignID = "701xx000000002BAAQ"
			_, err := s.CreateLinks(t.Context(), []integration.Link{l, other})
			return err
		}},
		{"seen", func(s *dynamo.Store) error {
			_, err := s.Commit(t.Context(), []integration.Unit{{Seen: &integration.Seen{
				CampaignRef: ref, ExperimentKey: "checkout", LinkedAt: at, Status: "Completed", At: at, RequestID: "d", RequestedAt: at, Accounted: true, Version: 2,
			}}})
			return err
		}},
		{"token", func(s *dynamo.Store) error {
			_, err := s.SwapToken(t.Context(), integration.TokenRecord{
				IntegrationID: ref.IntegrationID, Sealed: []byte("t"), ObtainedAt: at, CredentialsVersion: 2, Generation: 3, LeaseUntil: at, Version: 4,
			})
			return err
		}},
		{"unit", func(s *dynamo.Store) error {
			_, err := s.Commit(t.Context(), []integration.Unit{{
				Delivery: &integration.Delivery{
					ID: "d", Direction: integration.Outbound, Status: integration.StatusRetrying, Reason: integration.ReasonFailing, Detail: "words",
					EventType: "Experiment Completed", EventID: "e", IntegrationID: ref.IntegrationID, ExperimentKey: "checkout",
					CampaignID: ref.CampaignID, CampaignName: "Q1", CampaignState: "Completed", OccurredAt: at, ErrorCode: "UNABLE_TO_LOCK_ROW",
					Cause: "c", Fix: "f", Attempts: 2, APICalls: 3, RecordURL: "https://example/701", NoteID: "069", Payload: []byte("{}"),
					History:   []integration.Transition{{At: at, Status: integration.StatusPending, Reason: "r", Detail: "d"}, {}},
					CreatedAt: at, UpdatedAt: at, NextAttemptAt: at, LeaseUntil: at, ExpiresAt: at, Version: 5,
				},
				Campaign: &integration.Campaign{
					CampaignRef: ref, EventAt: at, EventID: "e", ClaimedBy: "d", ClaimedStatus: "Completed", ClaimedUntil: at,
					WrittenStatus: "Planned", WrittenAt: at,
				},
			}})
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &stub{}
			if err := tt.store(dynamo.New(c, "table")); err != nil {
				t.Fatal(err)
			}
			got := requests(t, c)
			path := filepath.Join("testdata", tt.name+".golden")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("what is written (-want +got):\n%s", diff)
			}
		})
	}
}

// requests renders the writes that a stub took, without what is random.
func requests(t *testing.T, c *stub) []byte {
	t.Helper()
	var all []any
	expr := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	for _, p := range c.puts {
		if p.Item["write_id"] == nil {
			t.Error("a put has no write id")
		}
		delete(p.Item, "write_id")
		all = append(all, map[string]any{"put": plain(p.Item), "if": expr(p.ConditionExpression), "names": p.ExpressionAttributeNames, "values": plain(p.ExpressionAttributeValues)})
	}
	for _, in := range c.transacts {
		for _, i := range in.TransactItems {
			switch {
			case i.Put != nil:
				all = append(all, map[string]any{"put": plain(i.Put.Item), "if": expr(i.Put.ConditionExpression), "names": i.Put.ExpressionAttributeNames, "values": plain(i.Put.ExpressionAttributeValues)})
			case i.Update != nil:
				all = append(all, map[string]any{"update": plain(i.Update.Key), "do": expr(i.Update.UpdateExpression), "if": expr(i.Update.ConditionExpression), "names": i.Update.ExpressionAttributeNames, "values": plain(i.Update.ExpressionAttributeValues)})
			case i.ConditionCheck != nil:
				all = append(all, map[string]any{"check": plain(i.ConditionCheck.Key), "if": expr(i.ConditionCheck.ConditionExpression)})
			}
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil || len(all) == 0 {
		t.Fatalf("%d requests, %v", len(all), err)
	}
	return append(text, '\n')
}

// plain renders attributes in DynamoDB's JSON.
func plain(it attributes) map[string]any {
	out := map[string]any{}
	for name, v := range it {
		out[name] = plainValue(v)
	}
	return out
}

func plainValue(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *types.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *types.AttributeValueMemberB:
		return map[string]any{"B": v.Value}
	case *types.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}
	case *types.AttributeValueMemberM:
		return map[string]any{"M": plain(v.Value)}
	case *types.AttributeValueMemberL:
		var l []any
		for _, e := range v.Value {
			l = append(l, plainValue(e))
		}
		return map[string]any{"L": l}
	default:
		return fmt.Sprintf("%T", v)
	}
}

func TestReadingItems(t *testing.T) {
	n := func(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }
	base := func(name string, v types.AttributeValue) attributes {
		return attributes{"pk": str("INTEGRATION#i"), "sk": str("TOKEN"), "integration_id": str("i"), "version": n("3"), name: v}
	}
	tests := []struct {
		name string
		item attributes
		want integration.Code
	}{
		{"an attribute of a newer version is ignored", base("colour", str("blue")), ""},
		{"a time that is none", base("obtained_at", str("yesterday")), integration.CodeInternal},
		{"a number in the place of a string", base("integration_id", n("1")), integration.CodeInternal},
		{"a string in the place of bytes", base("sealed", str("x")), integration.CodeInternal},
		{"a number that is none", base("generation", n("1.5")), integration.CodeInternal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &stub{get: func(*dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
				return &dynamodb.GetItemOutput{Item: tt.item}, nil
			}}
			got, err := dynamo.New(c, "table").GetToken(t.Context(), "i")
			wantCode(t, err, tt.want)
			if tt.want == "" && (got.IntegrationID != "i" || got.Version != 3) {
				t.Errorf("got %+v", got)
			}
		})
	}
}
