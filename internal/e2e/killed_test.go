package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"salesforce-integration/internal/salesforce/localorg"
)

// testKilled: functions are killed while the org is at their calls. Their messages come back, and nobody knows what came
// of the calls.
func (s *suite) testKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a function's process is looked for in /proc")
	}
	c := s.crowd(t, s.connect(t))
	// Else the messages would come back after six minutes.
	s.setVisibility(t, 8*time.Second)
	t.Cleanup(func() { s.setVisibility(t, 370*time.Second) })
	stop := c.strikeAll(t, localorg.Effect{Kind: localorg.Slow, Delay: localorg.Duration(time.Minute)})
	c.publishNewest(t)
	const started = 5 // deliveries
	eventually(t, soon, func() string {
		if n := len(c.lines(t, "status", "sending")); n != started {
			return fmt.Sprintf("%d deliveries are being sent, want %d", n, started)
		}
		if c.struck(t) == 0 {
			return "no call is under way"
		}
		return ""
	})
	if s.killFunctions(t, "push") == 0 {
		t.Fatal("there is no process of push to kill")
	}
	// The org does what it has got, as nobody waits any more.
	stop()
	for _, d := range c.lines(t, "status", "sending") {
		s.age(t, d.ID)
	}
	c.publishRest(t)
	c.check(t)
	again := 0
	for _, d := range c.lines(t) {
		if d.Attempts > 1 {
			again++
		}
	}
	if again != started {
		t.Errorf("%d deliveries were tried again, want the %d whose functions were killed", again, started)
	}
}

// struck is how many calls about the Campaigns a fault has struck.
func (c *crowd) struck(t *testing.T) int {
	t.Helper()
	var faults []localorg.Fault
	c.org(t, http.MethodGet, "faults", nil).want(t, http.StatusOK).into(t, &faults)
	n := 0
	for _, f := range faults {
		for _, id := range c.campaigns() {
			if f.Match.Record == id {
				n += f.Struck
			}
		}
	}
	return n
}

// setVisibility sets how long a message that push has received stays hidden from others.
func (s *suite) setVisibility(t *testing.T, d time.Duration) {
	t.Helper()
	_, err := sqs.NewFromConfig(s.aws).SetQueueAttributes(context.WithoutCancel(t.Context()), &sqs.SetQueueAttributesInput{
		QueueUrl: &s.PushQueueURL, Attributes: map[string]string{"VisibilityTimeout": strconv.Itoa(int(d.Seconds()))},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// killFunctions kills all processes of a function of this stack, and returns how many there were.
func (s *suite) killFunctions(t *testing.T, function string) int {
	t.Helper()
	at, err := url.Parse(s.AWSURL)
	if err != nil {
		t.Fatal(err)
	}
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	for _, file := range environments {
		environment, err := os.ReadFile(file)
		if err != nil {
			continue // another user's, or it has just ended
		}
		ours, stacks := false, false
		for variable := range bytes.SplitSeq(environment, []byte{0}) {
			name, value, _ := bytes.Cut(variable, []byte("="))
			switch string(name) {
			case "AWS_LAMBDA_FUNCTION_NAME":
				ours = string(value) == s.functionName(function)
			case "AWS_ENDPOINT_URL":
				of, err := url.Parse(string(value))
				stacks = err == nil && of.Port() == at.Port()
			}
		}
		if !ours || !stacks {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			t.Fatal(err)
		}
		process, err := os.FindProcess(pid)
		if err == nil {
			err = process.Kill()
		}
		if err != nil {
			t.Fatal(err)
		}
		killed++
	}
	return killed
}

// age makes a delivery's lease an old one, as though its function had died long ago: push waits for the end of what a
// dead function may have sent, which takes Salesforce ten minutes at most.
func (s *suite) age(t *testing.T, deliveryID string) {
	t.Helper()
	_, err := dynamodb.NewFromConfig(s.aws).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &s.TableName,
		Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "DELIVERY#" + deliveryID}, "sk": &types.AttributeValueMemberS{Value: "DELIVERY"},
		},
		ConditionExpression: aws.String("attribute_exists(lease_until)"),
		UpdateExpression:    aws.String("SET lease_until = :long_ago"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":long_ago": &types.AttributeValueMemberS{Value: time.Now().Add(-time.Hour).UTC().Format("2006-01-02T15:04:05.000000000Z")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}
