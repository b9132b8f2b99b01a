package authz

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// splitRoles takes a parameter's list apart. Blanks around a comma are how people
// write lists; all others belong to the value.
func splitRoles(list string) []string {
	values := strings.Split(list, ",")
	for i, v := range values {
		values[i] = strings.Trim(v, " ")
	}
	return values
}

// validateRoles returns all that is wrong with the lists of what gives a role.
func (c Config) validateRoles() error {
	errs := []error{
		c.validateList("TOKEN_ADMIN_ROLES", c.AdminRoles, "nobody could change anything"),
		c.validateList("TOKEN_VIEWER_ROLES", c.ViewerRoles, "nobody could be let in to read only"),
	}
	for _, v := range c.AdminRoles {
		if v != "" && slices.Contains(c.ViewerRoles, v) {
			errs = append(errs, fmt.Errorf("TOKEN_ADMIN_ROLES and TOKEN_VIEWER_ROLES both hold %q: "+
				"take it out of one; an administrator reads, too, without being a viewer", v))
		}
	}
	return errors.Join(errs...)
}

func (c Config) validateList(name string, values []string, orElse string) error {
	if len(values) == 0 {
		return fmt.Errorf("%s is empty, so that %s: list the values of the claim %q that give the role", name, orElse, c.RoleClaim)
	}
	var errs []error
	for _, v := range values {
		switch {
		case v == "":
			errs = append(errs, fmt.Errorf("%s has nothing before, between or after its commas: "+
				"write values separated by one comma each, such as admin,salesforce-admins", name))
		case strings.ContainsFunc(v, unicode.IsControl):
			errs = append(errs, fmt.Errorf("%s: %q has a tab, a line break or the like in it: write the list in one line, separated by commas", name, v))
		case strings.Contains(v, " ") && separatedByBlanks(c.RoleClaim):
			errs = append(errs, fmt.Errorf("%s: %q has a blank in it, and can never be found in the claim %q, whose values are separated by blanks: "+
				"separate several values by commas, and write each as one word", name, v, c.RoleClaim))
		}
	}
	return errors.Join(errs...)
}

// separatedByBlanks says whether a claim is known, by its name, to hold OAuth scopes:
// only there does a blank end a value.
// https://www.rfc-editor.org/rfc/rfc8693#section-4.2 (scope)
// https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference (scp)
func separatedByBlanks(claim string) bool {
	last := claim[strings.LastIndexAny(claim, "./")+1:]
	return last == "scope" || last == "scp"
}
