package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// signed calls a service of AWS for which the module has no client, and returns the body of its answer.
func (s *suite) signed(t *testing.T, service string, header map[string]string, body []byte) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.AWSURL+"/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	keys, err := s.aws.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(t.Context(), keys, req, hex.EncodeToString(sum[:]), service, s.aws.Region, time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s", service, resp.Status, got)
	}
	return got
}

// resource returns the physical id of a resource of the template.
func (s *suite) resource(t *testing.T, logicalID string) string {
	t.Helper()
	found, err := cloudformation.NewFromConfig(s.aws).DescribeStackResource(t.Context(), &cloudformation.DescribeStackResourceInput{
		StackName: &s.StackName, LogicalResourceId: &logicalID,
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(found.StackResourceDetail.PhysicalResourceId)
}

// functionName is the name of a deployed function.
func (s *suite) functionName(function string) string { return s.StackName + "-" + function }

// logLines reads a log group to its end.
func (s *suite) logLines(t *testing.T, group string) []string {
	t.Helper()
	var lines []string
	query := map[string]any{"logGroupName": group}
	for {
		body, err := json.Marshal(query)
		if err != nil {
			t.Fatal(err)
		}
		var part struct {
			Events []struct {
				Message string `json:"message"`
			} `json:"events"`
			NextToken string `json:"nextToken"`
		}
		answer := s.signed(t, "logs", map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328.FilterLogEvents"}, body)
		if err := json.Unmarshal(answer, &part); err != nil {
			t.Fatal(err)
		}
		for _, event := range part.Events {
			lines = append(lines, event.Message)
		}
		if part.NextToken == "" {
			return lines
		}
		query["nextToken"] = part.NextToken
	}
}

// rowKey is the key of an integration's row.
func rowKey(integrationID string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "INTEGRATIONS"},
		"sk": &types.AttributeValueMemberS{Value: integrationID},
	}
}

// row reads a binary attribute of an integration's row.
func (s *suite) row(t *testing.T, integrationID, attribute string) []byte {
	t.Helper()
	got, err := dynamodb.NewFromConfig(s.aws).GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &s.TableName, Key: rowKey(integrationID), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	value, ok := got.Item[attribute].(*types.AttributeValueMemberB)
	if !ok {
		t.Fatalf("the row has no %s", attribute)
	}
	return value.Value
}

// setRow changes a binary attribute of an integration's row, past the product.
func (s *suite) setRow(t *testing.T, integrationID, attribute string, value []byte) {
	t.Helper()
	_, err := dynamodb.NewFromConfig(s.aws).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &s.TableName, Key: rowKey(integrationID), UpdateExpression: aws.String("SET #a = :v"),
		ExpressionAttributeNames:  map[string]string{"#a": attribute},
		ExpressionAttributeValues: map[string]types.AttributeValue{":v": &types.AttributeValueMemberB{Value: value}},
	})
	if err != nil {
		t.Fatal(err)
	}
}
