package functions_test

import (
	"os"
	"path/filepath"
	"regexp"
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
