package functions_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheGatewayWritesNoURLDown: a webhook's secret may be in the query string,
// which API Gateway puts into its traces and its execution log, and into an access
// log that asks for it.
func TestTheGatewayWritesNoURLDown(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	template := string(raw)
	traced := regexp.MustCompile(`TracingEnabled: *(.*)`).FindAllStringSubmatch(template, -1)
	if len(traced) != 1 || traced[0][1] != "false" {
		t.Errorf("API Gateway's traces are to be off, always; the template says %q", traced)
	}
	for _, never := range []string{"DataTraceEnabled:", "LoggingLevel:"} {
		if strings.Contains(template, never) {
			t.Errorf("the template sets %s which belongs to the execution log", never)
		}
	}
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
	harmless := []string{
		"requestTime", "requestId", "identity.sourceIp", "httpMethod", "path", "status", "responseLatency", "responseLength",
		"authorizer.principalId", "error.responseType", "error.messageString", // the last is of a gateway response
	}
	logged := regexp.MustCompile(`\$context\.([A-Za-z.]+)`).FindAllStringSubmatch(template, -1)
	if len(logged) == 0 {
		t.Error("the template has no access log")
	}
	for _, variable := range logged {
		if !slices.Contains(harmless, variable[1]) {
			t.Errorf("nobody has looked whether $context.%s may hold a secret", variable[1])
		}
	}
	if strings.Contains(template, "$input.params") || strings.Contains(template, "$context.requestOverride") {
		t.Error("the template hands on parameters of a request")
	}
}
