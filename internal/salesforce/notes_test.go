package salesforce_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce"
)

func noteOutcomes(results []salesforce.NoteResult) []string {
	var all []string
	for _, r := range results {
		all = append(all, strings.TrimSpace(outcome(r.CampaignID, r.Err)+" "+r.NoteID))
	}
	return all
}

func someNotes(n int) []salesforce.Note {
	notes := make([]salesforce.Note, n)
	for i := range notes {
		notes[i] = salesforce.Note{CampaignID: campaign(i), Title: "Checkout button colour", Marker: fmt.Sprintf("[exp-%d]", i),
			HTML: "<p>green &amp; blue won't &quot;win&quot;</p>\n<p>A&apos;s &mdash; B & C</p>"}
	}
	return notes
}

const (
	sub201 = `{"body":{"id":"0695g000002FgHiAAK","success":true,"errors":[]},"httpHeaders":{},"httpStatusCode":201,"referenceId":"note"}`
	link   = `{"body":{"id":"06A5g000003JkLmEAK","success":true,"errors":[]},"httpHeaders":{},"httpStatusCode":201,"referenceId":"link"}`
	halted = `{"body":[{"errorCode":"PROCESSING_HALTED","message":"The transaction was rolled back since another operation in the same transaction failed."}],"httpStatusCode":400,"referenceId":"note"}`
	denied = `{"body":[{"errorCode":"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY","message":"insufficient access rights on cross-reference id"}],"httpStatusCode":400,"referenceId":"link"}`
)

func graphAnswer(id string, successful bool, subs ...string) string {
	return fmt.Sprintf(`{"graphId":%q,"graphResponse":{"compositeResponse":[%s]},"isSuccessful":%t}`, id, strings.Join(subs, ","), successful)
}

func TestCreateNotes(t *testing.T) {
	o := newOrg(t, ok(`{"graphs":[`+strings.Join([]string{
		graphAnswer("n4", false, strings.Replace(halted, "PROCESSING_HALTED", "LIMIT_EXCEEDED", 1)),
		graphAnswer("n3", true, link),
		graphAnswer("n2", false, halted, strings.Replace(halted, `"note"`, `"link"`, 1)),
		graphAnswer("n1", false, halted, denied),
		graphAnswer("n0", true, sub201, link),
	}, ",")+`]}`))
	got, err := o.client(nil).CreateNotes(t.Context(), someNotes(6))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		campaign(0) + " written 0695g000002FgHiAAK",
		campaign(1) + " INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
		campaign(2) + " PROCESSING_HALTED",
		campaign(3) + " UNREADABLE_ANSWER uncertain",
		campaign(4) + " LIMIT_EXCEEDED",
		campaign(5) + " UNREADABLE_ANSWER uncertain",
	}
	if diff := cmp.Diff(want, noteOutcomes(got)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if d := salesforce.Classify(got[2].Err); !d.Retryable {
		t.Errorf("a graph that never had its turn is not sent again: %+v", d)
	}
	o.checkGolden("create_notes")
}

func TestTheOffenderIsReportedWhereverItStands(t *testing.T) {
	first := graphAnswer("n0", false, strings.Replace(denied, `"link"`, `"note"`, 1), strings.Replace(halted, `"note"`, `"link"`, 1))
	// A part that went well before the graph was undone has no errors.
	second := graphAnswer("n1", false, sub201, denied)
	o := newOrg(t, ok(`{"graphs":[`+first+","+second+`]}`))
	got, err := o.client(nil).CreateNotes(t.Context(), someNotes(2))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range got {
		if salesforce.Classify(r.Err).Code != "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" || r.NoteID != "" {
			t.Errorf("%s: %v, note %q", r.CampaignID, r.Err, r.NoteID)
		}
	}
}

func TestNotesAreSplit(t *testing.T) {
	var sizes []int
	c := inProcess(t, func(r *http.Request) (*http.Response, error) {
		var asked struct{ Graphs []struct{ GraphID string } }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		sizes = append(sizes, len(asked.Graphs))
		if len(sizes) == 2 {
			return jsonResponse(503, "<html/>"), nil
		}
		var all []string
		for _, g := range asked.Graphs {
			all = append(all, graphAnswer(g.GraphID, true, sub201, link))
		}
		return jsonResponse(200, `{"graphs":[`+strings.Join(all, ",")+`]}`), nil
	}, nil)
	got, err := c.CreateNotes(t.Context(), someNotes(151))
	if err != nil || !slices.Equal(sizes, []int{75, 75, 1}) {
		t.Fatalf("calls of %v graphs, %v", sizes, err)
	}
	for i, r := range got {
		if lost := i >= 75 && i < 150; lost != (r.Err != nil) || lost != salesforce.Uncertain(r.Err) {
			t.Fatalf("note %d: %v", i, r.Err)
		}
	}
}

func TestNotesRefuse(t *testing.T) {
	tests := map[string]salesforce.Note{
		"another object":        {CampaignID: "00D5g000004XyZaEAK", Title: "a"},
		"no title":              {CampaignID: campaign(1), Title: " \n "},
		"a marker of two lines": {CampaignID: campaign(1), Title: "a", Marker: "b\nc"},
		"a marker too long":     {CampaignID: campaign(1), Title: "a", Marker: strings.Repeat("b", 101)},
	}
	for name, note := range tests {
		t.Run(name, func(t *testing.T) {
			c := newOrg(t).client(nil)
			if _, err := c.CreateNotes(t.Context(), []salesforce.Note{note}); !errors.Is(err, salesforce.ErrArgument) {
				t.Errorf("CreateNotes: %v", err)
			}
			if _, err := c.CreateFeedItems(t.Context(), []salesforce.Note{note}); !errors.Is(err, salesforce.ErrArgument) {
				t.Errorf("CreateFeedItems: %v", err)
			}
		})
	}
}

func TestNoteTitle(t *testing.T) {
	long := strings.Repeat("é", 300)
	emoji := strings.Repeat("😀", 200)
	tests := []struct{ name, title, marker, want string }{
		{"both", "Result", "[1]", "Result [1]"},
		{"no marker", "Result\nof it", "", "Result of it"},
		{"a marker alone", "", "[1]", "[1]"},
		{"a long title keeps its marker", long, "[1]", long[:2*250] + "… [1]"},
		{"a long title without marker", long, "", long[:2*254] + "…"},
		{"an emoji counts twice", emoji, "", emoji[:4*127] + "…"},
		{"just fits", long[:2*251], "[1]", long[:2*251] + " [1]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := salesforce.NoteTitle(tt.title, tt.marker); got != tt.want {
				t.Errorf("got %q (%d runes), want %q", got, len([]rune(got)), tt.want)
			}
		})
	}
}

func TestNoteContent(t *testing.T) {
	tests := []struct{ name, html, want string }{
		{"escaped text stays", "<p>" + salesforce.EscapeText(`a<b & "c" 'd'`) + "</p>", "<p>a&lt;b &amp; &quot;c&quot; &#39;d&#39;</p>"},
		{"line breaks become spaces", "<p>a</p>\r\n\n<p>b</p>", "<p>a</p> <p>b</p>"},
		{"other references become characters", "&apos;&mdash;&#8364;&#x20AC;&nbsp;", "&#39;—€€\u00a0"},
		{"a reference to markup stays one", "&#60;script&#62; &LT;", "&lt;script&gt; &lt;"},
		{"a bare ampersand", "a & b &c; &nosuch; R&D", "a &amp; b &amp;c; &amp;nosuch; R&amp;D"},
		{"bytes that are not UTF-8", "\xff", "�"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOrg(t, ok(`{"graphs":[`+graphAnswer("n0", true, sub201, link)+`]}`))
			note := salesforce.Note{CampaignID: campaign(1), Title: "a", HTML: tt.html}
			if got, err := o.client(nil).CreateNotes(t.Context(), []salesforce.Note{note}); err != nil || got[0].Err != nil {
				t.Fatal(got, err)
			}
			if got := contentOf(t, o.requests[0].body); got != tt.want {
				t.Errorf("content %q, want %q", got, tt.want)
			}
		})
	}
}

// contentOf decodes the first note's content out of a graph call.
func contentOf(t *testing.T, body []byte) string {
	t.Helper()
	var asked struct {
		Graphs []struct {
			CompositeRequest []struct{ Body struct{ Content string } }
		}
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		t.Fatal(err)
	}
	content, err := base64.StdEncoding.DecodeString(asked.Graphs[0].CompositeRequest[0].Body.Content)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestCreateFeedItems(t *testing.T) {
	o := newOrg(t, ok(`[{"id":"0D55g000004XyZaEAK","success":true,"errors":[]},{"success":false,"errors":[{"statusCode":"INSUFFICIENT_ACCESS","message":"no Chatter"}]}]`))
	notes := someNotes(2)
	notes[1].HTML = "<ul><li>" + strings.Repeat("x", 20_000)
	got, err := o.client(nil).CreateFeedItems(t.Context(), notes)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{campaign(0) + " written 0D55g000004XyZaEAK", campaign(1) + " INSUFFICIENT_ACCESS"}
	if diff := cmp.Diff(want, noteOutcomes(got)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	var asked struct {
		Records []struct{ ParentID, Type, Body string }
	}
	if err := json.Unmarshal(o.requests[0].body, &asked); err != nil || o.requests[0].line != "POST /services/data/v66.0/composite/sobjects" {
		t.Fatalf("%s: %v", o.requests[0].line, err)
	}
	text := "Checkout button colour [exp-0]\ngreen & blue won't \"win\"\nA's — B & C"
	if r := asked.Records[0]; r.ParentID != campaign(0) || r.Type != "TextPost" || r.Body != text {
		t.Errorf("post: %+v", r)
	}
	if n := len([]rune(asked.Records[1].Body)); n != 10_000 {
		t.Errorf("the long one has %d characters", n)
	}
}

func TestFindNotes(t *testing.T) {
	o := newOrg(t,
		ok(`{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/01gxx-2","records":[
			{"attributes":{"type":"ContentDocumentLink"},"LinkedEntityId":"`+campaign(1)+`","ContentDocumentId":"0695g000002FgHiAAK","ContentDocument":{"Title":"Result [exp-1]"}},
			{"attributes":{"type":"ContentDocumentLink"},"LinkedEntityId":"`+campaign(2)+`","ContentDocumentId":"0695g000002FgHjAAK","ContentDocument":null}]}`),
		ok(`{"totalSize":3,"done":true,"records":[{"LinkedEntityId":"`+campaign(1)+`","ContentDocumentId":"0695g000002FgHkAAK","ContentDocument":{"Title":"logo.png"}}]}`))
	got, err := o.client(nil).FindNotes(t.Context(), []string{campaign(2), campaign(1)[:15], campaign(3), campaign(1)})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]salesforce.NoteRef{
		campaign(1): {{ID: "0695g000002FgHiAAK", Title: "Result [exp-1]"}, {ID: "0695g000002FgHkAAK", Title: "logo.png"}},
		campaign(2): {{ID: "0695g000002FgHjAAK"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	ref := got[campaign(1)][0]
	if !ref.HasMarker("[exp-1]") || ref.HasMarker("[exp-2]") || ref.HasMarker("") {
		t.Error("HasMarker is wrong")
	}
	o.checkGolden("find_notes")
}

func TestFindFeedItems(t *testing.T) {
	o := newOrg(t, ok(`{"done":true,"records":[{"Id":"0D55g000004XyZaEAK","ParentId":"`+campaign(1)+`","Body":"Result [exp-1]\nmore"},{"Id":"0D55g000004XyZbEAK","ParentId":"`+campaign(1)+`","Body":null}]}`))
	got, err := o.client(nil).FindFeedItems(t.Context(), []string{campaign(1)})
	if err != nil || len(got[campaign(1)]) != 2 || !got[campaign(1)][0].HasMarker("[exp-1]") {
		t.Errorf("%v, %v", got, err)
	}
	o.checkGolden("find_feed_items")
}

func TestFindNotesOfNone(t *testing.T) {
	if got, err := newOrg(t).client(nil).FindNotes(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := newOrg(t).client(nil).FindNotes(t.Context(), []string{"701"}); !errors.Is(err, salesforce.ErrArgument) {
		t.Errorf("err = %v", err)
	}
}

func TestALookUpKeepsUnderTheLengthOfAnAddress(t *testing.T) {
	asked := make(map[string]int)
	c := inProcess(t, func(r *http.Request) (*http.Response, error) {
		if n := len(r.URL.String()); n > 16_384 {
			t.Errorf("an address of %d bytes", n)
		}
		for part := range strings.SplitSeq(r.URL.Query().Get("q"), "'") {
			if strings.HasPrefix(part, "701") {
				asked[part]++
			}
		}
		return jsonResponse(200, `{"done":true,"records":[]}`), nil
	}, nil)
	ids := make([]string, 2000)
	for i := range ids {
		ids[i] = campaign(i)
	}
	if _, err := c.FindNotes(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	if len(asked) != len(ids) || c.Calls() > 4 {
		t.Errorf("%d ids asked for in %d calls", len(asked), c.Calls())
	}
}
