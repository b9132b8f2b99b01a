package functions_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheThreatModelsProofsAreThere: a claim whose code or test has moved on is no
// longer one.
func TestTheThreatModelsProofsAreThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "threat-model.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:internal|events|tools|functions)/[^` ]+|template\\.yaml)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 20 {
		t.Errorf("it names %d files, which is hardly a proof", len(named))
	}
	for _, n := range named {
		if _, err := os.Stat(filepath.Join("..", n[1])); err != nil {
			t.Errorf("%s is not there: %v", n[1], err)
		}
	}
}

// TestTheThreatModelKnowsEveryOpenEntry: what the gateway lets in without a token is
// told among the entries.
func TestTheThreatModelKnowsEveryOpenEntry(t *testing.T) {
	template, err := os.ReadFile(filepath.Join("..", "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	model, err := os.ReadFile(filepath.Join("..", "docs", "threat-model.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{
		"/api/v1/openapi.json": "| `GET /openapi.json` | the internet |",
		"/api/v1/docs":         "| `GET /docs` | the internet |",
		"/api/v1/integrations/{integration_id}/webhook/salesforce": "| the webhook | the internet |",
	}
	open := openPaths(string(template))
	if len(open) != len(rows) {
		t.Errorf("%q are open, and %d rows are looked for", open, len(rows))
	}
	for _, path := range open {
		if row, known := rows[path]; !known || !strings.Contains(string(model), row) {
			t.Errorf("%s is open to everybody, and no row %q tells it", path, row)
		}
	}
}

// openPaths returns those of the API's definition that take a request without a token,
// by any method: they say so, or repeat something of one that does.
func openPaths(template string) []string {
	heads := regexp.MustCompile(`(?m)^ {10}(/\S*):.*$`).FindAllStringSubmatchIndex(template, -1)
	anchor, alias := regexp.MustCompile(`&(\S+)`), regexp.MustCompile(`: \*(\S+)`)
	var open, anchors []string
	for i, head := range heads {
		end := len(template)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		path := template[head[0]:end]
		repeats := slices.ContainsFunc(alias.FindAllStringSubmatch(path, -1), func(m []string) bool { return slices.Contains(anchors, m[1]) })
		if !strings.Contains(path, "security: [NONE") && !repeats {
			continue
		}
		for _, m := range anchor.FindAllStringSubmatch(path, -1) {
			anchors = append(anchors, m[1])
		}
		open = append(open, template[head[2]:head[3]])
	}
	return open
}
