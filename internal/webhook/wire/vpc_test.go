package wire_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestInTheVPCOnlyToReachSalesforce: a webhook that may not look into an org has no use
// for the VPC's way out, and must not hang on it.
func TestInTheVPCOnlyToReachSalesforce(t *testing.T) {
	raw, err := os.ReadFile("../../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for resource, under := range map[string]string{
		"WebhookFunction": `VpcConfig: !If\s+- WebhookInVpc\s`,
		"WebhookRole":     `- !If\s+- WebhookInVpc\s+- \S+ \S+AWSLambdaENIManagementAccess\s`,
	} {
		_, section, _ := strings.Cut(string(raw), "\n  "+resource+":\n")
		if end := regexp.MustCompile(`(?m)^ {0,2}\S`).FindStringIndex(section); end != nil {
			section = section[:end[0]]
		}
		if !regexp.MustCompile(under).MatchString(section) || strings.Contains(section, "- InVpc") || strings.Contains(section, "*vpc") || strings.Contains(section, "*tracing-and-vpc") {
			t.Errorf("%s is in the VPC, whatever the webhook may do", resource)
		}
	}
	if !regexp.MustCompile(`WebhookInVpc: !And\s+- !Condition InVpc\s+- !Condition WebhookReads\s`).Match(raw) {
		t.Error("the condition WebhookInVpc is not what it should be")
	}
}
