package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// invoke runs a function with an event, and returns its answer.
func (s *suite) invoke(t *testing.T, function string, event any) []byte {
	t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	name := s.functionName(function)
	out, err := lambda.NewFromConfig(s.aws).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	return out.Payload
}

// compact takes the spaces out of what is JSON, so that its writer does not matter.
func compact(text string) string { return strings.NewReplacer(`": `, `":`, `, "`, `,"`).Replace(text) }

// testInvoke: functions answer an event by itself, as `sam remote invoke` and Lambda's Invoke send it.
func (s *suite) testInvoke(t *testing.T) {
	t.Parallel()
	t.Run("Files", func(t *testing.T) {
		sam := filepath.Join(s.root, ".tools", "sam", "bin", "sam")
		if _, err := os.Stat(sam); err != nil {
			t.Skip("the SAM CLI is not installed; make tools installs it")
		}
		for _, tt := range []struct{ function, file, want string }{
			{"push", "no-link.json", `"status":"skipped","reason":"no_link"`},
			{"integrations", "list.json", `"statusCode":200`},
			{"webhook", "unknown-integration.json", `"statusCode":401`},
			{"authorizer", "no-role.json", "Unauthorized"}, // its token is of the examples' own issuer
		} {
			t.Run(tt.function, func(t *testing.T) {
				cmd := exec.CommandContext(t.Context(), sam, "remote", "invoke", strings.ToUpper(tt.function[:1])+tt.function[1:]+"Function",
					"--stack-name", s.StackName, "--event-file", filepath.Join(s.root, "events", tt.function, tt.file), "--region", s.aws.Region)
				cmd.Dir = s.root
				cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+s.AWSURL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
					"SAM_CLI_TELEMETRY=0", "__SAM_CLI_APP_DIR="+t.TempDir())
				out, err := cmd.CombinedOutput()
				if !strings.Contains(compact(string(out)), tt.want) {
					t.Errorf("sam says %q (%v), want %q in it", out, err, tt.want)
				}
			})
		}
	})

	t.Run("Push", func(t *testing.T) {
		i, campaignID, key := s.follow(t)
		event := object{
			"version": "0", "id": unique("event"), "detail-type": completed, "source": s.EventSource, "time": time.Now().UTC(),
			"detail": exampleDetail(key, time.Now()),
		}
		var answer struct {
			Deliveries []struct {
				IntegrationID string `json:"integration_id"`
				Status        string `json:"status"`
			} `json:"deliveries"`
		}
		if err := json.Unmarshal(s.invoke(t, "push", event), &answer); err != nil {
			t.Fatal(err)
		}
		if len(answer.Deliveries) != 1 || answer.Deliveries[0].IntegrationID != i.ID || answer.Deliveries[0].Status != "delivered" {
			t.Errorf("push answers %+v", answer)
		}
		if got := s.campaign(t, campaignID).Record["Status"]; got != "Completed" {
			t.Errorf("the Campaign is %q, want Completed", got)
		}
	})

	// As the template's rule asks for it.
	t.Run("Sweep", func(t *testing.T) {
		if got := compact(string(s.invoke(t, "push", object{"command": "sweep"}))); got != `{"deliveries":[]}` {
			t.Errorf("push answers %s", got)
		}
	})

	t.Run("Authorizer", func(t *testing.T) {
		for _, tt := range []struct{ name, token, want string }{
			{"an administrator", s.admin, `"Effect":"Allow"`},
			{"nobody", "nonsense", "Unauthorized"},
		} {
			got := compact(string(s.invoke(t, "authorizer", object{
				"type": "TOKEN", "authorizationToken": "Bearer " + tt.token,
				"methodArn": "arn:aws:execute-api:us-east-1:000000000000:api/local/GET/api/v1/integrations",
			})))
			if !strings.Contains(got, tt.want) {
				t.Errorf("%s: the authorizer answers %s, want %s in it", tt.name, got, tt.want)
			}
		}
	})
}
