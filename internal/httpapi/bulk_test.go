package httpapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/httpapi"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce/localorg"
)

// bulk returns the event of a request with many links.
func bulk(id, contentType, body string) events.APIGatewayProxyRequest {
	e := as("admin", "POST", base+"/"+id+"/links/bulk", body)
	e.MultiValueHeaders["Content-Type"] = []string{contentType}
	return e
}

// in is the harness for a test within a test.
func (h *harness) in(t *testing.T) *harness {
	within := *h
	within.t = t
	return &within
}

// rows sends many links and returns what became of each, as 'result experiment
// campaign field'.
func (h *harness) rows(e events.APIGatewayProxyRequest) []string {
	h.t.Helper()
	status, body := h.do(e)
	if status != 200 {
		h.t.Fatalf("%d %v", status, body)
	}
	var rows []string
	counts := map[string]float64{}
	for n, item := range body["items"].([]any) {
		r := item.(map[string]any)
		if r["row"] != float64(n+1) {
			h.t.Errorf("row %v is at %d", r["row"], n+1)
		}
		words := []string{r["result"].(string)}
		for _, name := range []string{"experiment_key", "campaign_id"} {
			if s, ok := r[name].(string); ok {
				words = append(words, s)
			}
		}
		for _, e := range r["errors"].([]any) {
			words = append(words, "at "+e.(map[string]any)["location"].(string))
		}
		if detail := r["detail"]; (detail == nil) != (words[0] == "created" || words[0] == "exists") {
			h.t.Errorf("row %d: %s with detail %v", n+1, words[0], detail)
		}
		counts[words[0]]++
		rows = append(rows, strings.Join(words, " "))
	}
	for _, result := range []string{"created", "exists", "conflict", "invalid", "failed"} {
		if body[result] != counts[result] {
			h.t.Errorf("%v %s are counted, there are %v", body[result], result, counts[result])
		}
	}
	return rows
}

func TestManyLinks(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.admin("POST", base+"/"+id+"/links", contractLink)
	h.admin("POST", base+"/"+id+"/links", `{"experiment_key": "z", "campaign_id": "701xx000000003A"}`)
	named, twin, other := h.campaign("Spring, \"the\" Sale"), h.campaign("Twins"), h.campaign("twins")
	h.asked()
	body := `[
		{"experiment_key": "a", "campaign_id": "701xx000000002A"},
		{"experiment_key": "checkout-button-color", "campaign_id": "701xx000000001A"},
		{"experiment_key": "a", "campaign_id": "701xx000000001AAAQ"},
		{"experiment_key": "a", "campaign_name": "spring, \"THE\" sale"},
		{"experiment_key": "a", "campaign_name": "Twins"},
		{"experiment_key": "a", "campaign_name": "Nobody"},
		{"experiment_key": "", "campaign_id": "x"},
		{"experiment_key": "a", "campaign_id": null},
		{"experiment_key": "a", "campaign": "701xx000000002A"},
		{"experiment_key": 7, "campaign_id": "701xx000000002A"},
		"a",
		{"experiment_key": "b", "campaign_id": "701xx000000002A"},
		{"experiment_key": "a", "campaign_id": "701xx000000002AAAQ"},
		{"experiment_key": "checkout-button-color", "campaign_id": "701xx000000001A"},
		{"experiment_key": "a", "campaign_id": "701xx000000003A"},
		{"experiment_key": "z", "campaign_id": "701xx000000003A"}
	]`
	want := []string{
		"created a 701xx000000002AAA",
		"exists checkout-button-color 701xx000000001AAA",
		"conflict a 701xx000000001AAA at items.2.campaign_id",
		"created a " + named,
		"invalid at items.4.campaign_name",
		"invalid at items.5.campaign_name",
		"invalid at items.6.experiment_key at items.6.campaign_id",
		"invalid at items.7.campaign_id",
		"invalid at items.8.campaign",
		"invalid at items.9.experiment_key",
		"invalid",
		"conflict b 701xx000000002AAA at items.11.campaign_id",
		"exists a 701xx000000002AAA",
		"exists checkout-button-color 701xx000000001AAA",
		"conflict a 701xx000000003AAA at items.14.campaign_id",
		"exists z 701xx000000003AAA",
	}
	for n := range want { // the ids of the contract's form have no capitals to spell
		want[n] = strings.NewReplacer("701xx000000001AAA", "701xx000000001AAAQ", "701xx000000002AAA", "701xx000000002AAAQ", "701xx000000003AAA", "701xx000000003AAAQ").Replace(want[n])
	}
	h.store.ResetCalls()
	if diff := cmp.Diff(want, h.rows(bulk(id, "application/json", body))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := h.store.Calls(); n["CreateLinks"] != 1 || n["CreateLink"] != 0 || n["GetLinks"] != 1 {
		t.Errorf("calls of the store: %v", n)
	}
	if calls, logins := h.asked(); calls != 1 || logins != 1 {
		t.Errorf("%d calls and %d logins", calls, logins)
	}
	want[0], want[3] = strings.Replace(want[0], "created", "exists", 1), strings.Replace(want[3], "created", "exists", 1)
	if diff := cmp.Diff(want, h.rows(bulk(id, "application/json; charset=utf-8", body))); diff != "" {
		t.Errorf("once more (-want +got):\n%s", diff)
	}
	resp := h.send(bulk(id, "", body))
	if !strings.Contains(resp.Body, twin) || !strings.Contains(resp.Body, other) || !strings.Contains(resp.Body, `\"checkout-button-color\"`) {
		t.Errorf("candidates, or the experiment that is in the way, are not named: %s", resp.Body)
	}
}

func TestManyLinksAsCSV(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	named := h.campaign("Spring, \"the\" Sale")
	first := "created checkout-button-color 701xx000000001AAAQ"
	tests := []struct {
		name, body string
		want       []string
	}{
		{"plain", "experiment_key,campaign_id\ncheckout-button-color,701xx000000001AAAQ\n", []string{first}},
		{"CRLF, a mark, no end of the last line", "\xef\xbb\xbfexperiment_key,campaign_id\r\ncheckout-button-color,701xx000000001A", []string{first}},
		{"quoted", "\"campaign_id\",\"experiment_key\"\r\n\"701xx000000001A\",\"a, \"\"b\"\"\"\r\n", []string{`created a, "b" 701xx000000001AAAQ`}},
		{"names", "experiment_key,campaign_name\na,\"Spring, \"\"the\"\" Sale\"\n", []string{"created a " + named}},
		{"both columns", "experiment_key,campaign_id,campaign_name\na,701xx000000001A,\nb,,\"spring, \"\"the\"\" sale\"\nc,701xx000000001A,Twins\nd,,\n",
			[]string{"created a 701xx000000001AAAQ", "created b " + named, "invalid at items.2.campaign_name", "invalid at items.3.campaign_id"}},
		{"capitals and blanks", " Experiment_Key , CAMPAIGN_ID \na , 701xx000000001A \n", []string{"created a 701xx000000001AAAQ"}},
		{"rows of another length", "experiment_key,campaign_id\na\na,701xx000000001A,more\na,701xx000000001A\n", []string{"invalid", "invalid", "created a 701xx000000001AAAQ"}},
		{"empty lines", "experiment_key,campaign_id\n\n\na,701xx000000001A\n\n", []string{"created a 701xx000000001AAAQ"}},
		{"a line break in a field", "experiment_key,campaign_id\n\"a\nb\",701xx000000001A\nb,701xx000000001A\n", []string{"invalid at items.0.experiment_key", "created b 701xx000000001AAAQ"}},
		{"a formula is text", "experiment_key,campaign_id\n=1+1,701xx000000001A\n", []string{"created =1+1 701xx000000001AAAQ"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := h.in(t)
			for _, campaign := range []string{"701xx000000001AAAQ", named} {
				h.admin("DELETE", base+"/"+id+"/links/"+campaign, "")
			}
			if diff := cmp.Diff(tt.want, h.rows(bulk(id, "text/csv; charset=UTF-8; header=present", tt.body))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestManyLinksThatAreRefusedAsAWhole(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	many := func(n int) string {
		return "experiment_key,campaign_id\n" + strings.Repeat("a,701xx000000001A\n", n)
	}
	var utf16le strings.Builder
	for _, u := range utf16.Encode([]rune("\ufeff" + many(1))) {
		utf16le.WriteByte(byte(u))
		utf16le.WriteByte(byte(u >> 8))
	}
	tests := []struct {
		name, contentType, body string
		status                  int
		says                    string
	}{
		{"nothing", "text/csv", "", 400, "no body"},
		{"nothing of JSON", "application/json", "", 400, "no body"},
		{"only a mark", "text/csv", "\xef\xbb\xbf", 422, "empty"},
		{"only a header", "text/csv", "experiment_key,campaign_id\n", 422, "no rows"},
		{"an empty array", "application/json", "[]", 422, "no rows"},
		{"no header", "text/csv", "a,701xx000000001A\n", 422, `column "a"`},
		{"half of a header", "text/csv", "experiment_key\na\n", 422, "columns"},
		{"an unknown column", "text/csv", "experiment_key,campaign_nr\na,701xx000000001A\n", 422, `"campaign_nr"`},
		{"a column twice", "text/csv", "experiment_key,campaign_id,campaign_id\na,b,c\n", 422, "twice"},
		{"semicolons", "text/csv", "experiment_key;campaign_id\na;701xx000000001A\n", 422, "commas"},
		{"old line ends", "text/csv", strings.ReplaceAll(many(2), "\n", "\r"), 422, "carriage return"},
		{"a line for the spreadsheet", "text/csv", "sep=,\r\n" + many(1), 422, "Leave out the first line"},
		{"one that means semicolons", "text/csv", "\xef\xbb\xbfSEP=;\n" + many(1), 422, "Leave out the first line"},
		{"packed", "text/csv", "\x1f\ufffd\x08\x00", 400, "gzip"},
		{"packed JSON", "application/json", "\x1f\x8b\x08\x00", 400, "gzip"},
		{"no type", "", many(1), 400, "or CSV with Content-Type: text/csv"},
		{"CSV as JSON", "application/json", many(1), 400, "Send a JSON array"},
		{"blanks as JSON", "application/json", "  ", 400, "Send a JSON array"},
		{"cut off in a quote", "text/csv", "experiment_key,campaign_id\na,701xx000000001A\n\"b,701", 422, "line 3"},
		{"a quote inside", "text/csv", "experiment_key,campaign_id\na\"b,701xx000000001A\n", 422, "Line 2"},
		{"too many", "text/csv", many(501), 422, "500"},
		{"too many of JSON", "application/json", "[" + strings.TrimSuffix(strings.Repeat(`{},`, 501), ",") + "]", 422, "500"},
		{"too large", "text/csv", many(40_000), 413, "512 KB"},
		{"Latin-1", "text/csv", "experiment_key,campaign_name\na,Fr\xfchling\n", 400, "UTF-8"},
		{"what was lost on the way", "text/csv", "experiment_key,campaign_name\na,Fr\ufffdhling\n", 400, "UTF-8"},
		{"UTF-16", "text/csv", utf16le.String(), 400, "UTF-8"},
		{"another charset", "text/csv; charset=iso-8859-1", many(1), 415, "UTF-8"},
		{"XML", "text/xml", "<a/>", 415, "text/csv"},
		{"a form", "application/x-www-form-urlencoded", "a=b", 415, "text/csv"},
		{"an object", "application/json", contractLink, 422, "array"},
		{"JSON that is cut off", "application/json", `[{"experiment_key": "a"`, 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := h.in(t)
			if p, _ := h.refused(bulk(id, tt.contentType, tt.body), tt.status); !strings.Contains(p.Detail, tt.says) {
				t.Errorf("detail %q does not say %q", p.Detail, tt.says)
			}
		})
	}
	h.want("GET", base+"/"+id+"/links", "", 200, `{"items": [], "next_cursor": null}`)
	h.refused(bulk(testID(9), "text/csv", many(1)), 404)
	if got := h.rows(bulk(id, "text/csv", many(500))); len(got) != 500 {
		t.Errorf("%d rows", len(got))
	}
	long := bulk(id, "text/csv", "experiment_key,campaign_id\n"+strings.Repeat(strings.Repeat("k", 250)+",701xx000000001A\n", 400))
	long.MultiValueHeaders["Idempotency-Key"] = []string{"many-links"}
	h.rows(long)
}

// TestPartOfManyLinksFails: what could be made is made.
func TestPartOfManyLinksFails(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	if _, err := h.org.AddFault(localorg.Fault{Match: localorg.Match{Route: "query"}, Effect: localorg.Effect{Kind: localorg.RequestLimit}}); err != nil {
		t.Fatal(err)
	}
	body := "experiment_key,campaign_id,campaign_name\na,701xx000000001A,\na,,Q1 Checkout Optimization\n"
	want := []string{"created a 701xx000000001AAAQ", "failed a"}
	if diff := cmp.Diff(want, h.rows(bulk(id, "text/csv", body))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	h.org.ClearFaults()
	want = []string{"exists a 701xx000000001AAAQ", "exists a 701xx000000001AAAQ"}
	if diff := cmp.Diff(want, h.rows(bulk(id, "text/csv", body))); diff != "" {
		t.Errorf("once more (-want +got):\n%s", diff)
	}
}

func TestNamesOfManyLinksTakeFewCalls(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	var links []map[string]string
	for n := range integration.MaxBulkLinks {
		name := fmt.Sprintf("Campaign number %03d of the spring season", n)
		h.campaign(name)
		links = append(links, map[string]string{"experiment_key": fmt.Sprint("e", n%7), "campaign_name": name})
	}
	body, err := json.Marshal(links)
	if err != nil {
		t.Fatal(err)
	}
	h.asked()
	for _, row := range h.rows(bulk(id, "application/json", string(body))) {
		if !strings.HasPrefix(row, "created") {
			t.Error(row)
		}
	}
	if calls, _ := h.asked(); calls > 3 {
		t.Errorf("%d calls", calls)
	}
}

// FuzzManyLinks: whatever is sent, there is one problem, or rows that are each either
// read or refused.
func FuzzManyLinks(f *testing.F) {
	for _, seed := range []string{"experiment_key,campaign_id\na,701xx000000001A\n", "\xef\xbb\xbfexperiment_key,campaign_name\r\n\"a\",\"b\"\"c\"", "experiment_key;campaign_id", "\"", "[{}]", "[null, 1, {\"experiment_key\": []}]", "a\x00b", "\n\n,"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, body string, asCSV bool) {
		kind := "application/json"
		if asCSV {
			kind = "text/csv"
		}
		rows, p := httpapi.BulkRows(t.Context(), kind, []byte(body))
		if p != nil && (rows != nil || p.Status < 400 || p.Status >= 500 || p.Detail == "") {
			t.Errorf("%d rows, %+v", len(rows), p)
		}
		for n, r := range rows {
			if code := integration.ErrorCode(r.Err); code != "" && code != integration.CodeInvalid {
				t.Errorf("row %d: %v", n, r.Err)
			}
		}
	})
}
