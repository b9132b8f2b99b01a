package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// allowed lists, for the header Allow, the methods of the operations at a path: of
// the one that says it most literally, as the contract does. The router would add
// those of /integrations/{id} to what /integrations/test takes.
func (a *API) allowed(path string) string {
	var best *huma.PathItem
	most := -1
	for pattern, item := range a.huma.OpenAPI().Paths {
		if literal, ok := matches(pattern, path); ok && literal > most {
			best, most = item, literal
		}
	}
	if best == nil {
		return ""
	}
	var methods []string
	for method, op := range map[string]*huma.Operation{
		http.MethodGet: best.Get, http.MethodPut: best.Put, http.MethodPost: best.Post, http.MethodDelete: best.Delete, http.MethodPatch: best.Patch,
	} {
		if op != nil {
			methods = append(methods, method)
		}
	}
	if best.Get != nil {
		methods = append(methods, http.MethodHead)
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
