package httpapi

import (
	"net/http"
	"slices"
	"strings"
)

// allowed lists, for the header Allow, the methods of the operations at a path: of
// the one that says it most literally, as the contract does. The router would add
// those of /integrations/{id} to what /integrations/test takes.
func (a *API) allowed(path string) string {
	var methods []string
	most := -1
	for _, op := range a.operations {
		literal, ok := matches(op.path, path)
		if !ok || literal < most {
			continue
		}
		if literal > most {
			most, methods = literal, nil
		}
		methods = append(methods, op.method)
		if op.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// matches says whether a path is of a pattern, and how many of its parts are so
// literally.
func matches(pattern, path string) (literal int, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return 0, false
	}
	for n, part := range want {
		switch {
		case part == got[n]:
			literal++
		case !strings.HasPrefix(part, "{"):
			return 0, false
		}
	}
	return literal, true
}
