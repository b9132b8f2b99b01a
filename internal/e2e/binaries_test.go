package e2e_test

import (
	"debug/elf"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// testBinaries looks at what is deployed: small, static, without symbols.
func (s *suite) testBinaries(t *testing.T) {
	t.Parallel()
	const largest = 15 << 20
	for _, function := range functions() {
		file := filepath.Join(s.BuildDir, strings.ToUpper(function[:1])+function[1:]+"Function", "bootstrap")
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.1f MB", function, float64(info.Size())/(1<<20))
		if info.Size() > largest {
			t.Errorf("%s has %d bytes, want at most %d", function, info.Size(), largest)
		}
		if runtime.GOOS != "linux" {
			continue // the stack runs a build for this system
		}
		program, err := elf.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer program.Close()
		if libraries, err := program.ImportedLibraries(); err != nil || len(libraries) > 0 {
			t.Errorf("%s is not static: %q, %v", function, libraries, err)
		}
		for _, part := range program.Sections {
			if part.Name == ".symtab" || strings.HasPrefix(part.Name, ".debug") || strings.HasPrefix(part.Name, ".zdebug") {
				t.Errorf("%s is not stripped: it has %s", function, part.Name)
			}
		}
	}
}

// functions are the four of the template.
func functions() []string { return []string{"authorizer", "integrations", "webhook", "push"} }
