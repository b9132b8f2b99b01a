package e2e_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

// trustForTests lets root take a function's role, which the template leaves to Lambda alone. It stays so: the stack is
// thrown away.
const trustForTests = `{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"},
{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:root"},"Action":"sts:AssumeRole"}]}`

// testRights makes calls with the rights of each function: what it needs, and what it must not do.
//
// Not to be seen here: MiniStack knows no condition keys of KMS, so it would let the webhook and push open and seal what has
// another purpose than they may. That their policies have the conditions is checked instead. Nor does MiniStack ask for the
// right to the table's key, look at the key's own policy, or know the partitions that push may query: what template.yaml says
// of these is held to the letter by the tests of the functions.
func (s *suite) testRights(t *testing.T) {
	t.Parallel()
	binding := map[string]string{"integration_id": "e2e", "purpose": "credentials"}
	sealed, err := kms.NewFromConfig(s.aws).GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{
		KeyId: &s.KeyARN, KeySpec: kmstypes.DataKeySpecAes256, EncryptionContext: binding,
	})
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]func(context.Context, aws.Config) error{
		"GetItem": func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.TableName, Key: rowKey("nobody")})
			return err
		},
		"DeleteItem": func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.TableName, Key: rowKey("nobody")})
			return err
		},
		"UpdateItem": func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).UpdateItem(ctx, &dynamodb.UpdateItemInput{
				TableName: &s.TableName, Key: rowKey("nobody"), ConditionExpression: aws.String("attribute_exists(pk)"),
				UpdateExpression: aws.String("REMOVE nothing"),
			})
			return err
		},
		"QueryTable": func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).Query(ctx, &dynamodb.QueryInput{
				TableName: &s.TableName, Limit: aws.Int32(1), KeyConditionExpression: aws.String("pk = :p"),
				ExpressionAttributeValues: map[string]types.AttributeValue{":p": &types.AttributeValueMemberS{Value: "nobody's"}},
			})
			return err
		},
		"QueryIntegrations": func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).Query(ctx, &dynamodb.QueryInput{
				TableName: &s.TableName, Limit: aws.Int32(1), KeyConditionExpression: aws.String("pk = :p"),
				ExpressionAttributeValues: map[string]types.AttributeValue{":p": &types.AttributeValueMemberS{Value: "INTEGRATIONS"}},
			})
			return err
		},
		"Scan": func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).Scan(ctx, &dynamodb.ScanInput{TableName: &s.TableName, Limit: aws.Int32(1)})
			return err
		},
		"QueryLog": func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).Query(ctx, &dynamodb.QueryInput{
				TableName: &s.TableName, IndexName: aws.String("log"), Limit: aws.Int32(1), KeyConditionExpression: aws.String("log_pk = :l"),
				ExpressionAttributeValues: map[string]types.AttributeValue{":l": &types.AttributeValueMemberS{Value: "nobody's"}},
			})
			return err
		},
		"GenerateDataKey": func(ctx context.Context, c aws.Config) error {
			_, err := kms.NewFromConfig(c).GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
				KeyId: &s.KeyARN, KeySpec: kmstypes.DataKeySpecAes256, EncryptionContext: map[string]string{"integration_id": "e2e", "purpose": "access-token"},
			})
			return err
		},
		"Decrypt": func(ctx context.Context, c aws.Config) error {
			_, err := kms.NewFromConfig(c).Decrypt(ctx, &kms.DecryptInput{KeyId: &s.KeyARN, CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: binding})
			return err
		},
		"Encrypt": func(ctx context.Context, c aws.Config) error {
			_, err := kms.NewFromConfig(c).Encrypt(ctx, &kms.EncryptInput{KeyId: &s.KeyARN, Plaintext: []byte("x")})
			return err
		},
		"PutEvents": func(ctx context.Context, c aws.Config) error {
			_, err := eventbridge.NewFromConfig(c).PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{{
				EventBusName: &s.EventBusName, Source: aws.String("e2e"), DetailType: aws.String("Nothing"), Detail: aws.String("{}"),
			}}})
			return err
		},
		"ReceiveMessage": func(ctx context.Context, c aws.Config) error {
			_, err := sqs.NewFromConfig(c).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &s.PushQueueURL, VisibilityTimeout: 1})
			return err
		},
		"SendMessage": func(ctx context.Context, c aws.Config) error {
			_, err := sqs.NewFromConfig(c).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &s.PushQueueURL, MessageBody: aws.String("{}")})
			return err
		},
		"PurgeQueue": func(ctx context.Context, c aws.Config) error {
			_, err := sqs.NewFromConfig(c).PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: &s.PushQueueURL})
			return err
		},
	}
	for _, tt := range []struct {
		role             string
		allowed, refused []string
	}{
		{"AuthorizerRole", nil, []string{"GetItem", "UpdateItem", "DeleteItem", "Scan", "QueryTable", "QueryIntegrations", "QueryLog", "GenerateDataKey", "Decrypt", "Encrypt", "PutEvents", "ReceiveMessage", "SendMessage", "PurgeQueue"}},
		{"IntegrationsRole", []string{"GetItem", "DeleteItem", "QueryLog", "GenerateDataKey", "Decrypt"}, []string{"Scan", "Encrypt", "PutEvents", "ReceiveMessage", "PurgeQueue"}},
		{"WebhookRole", []string{"GetItem", "Decrypt", "PutEvents"}, []string{"DeleteItem", "Scan", "QueryTable", "QueryIntegrations", "QueryLog", "Encrypt", "ReceiveMessage", "SendMessage", "PurgeQueue"}},
		{"PushRole", []string{"GetItem", "QueryIntegrations", "GenerateDataKey", "Decrypt", "PutEvents"}, []string{"UpdateItem", "DeleteItem", "Scan", "QueryLog", "Encrypt", "PurgeQueue"}},
	} {
		t.Run(tt.role, func(t *testing.T) {
			as := s.assume(t, tt.role)
			for _, name := range tt.allowed {
				if err := calls[name](t.Context(), as); err != nil {
					t.Errorf("%s, which it needs, fails: %v", name, err)
				}
			}
			for _, name := range tt.refused {
				var refusal smithy.APIError
				if err := calls[name](t.Context(), as); !errors.As(err, &refusal) || !strings.HasPrefix(refusal.ErrorCode(), "AccessDenied") {
					t.Errorf("%s is not refused: %v", name, err)
				}
			}
		})
	}

	for _, tt := range []struct {
		role     string
		policies []string
		want     []string
	}{
		// The second is there because the local stack sets WebhookReadsSalesforce.
		{"WebhookRole", []string{"webhook", "webhook-reads-salesforce"}, []string{
			keyRight("kms:Decrypt", "webhook-secret"),
			keyRight("kms:Decrypt", []any{"credentials", "access-token"}),
			keyRight("kms:GenerateDataKey", "access-token"),
		}},
		{"PushRole", []string{"push"}, []string{
			keyRight("kms:Decrypt", []any{"credentials", "access-token"}),
			keyRight("kms:GenerateDataKey", "access-token"),
		}},
	} {
		t.Run(tt.role+"OpensAndSealsWhatItNeedsOnly", func(t *testing.T) {
			if diff := cmp.Diff(tt.want, s.keyRights(t, tt.role, tt.policies)); diff != "" {
				t.Errorf("what it may do with the key (-want +got):\n%s", diff)
			}
		})
	}

	t.Run("AKeyOpensForItsIntegrationOnly", func(t *testing.T) {
		_, err := kms.NewFromConfig(s.assume(t, "PushRole")).Decrypt(t.Context(), &kms.DecryptInput{
			KeyId: &s.KeyARN, CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: map[string]string{"integration_id": "another", "purpose": "credentials"},
		})
		var refusal *kmstypes.InvalidCiphertextException
		if !errors.As(err, &refusal) {
			t.Errorf("a data key of another integration: %v", err)
		}
	})
}

// keyRight is how keyRights shows a right that ends at a purpose.
func keyRight(action any, purpose any) string {
	return fmt.Sprint(action, map[string]map[string]any{"StringEqualsIfExists": {"kms:EncryptionContext:purpose": purpose}})
}

// keyRights is what a role's policies, as they were deployed, let it do with the key, but for what the table does for it.
func (s *suite) keyRights(t *testing.T, role string, policies []string) []string {
	t.Helper()
	var rights []string
	for _, name := range policies {
		var policy struct {
			Statement []struct {
				Action    any
				Condition map[string]map[string]any
			}
		}
		if err := json.Unmarshal([]byte(s.policy(t, role, name)), &policy); err != nil {
			t.Fatal(err)
		}
		for _, statement := range policy.Statement {
			actions, err := json.Marshal(statement.Action)
			if err != nil || !strings.Contains(string(actions), `"kms:`) {
				continue
			}
			if via, ok := statement.Condition["StringEquals"]["kms:ViaService"].(string); ok && strings.HasPrefix(via, "dynamodb.") {
				continue
			}
			rights = append(rights, fmt.Sprint(statement.Action, statement.Condition))
		}
	}
	return rights
}

// assume takes a function's role.
func (s *suite) assume(t *testing.T, role string) aws.Config {
	t.Helper()
	name := s.resource(t, role)
	s.iam(t, url.Values{"Action": {"UpdateAssumeRolePolicy"}, "RoleName": {name}, "PolicyDocument": {trustForTests}})
	assumed, err := sts.NewFromConfig(s.aws).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::000000000000:role/" + name), RoleSessionName: aws.String("e2e"),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := s.aws.Copy()
	keys := assumed.Credentials
	c.Credentials = credentials.NewStaticCredentialsProvider(aws.ToString(keys.AccessKeyId), aws.ToString(keys.SecretAccessKey), aws.ToString(keys.SessionToken))
	return c
}

// policy reads an inline policy of a role, as it was deployed.
func (s *suite) policy(t *testing.T, role, name string) string {
	t.Helper()
	var answer struct {
		Document string `xml:"GetRolePolicyResult>PolicyDocument"`
	}
	got := s.iam(t, url.Values{"Action": {"GetRolePolicy"}, "RoleName": {s.resource(t, role)}, "PolicyName": {name}})
	if err := xml.Unmarshal(got, &answer); err != nil {
		t.Fatal(err)
	}
	document, err := url.QueryUnescape(answer.Document)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func (s *suite) iam(t *testing.T, call url.Values) []byte {
	t.Helper()
	call.Set("Version", "2010-05-08")
	return s.signed(t, "iam", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, []byte(call.Encode()))
}
