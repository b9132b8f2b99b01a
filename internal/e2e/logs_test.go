package e2e_test

import (
	"regexp"
	"strings"
	"testing"
)

// secretForm is what a secret that no test knows would look like: a token of the local org, a bearer token, or a
// webhook's secret in its URL.
var secretForm = regexp.MustCompile(`00Dxx0000001gER!|eyJ[A-Za-z0-9_-]{20,}\.|token=[A-Za-z0-9_-]{8,}`)

// testNoSecretInLogs reads all that the functions logged, at the level debug, while the other tests ran.
func (s *suite) testNoSecretInLogs(t *testing.T) {
	for _, function := range functions() {
		group := "/aws/lambda/" + s.functionName(function)
		lines := s.logLines(t, group)
		if len(lines) == 0 {
			t.Errorf("%s has logged nothing", function)
		}
		for _, line := range lines {
			found := secretForm.FindString(line)
			if found == "" && !s.secrets.holds(line) {
				continue
			}
			before, _, _ := strings.Cut(line, found)
			if found == "" || len(before) > 200 {
				before = ""
			}
			t.Errorf("a line of %s shows a secret; it begins %q", function, before)
		}
	}
}
