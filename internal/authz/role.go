package authz

import (
	"strings"

	"salesforce-integration/internal/integration"
)

// roleIn finds the caller's role in a claim: a name, names separated by spaces
// (as in `scope`), or a list (as in `roles` and `cognito:groups`). Of several
// roles the mightier one counts. Names that are none of ours are ignored.
func roleIn(claims map[string]any, path string) integration.Role {
	var role integration.Role
	for _, name := range names(claim(claims, path)) {
		switch integration.Role(name) {
		case integration.RoleAdmin:
			return integration.RoleAdmin
		case integration.RoleViewer:
			role = integration.RoleViewer
		}
	}
	return role
}

// claim looks a claim up by its whole name first, since names like
// https://example.com/roles hold dots themselves, then as a path into objects.
func claim(claims map[string]any, path string) any {
	if value, ok := claims[path]; ok {
		return value
	}
	first, rest, nested := strings.Cut(path, ".")
	inner, ok := claims[first].(map[string]any)
	if !nested || !ok {
		return nil
	}
	return claim(inner, rest)
}

func names(value any) []string {
	switch v := value.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		var list []string
		for _, item := range v {
			if name, ok := item.(string); ok {
				list = append(list, name)
			}
		}
		return list
	default:
		return nil
	}
}
