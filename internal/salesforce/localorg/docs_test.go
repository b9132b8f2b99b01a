package localorg_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"salesforce-integration/internal/salesforce/localorg"
	"salesforce-integration/internal/salesforce/localorg/settings"
)

// TestDocsNameEverySwitchAndFault keeps docs/local-org.md complete.
func TestDocsNameEverySwitchAndFault(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "local-org.md"))
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	names := []string{}
	encoded, err := json.Marshal(settings.Default())
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &all); err != nil {
		t.Fatal(err)
	}
	var disputed map[string]json.RawMessage
	if err := json.Unmarshal(all["disputed"], &disputed); err != nil {
		t.Fatal(err)
	}
	for name := range all {
		names = append(names, name)
	}
	for name := range disputed {
		names = append(names, name)
	}
	names = append(names, string(localorg.LockRow), string(localorg.Validation), string(localorg.RecordError), string(localorg.Unavailable),
		string(localorg.ServerError), string(localorg.TooMany), string(localorg.RequestLimit), string(localorg.Reset), string(localorg.Slow),
		string(localorg.LostAnswer), string(localorg.RevokeToken), string(localorg.CustomAnswer))
	if len(names) < 35 {
		t.Fatalf("only %d names", len(names))
	}
	for _, name := range names {
		if !strings.Contains(doc, "`"+name+"`") {
			t.Errorf("docs/local-org.md does not name %s", name)
		}
	}
}
