package salesforce_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce"
)

func TestQueryCampaigns(t *testing.T) {
	row := `{"attributes":{"type":"Campaign","url":"/x"},"Id":"` + campaign(1) + `","Name":"Q1 Checkout Optimization","Status":"In Progress","IsActive":true,"LastModifiedDate":"2026-11-23T17:50:18.000+0000"}`
	named := strings.Replace(row, "Q1 Checkout Optimization", `All 100%_O'F \\ \"a\"`, 1)
	o := newOrg(t, ok(`{"done":true,"records":[`+row+`]}`), ok(`{"done":true,"records":[`+named+`]}`))
	c := o.client(nil)
	want := []salesforce.Campaign{{ID: campaign(1), Name: "Q1 Checkout Optimization", Status: "In Progress", IsActive: true,
		LastModified: time.Date(2026, 11, 23, 17, 50, 18, 0, time.UTC)}}
	byID, err := c.QueryCampaigns(t.Context(), []string{campaign(2), campaign(1)})
	if diff := cmp.Diff(want, byID); err != nil || diff != "" {
		t.Errorf("by id: %v\n%s", err, diff)
	}
	byName, err := c.SearchCampaigns(t.Context(), `100%_o'f \ "A"`, 20)
	want[0].Name = `All 100%_O'F \ "a"`
	if diff := cmp.Diff(want, byName); err != nil || diff != "" {
		t.Errorf("by name: %v\n%s", err, diff)
	}
	o.checkGolden("query_campaigns")
}

// TestSearchForABackslash: what an org finds that reads the escape otherwise is no
// answer.
func TestSearchForABackslash(t *testing.T) {
	row := func(n int, name string) string {
		return `{"Id":"` + campaign(n) + `","Name":"` + name + `","LastModifiedDate":"2026-11-23T17:50:18.000+0000"}`
	}
	o := newOrg(t, ok(`{"done":true,"records":[`+row(1, `50%`)+","+row(2, `UP\\Down`)+`]}`))
	found, err := o.client(nil).SearchCampaigns(t.Context(), `p\do`, 20)
	if err != nil || len(found) != 1 || found[0].Name != `UP\Down` {
		t.Errorf("found %+v, %v", found, err)
	}
}

func TestSearchCampaignsRefuses(t *testing.T) {
	c := newOrg(t).client(nil)
	for _, limit := range []int{0, -1, 2001} {
		if _, err := c.SearchCampaigns(t.Context(), "a", limit); !errors.Is(err, salesforce.ErrArgument) {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
	if _, err := c.SearchCampaigns(t.Context(), strings.Repeat("a", 256), 1); !errors.Is(err, salesforce.ErrArgument) {
		t.Errorf("a long name: %v", err)
	}
}

func TestAQueryStaysOnTheOrg(t *testing.T) {
	for _, next := range []string{"https://evil.example/services/data/", "//evil.example", "@evil.example/", "/secur/frontdoor.jsp"} {
		o := newOrg(t, ok(`{"done":false,"nextRecordsUrl":"`+next+`","records":[]}`))
		if _, err := o.client(nil).QueryCampaigns(t.Context(), []string{campaign(1)}); err == nil || salesforce.Uncertain(err) {
			t.Errorf("%s: %v", next, err)
		}
	}
}

func TestAQueryEnds(t *testing.T) {
	c := inProcess(t, func(*http.Request) (*http.Response, error) {
		return jsonResponse(200, `{"done":false,"nextRecordsUrl":"/services/data/v66.0/query/again","records":[]}`), nil
	}, nil)
	if _, err := c.QueryCampaigns(t.Context(), []string{campaign(1)}); salesforce.Classify(err).Code != salesforce.CodeTooLarge || c.Calls() != 50 {
		t.Errorf("%v after %d calls", err, c.Calls())
	}
}

func TestARowThatDoesNotParse(t *testing.T) {
	o := newOrg(t, ok(`{"done":true,"records":[{"Id":7}]}`))
	if _, err := o.client(nil).QueryCampaigns(t.Context(), []string{campaign(1)}); salesforce.Classify(err).Code != salesforce.CodeUnreadable {
		t.Errorf("err = %v", err)
	}
}

func TestQuoteSOQL(t *testing.T) {
	tests := map[string]string{
		"":            `''`,
		"a":           `'a'`,
		"O'Neil":      `'O\'Neil'`,
		`ends in \`:   `'ends in \\'`,
		`\' OR Id!='`: `'\\\' OR Id!=\''`,
		"a\nb":        `'a\nb'`,
		"\xff":        `'�'`,
	}
	for in, want := range tests {
		if got := salesforce.QuoteSOQL(in); got != want {
			t.Errorf("QuoteSOQL(%q) = %s, want %s", in, got, want)
		}
	}
}

// FuzzQuoteSOQL reads the literal as an org does and wants the value back: nothing
// ends the literal early, and no escape is one that SOQL does not have.
func FuzzQuoteSOQL(f *testing.F) {
	for _, seed := range []string{"", "Q1 Checkout", "O'Neil", `\`, `\'`, `''`, "a\r\n\t\b\fb", "%_", "é\x00\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		literal := salesforce.QuoteSOQL(s)
		got, rest, err := readLiteral(literal)
		if err != nil || rest != "" || got != strings.ToValidUTF8(s, "�") {
			t.Errorf("QuoteSOQL(%q) = %s reads as %q, rest %q, %v", s, literal, got, rest, err)
		}
	})
}

func readLiteral(s string) (value, rest string, err error) {
	if s == "" || s[0] != '\'' {
		return "", s, errors.New("no quote")
	}
	escapes := map[byte]string{'\\': `\`, '\'': `'`, '"': `"`, 'n': "\n", 'r': "\r", 't': "\t", 'b': "\b", 'f': "\f"}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\'':
			return b.String(), s[i+1:], nil
		case '\n', '\r':
			return "", s[i:], errors.New("a raw line break")
		case '\\':
			i++
			if i == len(s) || escapes[s[i]] == "" {
				return "", s[i-1:], errors.New("no such escape")
			}
			b.WriteString(escapes[s[i]])
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", errors.New("the literal has no end")
}

func TestDescribeCampaign(t *testing.T) {
	o := newOrg(t, ok(`{"name":"Campaign","keyPrefix":"701","createable":true,"updateable":true,"queryable":true,"childRelationships":[],"fields":[
		{"name":"Name","label":"Name","type":"string","length":80,"updateable":true,"picklistValues":[]},
		{"name":"Status","label":"Status","type":"picklist","length":255,"updateable":true,"restrictedPicklist":true,"picklistValues":[
			{"active":true,"defaultValue":true,"label":"Geplant","validFor":null,"value":"Planned"},
			{"active":false,"defaultValue":false,"label":"Aborted","validFor":null,"value":"Aborted"}]}]}`))
	got, err := o.client(nil).DescribeCampaign(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := salesforce.ObjectDescription{Name: "Campaign", Createable: true, Updateable: true, Queryable: true, Fields: map[string]salesforce.FieldDescription{
		"Name": {Type: "string", Label: "Name", Length: 80, Updateable: true, Values: []salesforce.PicklistValue{}},
		"Status": {Type: "picklist", Label: "Status", Length: 255, Updateable: true, Restricted: true, Values: []salesforce.PicklistValue{
			{Value: "Planned", Label: "Geplant", Active: true, Default: true}, {Value: "Aborted", Label: "Aborted"}}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
	o.checkGolden("describe_campaign")
}

func TestDescribeWhatIsNotThere(t *testing.T) {
	o := newOrg(t, refusal(404, "NOT_FOUND", "The requested resource does not exist"))
	if _, err := o.client(nil).Describe(t.Context(), "ContentNote"); !errors.Is(err, salesforce.ErrNoObject) || salesforce.Classify(err).Code != "NOT_FOUND" {
		t.Errorf("err = %v", err)
	}
	down := newOrg(t, answer{status: 404, body: "<html/>"})
	if _, err := down.client(nil).Describe(t.Context(), "ContentNote"); err == nil || errors.Is(err, salesforce.ErrNoObject) {
		t.Errorf("a page: %v", err)
	}
	if _, err := newOrg(t).client(nil).Describe(t.Context(), "../limits"); !errors.Is(err, salesforce.ErrArgument) {
		t.Errorf("err = %v", err)
	}
}

func TestVersionsNeedNoToken(t *testing.T) {
	o := newOrg(t, ok(`[{"label":"Winter '26","url":"/services/data/v65.0","version":"65.0"},{"label":"Spring '26","url":"/services/data/v66.0","version":"66.0"}]`))
	c := o.client(func(cfg *salesforce.Config) { cfg.Tokens = &counterTokens{err: errors.New("asked for a token")} })
	got, err := c.Versions(t.Context())
	if err != nil || len(got) != 2 || got[1] != (salesforce.Version{Label: "Spring '26", URL: "/services/data/v66.0", Version: "66.0"}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, sent := o.requests[0].header["Authorization"]; sent || c.Calls() != 0 {
		t.Error("the list of versions cost a call or showed a token")
	}
}
