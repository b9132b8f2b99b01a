package stack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// AWSConfig is for clients of a local AWS, with the rights of its root user.
func AWSConfig(awsURL string) aws.Config {
	return aws.Config{
		Region:       region,
		BaseEndpoint: aws.String(awsURL),
		Credentials:  credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
	}
}

// A cloud is the local AWS with our stack in it.
type cloud struct {
	config aws.Config
	stacks *cloudformation.Client
}

func newCloud(awsURL string) cloud {
	config := AWSConfig(awsURL)
	return cloud{config: config, stacks: cloudformation.NewFromConfig(config)}
}

// outputs returns the outputs of template.yaml.
func (c cloud) outputs(ctx context.Context) (map[string]string, error) {
	described, err := c.stacks.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(stackName)})
	if err != nil {
		return nil, fmt.Errorf("read the stack's outputs: %w", err)
	}
	outputs := map[string]string{}
	for _, stack := range described.Stacks {
		for _, output := range stack.Outputs {
			outputs[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
		}
	}
	return outputs, nil
}

// fillGaps sets what CloudFormation sets on AWS, and MiniStack 1.5 leaves out of a template that uses SAM: gateway
// responses, which it reads from a resource of their own but not from the API's definition, and the concurrency of the
// queue, which it takes for a text when it comes from a parameter. The values are the deployed template's own.
func (c cloud) fillGaps(ctx context.Context, apiID string) error {
	template, err := c.template(ctx)
	if err != nil {
		return err
	}
	for _, resource := range template.Resources {
		for kind, response := range resource.Properties.Body.GatewayResponses {
			path := "/restapis/" + apiID + "/gatewayresponses/" + url.PathEscape(kind)
			if err := c.apiGateway(ctx, http.MethodPut, path, response); err != nil {
				return err
			}
		}
	}
	if err := c.apiGateway(ctx, http.MethodPost, "/restapis/"+apiID+"/deployments", map[string]string{"stageName": stage}); err != nil {
		return err
	}
	mapping, err := c.stacks.DescribeStackResource(ctx, &cloudformation.DescribeStackResourceInput{
		StackName: aws.String(stackName), LogicalResourceId: aws.String("PushFunctionQueue"),
	})
	if err != nil {
		return fmt.Errorf("find the queue of push: %w", err)
	}
	_, err = lambda.NewFromConfig(c.config).UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{
		UUID:          mapping.StackResourceDetail.PhysicalResourceId,
		ScalingConfig: &lambdatypes.ScalingConfig{MaximumConcurrency: aws.Int32(template.Parameters.PushConcurrency.Default)},
	})
	if err != nil {
		return fmt.Errorf("set the concurrency of push: %w", err)
	}
	return nil
}

// processedTemplate is the part of the deployed template that fillGaps reads.
type processedTemplate struct {
	Parameters struct {
		PushConcurrency struct{ Default int32 }
	}
	Resources map[string]struct {
		Properties struct {
			Body struct {
				GatewayResponses map[string]json.RawMessage `json:"x-amazon-apigateway-gateway-responses"`
			}
		}
	}
}

func (c cloud) template(ctx context.Context) (processedTemplate, error) {
	var t processedTemplate
	got, err := c.stacks.GetTemplate(ctx, &cloudformation.GetTemplateInput{
		StackName: aws.String(stackName), TemplateStage: types.TemplateStageProcessed,
	})
	if err != nil {
		return t, fmt.Errorf("read the deployed template: %w", err)
	}
	if err := json.Unmarshal([]byte(aws.ToString(got.TemplateBody)), &t); err != nil {
		return t, fmt.Errorf("read the deployed template: %w", err)
	}
	return t, nil
}

// apiGateway makes one call of API Gateway's control plane. Two calls are no reason for one more SDK client in go.mod.
func (c cloud) apiGateway(ctx context.Context, method, path string, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("call API Gateway: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, aws.ToString(c.config.BaseEndpoint)+path, bytes.NewReader(encoded))
	if err != nil {
		return fmt.Errorf("call API Gateway: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	keys, err := c.config.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("call API Gateway: %w", err)
	}
	sum := sha256.Sum256(encoded)
	if err := v4.NewSigner().SignHTTP(ctx, keys, req, hex.EncodeToString(sum[:]), "apigateway", region, time.Now()); err != nil {
		return fmt.Errorf("call API Gateway: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("call API Gateway: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // for the message only
		return fmt.Errorf("call API Gateway: %s %s: %s: %s", method, path, resp.Status, said)
	}
	return nil
}
