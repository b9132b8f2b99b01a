package localorg_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/salesforce/localorg"
)

// findsNames compares the names that a query of Campaigns finds, with commas between.
func (h *harness) findsNames(t *testing.T, filter, want string) {
	t.Helper()
	res := h.query("SELECT Name FROM Campaign "+filter).want(http.StatusOK, "done", true)
	var names []string
	for _, r := range res.get("records").([]any) {
		names = append(names, r.(map[string]any)["Name"].(string))
	}
	if got := strings.Join(names, ","); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
	res.want(http.StatusOK, "totalSize", len(names))
}

// TestLikeReadsEscapes: of the two signs \\, \_ and \% a pattern takes the second one as
// it is, the backslash included.
func TestLikeReadsEscapes(t *testing.T) {
	h := newHarness(t)
	h.call(http.MethodDelete, campaign, "").want(http.StatusNoContent)
	for _, name := range []string{`back\\slash`, `two\\\\slashes`, `100%`, `50\\%`, `under_score`, `a\\_b`, `plain`} {
		h.create("Campaign", `{"Name":"`+name+`"}`)
	}
	tests := map[string]string{ // pattern, to the names found
		`%\\%`:        `50\%,a\_b,back\slash,two\\slashes`,
		`%\\\\%`:      `two\\slashes`,
		`BACK\\slash`: `back\slash`,
		`back_slash`:  `back\slash`,
		`%\%`:         `100%,50\%`,
		`%\\\%`:       `50\%`,
		`%\_%`:        `a\_b,under_score`,
		`%\\\_%`:      `a\_b`,
		`%\\_%`:       `50\%,a\_b,back\slash,two\\slashes`,
		`\\%`:         ``,
		`%\\`:         ``,
	}
	for pattern, want := range tests {
		t.Run(pattern, func(t *testing.T) {
			h.findsNames(t, "WHERE Name LIKE '"+pattern+"' ORDER BY Name", want)
		})
	}
}

// queryOrg has five campaigns that differ in what the queries ask for.
func queryOrg(t *testing.T) *harness {
	h := newHarness(t, func(c *localorg.Config) {
		c.Definitions = [][]byte{[]byte(`{"name":"Campaign","fields":[{"name":"Tags__c","type":"multipicklist"},{"name":"Key__c","externalId":true}]}`)}
	})
	h.call(http.MethodDelete, campaign, "").want(http.StatusNoContent)
	h.create("Campaign", `{"Name":"Alpha","Status":"Planned","BudgetedCost":10,"StartDate":"2026-03-01","IsActive":true,"Tags__c":"a;b","Key__c":"k1"}`)
	h.create("Campaign", `{"Name":"beta","Status":"Completed","BudgetedCost":20,"StartDate":"2026-03-02","Tags__c":"b"}`)
	h.create("Campaign", `{"Name":"Gamma 50%","Status":"Completed","BudgetedCost":30,"StartDate":"2026-04-01","Tags__c":"c"}`)
	h.pass(24 * time.Hour)
	h.login()
	h.create("Campaign", `{"Name":"O'Delta","Status":"Aborted","StartDate":"2026-05-01"}`)
	parent := h.create("Campaign", `{"Name":"Parent"}`)
	h.create("Campaign", `{"Name":"child_1","ParentId":"`+parent+`","Status":null}`)
	return h
}

func TestQueriesFind(t *testing.T) {
	h := queryOrg(t)
	tests := map[string]string{ // filter and the rest, to the names found
		"WHERE Status = 'completed'":                                           "beta,Gamma 50%",
		"WHERE Status != 'Completed' AND BudgetedCost = null":                  "O'Delta,Parent,child_1",
		"WHERE Status = null":                                                  "child_1",
		"WHERE BudgetedCost > 10 AND BudgetedCost <= 30":                       "beta,Gamma 50%",
		"WHERE BudgetedCost < 10.5 OR Name = 'parent'":                         "Alpha,Parent",
		"WHERE (Status = 'Planned' OR Status = 'Aborted') AND IsActive = TRUE": "Alpha",
		"WHERE NOT (Status = 'Completed') AND NOT Name LIKE '%a%'":             "child_1",
		"WHERE NOT Status IN ('Completed', 'Planned')":                         "O'Delta,child_1",
		"WHERE Status NOT IN ('Completed','Planned')":                          "O'Delta,child_1",
		"WHERE Name LIKE '%ta'":                                                "beta,O'Delta",
		"WHERE Name LIKE '_e%'":                                                "beta",
		`WHERE Name LIKE 'child\_1'`:                                           "child_1",
		`WHERE Name LIKE '%\%'`:                                                "Gamma 50%",
		`WHERE Name = 'O\'Delta'`:                                              "O'Delta",
		"WHERE StartDate = 2026-03-02":                                         "beta",
		"WHERE StartDate >= 2026-04-01":                                        "Gamma 50%,O'Delta",
		"WHERE StartDate = LAST_MONTH":                                         "",
		"WHERE StartDate = THIS_MONTH":                                         "Alpha,beta",
		"WHERE StartDate < TODAY":                                              "Alpha,beta",
		"WHERE StartDate = NEXT_N_DAYS:40":                                     "Gamma 50%",
		"WHERE CreatedDate < 2026-03-03T00:00:00Z":                             "Alpha,beta,Gamma 50%",
		"WHERE CreatedDate >= 2026-03-03T11:00:00+01:00":                       "O'Delta,Parent,child_1",
		"WHERE CreatedDate = YESTERDAY":                                        "Alpha,beta,Gamma 50%",
		"WHERE CreatedDate = TODAY":                                            "O'Delta,Parent,child_1",
		"WHERE Parent.Name = 'PARENT'":                                         "child_1",
		"WHERE ParentId != null":                                               "child_1",
		"WHERE Owner.Name LIKE 'Integration%' AND Key__c = 'K1'":               "Alpha",
		"WHERE Tags__c INCLUDES ('a;b','c')":                                   "Alpha,Gamma 50%",
		"WHERE Tags__c EXCLUDES ('b') AND BudgetedCost != null":                "Gamma 50%",
		"WHERE Id IN (SELECT ParentId FROM Campaign)":                          "Parent",
		"WHERE Id NOT IN (SELECT ParentId FROM Campaign) AND Status = null":    "child_1",
		"ORDER BY Name DESC LIMIT 2":                                           "Parent,O'Delta",
		"ORDER BY BudgetedCost DESC NULLS LAST, Name LIMIT 4":                  "Gamma 50%,beta,Alpha,child_1",
		"ORDER BY BudgetedCost, Name LIMIT 3":                                  "child_1,O'Delta,Parent",
		"ORDER BY Parent.Name NULLS LAST LIMIT 1":                              "child_1",
		"ORDER BY Name LIMIT 2 OFFSET 1":                                       "beta,child_1",
		"c WHERE c.Name = 'Alpha' LIMIT 1":                                     "Alpha",
		"USING SCOPE everything WHERE Name = 'Alpha' WITH USER_MODE FOR VIEW":  "Alpha",
		"LIMIT 0": "",
		"WHERE Name = 'Q1 Checkout Optimization'":       "",
		"\n where  Name\tin ( 'Alpha' ) limit 1":        "Alpha",
		"WHERE Name > 'b' AND Name < 'd' ORDER BY Name": "beta,child_1",
		"WHERE Name <> 'Alpha' AND Status = 'Planned'":  "Parent",
	}
	for filter, want := range tests {
		t.Run(filter, func(t *testing.T) {
			h.findsNames(t, filter, want)
		})
	}
}

func TestQueriesRefused(t *testing.T) {
	h := queryOrg(t)
	tests := map[string]struct{ code, tail string }{
		"SELECT FROM Campaign":           {"MALFORMED_QUERY", "\nSELECT FROM Campaign\n       ^\nERROR at Row:1:Column:8\nunexpected token: 'FROM'"},
		"SELECT Id FROM Campaign WHERE":  {"MALFORMED_QUERY", "ERROR at Row:1:Column:30\nunexpected token: '<EOF>'"},
		"SELECT Id,, Name FROM Campaign": {"MALFORMED_QUERY", "ERROR at Row:1:Column:11\nunexpected token: ','"},
		"SELECT Id FROM Campaign WHERE Name = 'a' AND Name = 'b' OR Name = 'c'": {"MALFORMED_QUERY", "Column:57\nunexpected token: 'OR'"},
		"SELECT Id FROM Campaign WHERE Name = 'a":                               {"MALFORMED_QUERY", "Column:38\nunexpected token: '''"},
		`SELECT Id FROM Campaign WHERE Name = 'a\q'`:                            {"MALFORMED_QUERY", "in string literal."},
		"SELECT Id\nFROM Campaign\nWHERE Name == 'a'":                           {"MALFORMED_QUERY", "\nWHERE Name == 'a'\n            ^\nERROR at Row:3:Column:13\nunexpected token: '='"},
		"SELECT Id FROM Campaign LIMIT x":                                       {"MALFORMED_QUERY", "unexpected token: 'x'"},
		"SELECT Id FROM Campaign WHERE Name = :name":                            {"MALFORMED_QUERY", "unexpected token: ':'"},
		"SELECT Name, COUNT(Id) FROM Campaign GROUP BY Name":                    {"MALFORMED_QUERY", "not supported by this local org"},
		"SELECT Id FROM Campaign WHERE Name = 'a' GROUP BY Name":                {"MALFORMED_QUERY", "not supported by this local org"},
		"DELETE FROM Campaign":                                                  {"MALFORMED_QUERY", "unexpected token: 'DELETE'"},
		"SELECT FIELDS(ALL) FROM Campaign":                                      {"MALFORMED_QUERY", "LIMIT of at most 200"},
		"SELECT Nope FROM Campaign":                                             {"INVALID_FIELD", "ERROR at Row:1:Column:8\nNo such column 'Nope' on entity 'Campaign'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."},
		"SELECT Id FROM Campaign WHERE Owner.Nope = 'x'":                        {"INVALID_FIELD", "No such column 'Nope' on entity 'User'"},
		"SELECT Nope.Name FROM Campaign":                                        {"INVALID_FIELD", "Didn't understand relationship 'Nope' in field path."},
		"SELECT Id, Id FROM Campaign":                                           {"INVALID_FIELD", "duplicate field selected: Id"},
		"SELECT Id FROM Nope":                                                   {"INVALID_TYPE", "ERROR at Row:1:Column:16\nsObject type 'Nope' is not supported."},
		"SELECT Id, (SELECT Id FROM Nopes) FROM Campaign":                       {"INVALID_TYPE", "Didn't understand relationship 'Nopes' in FROM part of query call."},
		"SELECT Id FROM Campaign WHERE IsActive = 'true'":                       {"INVALID_FIELD", "value of filter criterion for field 'IsActive' must be of type boolean and should not be enclosed in quotes"},
		"SELECT Id FROM Campaign WHERE Name = 5":                                {"INVALID_FIELD", "must be of type string and should be enclosed in quotes"},
		"SELECT Id FROM Campaign WHERE StartDate = '2026-01-01'":                {"INVALID_FIELD", "must be of type date and should not be enclosed in quotes"},
		"SELECT Id FROM Campaign WHERE CreatedDate > 2026-01-01":                {"INVALID_FIELD", "must be of type dateTime"},
		"SELECT Id FROM Campaign WHERE Id = 'xyz'":                              {"INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: xyz"},
		"SELECT Id FROM Campaign WHERE Id LIKE '701%'":                          {"INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id field"},
		"SELECT Id FROM Campaign WHERE Name INCLUDES ('x')":                     {"INVALID_QUERY_FILTER_OPERATOR", "multipicklist"},
		"SELECT Id FROM Campaign WHERE Description = 'x'":                       {"INVALID_FIELD", "field 'Description' can not be filtered in a query call"},
		"SELECT Id FROM Campaign OFFSET 2001":                                   {"NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"},
		"SELECT Id FROM ContentDocumentLink":                                    {"MALFORMED_QUERY", "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator."},
		"SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId IN ('701xx000000001A') AND ContentDocument.Title = 'x'": {"MALFORMED_QUERY", "filtering on non-id fields is only permitted when filtering by ContentDocumentLink.LinkedEntityId using the equals operator."},
		"": {"MALFORMED_QUERY", "A query string has to be specified"},
	}
	for q, want := range tests {
		t.Run(q, func(t *testing.T) {
			res := h.query(q).want(http.StatusBadRequest, "0.errorCode", want.code)
			if got := res.get("0.message").(string); !strings.Contains(got, want.tail) {
				t.Errorf("message %q, want %q in it", got, want.tail)
			}
		})
	}
	one := "SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '701xx000000001A' AND ContentDocument.Title = 'x'"
	h.query(one).want(http.StatusOK, "totalSize", 0)
	h.set(func(s *localorg.Settings) { s.QueryAllFiles = true })
	h.query("SELECT Id FROM ContentDocumentLink").want(http.StatusOK)
	h.set(func(s *localorg.Settings) { s.FieldSecurity["Campaign.Status"] = "hidden" })
	h.query("SELECT Status FROM Campaign").want(http.StatusBadRequest, "0.errorCode", "INVALID_FIELD")
	h.set(func(s *localorg.Settings) { s.Notes = false })
	h.query("SELECT Id FROM ContentNote").want(http.StatusBadRequest, "0.errorCode", "INVALID_TYPE")
}

func TestQueryShapes(t *testing.T) {
	h := queryOrg(t)
	res := h.query("SELECT Name, Parent.Name, Parent.Id, Owner.Name FROM Campaign WHERE Name IN ('child_1','beta') ORDER BY Name")
	res.want(http.StatusOK, "records.0.Parent", nil, "records.1.Parent.Name", "Parent", "records.1.Parent.attributes.type", "Campaign", "records.1.Owner.Name", "Integration User")
	if !strings.Contains(res.text, `"records":[{"attributes":{"type":"Campaign","url":"/services/data/v66.0/sobjects/Campaign/701`) {
		t.Errorf("attributes are not first: %s", res.text)
	}
	h.query("SELECT COUNT() FROM Campaign").want(http.StatusOK, "totalSize", 6, "done", true)
	h.query("SELECT FIELDS(STANDARD) FROM Campaign WHERE Name = 'Alpha'").want(http.StatusOK, "records.0.BudgetedCost", 10)
	h.query("SELECT FIELDS(CUSTOM) FROM Campaign WHERE Name = 'Alpha' LIMIT 1").want(http.StatusOK, "records.0.Key__c", "k1")
	h.query("SELECT Name, (SELECT Name FROM ChildCampaigns WHERE Name LIKE 'child%' ORDER BY Name LIMIT 5) FROM Campaign WHERE Name IN ('Parent','Alpha') ORDER BY Name").
		want(http.StatusOK, "records.0.ChildCampaigns", nil, "records.1.ChildCampaigns.totalSize", 1, "records.1.ChildCampaigns.records.0.Name", "child_1")
	h.query("SELECT Id, InstanceName FROM Organization").want(http.StatusOK, "records.0.Id", h.OrgID(), "totalSize", 1)
	h.call(http.MethodGet, "queryAll?q=SELECT+Name,IsDeleted+FROM+Campaign+WHERE+IsDeleted=true", "").want(http.StatusOK, "records.0.Name", "Q1 Checkout Optimization", "records.0.IsDeleted", true)
	h.query("SELECT Name FROM Campaign WHERE IsDeleted = true ALL ROWS").want(http.StatusOK, "totalSize", 1)
}

func TestQueryMore(t *testing.T) {
	h := newHarness(t)
	for i := range 3 {
		h.call(http.MethodPost, "composite/sobjects", mustJSON(t, obj{"records": many(200, func(k int) any { return rec("Account", "Name", fmt.Sprintf("A%03d", 200*i+k)) })})).want(http.StatusOK)
	}
	res := h.query("SELECT Name FROM Account ORDER BY Name", "Sforce-Query-Options", "batchSize=250").want(http.StatusOK, "totalSize", 600, "done", false)
	seen := len(res.get("records").([]any))
	for res.get("done") == false {
		next := res.get("nextRecordsUrl").(string)
		if !strings.HasPrefix(next, "/services/data/v66.0/query/01g") || !strings.HasSuffix(next, fmt.Sprint("-", seen)) {
			t.Fatalf("nextRecordsUrl %q after %d records", next, seen)
		}
		res = h.call(http.MethodGet, next, "").want(http.StatusOK, "records.0.Name", fmt.Sprintf("A%03d", seen))
		seen += len(res.get("records").([]any))
	}
	if seen != 600 {
		t.Errorf("%d records came", seen)
	}
	h.query("SELECT Name FROM Account").want(http.StatusOK, "done", true)
	h.call(http.MethodGet, "query/01gxx0000000zzzAAA-2000", "").want(http.StatusBadRequest, "0.errorCode", "INVALID_QUERY_LOCATOR")
}
