package functions_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRightsToTheTableAndItsKey holds what each role may do with the table and the key
// to the letter. The tests of the deployed stack try the rights, but the local AWS does
// not judge the conditions, which purposes and partitions hang on; and a right that is
// too much is seen there only if somebody thought of trying it.
func TestRightsToTheTableAndItsKey(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const (
		viaTable = "Effect: Allow Action: [kms:Encrypt, kms:Decrypt, kms:ReEncrypt*, kms:GenerateDataKey*, kms:DescribeKey] Resource: !GetAtt Key.Arn" +
			" Condition: StringEquals: {kms:ViaService: !Sub 'dynamodb.${AWS::Region}.amazonaws.com'}"
		key           = " Resource: !GetAtt Key.Arn"
		purpose       = " Condition: StringEqualsIfExists: {kms:EncryptionContext:purpose: "
		opensForCalls = "Effect: Allow Action: kms:Decrypt" + key + purpose + "[credentials, access-token]}"
		sealsTokens   = "Effect: Allow Action: kms:GenerateDataKey" + key + purpose + "access-token}"
	)
	for resource, want := range map[string][]string{
		"AuthorizerRole": nil,
		"IntegrationsRole": {
			"Effect: Allow Action: - dynamodb:GetItem - dynamodb:BatchGetItem - dynamodb:Query - dynamodb:PutItem - dynamodb:UpdateItem" +
				" - dynamodb:DeleteItem - dynamodb:ConditionCheckItem Resource: !GetAtt Table.Arn",
			"Effect: Allow Action: dynamodb:Query Resource: !Sub ${Table.Arn}/index/log*",
			"&table-key " + viaTable,
			"Effect: Allow Action: [kms:GenerateDataKey, kms:Decrypt]" + key,
		},
		"WebhookRole": {
			"Effect: Allow Action: - dynamodb:GetItem - dynamodb:BatchGetItem - dynamodb:PutItem - dynamodb:UpdateItem" +
				" - dynamodb:ConditionCheckItem Resource: !GetAtt Table.Arn",
			"*table-key",
			"Effect: Allow Action: kms:Decrypt" + key + purpose + "webhook-secret}",
		},
		"WebhookReadsPolicy": {opensForCalls, sealsTokens},
		"PushRole": {
			"Effect: Allow Action: [dynamodb:GetItem, dynamodb:BatchGetItem, dynamodb:PutItem] Resource: !GetAtt Table.Arn",
			"Effect: Allow Action: dynamodb:Query Resource: !Sub ${Table.Arn}/index/parked",
			"Effect: Allow Action: dynamodb:Query Resource: !GetAtt Table.Arn Condition: ForAllValues:StringEquals: {dynamodb:LeadingKeys: [INTEGRATIONS]}",
			"*table-key",
			opensForCalls,
			sealsTokens,
		},
	} {
		t.Run(resource, func(t *testing.T) {
			all := statements(blockOf(string(raw), "  "+resource+":"))
			if len(all) == 0 {
				t.Fatal("no policy is found")
			}
			var got []string
			for _, s := range all {
				if s != "*publish" && regexp.MustCompile(`dynamodb|kms|\*|Not`).MatchString(s) {
					got = append(got, s)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rights (-want +got):\n%s", diff)
			}
		})
	}
	// No other rights come by way of AWS's own policies.
	managed := []string{"AWSXRayDaemonWriteAccess", "service-role/AWSLambdaENIManagementAccess", "service-role/AmazonAPIGatewayPushToCloudWatchLogs"}
	for _, m := range regexp.MustCompile(`iam::aws:policy/([^\s'"]+)`).FindAllStringSubmatch(string(raw), -1) {
		if !slices.Contains(managed, m[1]) {
			t.Errorf("a role has the managed policy %s", m[1])
		}
	}
	if n := len(regexp.MustCompile(`(?m)^    Type: AWS::IAM::(Role|Policy|ManagedPolicy)$`).FindAllString(string(raw), -1)); n != 6 {
		t.Errorf("%d roles and policies; these here and API Gateway's for its logs are 6", n)
	}
}

// statements are those of a resource's policies, each on one line and without comments.
func statements(block string) []string {
	var all []string
	inside, item := false, ""
	for line := range strings.Lines(withoutComments(block)) {
		text := strings.TrimSpace(line)
		depth := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case text == "":
		case text == "Statement:":
			inside, item = true, strings.Repeat(" ", depth+2)+"- "
		case inside && strings.HasPrefix(line, item):
			all = append(all, strings.TrimPrefix(text, "- "))
		case inside && depth >= len(item):
			all[len(all)-1] += " " + text
		default:
			inside = false
		}
	}
	var rights []string
	for _, s := range all {
		if !strings.Contains(s, "Principal:") { // who may take the role
			rights = append(rights, s)
		}
	}
	return rights
}
