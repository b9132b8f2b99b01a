package httpapi_test

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/httpapi"
)

var update = flag.Bool("update", false, "rewrite docs/openapi.yaml and the answers of events/integrations")

const documentFile = "../../docs/openapi.yaml"

// TestTheDocumentIsOnFile fails when the contract changes unseen. A change needs
// another httpapi.Version, and then -update.
func TestTheDocumentIsOnFile(t *testing.T) {
	got, err := newHarness(t, "").api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(documentFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	diff := cmp.Diff(string(want), string(got))
	if diff == "" {
		return
	}
	if version := regexp.MustCompile(`(?m)^  version: (.*)$`).FindSubmatch(want); version != nil && strings.Contains(string(version[1]), httpapi.Version) {
		t.Fatalf("the contract has changed and its version has not: give httpapi.Version another number (-want +got):\n%s", diff)
	}
	if !*update {
		t.Fatalf("the contract has changed; run with -update (-want +got):\n%s", diff)
	}
	if err := os.MkdirAll("../../docs", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(documentFile, got, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTheDocumentIsServedToAnybody(t *testing.T) {
	h := newHarness(t, "")
	e := as("", "GET", "/api/v1/openapi.json", "")
	status, document := h.do(e)
	if status != 200 || document["openapi"] != "3.1.0" {
		t.Fatalf("%d, openapi %v", status, document["openapi"])
	}
	e.HTTPMethod = "POST"
	h.refused(e, 405)

	// Whatever an answer can be, its shape is the one of errors, and none of huma's.
	raw, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, stray := range []string{"ErrorModel", "ErrorDetail", "$schema"} {
		if strings.Contains(string(raw), stray) {
			t.Errorf("the document speaks of %s", stray)
		}
	}
	for path, item := range document["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			responses := op.(map[string]any)["responses"].(map[string]any)
			for _, status := range []string{"401", "403", "429", "500", "503"} {
				if responses[status] == nil {
					t.Errorf("%s %s does not say what %s means", method, path, status)
				}
			}
		}
	}
}
