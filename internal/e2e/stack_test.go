package e2e_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"

	"salesforce-integration/internal/cmd/local/issuer"
	"salesforce-integration/internal/cmd/local/stack"
)

// TestDeployedStack runs all tests on one stack. It is one test, as its end looks at what all others left in the logs.
func TestDeployedStack(t *testing.T) {
	s := attach(t)
	// These use the contract's own Campaign and experiment, hence one after the other, and alone.
	t.Run("ContractOfTheAPI", s.testContractOfTheAPI)
	t.Run("ContractOfTheWebhook", s.testContractOfTheWebhook)
	t.Run("ContractOfTheEvents", s.testContractOfTheEvents)
	// It kills functions, whoever they work for.
	t.Run("Killed", s.testKilled)
	t.Run("SideBySide", func(t *testing.T) {
		// The slow ones first.
		t.Run("Faults", s.testFaults)
		t.Run("LostAnswer", s.testLostAnswer)
		t.Run("FailingOrg", s.testFailingOrg)
		t.Run("WrongCredential", s.testWrongCredential)
		t.Run("SwitchedOff", s.testSwitchedOff)
		t.Run("MovedBlob", s.testMovedBlob)
		t.Run("Connection", s.testConnection)
		t.Run("RefusedRecord", s.testRefusedRecord)
		t.Run("OutboundMessage", s.testOutboundMessage)
		t.Run("Echo", s.testEcho)
		t.Run("RevokedToken", s.testRevokedToken)
		t.Run("LockedRow", s.testLockedRow)
		t.Run("SkippedEvents", s.testSkippedEvents)
		t.Run("HostileNote", s.testHostileNote)
		t.Run("OutOfOrder", s.testOutOfOrder)
		t.Run("Changes", s.testChanges)
		t.Run("InvalidIntegrations", s.testInvalidIntegrations)
		t.Run("LostUpdate", s.testLostUpdate)
		t.Run("RepeatedRequest", s.testRepeatedRequest)
		t.Run("StrictJSON", s.testStrictJSON)
		t.Run("RequestIDs", s.testRequestIDs)
		t.Run("Reading", s.testReading)
		t.Run("Links", s.testLinks)
		t.Run("Preview", s.testPreview)
		t.Run("ManyLinks", s.testManyLinks)
		t.Run("CampaignSearch", s.testCampaignSearch)
		t.Run("DeliveryLog", s.testDeliveryLog)
		t.Run("WebhookCredentials", s.testWebhookCredentials)
		t.Run("WebhookSecret", s.testWebhookSecret)
		t.Run("WebhookLinks", s.testWebhookLinks)
		t.Run("BecomesCompleted", s.testBecomesCompleted)
		t.Run("Reread", s.testReread)
		t.Run("LookupKey", s.testLookupKey)
		t.Run("AnotherOrg", s.testAnotherOrg)
		t.Run("BadMessages", s.testBadMessages)
		t.Run("RepeatedMessage", s.testRepeatedMessage)
		t.Run("Tokens", s.testTokens)
		t.Run("BadRequests", s.testBadRequests)
		t.Run("NoSecretInTable", s.testNoSecretInTable)
		t.Run("Rights", s.testRights)
		t.Run("Bounds", s.testBounds)
		t.Run("Invoke", s.testInvoke)
		t.Run("Binaries", s.testBinaries)
	})
	t.Run("Schemathesis", s.testSchemathesis)
	t.Run("NoSecretInLogs", s.testNoSecretInLogs)
}

// suite is a running stack, and how to get at it.
type suite struct {
	stack.Description
	root    string // the checkout
	keys    *issuer.Issuer
	admin   string // bearer tokens
	viewer  string
	aws     aws.Config // root's
	secrets *register
}

// attach finds the stack, or skips the test.
func attach(t *testing.T) *suite {
	t.Helper()
	const variable = "E2E_API_PORT"
	text := os.Getenv(variable)
	if text == "" {
		t.Skip(variable + " names no running stack; make test starts one")
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s is no port: %v", variable, err)
	}
	running, err := stack.Attach(t.Context(), port)
	if err != nil {
		t.Fatal(err)
	}
	s := &suite{Description: running.Description, root: checkout(t), aws: stack.AWSConfig(running.AWSURL), secrets: &register{}}
	s.keys, err = issuer.Open(filepath.Join(s.root, ".local", "issuer.pem"))
	if err != nil {
		t.Fatal(err)
	}
	s.admin = s.token(t, issuer.Claims{Role: "admin"})
	s.viewer = s.token(t, issuer.Claims{Role: "viewer"})
	s.secrets.add(orgSecret, s.admin, s.viewer)
	return s
}

// token makes a bearer token of now.
func (s *suite) token(t *testing.T, c issuer.Claims) string {
	t.Helper()
	if c.Issued.IsZero() {
		c.Issued = time.Now()
	}
	token, err := s.keys.Token(c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// checkout is the folder of template.yaml.
func checkout(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "template.yaml")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("this is not inside of a checkout")
		}
		dir = parent
	}
}

// unique makes a name that no other test, and no earlier run on the same stack, has.
func unique(prefix string) string { return prefix + "-" + uuid.NewString()[:13] }
