package awsenv_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"salesforce-integration/internal/awsenv"
)

func TestConfig(t *testing.T) {
	env := map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session", "AWS_ENDPOINT_URL": "http://localhost:4566",
	}
	c := awsenv.Config(func(name string) string { return env[name] })
	keys, err := c.Credentials.Retrieve(t.Context())
	if err != nil || keys.AccessKeyID != "id" || keys.SecretAccessKey != "secret" || keys.SessionToken != "session" {
		t.Errorf("the keys are those of %q, %v", keys.AccessKeyID, err)
	}
	if c.Region != "eu-central-1" || aws.ToString(c.BaseEndpoint) != "http://localhost:4566" {
		t.Errorf("region %q, endpoint %q", c.Region, aws.ToString(c.BaseEndpoint))
	}
	delete(env, "AWS_ENDPOINT_URL")
	if c := awsenv.Config(func(name string) string { return env[name] }); c.BaseEndpoint != nil {
		t.Errorf("endpoint %q: it is to be the region's", *c.BaseEndpoint)
	}
}

// What is missing is said by the first call.
func TestNoEnvironment(t *testing.T) {
	c := awsenv.Config(func(string) string { return "" })
	_, err := dynamodb.NewFromConfig(c).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("t")})
	if err == nil || !strings.Contains(err.Error(), "egion") && !strings.Contains(err.Error(), "credentials") {
		t.Errorf("error = %v", err)
	}
}
