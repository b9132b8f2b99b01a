package sfid

import "strings"

// maxAPIName is more than the 43 characters that Salesforce allows a custom name,
// which its namespace and suffix come on top of.
// https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/customfield.htm
const maxAPIName = 80

// IsAPIName says whether s has the form of an object's or a field's API name:
// a letter, and then up to 79 letters, digits and underscores.
func IsAPIName(s string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	return s != "" && len(s) <= maxAPIName && strings.IndexByte(letters, s[0]) >= 0 && strings.Trim(s, letters+"0123456789_") == ""
}
