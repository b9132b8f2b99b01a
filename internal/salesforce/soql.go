package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxURI keeps a query under Salesforce's 16,384 bytes for a request's address,
// with room for the host.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
const maxURI = 15_000

// maxPages bounds how far a query is followed: a page has up to 2,000 rows.
const maxPages = 50

// QuoteSOQL returns s as a string literal of a query.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
func QuoteSOQL(s string) string {
	return "'" + soqlEscapes().Replace(strings.ToValidUTF8(s, "�")) + "'"
}

// quoteContains is QuoteSOQL for LIKE: rows that have s somewhere in the field. The
// table of escapes counts \\ as one backslash there as well, and has \_ and \% besides.
func quoteContains(s string) string {
	literal := QuoteSOQL(s)
	return "'%" + strings.NewReplacer("%", `\%`, "_", `\_`).Replace(literal[1:len(literal)-1]) + "%'"
}

func soqlEscapes() *strings.Replacer {
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`)
}

// query runs one query and hands each row to add, page after page.
func (c *Client) query(ctx context.Context, op, soql string, add func(json.RawMessage) error) error {
	path := c.queryPath(soql)
	for range maxPages {
		var page struct {
			Done    bool              `json:"done"`
			Next    string            `json:"nextRecordsUrl"`
			Records []json.RawMessage `json:"records"`
		}
		if err := c.do(ctx, call{op: op, method: http.MethodGet, path: path}, &page); err != nil {
			return err
		}
		for _, row := range page.Records {
			if err := add(row); err != nil {
				return &Error{Op: op, Status: http.StatusOK, Code: CodeUnreadable, Message: "a row does not parse", Err: err}
			}
		}
		if page.Done || page.Next == "" {
			return nil
		}
		// An absolute address could lead the token to another host.
		if !strings.HasPrefix(page.Next, "/services/data/") {
			return &Error{Op: op, Status: http.StatusOK, Code: CodeUnreadable, Message: "the next page is not on the org"}
		}
		path = page.Next
	}
	return &Error{Op: op, Status: http.StatusOK, Code: CodeTooLarge, Message: fmt.Sprintf("the query has more than %d pages", maxPages)}
}

func (c *Client) queryPath(soql string) string {
	return c.data + "/query?q=" + url.QueryEscape(soql)
}

// queryIn runs a query once per as many values as fit its address. build gets a
// list such as ('a','b').
func (c *Client) queryIn(ctx context.Context, op string, values []string, build func(list string) string, add func(json.RawMessage) error) error {
	room := maxURI - len(c.queryPath(build("()")))
	for len(values) > 0 {
		var quoted []string
		used := 0
		for _, v := range values {
			literal := QuoteSOQL(v)
			used += len(url.QueryEscape(literal + ","))
			if used > room && len(quoted) > 0 {
				break
			}
			quoted = append(quoted, literal)
		}
		if err := c.query(ctx, op, build("("+strings.Join(quoted, ",")+")"), add); err != nil {
			return err
		}
		values = values[len(quoted):]
	}
	return nil
}
