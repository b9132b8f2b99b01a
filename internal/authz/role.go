package authz

import (
	"slices"
	"strings"

	"salesforce-integration/internal/integration"
)

// roleOf finds the caller's role in the claim that holds it. Of several roles the
// mightier one counts. A value is compared whole and to the letter, never by what
// stands behind its last slash or dot: who may name a scope `theirs/admin` is no
// administrator of ours. Values that are in no list are ignored.
func (c Config) roleOf(claims map[string]any) integration.Role {
	var role integration.Role
	for _, value := range values(claim(claims, c.RoleClaim), separatedByBlanks(c.RoleClaim)) {
		switch {
		case value == "":
		case slices.Contains(c.AdminRoles, value):
			return integration.RoleAdmin
		case slices.Contains(c.ViewerRoles, value):
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

// values are those of a list (as in `roles` and `cognito:groups`), or of a string.
// A string is one value, unless the claim's name says that it holds several: who is
// called "store admin" or "not admin" is no admin.
func values(claim any, separatedByBlanks bool) []string {
	switch c := claim.(type) {
	case string:
		if separatedByBlanks {
			return strings.Split(c, " ")
		}
		return []string{c}
	case []any:
		var list []string
		for _, item := range c {
			if value, ok := item.(string); ok {
				list = append(list, value)
			}
		}
		return list
	default:
		return nil
	}
}
