package integration_test

import (
	"errors"
	"strings"
	"testing"

	"salesforce-integration/internal/integration"
)

// TestParseCampaignID: a refusal says what is wrong with the id, and what to do.
func TestParseCampaignID(t *testing.T) {
	for _, tt := range []struct{ name, raw, want, words string }{
		{"18 characters", "701xx000000001AAAQ", "701xx000000001AAAQ", ""},
		{"15 characters and blanks", " 701xx000000001A\n", "701xx000000001AAAQ", ""},
		{"digits and an E", "70100000000E012", "70100000000E012AAC", ""},
		{"a contact's", "003xx000003DHPh", "", "It is not the id of a Campaign: it starts with 003, and not with 701. The id is"},
		{"cut off", "701xx", "", "It is not the id of a Campaign: it has 5 characters, an id has 15 or 18. The id is"},
		{"a number of a spreadsheet", "7.01E+14", "", "a spreadsheet made a number of it"},
		{"one of a German spreadsheet", "7,01E+14", "", "a spreadsheet made a number of it"},
		{"one without a fraction", "7e14", "", "a spreadsheet made a number of it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := integration.ParseCampaignID(tt.raw)
			var told *integration.Error
			if errors.As(err, &told) != (tt.want == "") || got != tt.want {
				t.Fatalf("%q, %v", got, err)
			}
			if told != nil && (told.Code != integration.CodeInvalid || told.Field != "campaign_id" || !strings.Contains(told.Message, tt.words)) {
				t.Errorf("%+v does not say %q", told, tt.words)
			}
		})
	}
}
