package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"salesforce-integration/internal/integration"
)

// TestEveryCodeHasAStatus walks the codes as the domain declares them, so that a
// new one cannot be forgotten here.
func TestEveryCodeHasAStatus(t *testing.T) {
	want := map[integration.Code]int{
		integration.CodeInvalid:     422,
		integration.CodeNotFound:    404,
		integration.CodeConflict:    409,
		integration.CodeUnavailable: 503,
		integration.CodeInternal:    500,
		integration.CodeStored:      503,
		integration.CodeStale:       412,
		integration.CodeUndone:      409,
		integration.CodeOrgAway:     503,
	}
	codes := declaredCodes(t)
	if len(codes) != len(want) {
		t.Errorf("the domain has %d codes, this test knows %d", len(codes), len(want))
	}
	for _, code := range codes {
		h := newHarness(t, "")
		cause := &integration.Error{Code: code, Field: "cursor", Message: "words"}
		h.store.Before(func(context.Context, string) error { return fmt.Errorf("reading: %w", cause) })
		p, _ := h.refused(as("admin", "GET", base, ""), want[code])
		ours := want[code] >= 500 && code != integration.CodeStored && code != integration.CodeOrgAway
		if told := p.Detail == "words" || p.Detail == "cursor: words"; told == ours {
			t.Errorf("%s: detail %q", code, p.Detail)
		}
	}
}

func TestJoinedErrorsAreAllTold(t *testing.T) {
	h := newHarness(t, "")
	h.store.Before(func(context.Context, string) error {
		return fmt.Errorf("x: %w", errors.Join(integration.Invalidf("b", "B."), fmt.Errorf("y: %w", integration.Invalidf("a", "A."))))
	})
	p, _ := h.refused(as("admin", "GET", base, ""), 422)
	if p.locations() != "query.a query.b" || p.Errors[0].Message != "A." {
		t.Errorf("%+v", p)
	}
}

func declaredCodes(t *testing.T) []integration.Code {
	t.Helper()
	files, err := filepath.Glob("../integration/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var codes []integration.Code
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, codesIn(t, file)...)
	}
	if len(codes) == 0 {
		t.Fatal("no codes found")
	}
	return codes
}

func codesIn(t *testing.T, file *ast.File) []integration.Code {
	t.Helper()
	var codes []integration.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Code" {
			for _, v := range spec.Values {
				value, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, integration.Code(value))
			}
		}
		return true
	})
	return codes
}
