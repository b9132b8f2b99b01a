package localorg_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/salesforce/localorg"
)

const campaign = "sobjects/Campaign/" + localorg.CampaignID

func TestVersions(t *testing.T) {
	h := newHarness(t)
	h.Token = "" // the one list that needs no session
	res := h.call(http.MethodGet, "/services/data/", "").want(http.StatusOK, "0.version", "31.0", "0.url", "/services/data/v31.0", "0.label", "Summer '14")
	if !strings.Contains(res.text, `{"label":"Spring '26","url":"/services/data/v66.0","version":"66.0"}`) {
		t.Errorf("no v66.0 in %s", res.text)
	}
	if res.header.Get("Sforce-Limit-Info") != "" {
		t.Error("the list of versions carries no limit")
	}
	h.login()
	h.call(http.MethodGet, "/services/data/v25.0/limits", "").want(http.StatusGone, "0.errorCode", "UNSUPPORTED_API_VERSION")
	h.call(http.MethodGet, "/services/data/v99.0/limits", "").want(http.StatusNotFound, "0.errorCode", "NOT_FOUND")
	h.call(http.MethodGet, "/services/data/v66/limits", "").want(http.StatusNotFound)
	if res := h.call(http.MethodGet, "/services/data/v35.0/limits", "").want(http.StatusOK); !strings.HasPrefix(res.header.Get("Warning"), "299 - ") {
		t.Error("an old version is answered without a warning")
	}
	h.call(http.MethodGet, "/services/data/v66.0/", "").want(http.StatusOK, "sobjects", "/services/data/v66.0/sobjects")
}

func TestRowLifeCycle(t *testing.T) {
	h := newHarness(t)
	res := h.call(http.MethodPost, "sobjects/Campaign", `{"Name":"  Autumn  ","StartDate":"2026-09-01","BudgetedCost":12.6,"ExpectedResponse":1.25,"Description":""}`)
	res.want(http.StatusCreated, "success", true)
	id := res.get("id").(string)
	if !strings.HasPrefix(id, "701") || len(id) != 18 || res.header.Get("Location") != "/services/data/v66.0/sobjects/Campaign/"+id {
		t.Errorf("id %q, Location %q", id, res.header.Get("Location"))
	}
	read := h.call(http.MethodGet, "sobjects/Campaign/"+id[:15], "").want(http.StatusOK, "Id", id, "Name", "Autumn", "Status", "Planned",
		"StartDate", "2026-09-01", "Description", nil, "IsActive", false, "LastModifiedDate", "2026-03-02T10:00:00.000+0000",
		"attributes.type", "Campaign", "attributes.url", "/services/data/v66.0/sobjects/Campaign/"+id, "OwnerId", localorg.RunAsUserID)
	for _, text := range []string{`{"attributes":{"type":"Campaign",`, `"BudgetedCost":13.0,`, `"ExpectedResponse":1.25,`, `"NumberOfLeads":0,`} {
		if !strings.Contains(read.text, text) {
			t.Errorf("no %s in %s", text, read.text)
		}
	}
	h.pass(time.Minute)
	if res := h.call(http.MethodPatch, "sobjects/Campaign/"+id, `{"Status":"Completed","StartDate":null}`).want(http.StatusNoContent); res.text != "" {
		t.Errorf("204 with a body: %s", res.text)
	}
	h.call(http.MethodPost, "sobjects/Campaign/"+id+"?_HttpMethod=PATCH", `{"name":"Winter"}`).want(http.StatusNoContent)
	h.call(http.MethodGet, "sobjects/Campaign/"+id+"?fields=Name,Status,StartDate,LastModifiedDate", "").
		want(http.StatusOK, "Name", "Winter", "Status", "Completed", "StartDate", nil, "LastModifiedDate", "2026-03-02T10:01:00.000+0000")
	h.call(http.MethodDelete, "sobjects/Campaign/"+id, "").want(http.StatusNoContent)
	for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
		h.call(method, "sobjects/Campaign/"+id, `{"Status":"Planned"}`).want(http.StatusNotFound, "0.errorCode", "ENTITY_IS_DELETED", "0.message", "entity is deleted")
	}
}

func TestRowRefusals(t *testing.T) {
	long := strings.Repeat("x", 81)
	security := "Please check the security settings of this field and verify that it is read/write for your profile or permission set."
	tests := map[string]struct {
		set                func(*localorg.Settings)
		method, path, body string
		status             int
		code, text, field  string
	}{
		"unknown object":        {method: "GET", path: "sobjects/Nope", status: 404, code: "NOT_FOUND", text: "The requested resource does not exist"},
		"unknown path":          {method: "GET", path: "nope", status: 404, code: "NOT_FOUND"},
		"unknown id":            {method: "GET", path: "sobjects/Campaign/701xx000000zzzzAAA", status: 404, code: "NOT_FOUND"},
		"garbage id":            {method: "GET", path: "sobjects/Campaign/xyz", status: 404, code: "NOT_FOUND", text: "Provided external ID field does not exist or is not accessible: xyz"},
		"missing id, patch":     {method: "PATCH", path: "sobjects/Campaign/701xx000000zzzz", body: `{}`, status: 404, code: "INVALID_CROSS_REFERENCE_KEY", text: "invalid cross reference id"},
		"id of another object":  {method: "PATCH", path: "sobjects/Campaign/" + localorg.RunAsUserID, body: `{}`, status: 400, code: "MALFORMED_ID", text: "Campaign ID: id value of incorrect type: " + localorg.RunAsUserID},
		"method":                {method: "PUT", path: campaign, body: `{}`, status: 405, code: "METHOD_NOT_ALLOWED", text: "HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,PATCH,DELETE"},
		"no JSON":               {method: "PATCH", path: campaign, body: `{"Status"`, status: 400, code: "JSON_PARSER_ERROR"},
		"an array":              {method: "PATCH", path: campaign, body: `[]`, status: 400, code: "JSON_PARSER_ERROR"},
		"unknown field":         {method: "PATCH", path: campaign, body: `{"X__c":1}`, status: 400, code: "INVALID_FIELD", text: "No such column 'X__c' on sobject of type Campaign"},
		"id in the body":        {method: "PATCH", path: campaign, body: `{"Id":"x"}`, status: 400, code: "INVALID_FIELD"},
		"too long":              {method: "PATCH", path: campaign, body: `{"Name":"` + long + `"}`, status: 400, code: "STRING_TOO_LONG", text: "Campaign Name: data value too large: " + long + " (max length=80)", field: "Name"},
		"name missing":          {method: "POST", path: "sobjects/Campaign", body: `{"Status":"Planned"}`, status: 400, code: "REQUIRED_FIELD_MISSING", text: "Required fields are missing: [Name]", field: "Name"},
		"name cleared":          {method: "PATCH", path: campaign, body: `{"Name":null}`, status: 400, code: "REQUIRED_FIELD_MISSING", field: "Name"},
		"read-only field":       {method: "PATCH", path: campaign, body: `{"CreatedDate":"2026-01-01T00:00:00Z"}`, status: 400, code: "INVALID_FIELD_FOR_INSERT_UPDATE", text: "Unable to create/update fields: CreatedDate. " + security, field: "CreatedDate"},
		"boolean as text":       {method: "PATCH", path: campaign, body: `{"IsActive":"yes"}`, status: 400, code: "JSON_PARSER_ERROR"},
		"number as text":        {method: "PATCH", path: campaign, body: `{"BudgetedCost":"1"}`, status: 400, code: "JSON_PARSER_ERROR"},
		"number out of range":   {method: "PATCH", path: campaign, body: `{"BudgetedCost":1e20}`, status: 400, code: "NUMBER_OUTSIDE_VALID_RANGE", field: "BudgetedCost"},
		"no such day":           {method: "PATCH", path: campaign, body: `{"StartDate":"2026-02-30"}`, status: 400, code: "JSON_PARSER_ERROR"},
		"malformed reference":   {method: "PATCH", path: campaign, body: `{"ParentId":"xyz"}`, status: 400, code: "MALFORMED_ID", text: "Parent Campaign ID: id value of incorrect type: xyz", field: "ParentId"},
		"reference elsewhere":   {method: "PATCH", path: campaign, body: `{"ParentId":"` + localorg.RunAsUserID + `"}`, status: 400, code: "FIELD_INTEGRITY_EXCEPTION", field: "ParentId"},
		"reference to nothing":  {method: "PATCH", path: campaign, body: `{"ParentId":"701xx000000zzzz"}`, status: 403, code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"},
		"classic note":          {method: "POST", path: "sobjects/Note", body: `{"Title":"x","ParentId":"` + localorg.CampaignID + `"}`, status: 400, code: "FIELD_INTEGRITY_EXCEPTION", text: "Parent ID: id value of incorrect type: " + localorg.CampaignID, field: "ParentId"},
		"restricted picklist":   {set: func(s *localorg.Settings) { s.RestrictStatus = true }, method: "PATCH", path: campaign, body: `{"Status":"Foo"}`, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text: "Status: bad value for restricted picklist field: Foo", field: "Status"},
		"stock has no Paused":   {set: func(s *localorg.Settings) { s.RestrictStatus, s.StatusPicklist = true, "stock" }, method: "PATCH", path: campaign, body: `{"Status":"Paused"}`, status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"},
		"no Marketing User":     {set: func(s *localorg.Settings) { s.MarketingUser = false }, method: "PATCH", path: campaign, body: `{"Status":"Foo"}`, status: 403, code: "INSUFFICIENT_ACCESS_OR_READONLY", text: "insufficient access rights on object id"},
		"no Marketing User 400": {set: func(s *localorg.Settings) { s.MarketingUser, s.Disputed.AccessStatus = false, 400 }, method: "DELETE", path: campaign, status: 400, code: "INSUFFICIENT_ACCESS_OR_READONLY"},
		"field read-only":       {set: func(s *localorg.Settings) { s.FieldSecurity["Campaign.Status"] = "read" }, method: "PATCH", path: campaign, body: `{"Status":"Foo"}`, status: 400, code: "INVALID_FIELD_FOR_INSERT_UPDATE", text: "Unable to create/update fields: Status. " + security, field: "Status"},
		"field hidden":          {set: func(s *localorg.Settings) { s.FieldSecurity["Campaign.Status"] = "hidden" }, method: "PATCH", path: campaign, body: `{"Status":"Foo"}`, status: 400, code: "INVALID_FIELD"},
		"hidden field read":     {set: func(s *localorg.Settings) { s.FieldSecurity["Campaign.Status"] = "hidden" }, method: "GET", path: campaign + "?fields=Status", status: 400, code: "INVALID_FIELD"},
		"notes switched off":    {set: func(s *localorg.Settings) { s.Notes = false }, method: "POST", path: "sobjects/ContentNote", body: `{"Title":"x"}`, status: 404, code: "NOT_FOUND"},
		"Chatter switched off":  {set: func(s *localorg.Settings) { s.Chatter = false }, method: "GET", path: "sobjects/FeedItem/describe", status: 404, code: "NOT_FOUND"},
		"note not base64":       {method: "POST", path: "sobjects/ContentNote", body: `{"Title":"x","Content":"<p>"}`, status: 400, code: "JSON_PARSER_ERROR", field: "Content"},
		"note not escaped":      {method: "POST", path: "sobjects/ContentNote", body: `{"Title":"x","Content":"YSAmIGI="}`, status: 400, code: "FIELD_INTEGRITY_EXCEPTION", field: "Content"},
		"note without a title":  {method: "POST", path: "sobjects/ContentNote", body: `{"Content":"YQ=="}`, status: 400, code: "REQUIRED_FIELD_MISSING", field: "Title"},
		"documents aren't made": {method: "POST", path: "sobjects/ContentDocument", body: `{"Title":"x"}`, status: 400, code: "INVALID_TYPE_FOR_OPERATION"},
		"upsert by no such":     {method: "PATCH", path: "sobjects/Campaign/Nope__c/1", body: `{}`, status: 404, code: "NOT_FOUND", text: "Provided external ID field does not exist or is not accessible: Nope__c"},
		"not modified since":    {method: "GET", path: "sobjects/Campaign/updated?start=x&end=y", status: 400, code: "INVALID_REPLICATION_DATE"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			if tt.set != nil {
				h.set(tt.set)
			}
			res := h.call(tt.method, tt.path, tt.body).want(tt.status, "0.errorCode", tt.code)
			if tt.text != "" {
				res.want(tt.status, "0.message", tt.text)
			}
			if tt.field != "" {
				res.want(tt.status, "0.fields.0", tt.field)
			}
			if _, has := res.get("0").(map[string]any)["fields"]; has && tt.code == "NOT_FOUND" {
				t.Error("an error that is not about fields has fields")
			}
		})
	}
}

func TestPeopleAreNotBoundByTheIntegrationsRights(t *testing.T) {
	h := newHarness(t)
	h.set(func(s *localorg.Settings) { s.MarketingUser = false; s.FieldSecurity["Campaign.Status"] = "hidden" })
	if err := h.Change("Campaign", localorg.CampaignID, map[string]any{"Status": "Completed"}); err != nil {
		t.Fatal(err)
	}
	rec, err := h.Record("Campaign", localorg.CampaignID)
	if err != nil || rec["Status"] != "Completed" || rec["LastModifiedById"] != localorg.PersonID {
		t.Errorf("%v %v", rec, err)
	}
	h.set(func(s *localorg.Settings) { s.RestrictStatus = true })
	if err := h.Change("Campaign", localorg.CampaignID, map[string]any{"Status": "Foo"}); err == nil {
		t.Error("a restricted picklist binds people too")
	}
}

func TestConditionalRequests(t *testing.T) {
	h := newHarness(t)
	before, after := "Mon, 02 Mar 2026 09:00:00 GMT", "Mon, 02 Mar 2026 11:00:00 GMT"
	h.call(http.MethodGet, campaign, "", "If-Modified-Since", after).want(http.StatusNotModified)
	h.call(http.MethodGet, campaign, "", "If-Modified-Since", before).want(http.StatusOK)
	h.call(http.MethodPatch, campaign, `{"Status":"Planned"}`, "If-Unmodified-Since", before).want(http.StatusPreconditionFailed, "0.errorCode", "PRECONDITION_FAILED")
	h.call(http.MethodPatch, campaign, `{"Status":"Planned"}`, "If-Unmodified-Since", after).want(http.StatusNoContent)
	h.call(http.MethodPatch, campaign, `{"Status":"Planned"}`, "If-Unmodified-Since", "yesterday").want(http.StatusBadRequest)
	h.call(http.MethodGet, "sobjects/Campaign/describe", "", "If-Modified-Since", after).want(http.StatusNotModified)
}

func TestDescribe(t *testing.T) {
	h := newHarness(t)
	field := func(name string) map[string]any {
		t.Helper()
		for _, f := range h.call(http.MethodGet, "sobjects/Campaign/describe", "").want(http.StatusOK, "name", "Campaign", "keyPrefix", "701").get("fields").([]any) {
			if f.(map[string]any)["name"] == name {
				return f.(map[string]any)
			}
		}
		return nil
	}
	status := field("Status")
	values := func() (out []string) {
		for _, v := range field("Status")["picklistValues"].([]any) {
			out = append(out, v.(map[string]any)["value"].(string))
		}
		return out
	}
	if status["type"] != "picklist" || status["restrictedPicklist"] != false || status["defaultedOnCreate"] != true || status["nillable"] != true {
		t.Errorf("Status is described as %v", status)
	}
	if got := strings.Join(values(), ","); got != "Planned,In Progress,Completed,Aborted,Paused" {
		t.Errorf("values %s", got)
	}
	h.set(func(s *localorg.Settings) { s.StatusPicklist, s.RestrictStatus = "stock", true })
	if got := strings.Join(values(), ","); got != "Planned,In Progress,Completed,Aborted" || field("Status")["restrictedPicklist"] != true {
		t.Errorf("values %s", got)
	}
	h.set(func(s *localorg.Settings) { s.FieldSecurity["Campaign.Status"] = "read" })
	if field("Status")["updateable"] != false {
		t.Error("a field that is read-only is described as updateable")
	}
	h.set(func(s *localorg.Settings) { s.FieldSecurity["Campaign.Status"] = "hidden" })
	if field("Status") != nil {
		t.Error("a hidden field is described")
	}
	h.set(func(s *localorg.Settings) { s.MarketingUser = false })
	h.call(http.MethodGet, "sobjects/Campaign/describe", "").want(http.StatusOK, "updateable", false)
	if strings.Contains(h.call(http.MethodGet, "sobjects/Campaign/describe", "").text, `"relationshipName":"Notes"`) {
		t.Error("Campaign has no classic notes")
	}
	h.call(http.MethodGet, "ui-api/object-info/Campaign/picklist-values/012000000000000AAA/Type", "").want(http.StatusOK, "values.0.value", "Conference")
}

const keyed = `[{"name":"Campaign","fields":[{"name":"Flag_Key__c","externalId":true,"unique":true},{"name":"Group__c","externalId":true}]},
 {"name":"Campaign_Note__c","fields":[{"name":"Name"},{"name":"Campaign__c","type":"reference","referenceTo":["Campaign"],"required":true,"cascade":true}]}]`

func TestUpsertAndCustomObjects(t *testing.T) {
	h := newHarness(t, func(c *localorg.Config) { c.Definitions = [][]byte{[]byte(keyed)} })
	made := h.call(http.MethodPatch, "sobjects/Campaign/Flag_Key__c/a%2Fb", `{"Name":"A"}`).want(http.StatusCreated, "created", true, "success", true)
	id := made.get("id").(string)
	h.call(http.MethodPatch, "sobjects/Campaign/Flag_Key__c/A%2FB", `{"Name":"B"}`).want(http.StatusOK, "created", false, "id", id)
	h.call(http.MethodPatch, "/services/data/v45.0/sobjects/Campaign/Flag_Key__c/a%2Fb", `{"Name":"B"}`).want(http.StatusNoContent)
	h.call(http.MethodGet, "sobjects/Campaign/Flag_Key__c/a%2Fb", "").want(http.StatusOK, "Id", id, "Name", "B", "Flag_Key__c", "a/b")
	h.call(http.MethodPatch, "sobjects/Campaign/Flag_Key__c/zz?updateOnly=true", `{"Name":"B"}`).want(http.StatusNotFound)
	h.call(http.MethodPatch, "sobjects/Campaign/Flag_Key__c/zz", `{"Name":"B","Flag_Key__c":"zz"}`).want(http.StatusBadRequest, "0.errorCode", "INVALID_FIELD")
	h.call(http.MethodPost, "sobjects/Campaign", `{"Name":"C","Flag_Key__c":"a/b"}`).want(http.StatusBadRequest, "0.errorCode", "DUPLICATE_VALUE",
		"0.message", "duplicate value found: Flag_Key__c duplicates value on record with id: "+id[:15])
	h.create("Campaign", `{"Name":"C","Group__c":"g"}`)
	h.create("Campaign", `{"Name":"D","Group__c":"g"}`)
	if res := h.call(http.MethodPatch, "sobjects/Campaign/Group__c/g", `{"Name":"E"}`); res.status != http.StatusMultipleChoices || strings.Count(res.text, "/services/data/v66.0/sobjects/Campaign/701") != 2 {
		t.Errorf("%d %s", res.status, res.text)
	}
	note := h.create("Campaign_Note__c", `{"Name":"n","Campaign__r":{"Flag_Key__c":"a/b"}}`)
	if !strings.HasPrefix(note, "a00") {
		t.Errorf("a custom object's id is %s", note)
	}
	h.call(http.MethodPost, "sobjects/Campaign_Note__c", `{"Campaign__r":{"Flag_Key__c":"nope"}}`).want(http.StatusBadRequest, "0.errorCode", "INVALID_FIELD")
	h.call(http.MethodDelete, "sobjects/Campaign/"+id, "").want(http.StatusNoContent)
	h.call(http.MethodGet, "sobjects/Campaign_Note__c/"+note, "").want(http.StatusNotFound, "0.errorCode", "ENTITY_IS_DELETED")
}

func TestNotes(t *testing.T) {
	h := newHarness(t)
	// <p>a<br>b &amp; c</p> with a line end and a script in it.
	note := h.create("ContentNote", `{"Title":"Outcome","Content":"PHA+YTxicj4KYiAmYW1wOyBjPC9wPjxzY3JpcHQ+eCgpPC9zY3JpcHQ+"}`)
	if !strings.HasPrefix(note, "069") {
		t.Errorf("a note's id is %s", note)
	}
	h.call(http.MethodGet, "sobjects/ContentDocument/"+note, "").want(http.StatusOK, "Title", "Outcome", "FileType", "SNOTE")
	blob := h.call(http.MethodGet, "sobjects/ContentNote/"+note, "").want(http.StatusOK, "TextPreview", "a\nb & c").get("Content").(string)
	if res := h.call(http.MethodGet, blob, ""); res.text != "<p>a<br>b &amp; c</p>" {
		t.Errorf("content %q", res.text)
	}
	link := `{"ContentDocumentId":"` + note + `","LinkedEntityId":"` + localorg.CampaignID + `","ShareType":"V"}`
	h.create("ContentDocumentLink", link)
	h.call(http.MethodPost, "sobjects/ContentDocumentLink", link).want(http.StatusBadRequest, "0.errorCode", "DUPLICATE_VALUE",
		"0.message", "Document with ID: "+note[:15]+" is already linked with the entity with ID: "+localorg.CampaignID[:15])
	h.call(http.MethodPatch, "sobjects/ContentNote/"+note, `{"Title":"Result"}`).want(http.StatusNoContent)
	notes := h.Notes(localorg.CampaignID)
	if len(notes) != 1 || notes[0].Title != "Result" || notes[0].Text != "a\nb & c" {
		t.Errorf("notes %+v", notes)
	}
	h.query("SELECT ContentDocument.Title FROM ContentDocumentLink WHERE LinkedEntityId = '"+localorg.CampaignID+"'").want(http.StatusOK, "records.0.ContentDocument.Title", "Result")
	h.call(http.MethodDelete, "sobjects/ContentNote/"+note, "").want(http.StatusNoContent)
	if notes := h.Notes(localorg.CampaignID); len(notes) != 0 {
		t.Errorf("notes after the deletion %+v", notes)
	}
	h.create("FeedItem", `{"ParentId":"`+localorg.CampaignID+`","Body":"posted"}`)
	view, err := h.View("Campaign", localorg.CampaignID)
	if err != nil || len(view.Posts) != 1 || view.Posts[0].Body != "posted" {
		t.Errorf("%+v %v", view, err)
	}
}

func TestNoteEscaping(t *testing.T) {
	tests := map[string]bool{ // a note's HTML, and whether it is taken
		"plain":                          true,
		"<p>a &amp; b &lt; c &quot;</p>": true,
		"it&#39;s":                       true,
		"<ul><li>a</li></ul><a href=\"https://example.com/?a=1&amp;b=2\">x</a>": true,
		"a & b":                                  false,
		"a < b":                                  false,
		"a > b":                                  false,
		"it&apos;s":                              false,
		"a&nbsp;b":                               false,
		"<marquee>x":                             false,
		"<p onclick=x>ok":                        true, // what is unsafe is taken out
		"<p>&lt;b onclick=x&gt;ok&lt;/b&gt;</p>": true, // and what is text stays
	}
	for html, want := range tests {
		h := newHarness(t)
		body := mustJSON(t, obj{"Title": "T", "Content": base64.StdEncoding.EncodeToString([]byte(html))})
		res := h.call(http.MethodPost, "sobjects/ContentNote", body)
		if got := res.status == http.StatusCreated; got != want {
			t.Errorf("%q: %d %s", html, res.status, res.text)
		}
		h.set(func(s *localorg.Settings) { s.Disputed.NoteHTML = "strip" })
		h.call(http.MethodPost, "sobjects/ContentNote", body).want(http.StatusCreated)
	}
}

func TestOnlyJSONIsTaken(t *testing.T) {
	h := newHarness(t)
	h.call(http.MethodPatch, campaign, "Status=Completed", "Content-Type", "application/x-www-form-urlencoded").want(http.StatusUnsupportedMediaType,
		"0.errorCode", "UNSUPPORTED_MEDIA_TYPE", "0.message", "Content-Type header specified in HTTP request is not supported: application/x-www-form-urlencoded")
	h.call(http.MethodPatch, campaign, `{"Status":"Completed"}`, "Content-Type", "application/json; charset=UTF-8").want(http.StatusNoContent)
}

func TestCompressedBodies(t *testing.T) {
	h := newHarness(t)
	pack := func(text string) string {
		var b bytes.Buffer
		zip := gzip.NewWriter(&b)
		_, _ = zip.Write([]byte(text))
		_ = zip.Close()
		return b.String()
	}
	h.call(http.MethodPatch, campaign, pack(`{"Status":"Completed"}`), "Content-Encoding", "gzip").want(http.StatusNoContent)
	h.call(http.MethodGet, campaign, "", "Content-Encoding", "gzip").want(http.StatusOK, "Status", "Completed") // some clients say so without a body
	h.call(http.MethodPatch, campaign, "no gzip", "Content-Encoding", "gzip").want(http.StatusBadRequest)
	h.set(func(s *localorg.Settings) { s.GzipAnswers = true })
	res := h.call(http.MethodGet, campaign, "", "Accept-Encoding", "gzip")
	zip, err := gzip.NewReader(strings.NewReader(res.text))
	if err != nil || res.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v %v", res.header, err)
	}
	plain, err := io.ReadAll(zip)
	if err != nil || !strings.Contains(string(plain), `"Status":"Completed"`) {
		t.Errorf("%s %v", plain, err)
	}
}
