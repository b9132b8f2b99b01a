package localorg_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"salesforce-integration/internal/salesforce/localorg"
)

const v66 = "/services/data/v66.0/"

type obj = map[string]any

func rec(kind string, pairs ...any) obj {
	o := obj{"attributes": obj{"type": kind}}
	for i := 0; i < len(pairs); i += 2 {
		o[pairs[i].(string)] = pairs[i+1]
	}
	return o
}

func many(n int, item func(int) any) []any {
	out := slices.Repeat([]any{nil}, n)
	for i := range out {
		out[i] = item(i)
	}
	return out
}

func sub(method, path, ref string, body any) obj {
	return obj{"method": method, "url": v66 + path, "referenceId": ref, "body": body}
}

func (h *harness) status() any {
	h.t.Helper()
	r, err := h.Record("Campaign", localorg.CampaignID)
	if err != nil {
		h.t.Fatal(err)
	}
	return r["Status"]
}

func TestCollectionsAnswerPerRecord(t *testing.T) {
	h := newHarness(t)
	h.set(func(s *localorg.Settings) { s.RestrictStatus = true })
	good := rec("Campaign", "id", localorg.CampaignID[:15], "Status", "Completed")
	bogus := rec("Campaign", "id", h.create("Campaign", `{"Name":"B"}`), "Status", "Bogus")
	res := h.call(http.MethodPatch, "composite/sobjects", mustJSON(t, obj{"allOrNone": false, "records": []any{good, bogus}}))
	res.want(http.StatusOK, "0.id", localorg.CampaignID, "0.success", true, "1.success", false, "1.errors.0.statusCode", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "1.errors.0.fields.0", "Status")
	if !strings.Contains(res.text, `{"success":false,"errors":[{"statusCode":`) {
		t.Errorf("a failed record has an id, or not its errors: %s", res.text)
	}
	if h.status() != "Completed" {
		t.Error("the good record was not written")
	}
	good["Status"] = "Planned"
	h.call(http.MethodPatch, "composite/sobjects", mustJSON(t, obj{"allOrNone": true, "records": []any{good, bogus}})).
		want(http.StatusOK, "0.success", false, "0.id", localorg.CampaignID, "0.errors.0.statusCode", "ALL_OR_NONE_OPERATION_ROLLED_BACK",
			"0.errors.0.message", "Record rolled back because not all records were valid and the request was using AllOrNone header", "1.errors.0.statusCode", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
	if h.status() != "Completed" {
		t.Error("all or none wrote one")
	}
	res = h.call(http.MethodPost, "composite/sobjects", mustJSON(t, obj{"allOrNone": true, "records": []any{rec("Campaign", "Name", "x"), rec("Campaign")}})).want(http.StatusOK, "0.success", false)
	if strings.Contains(res.text, `"id"`) {
		t.Errorf("a create that was rolled back has an id: %s", res.text)
	}
	h.call(http.MethodPatch, "composite/sobjects", mustJSON(t, obj{"records": []any{good, good, rec("Campaign", "Status", "Planned")}})).
		want(http.StatusOK, "0.success", true, "1.errors.0.statusCode", "DUPLICATE_VALUE", "2.errors.0.statusCode", "MISSING_ARGUMENT")
	h.call(http.MethodPost, "composite/sobjects", mustJSON(t, obj{"records": []any{rec("Campaign", "id", localorg.CampaignID, "Name", "x")}})).
		want(http.StatusOK, "0.errors.0.statusCode", "INVALID_FIELD_FOR_INSERT_UPDATE")
}

func TestCollectionsLimits(t *testing.T) {
	h := newHarness(t)
	full := many(200, func(i int) any { return rec("Campaign", "Name", fmt.Sprint(i)) })
	calls := h.APIUsage()
	h.call(http.MethodPost, "composite/sobjects", mustJSON(t, obj{"records": full})).want(http.StatusOK)
	if h.APIUsage() != calls+1 {
		t.Error("a collection costs one call")
	}
	h.call(http.MethodPost, "composite/sobjects", mustJSON(t, obj{"records": append(full, full[0])})).want(http.StatusBadRequest, "0.errorCode", "EXCEEDED_ID_LIMIT",
		"0.message", "record limit reached. cannot submit more than 200 records into this call")
	mixed := func(n int) string {
		return mustJSON(t, obj{"records": many(n, func(i int) any {
			if i%2 == 0 {
				return rec("Campaign", "Name", "x")
			}
			return rec("Account", "Name", "x")
		})})
	}
	h.call(http.MethodPost, "composite/sobjects", mixed(10)).want(http.StatusOK, "9.success", true)
	h.call(http.MethodPost, "composite/sobjects", mixed(11)).want(http.StatusBadRequest,
		"0.message", "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce chunking.")
	h.call(http.MethodPost, "composite/sobjects", `{"records":[{"Name":"x"}]}`).want(http.StatusBadRequest)
}

func TestCollectionsReadUpsertDelete(t *testing.T) {
	h := newHarness(t, func(c *localorg.Config) { c.Definitions = [][]byte{[]byte(keyed)} })
	up := func(all bool, rows ...any) reply {
		return h.call(http.MethodPatch, "composite/sobjects/Campaign/Flag_Key__c", mustJSON(t, obj{"allOrNone": all, "records": rows}))
	}
	first := up(false, rec("Campaign", "Flag_Key__c", "a", "Name", "A"), rec("Campaign", "Name", "none")).
		want(http.StatusOK, "0.created", true, "0.success", true, "1.success", false)
	id := first.get("0.id").(string)
	up(false, rec("Campaign", "Flag_Key__c", "a", "Name", "A2")).want(http.StatusOK, "0.created", false, "0.id", id)
	up(true, rec("Campaign", "Flag_Key__c", "n", "Name", "N"), rec("Campaign", "Flag_Key__c", "m", "OwnerId", "INVALID")).
		want(http.StatusOK, "0.success", false, "0.created", true, "1.created", true, "1.errors.0.statusCode", "MALFORMED_ID")
	missing := "701xx000000zzzzAAA"
	h.call(http.MethodGet, "composite/sobjects/Campaign?ids="+id+","+missing+"&fields=Id,Name", "").want(http.StatusOK, "0.Name", "A2", "1", nil)
	h.call(http.MethodPost, "composite/sobjects/Campaign", mustJSON(t, obj{"ids": []string{id}, "fields": []string{"Name"}})).want(http.StatusOK, "0.Name", "A2")
	h.call(http.MethodDelete, "composite/sobjects?allOrNone=true&ids="+id+","+missing, "").want(http.StatusOK, "0.success", false, "0.id", id, "1.errors.0.statusCode", "INVALID_CROSS_REFERENCE_KEY")
	h.call(http.MethodDelete, "composite/sobjects?ids="+id+",zz", "").want(http.StatusOK, "0.success", true, "1.success", false)
}

func TestComposite(t *testing.T) {
	h := newHarness(t)
	steps := func(all bool, subs ...any) reply {
		return h.call(http.MethodPost, "composite", mustJSON(t, obj{"allOrNone": all, "compositeRequest": subs}))
	}
	note := sub("POST", "composite/sobjects", "notes", obj{"records": []any{rec("ContentNote", "Title", "N", "Content", "eA==")}})
	link := func(ref string) obj {
		return sub("POST", "sobjects/ContentDocumentLink", "link", obj{"ContentDocumentId": ref, "LinkedEntityId": localorg.CampaignID})
	}
	patch := sub("PATCH", campaign, "camp", obj{"Status": "Completed"})
	bad := sub("PATCH", campaign, "bad", obj{"Nope": 1})
	const halted = "The transaction was rolled back since another operation in the same transaction failed."

	steps(true, patch, note, link("@{notes[0].id}")).want(http.StatusOK, "compositeResponse.0.httpStatusCode", 204, "compositeResponse.0.body", nil,
		"compositeResponse.0.referenceId", "camp", "compositeResponse.1.httpStatusCode", 200, "compositeResponse.2.httpStatusCode", 201)
	if h.status() != "Completed" || len(h.Notes(localorg.CampaignID)) != 1 {
		t.Error("the composite call was not done")
	}
	patch["body"] = obj{"Status": "Aborted"}
	steps(true, patch, bad).want(http.StatusOK, "compositeResponse.0.httpStatusCode", 400, "compositeResponse.0.body.0.errorCode", "PROCESSING_HALTED",
		"compositeResponse.0.body.0.message", halted, "compositeResponse.1.body.0.errorCode", "INVALID_FIELD")
	if h.status() != "Completed" {
		t.Error("a failed composite call left something behind")
	}
	steps(false, patch, bad, link("@{bad.id}")).want(http.StatusOK, "compositeResponse.0.httpStatusCode", 204, "compositeResponse.2.body.0.errorCode", "PROCESSING_HALTED",
		"compositeResponse.2.body.0.message", "Invalid reference specified. No value for bad.id found in bad. Provided referenceId ('bad') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_').")
	if h.status() != "Aborted" {
		t.Error("without allOrNone the good step counts")
	}

	// An outer allOrNone undoes a collection whose own flag is off, although its
	// results say success.
	patch["body"] = obj{"Status": "Planned"}
	half := sub("POST", "composite/sobjects", "half", obj{"allOrNone": false, "records": []any{rec("Campaign", "Name", "x"), rec("Campaign")}})
	steps(true, patch, half).want(http.StatusOK, "compositeResponse.0.httpStatusCode", 400, "compositeResponse.1.httpStatusCode", 200, "compositeResponse.1.body.0.success", true)
	if h.status() != "Aborted" {
		t.Error("the outer allOrNone was not heeded")
	}

	h.set(func(s *localorg.Settings) { s.Disputed.ArrayReferences = false })
	steps(false, note, link("@{notes[0].id}")).want(http.StatusOK, "compositeResponse.1.body.0.errorCode", "PROCESSING_HALTED")

	read := sub("GET", campaign, "read", nil)
	steps(false, read, sub("GET", "sobjects/User/@{read.OwnerId}?fields=Name", "owner", nil)).want(http.StatusOK, "compositeResponse.1.body.Name", "Pat Marketer")
}

func TestCompositeRefusals(t *testing.T) {
	h := newHarness(t)
	read := func(i int) any { return sub("GET", campaign, fmt.Sprint("r", i), nil) }
	query := func(i int) any { return sub("GET", "query?q=SELECT+Id+FROM+Campaign", fmt.Sprint("q", i), nil) }
	header := sub("GET", campaign, "r", nil)
	header["httpHeaders"] = obj{"Authorization": "x"}
	tests := map[string]struct {
		subs []any
		code string
	}{
		"25 are fine":         {many(25, read), ""},
		"26 are too many":     {many(26, read), "LIMIT_EXCEEDED"},
		"five queries":        {many(5, query), ""},
		"six queries":         {many(6, query), "LIMIT_EXCEEDED"},
		"a bad reference id":  {[]any{sub("GET", campaign, "a-b", nil)}, "INVALID_INPUT"},
		"the same id twice":   {[]any{read(1), read(1)}, "INVALID_INPUT"},
		"a header of its own": {[]any{header}, "INVALID_INPUT"},
		"none at all":         {nil, "REQUIRED_FIELD_MISSING"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			res := h.call(http.MethodPost, "composite", mustJSON(t, obj{"compositeRequest": tt.subs}))
			if tt.code == "" {
				res.want(http.StatusOK, "compositeResponse.0.httpStatusCode", 200)
				return
			}
			res.want(http.StatusBadRequest, "0.errorCode", tt.code)
		})
	}
}

func noteGraph(id, campaignID, status string) obj {
	return obj{"graphId": id, "compositeRequest": []any{
		sub("POST", "sobjects/ContentDocumentLink", "link", obj{"ContentDocumentId": "@{note.id}", "LinkedEntityId": campaignID}),
		sub("PATCH", "sobjects/Campaign/"+campaignID, "camp", obj{"Status": status}),
		sub("POST", "sobjects/ContentNote", "note", obj{"Title": "Note of " + id, "Content": "eA=="}),
	}}
}

func TestGraphsAreAtomicEach(t *testing.T) {
	h := newHarness(t)
	other := h.create("Campaign", `{"Name":"Other"}`)
	call := mustJSON(t, obj{"graphs": []any{noteGraph("good", other, "Completed"), noteGraph("bad", "701xx000000zzzzAAA", "Completed")}})
	h.call(http.MethodPost, "composite/graph", call).want(http.StatusOK,
		"graphs.0.isSuccessful", true, "graphs.0.graphId", "good", "graphs.0.graphResponse.compositeResponse.0.httpStatusCode", 201,
		"graphs.1.isSuccessful", false, "graphs.1.graphResponse.compositeResponse.1.body.0.errorCode", "PROCESSING_HALTED")
	if len(h.Notes(other)) != 1 {
		t.Error("the good graph was not done")
	}
	if notes, _ := h.Records("ContentNote"); len(notes) != 1 {
		t.Errorf("the bad graph left a note: %v", notes)
	}
	h.set(func(s *localorg.Settings) { s.Disputed.GraphFailure = "cause" })
	res := h.call(http.MethodPost, "composite/graph", call)
	if strings.Contains(res.text, "PROCESSING_HALTED") {
		t.Errorf("every node shows the cause: %s", res.text)
	}
}

func TestGraphLimits(t *testing.T) {
	h := newHarness(t)
	graphs := func(n int, item func(int) any) reply {
		return h.call(http.MethodPost, "composite/graph", mustJSON(t, obj{"graphs": many(n, item)}))
	}
	reads := func(nodes int) func(int) any {
		return func(i int) any {
			return obj{"graphId": fmt.Sprint("g", i), "compositeRequest": many(nodes, func(k int) any { return sub("GET", campaign, fmt.Sprint("r", k), nil) })}
		}
	}
	graphs(75, reads(1)).want(http.StatusOK, "graphs.0.isSuccessful", true)
	graphs(76, reads(1)).want(http.StatusBadRequest, "0.errorCode", "LIMIT_EXCEEDED")
	graphs(1, reads(500)).want(http.StatusOK, "graphs.0.isSuccessful", true)
	graphs(1, reads(501)).want(http.StatusOK, "graphs.0.isSuccessful", false, "graphs.0.graphResponse.compositeResponse.0.body.0.errorCode", "LIMIT_EXCEEDED")

	chain := func(n int) func(int) any {
		return func(int) any {
			return obj{"graphId": "g", "compositeRequest": many(n, func(k int) any {
				body := obj{"Name": fmt.Sprint(k)}
				if k > 0 {
					body["ParentId"] = fmt.Sprintf("@{r%d.id}", k-1)
				}
				return sub("POST", "sobjects/Campaign", fmt.Sprint("r", k), body)
			})}
		}
	}
	graphs(1, chain(15)).want(http.StatusOK, "graphs.0.isSuccessful", true)
	graphs(1, chain(16)).want(http.StatusOK, "graphs.0.isSuccessful", false, "graphs.0.graphResponse.compositeResponse.0.body.0.errorCode", "LIMIT_EXCEEDED")
	circle := obj{"graphId": "g", "compositeRequest": []any{
		sub("POST", "sobjects/Campaign", "a", obj{"Name": "@{b.id}"}), sub("POST", "sobjects/Campaign", "b", obj{"Name": "@{a.id}"})}}
	graphs(1, func(int) any { return circle }).want(http.StatusOK, "graphs.0.isSuccessful", false)

	// After more than 14 failures the rest is not looked at.
	failing := func(i int) any {
		id := "701xx000000zzzzAAA"
		if i == 15 {
			id = localorg.CampaignID
		}
		return noteGraph(fmt.Sprint("g", i), id, "Aborted")
	}
	res := graphs(16, failing)
	if !strings.Contains(res.text, "too many graphs") || h.status() == "Aborted" {
		t.Error("the 16th graph was done after 15 failures")
	}

	kinds := func(int) any {
		objects := []string{"Account", "Campaign", "Contact", "ContentNote", "ContentDocumentLink", "FeedItem", "Lead", "Opportunity"}
		return obj{"graphId": "g", "compositeRequest": many(16, func(k int) any {
			return sub([]string{"POST", "PATCH"}[k/8], "sobjects/"+objects[k%8]+"/x", fmt.Sprint("r", k), obj{})
		})}
	}
	if strings.Contains(graphs(1, kinds).text, "different nodes") {
		t.Error("8 objects are 8 kinds")
	}
	h.set(func(s *localorg.Settings) { s.Disputed.GraphKinds = "methodAndObject" })
	if !strings.Contains(graphs(1, kinds).text, "different nodes") {
		t.Error("8 objects by 2 methods are 16 kinds")
	}
}

func TestBatch(t *testing.T) {
	h := newHarness(t)
	one := func(method, url string, body any) obj { return obj{"method": method, "url": url, "richInput": body} }
	calls := h.APIUsage()
	h.call(http.MethodPost, "composite/batch", mustJSON(t, obj{"batchRequests": []any{
		one("PATCH", "v66.0/"+campaign, obj{"Status": "Completed"}), one("GET", "v66.0/sobjects/Campaign/zz", nil), one("GET", v66+campaign, nil)}})).
		want(http.StatusOK, "hasErrors", true, "results.0.statusCode", 204, "results.0.result", nil, "results.1.statusCode", 404, "results.2.result.Status", "Completed")
	if got := h.APIUsage() - calls; got != 4 {
		t.Errorf("a batch of 3 cost %d calls, want 4", got)
	}
	h.call(http.MethodPost, "composite/batch", mustJSON(t, obj{"haltOnError": true, "batchRequests": []any{
		one("GET", "v66.0/sobjects/Campaign/zz", nil), one("GET", "v66.0/limits", nil)}})).
		want(http.StatusOK, "results.1.statusCode", 412, "results.1.result.0.errorCode", "BATCH_PROCESSING_HALTED")
	h.call(http.MethodPost, "composite/batch", mustJSON(t, obj{"batchRequests": many(26, func(int) any { return one("GET", "v66.0/limits", nil) })})).want(http.StatusBadRequest)
}

func TestTree(t *testing.T) {
	h := newHarness(t)
	contact := obj{"attributes": obj{"type": "Contact", "referenceId": "c"}, "LastName": "L"}
	account := obj{"attributes": obj{"type": "Account", "referenceId": "a"}, "Name": "A", "Contacts": obj{"records": []any{contact}}}
	h.call(http.MethodPost, "composite/tree/Account", mustJSON(t, obj{"records": []any{account}})).want(http.StatusCreated, "hasErrors", false, "results.0.referenceId", "a", "results.1.referenceId", "c")
	h.query("SELECT Id, (SELECT LastName FROM Contacts) FROM Account").want(http.StatusOK, "records.0.Contacts.records.0.LastName", "L", "records.0.Contacts.totalSize", 1)
	delete(contact, "LastName")
	h.call(http.MethodPost, "composite/tree/Account", mustJSON(t, obj{"records": []any{account}})).want(http.StatusBadRequest, "hasErrors", true, "results.0.referenceId", "c", "results.0.errors.0.statusCode", "REQUIRED_FIELD_MISSING")
	h.query("SELECT COUNT() FROM Account").want(http.StatusOK, "totalSize", 1)
}
