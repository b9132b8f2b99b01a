package integration

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"salesforce-integration/internal/salesforce/sfid"
)

// Limits of what an administrator enters, in characters.
const (
	MaxNameLen        = 100
	MaxDescriptionLen = 1000
	MaxClientIDLen    = 512
	MaxSecretLen      = 4096
)

// Limits of a page of a list.
const (
	DefaultPageLimit = 20
	MaxPageLimit     = 100
)

// uuidLen is the length of a UUID with its hyphens.
const uuidLen = 36

// ParseCampaignID accepts a Campaign's id in 15 or 18 characters and returns it
// in 18. The error is [CodeInvalid] for the field campaign_id.
func ParseCampaignID(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	id, err := sfid.ParsePrefix(raw, sfid.PrefixCampaign)
	if err != nil && scientific.MatchString(raw) {
		return "", Invalidf("campaign_id", "It is not the id of a Campaign any more: a spreadsheet made a number of it. Make the column one of text there, and fill it in anew.")
	}
	if err != nil {
		return "", Invalidf("campaign_id", "It is not the id of a Campaign: %s. The id is the part of the Campaign's address that starts with %s and has 15 or 18 characters.",
			reasonOf(err), sfid.PrefixCampaign)
	}
	return id, nil
}

// scientific is how a spreadsheet writes an id that has nothing but digits.
var scientific = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[Ee]\+?[0-9]+$`)

// ParseExperimentKey checks an experiment's key, which the platform chooses: up
// to [MaxExperimentKeyLen] characters without control characters. The error is
// [CodeInvalid] for the field experiment_key.
func ParseExperimentKey(raw string) (string, error) {
	switch key := strings.TrimSpace(raw); {
	case key == "":
		return "", Invalidf("experiment_key", "Enter the experiment's key, for example checkout-button-color.")
	case utf8.RuneCountInString(key) > MaxExperimentKeyLen:
		return "", Invalidf("experiment_key", "It is longer than %d characters.", MaxExperimentKeyLen)
	case !printable(key):
		return "", Invalidf("experiment_key", "It holds a control character.")
	default:
		return key, nil
	}
}

// parseID accepts an id that the product gave out. Anything else names nothing,
// which is what the error says, so that a mistyped id and an unknown one look
// alike.
func parseID(what, raw string) (string, error) {
	id, ok := parseUUID(raw)
	if !ok {
		return "", notFound(what)
	}
	return id, nil
}

// parseIntegrationID accepts the id of an integration that is asked after. A mistyped
// one would find nothing, in silence, so it is [CodeInvalid] for the field
// integration_id.
func parseIntegrationID(raw string) (string, error) {
	id, ok := parseUUID(raw)
	if !ok {
		return "", Invalidf("integration_id", "It is not the id of an integration. Send it as the API gave it out, like 0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90.")
	}
	return id, nil
}

// parseUUID returns a UUID in the letters that the product writes it in.
func parseUUID(raw string) (string, bool) {
	if len(raw) != uuidLen {
		return "", false
	}
	id := strings.ToLower(raw)
	for i := range len(id) {
		switch i {
		case 8, 13, 18, 23:
			if id[i] != '-' {
				return "", false
			}
		default:
			if !strings.ContainsRune("0123456789abcdef", rune(id[i])) {
				return "", false
			}
		}
	}
	return id, true
}

func notFound(what string) error {
	return &Error{Code: CodeNotFound, Message: notFoundMessage(what)}
}

func notFoundMessage(what string) string {
	return "There is no " + what + " with this id. It may have been deleted."
}

func parseName(raw string) (string, error) {
	switch name := strings.TrimSpace(raw); {
	case name == "":
		return "", Invalidf("name", "Give the integration a name.")
	case utf8.RuneCountInString(name) > MaxNameLen:
		return "", Invalidf("name", "It is longer than %d characters.", MaxNameLen)
	case !printable(name):
		return "", Invalidf("name", "It holds a control character.")
	case !visible(name):
		return "", Invalidf("name", "Nothing of it can be seen.")
	default:
		return name, nil
	}
}

func parseDescription(raw string) (string, error) {
	switch {
	case utf8.RuneCountInString(raw) > MaxDescriptionLen:
		return "", Invalidf("description", "It is longer than %d characters.", MaxDescriptionLen)
	case !printable(strings.NewReplacer("\n", "", "\r", "", "\t", "").Replace(raw)):
		return "", Invalidf("description", "It holds a control character.")
	default:
		return raw, nil
	}
}

func parseType(raw Type) (Type, error) {
	if raw != TypeSalesforce {
		return "", Invalidf("integration_type", "The only type there is is %s.", TypeSalesforce)
	}
	return raw, nil
}

func parseClientID(raw string) (string, error) {
	id := strings.TrimSpace(raw)
	if why := notCredential(id, MaxClientIDLen); why != "" {
		return "", Invalidf("config.client_id", "%s It is the consumer key of the External Client App or Connected App.", why)
	}
	return id, nil
}

func parseClientSecret(raw Secret) (Secret, error) {
	s := strings.TrimSpace(raw.Reveal())
	if s == Mask {
		return "", Invalidf("config.client_secret", "This is the mask that stands in the place of a secret; enter the consumer secret itself.")
	}
	if why := notCredential(s, MaxSecretLen); why != "" {
		return "", Invalidf("config.client_secret", "%s It is the consumer secret of the External Client App or Connected App.", why)
	}
	return Secret(s), nil
}

// parseAccessToken accepts no token, too.
func parseAccessToken(raw Secret) (Secret, error) {
	s := strings.TrimSpace(raw.Reveal())
	if s == "" {
		return "", nil
	}
	if s == Mask {
		return "", Invalidf("config.access_token", "This is the mask that stands in the place of a token; leave the field out, nobody needs to give one.")
	}
	if why := notCredential(s, MaxSecretLen); why != "" {
		return "", Invalidf("config.access_token", "%s Leave the field out: the product gets its tokens by itself.", why)
	}
	return Secret(s), nil
}

// notCredential says what keeps s from being something that goes into an HTTP
// header or form as it is; it never repeats s.
func notCredential(s string, limit int) string {
	switch {
	case s == "":
		return "It is empty."
	case len(s) > limit:
		return "It is longer than any that Salesforce gives out."
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "It holds a space or another character that Salesforce never gives out; check what was pasted."
	default:
		return ""
	}
}

func checkPage(p Page) (Page, error) {
	if p.Limit == 0 {
		p.Limit = DefaultPageLimit
	}
	if p.Limit < 1 || p.Limit > MaxPageLimit {
		return p, Invalidf("limit", "It has to be between 1 and %d.", MaxPageLimit)
	}
	return p, nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// visible says whether there is anything to see in s: not only blanks, and what
// Unicode has shown by nothing (Default_Ignorable_Code_Point), or by a blank of
// Braille.
// https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.Is(invisible, r) })
}

var invisible = &unicode.RangeTable{LatinOffset: 1, R16: []unicode.Range16{
	{Lo: 0x00ad, Hi: 0x00ad, Stride: 1},
	{Lo: 0x034f, Hi: 0x034f, Stride: 1},
	{Lo: 0x061c, Hi: 0x061c, Stride: 1},
	{Lo: 0x115f, Hi: 0x1160, Stride: 1},
	{Lo: 0x17b4, Hi: 0x17b5, Stride: 1},
	{Lo: 0x180b, Hi: 0x180f, Stride: 1},
	{Lo: 0x200b, Hi: 0x200f, Stride: 1},
	{Lo: 0x202a, Hi: 0x202e, Stride: 1},
	{Lo: 0x2060, Hi: 0x206f, Stride: 1},
	{Lo: 0x2800, Hi: 0x2800, Stride: 1},
	{Lo: 0x3164, Hi: 0x3164, Stride: 1},
	{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1},
	{Lo: 0xfeff, Hi: 0xfeff, Stride: 1},
	{Lo: 0xffa0, Hi: 0xffa0, Stride: 1},
	{Lo: 0xfff0, Hi: 0xfff8, Stride: 1},
}}

// reasonOf returns the words of an id's error without its sentinel.
func reasonOf(err error) string {
	return strings.TrimLeft(strings.TrimPrefix(err.Error(), sfid.ErrInvalid.Error()), ": ")
}

// field runs one check and collects its error, so that a request is told
// everything that is wrong with it at once.
func field[T any](errs *[]error, value T, check func(T) (T, error)) T {
	checked, err := check(value)
	if err != nil {
		*errs = append(*errs, err)
	}
	return checked
}

// joined returns one error for all that were collected: the only one itself, so
// that its words stay its own.
func joined(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
