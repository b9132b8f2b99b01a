package httpapi

import (
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2/validation"
)

const (
	wholeNumber = "Send a whole number, in digits."
	rfc3339     = "Send a time like 2026-03-02T10:00:00Z: with its date, and with its zone."
	anyTime     = "Send a date or time in the form that the contract shows."
	otherForm   = "It does not have the form that it needs. The contract shows it, at /api/v1/openapi.json."
)

// phrases is the one table from huma's messages to ours, which say what to send.
// A message that holds a value is known by its front, and $ is that value: it is
// always one of the contract, never one of the request.
func phrases() []struct{ huma, ours string } {
	return []struct{ huma, ours string }{
		{validation.MsgUnexpectedProperty, "There is no such field."},
		{"unknown query parameter", "There is no such parameter."},
		{"required query parameter is missing", "This parameter is required."},
		{"required path parameter is missing", "This part of the address is required."},
		{"required header parameter is missing", "This header is required."},
		{"write only property is non-zero", "This field cannot be read."},
		{"expected at most one value, but received multiple values", "Send it once."},

		{validation.MsgExpectedBoolean, "Send true or false, without quotes."},
		{"invalid boolean", "Send true or false."},
		{validation.MsgExpectedInteger, wholeNumber},
		{"invalid integer", wholeNumber},
		{validation.MsgExpectedNumber, "Send a number, without quotes."},
		{"invalid float", "Send a number."},
		{"invalid floating value", "Send a number."},
		{validation.MsgExpectedString, "Send a text, in quotes."},
		{validation.MsgExpectedArray, "Send a list: [ ... ]."},
		{validation.MsgExpectedObject, "Send an object: { ... }."},

		{validation.MsgExpectedOneOf, "Send one of: $."},
		{validation.MsgExpectedMinimumNumber, "Send a number of at least $."},
		{validation.MsgExpectedExclusiveMinimumNumber, "Send a number above $."},
		{validation.MsgExpectedMaximumNumber, "Send a number of at most $."},
		{validation.MsgExpectedExclusiveMaximumNumber, "Send a number below $."},
		{validation.MsgExpectedNumberBeMultipleOf, "Send a multiple of $."},
		{validation.MsgExpectedMinLength, "It is too short: its least length is $."},
		{validation.MsgExpectedMaxLength, "It is too long: its greatest length is $."},
		{validation.MsgExpectedMinItems, "Send at least $ of them."},
		{validation.MsgExpectedMaxItems, "Send at most $ of them."},
		{validation.MsgExpectedArrayItemsUnique, "Send each of them once."},

		{validation.MsgExpectedRFC3339DateTime, rfc3339},
		{"invalid date/time for format 2006-01-02T15:04:05", rfc3339},
		{"invalid date/time for format ", anyTime},
		{validation.MsgExpectedRFC1123DateTime, anyTime},
		{validation.MsgExpectedRFC3339Date, "Send a date like 2026-03-02."},
		{validation.MsgExpectedRFC3339Time, "Send a time of day like 10:00:00Z."},
		{validation.MsgExpectedDuration, "Send a length of time like 90s or 2h."},
		{validation.MsgExpectedRFC4122UUID, "Send a UUID, like 0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90."},
		{validation.MsgExpectedRFC3986URI, "Send a URL, like https://example.com/path."},
		{"invalid url.URL value", "Send a URL, like https://example.com/path."},
		{validation.MsgExpectedRFC5322Email, "Send an e-mail address."},
		{validation.MsgExpectedRFC5890Hostname, "Send a host name."},
		{validation.MsgExpectedRFC2673IPv4, "Send an IPv4 address."},
		{validation.MsgExpectedRFC2373IPv6, "Send an IPv6 address."},
		{validation.MsgExpectedRFCIPAddr, "Send an IP address."},
		{validation.MsgExpectedBase64String, "Send it in base64."},

		// No operation uses these, and no better words could be found without one.
		{validation.MsgExpectedRFC6570URITemplate, otherForm},
		{validation.MsgExpectedRFC6901JSONPointer, otherForm},
		{validation.MsgExpectedRFC6901RelativeJSONPointer, otherForm},
		{validation.MsgExpectedRegexp, otherForm},
		{validation.MsgExpectedBePattern, otherForm},
		{validation.MsgExpectedMatchPattern, otherForm},
		{validation.MsgExpectedMatchAtLeastOneSchema, otherForm},
		{validation.MsgExpectedMatchExactlyOneSchema, otherForm},
		{validation.MsgExpectedNotMatchSchema, otherForm},
		{validation.MsgExpectedPropertyNameInObject, otherForm},
		{validation.MsgExpectedMinProperties, otherForm},
		{validation.MsgExpectedMaxProperties, otherForm},
		{validation.MsgExpectedRequiredProperty, "A field that is required is missing."},
		{validation.MsgExpectedDependentRequiredProperty, "It needs another field beside it."},
	}
}

// verb is a place in one of huma's messages.
var verb = regexp.MustCompile(`"?%[dvs]"?`)

// words says in our words what huma found. What the table does not know is not
// passed on: it may quote the request, or Go.
func words(message string) string {
	for _, p := range phrases() {
		place := verb.FindStringIndex(p.huma)
		switch {
		case message == p.huma:
			return p.ours
		case strings.HasSuffix(p.huma, " ") || strings.HasPrefix(p.huma, "invalid date"):
			if strings.HasPrefix(message, p.huma) {
				return p.ours
			}
		case place != nil && strings.HasPrefix(message, p.huma[:place[0]]):
			if !strings.Contains(p.ours, "$") {
				return p.ours
			}
			value, _ := strings.CutSuffix(message[place[0]:], p.huma[place[1]:])
			return strings.ReplaceAll(p.ours, "$", strings.Trim(value, `"`))
		}
	}
	return otherForm
}
