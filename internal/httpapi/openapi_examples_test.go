package httpapi_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce/localorg"
)

// document is what is served, decoded.
func (h *harness) document() map[string]any {
	h.t.Helper()
	status, document := h.do(as("", "GET", "/api/v1/openapi.json", ""))
	if status != 200 {
		h.t.Fatalf("the document: %d", status)
	}
	return document
}

// operations calls visit with each operation of the document.
func operations(document map[string]any, visit func(name string, op map[string]any)) {
	for path, item := range document["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			visit(strings.ToUpper(method)+" "+path, op.(map[string]any))
		}
	}
}

// resolve follows a reference, if it is one.
func resolve(document, value map[string]any) map[string]any {
	ref, ok := value["$ref"].(string)
	if !ok {
		return value
	}
	at := document
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		at = at[name].(map[string]any)
	}
	return at
}

// TestEveryRequestAndAnswerHasAnExample leaves it to the linter whether they fit
// their schemas.
func TestEveryRequestAndAnswerHasAnExample(t *testing.T) {
	document := newHarness(t, "").document()
	look := func(where string, content any) {
		media, _ := content.(map[string]any)
		for name, m := range media {
			if m := m.(map[string]any); strings.HasSuffix(name, "json") && m["example"] == nil && m["examples"] == nil {
				t.Errorf("%s: %s has no example", where, name)
			}
		}
	}
	operations(document, func(name string, op map[string]any) {
		if body, ok := op["requestBody"].(map[string]any); ok {
			look(name+" request", body["content"])
		}
		for status, r := range op["responses"].(map[string]any) {
			r := resolve(document, r.(map[string]any))
			look(name+" "+status, r["content"])
			if description, _ := r["description"].(string); status >= "300" && len(description) < 20 {
				t.Errorf("%s %s: the description says no more than %q", name, status, description)
			}
		}
	})
}

// TestTheContractsRequestsAreTheExamples compares them with the contract's own
// words, which the other tests send.
func TestTheContractsRequestsAreTheExamples(t *testing.T) {
	want := map[string]string{"create-integration": contractCreate, "create-link": contractLink}
	operations(newHarness(t, "").document(), func(_ string, op map[string]any) {
		text, ok := want[op["operationId"].(string)]
		if !ok {
			return
		}
		delete(want, op["operationId"].(string))
		var contract any
		if err := json.Unmarshal([]byte(text), &contract); err != nil {
			t.Fatal(err)
		}
		media := op["requestBody"].(map[string]any)["content"].(map[string]any)["application/json"].(map[string]any)
		if diff := cmp.Diff(contract, media["example"]); diff != "" {
			t.Errorf("%s (-contract +example):\n%s", op["operationId"], diff)
		}
	})
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}

// TestTheExamplesOfAConnectionTestAreTrue compares them with what is found in an org
// with the stock picklist: of an integration, and before it is saved.
func TestTheExamplesOfAConnectionTestAreTrue(t *testing.T) {
	h := newHarness(t, "")
	if err := h.org.UpdateSettings(func(s *localorg.Settings) { s.StatusPicklist = "stock" }); err != nil {
		t.Fatal(err)
	}
	id := h.create()
	answers := map[string]any{}
	for name, r := range map[string]struct{ target, body string }{"test-new-connection": {base + "/test", newConnection}, "test-connection": {base + "/" + id + "/test", ""}} {
		text := h.send(as("admin", "POST", r.target, r.body)).Body
		text = strings.ReplaceAll(text, localorg.DefaultOrgID, "00D5g000004XyZaEAK")
		text = regexp.MustCompile(`\d+ of the org's`).ReplaceAllString(text, "99999 of the org's")
		var answer any
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatal(err)
		}
		answers[name] = answer
	}
	operations(h.document(), func(_ string, op map[string]any) {
		name := op["operationId"].(string)
		want, ok := answers[name]
		if !ok {
			return
		}
		delete(answers, name)
		example := op["responses"].(map[string]any)["200"].(map[string]any)["content"].(map[string]any)["application/json"].(map[string]any)["example"]
		if diff := cmp.Diff(want, example); diff != "" {
			t.Errorf("%s (-answer +example):\n%s", name, diff)
		}
	})
	if len(answers) > 0 {
		t.Errorf("not found: %v", answers)
	}
}

// TestRolesInTheDocument: what changes nothing, and asks no org, is for both roles.
func TestRolesInTheDocument(t *testing.T) {
	admin := map[string]any{"bearer": []any{"admin"}}
	viewer := map[string]any{"bearer": []any{"viewer"}}
	operations(newHarness(t, "").document(), func(name string, op map[string]any) {
		want := []any{admin}
		if strings.HasPrefix(name, "GET ") && !strings.HasSuffix(name, "/campaigns") {
			want = append(want, viewer)
		}
		if diff := cmp.Diff(any(want), op["security"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	})
}

// TestGatewaysAnswersAreTheTemplates: what the document shows as API Gateway's own
// answer is what template.yaml has it say.
func TestGatewaysAnswersAreTheTemplates(t *testing.T) {
	template, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	components := newHarness(t, "").document()["components"].(map[string]any)
	seen := 0
	for name, r := range components["responses"].(map[string]any) {
		content, _ := r.(map[string]any)["content"].(map[string]any)
		media, ok := content["application/json"].(map[string]any)
		if !ok {
			continue
		}
		seen++
		p := media["example"].(map[string]any)
		said := `{"title":"` + p["title"].(string) + `","status":` + strconv.Itoa(int(p["status"].(float64))) + `,"detail":"` + p["detail"].(string) + `","request_id":"$context.requestId"}`
		if !strings.Contains(string(template), "application/json: '"+said+"'") {
			t.Errorf("%s: template.yaml does not answer %s", name, said)
		}
	}
	if seen < 5 {
		t.Errorf("only %d answers of API Gateway's", seen)
	}
}

func TestAnEmptyParameterIsRefused(t *testing.T) {
	tests := []struct {
		target string
		status int
	}{
		{"/api/v1/notifications/delivery-log?to=", 422},
		{"/api/v1/notifications/delivery-log?experiment_key=", 422},
		{"/api/v1/notifications/delivery-log?status=", 422},
		{base + "?limit=", 422},
		{base + "?cursor=", 200},
		{base, 200},
	}
	for _, test := range tests {
		t.Run(test.target, func(t *testing.T) {
			h := newHarness(t, "")
			if test.status == 200 {
				if status, body := h.admin("GET", test.target, ""); status != 200 {
					t.Errorf("%d %v", status, body)
				}
				return
			}
			p, _ := h.refused(as("admin", "GET", test.target, ""), test.status)
			name, _, _ := strings.Cut(test.target[strings.IndexByte(test.target, '?')+1:], "=")
			if p.locations() != "query."+name || !strings.Contains(p.Detail, "leave it out") {
				t.Errorf("%+v", p)
			}
		})
	}
}
