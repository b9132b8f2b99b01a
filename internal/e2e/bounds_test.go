package e2e_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

// elsewhere is what lies in the same account and is not this stack's.
type elsewhere struct {
	table, key, queue, bus, logs string
	deadLetters                  string // of this stack, and nobody's but the rule's and the queue's
}

func (s *suite) newElsewhere(t *testing.T) elsewhere {
	t.Helper()
	e := elsewhere{table: "not-ours", bus: "not-ours", logs: "/aws/lambda/not-ours", deadLetters: s.resource(t, "PushDeadLetters")}
	_, err := dynamodb.NewFromConfig(s.aws).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &e.table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: "S"}, {AttributeName: aws.String("sk"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: "HASH"}, {AttributeName: aws.String("sk"), KeyType: "RANGE"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	key, err := kms.NewFromConfig(s.aws).CreateKey(t.Context(), &kms.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	e.key = aws.ToString(key.KeyMetadata.Arn)
	queue, err := sqs.NewFromConfig(s.aws).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("not-ours")})
	if err != nil {
		t.Fatal(err)
	}
	e.queue = aws.ToString(queue.QueueUrl)
	if _, err := eventbridge.NewFromConfig(s.aws).CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: &e.bus}); err != nil {
		t.Fatal(err)
	}
	if err := s.logsCall(t.Context(), s.aws, "CreateLogGroup", `{"logGroupName":"`+e.logs+`"}`); err != nil {
		t.Fatal(err)
	}
	return e
}

// testBounds tries, with the rights of each function, what none of them may do: anything with what is not this stack's, and
// to change or remove what is. The calls that harm nothing are made as root too, who may, to see that a refusal is one.
func (s *suite) testBounds(t *testing.T) {
	t.Parallel()
	e := s.newElsewhere(t)
	binding := map[string]string{"integration_id": "e2e", "purpose": "credentials"}
	foreign, err := kms.NewFromConfig(s.aws).GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: &e.key, KeySpec: kmstypes.DataKeySpecAes256, EncryptionContext: binding})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"AuthorizerRole", "IntegrationsRole", "WebhookRole", "PushRole"} {
		t.Run(role, func(t *testing.T) {
			as := s.assume(t, role)
			for _, c := range s.forbidden(e, foreign.CiphertextBlob, binding) {
				var refusal smithy.APIError
				if err := c.call(t.Context(), as); !errors.As(err, &refusal) || !strings.HasPrefix(refusal.ErrorCode(), "AccessDenied") {
					t.Errorf("%s is not refused: %v", c.name, err)
				}
				if c.harmless {
					if err := c.call(t.Context(), s.aws); err != nil {
						t.Errorf("%s says nothing: root's fails as well: %v", c.name, err)
					}
				}
			}
		})
	}
}

// forbiddenCall is one call that no function may make.
type forbiddenCall struct {
	name     string
	harmless bool
	call     func(context.Context, aws.Config) error
}

func (s *suite) forbidden(e elsewhere, foreignBlob []byte, binding map[string]string) []forbiddenCall {
	db := func(do func(context.Context, *dynamodb.Client) error) func(context.Context, aws.Config) error {
		return func(ctx context.Context, c aws.Config) error { return do(ctx, dynamodb.NewFromConfig(c)) }
	}
	keys := func(do func(context.Context, *kms.Client) error) func(context.Context, aws.Config) error {
		return func(ctx context.Context, c aws.Config) error { return do(ctx, kms.NewFromConfig(c)) }
	}
	queues := func(do func(context.Context, *sqs.Client) error) func(context.Context, aws.Config) error {
		return func(ctx context.Context, c aws.Config) error { return do(ctx, sqs.NewFromConfig(c)) }
	}
	buses := func(do func(context.Context, *eventbridge.Client) error) func(context.Context, aws.Config) error {
		return func(ctx context.Context, c aws.Config) error { return do(ctx, eventbridge.NewFromConfig(c)) }
	}
	logs := func(operation, body string) func(context.Context, aws.Config) error {
		return func(ctx context.Context, c aws.Config) error { return s.logsCall(ctx, c, operation, body) }
	}
	days := int32(7)
	return []forbiddenCall{
		{"GetItem of another table", true, db(func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: &e.table, Key: rowKey("nobody")})
			return err
		})},
		{"PutItem into another table", true, db(func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: &e.table, Item: rowKey("nobody")})
			return err
		})},
		{"Query of another table", true, db(func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.Query(ctx, &dynamodb.QueryInput{
				TableName: &e.table, KeyConditionExpression: aws.String("pk = :p"),
				ExpressionAttributeValues: map[string]types.AttributeValue{":p": &types.AttributeValueMemberS{Value: "INTEGRATIONS"}},
			})
			return err
		})},
		{"Scan", true, db(func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.Scan(ctx, &dynamodb.ScanInput{TableName: &s.TableName, Limit: aws.Int32(1)})
			return err
		})},
		{"DeleteTable", false, db(func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &s.TableName})
			return err
		})},
		{"UpdateTimeToLive", false, db(func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
				TableName: &s.TableName, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("created_at"), Enabled: aws.Bool(true)},
			})
			return err
		})},
		{"ListTables", true, db(func(ctx context.Context, c *dynamodb.Client) error {
			_, err := c.ListTables(ctx, &dynamodb.ListTablesInput{})
			return err
		})},
		{"GenerateDataKey of another key", true, keys(func(ctx context.Context, c *kms.Client) error {
			_, err := c.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: &e.key, KeySpec: kmstypes.DataKeySpecAes256, EncryptionContext: binding})
			return err
		})},
		{"Decrypt by another key", true, keys(func(ctx context.Context, c *kms.Client) error {
			_, err := c.Decrypt(ctx, &kms.DecryptInput{KeyId: &e.key, CiphertextBlob: foreignBlob, EncryptionContext: binding})
			return err
		})},
		{"ScheduleKeyDeletion", false, keys(func(ctx context.Context, c *kms.Client) error {
			_, err := c.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: &s.KeyARN, PendingWindowInDays: &days})
			return err
		})},
		{"DisableKey", false, keys(func(ctx context.Context, c *kms.Client) error {
			_, err := c.DisableKey(ctx, &kms.DisableKeyInput{KeyId: &s.KeyARN})
			return err
		})},
		{"PutKeyPolicy", false, keys(func(ctx context.Context, c *kms.Client) error {
			_, err := c.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: &s.KeyARN, Policy: aws.String(`{"Version":"2012-10-17","Statement":[]}`)})
			return err
		})},
		{"SendMessage to another queue", true, queues(func(ctx context.Context, c *sqs.Client) error {
			_, err := c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &e.queue, MessageBody: aws.String("{}")})
			return err
		})},
		{"ReceiveMessage of another queue", true, queues(func(ctx context.Context, c *sqs.Client) error {
			_, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &e.queue, VisibilityTimeout: 0})
			return err
		})},
		{"SendMessage to the dead letters", false, queues(func(ctx context.Context, c *sqs.Client) error {
			_, err := c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &e.deadLetters, MessageBody: aws.String("{}")})
			return err
		})},
		{"DeleteQueue", false, queues(func(ctx context.Context, c *sqs.Client) error {
			_, err := c.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &s.PushQueueURL})
			return err
		})},
		{"PutEvents on another bus", true, buses(func(ctx context.Context, c *eventbridge.Client) error {
			_, err := c.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{{
				EventBusName: &e.bus, Source: aws.String("e2e"), DetailType: aws.String("Nothing"), Detail: aws.String("{}"),
			}}})
			return err
		})},
		{"PutRule", false, buses(func(ctx context.Context, c *eventbridge.Client) error {
			_, err := c.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("tap"), EventBusName: &s.EventBusName, EventPattern: aws.String(`{"source":["experimentation.platform"]}`)})
			return err
		})},
		{"DeleteEventBus", false, buses(func(ctx context.Context, c *eventbridge.Client) error {
			_, err := c.DeleteEventBus(ctx, &eventbridge.DeleteEventBusInput{Name: &s.EventBusName})
			return err
		})},
		{"CreateLogStream in another group", false, logs("CreateLogStream", `{"logGroupName":"`+e.logs+`","logStreamName":"forged"}`)},
		{"FilterLogEvents of another group", true, logs("FilterLogEvents", `{"logGroupName":"`+e.logs+`"}`)},
		{"FilterLogEvents of the audit trail", true, logs("FilterLogEvents", `{"logGroupName":"/aws/lambda/`+s.functionName("integrations")+`","limit":1}`)},
		{"DeleteLogGroup of the audit trail", false, logs("DeleteLogGroup", `{"logGroupName":"/aws/lambda/`+s.functionName("integrations")+`"}`)},
		{"GetFunction", true, func(ctx context.Context, c aws.Config) error {
			_, err := lambda.NewFromConfig(c).GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String(s.functionName("push"))})
			return err
		}},
	}
}

// logsCall calls CloudWatch Logs, for which the module has no client, with somebody's rights.
func (s *suite) logsCall(ctx context.Context, as aws.Config, operation, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.AWSURL+"/", bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "Logs_20140328."+operation)
	keys, err := as.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, keys, req, hex.EncodeToString(sum[:]), "logs", as.Region, time.Now()); err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode == http.StatusOK:
		return nil
	case strings.Contains(string(got), "AccessDenied"):
		return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: string(got)}
	default:
		return fmt.Errorf("%s: %s: %s", operation, resp.Status, got)
	}
}
