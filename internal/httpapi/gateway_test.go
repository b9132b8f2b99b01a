package httpapi_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// gatewayResponses cuts the answers of API Gateway out of template.yaml, by type.
func gatewayResponses(t *testing.T) map[string]string {
	t.Helper()
	template, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(template), "\n      GatewayResponses:\n")
	if !found {
		t.Fatal("template.yaml has no GatewayResponses")
	}
	if end := regexp.MustCompile(`(?m)^ {0,6}\S`).FindStringIndex(section); end != nil {
		section = section[:end[0]]
	}
	heads := regexp.MustCompile(`(?m)^        ([A-Z0-9_]+):$`).FindAllStringSubmatchIndex(section, -1)
	all := map[string]string{}
	for n, head := range heads {
		end := len(section)
		if n+1 < len(heads) {
			end = heads[n+1][0]
		}
		all[section[head[2]:head[3]]] = section[head[1]:end]
	}
	return all
}

// TestGatewaysAnswersNameTheRequest: each that API Gateway makes itself has its id
// in the body and in a header, and says when to come again where that helps.
func TestGatewaysAnswersNameTheRequest(t *testing.T) {
	all := gatewayResponses(t)
	for _, kind := range []string{"UNAUTHORIZED", "ACCESS_DENIED", "MISSING_AUTHENTICATION_TOKEN", "RESOURCE_NOT_FOUND", "REQUEST_TOO_LARGE",
		"THROTTLED", "QUOTA_EXCEEDED", "INTEGRATION_TIMEOUT", "INTEGRATION_FAILURE", "EXPIRED_TOKEN", "INVALID_API_KEY",
		"INVALID_SIGNATURE", "WAF_FILTERED", "UNSUPPORTED_MEDIA_TYPE", "DEFAULT_4XX", "DEFAULT_5XX"} {
		if all[kind] == "" {
			t.Errorf("template.yaml has no words for %s", kind)
		}
	}
	statusCode := regexp.MustCompile(`(?m)^ *StatusCode: (\d+)$`)
	body := regexp.MustCompile(`(?m)^ *application/json: '(.*)'$`)
	for kind, said := range all {
		if !strings.Contains(said, "X-Request-Id: context.requestId") && !strings.Contains(said, "ResponseParameters: *named") {
			t.Errorf("%s has no X-Request-Id", kind)
		}
		text := body.FindStringSubmatch(said)
		if text == nil {
			t.Errorf("%s has no body", kind)
			continue
		}
		var p struct {
			Detail    string `json:"detail"`
			RequestID string `json:"request_id"`
			Status    int    `json:"status"`
			Title     string `json:"title"`
		}
		rendered := strings.NewReplacer("$context.error.messageString", `"said"`, "$context.requestId", "an-id").Replace(text[1])
		if err := json.Unmarshal([]byte(rendered), &p); err != nil || p.Detail == "" || p.RequestID != "an-id" {
			t.Errorf("%s: %v in %s", kind, err, rendered)
		}
		if code := statusCode.FindStringSubmatch(said); code == nil || code[1] != strconv.Itoa(p.Status) || p.Title == "" {
			t.Errorf("%s: the status is %v, its body says %d %q", kind, code, p.Status, p.Title)
		}
		if !strings.Contains(said, "Cache-Control: \"'no-store'\"") && !strings.Contains(said, "ResponseParameters: *named") {
			t.Errorf("%s may be kept by a cache", kind)
		}
		if again := strings.Contains(said, "Retry-After: "); again != (p.Status == 429) {
			t.Errorf("%s: Retry-After is there: %t", kind, again)
		}
		if proof := strings.Contains(said, "WWW-Authenticate: "); proof != (p.Status == 401) {
			t.Errorf("%s: WWW-Authenticate is there: %t", kind, proof)
		}
	}
}

// TestALineTellsBothIDs: a caller has the invocation's, API Gateway's log its own.
func TestALineTellsBothIDs(t *testing.T) {
	h := newHarness(t, "")
	e := as("admin", "GET", base, "")
	e.RequestContext.RequestID = "the-gateways"
	h.send(e)
	var line map[string]any
	if err := json.Unmarshal(h.log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["msg"] != "request" || line["api_request_id"] != "the-gateways" || line["request_id"] != requestID {
		t.Errorf("%v", line)
	}
}
