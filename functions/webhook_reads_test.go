package functions_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheWebhookOpensCredentialsOnlyIfTheOperatorSaysSo: the webhook faces the
// internet without a bearer token, so the right is behind a parameter that is off.
func TestTheWebhookOpensCredentialsOnlyIfTheOperatorSaysSo(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	template := string(raw)
	for part, wants := range map[string][]string{
		"  WebhookReadsSalesforce:": {"    Default: 'no'\n", "    AllowedValues: ['yes', 'no']\n"},
		"  WebhookReadsPolicy:":     {"    Condition: WebhookReads\n", "      Roles: [!Ref WebhookRole]\n", "kms:Decrypt", "purpose: [credentials, access-token]}", "kms:GenerateDataKey"},
		"  WebhookRole:":            {"purpose: webhook-secret}"},
	} {
		block := blockOf(template, part)
		for _, want := range wants {
			if !strings.Contains(block, want) {
				t.Errorf("%s lacks %q", strings.TrimSpace(part), want)
			}
		}
	}
	if !strings.Contains(template, "\n  WebhookReads: !Equals [!Ref WebhookReadsSalesforce, 'yes']\n") {
		t.Error("the condition is not that of the parameter")
	}
	role := blockOf(template, "  WebhookRole:")
	for _, never := range []string{"credentials", "access-token", "kms:GenerateDataKey", "kms:*"} {
		if strings.Contains(withoutComments(role), never) {
			t.Errorf("the webhook's role has %s whatever the operator says", never)
		}
	}
	if n := strings.Count(role, "kms:Decrypt"); n != 1 {
		t.Errorf("the webhook's role has %d statements that decrypt", n)
	}
	attached := regexp.MustCompile(`Roles: .*\bWebhookRole\b`).FindAllString(template, -1)
	if len(attached) != 1 {
		t.Errorf("%d policies are attached to the webhook's role, want the conditional one", len(attached))
	}
	for _, function := range []string{"  WebhookFunction:", "  IntegrationsFunction:"} {
		if !strings.Contains(blockOf(template, function), "WEBHOOK_READS_SALESFORCE: !Ref WebhookReadsSalesforce\n") {
			t.Errorf("%s is not told", strings.TrimSpace(function))
		}
	}
}

// blockOf is what stands below a key of two spaces' depth, up to the next one.
func blockOf(template, key string) string {
	_, rest, found := strings.Cut(template, "\n"+key+"\n")
	if !found {
		return ""
	}
	if end := regexp.MustCompile(`(?m)^ {0,2}\S`).FindStringIndex(rest); end != nil {
		rest = rest[:end[0]]
	}
	return rest
}

func withoutComments(block string) string {
	return regexp.MustCompile(`(?m)^\s*#.*$`).ReplaceAllString(block, "")
}
