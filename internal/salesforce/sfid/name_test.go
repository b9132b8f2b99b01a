package sfid_test

import (
	"regexp"
	"strings"
	"testing"

	"salesforce-integration/internal/salesforce/sfid"
)

func TestIsAPIName(t *testing.T) {
	form := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,79}$`)
	for _, name := range []string{
		"Campaign", "Experiment_Key__c", "ns__Object__c", "a", "A1", "x_", strings.Repeat("a", 80),
		"", "1a", "_a", "a b", "a-b", "a.b", "a\n", "\na", "ä", "aä", "a*b", "attributes[0]", strings.Repeat("a", 81), "a\x00",
	} {
		if got, want := sfid.IsAPIName(name), form.MatchString(name); got != want {
			t.Errorf("IsAPIName(%q) = %t", name, got)
		}
	}
}
