package webhook_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

// TestBadRequests sends what is not a message at all, always with the right
// secret. Nothing of it is recorded.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	good := call{CampaignID: campaignID, Status: "Completed"}.json()
	soap := soapBody(orgID, completed(1, campaignID))
	encoded := func(e events.APIGatewayProxyRequest) events.APIGatewayProxyRequest {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(e.Body)), true
		return e
	}
	for name, c := range map[string]struct {
		envelope events.APIGatewayProxyRequest
		status   int
		answer   string // a part of it
	}{
		"form":                         {envelope("application/x-www-form-urlencoded", "a=b"), 415, "Content-Type"},
		"plain text":                   {envelope("text/plain", good), 415, "Content-Type"},
		"broken content type":          {envelope("application/", good), 415, "Content-Type"},
		"another charset, JSON":        {envelope("application/json; charset=utf-16", good), 415, "UTF-8"},
		"another charset, SOAP":        {envelope("text/xml; charset=ISO-8859-1", soap), 415, "UTF-8"},
		"no type, no JSON, no XML":     {envelope("", "hello"), 415, "Content-Type"},
		"empty":                        {envelope("", ""), 400, "empty"},
		"empty JSON":                   {envelope("application/json", ""), 400, "empty"},
		"empty SOAP":                   {envelope("text/xml", ""), 400, "<faultstring>The body is empty"},
		"white space":                  {envelope("", " \n\t"), 400, "empty"},
		"larger than the limit":        {envelope("application/json", strings.Repeat(" ", 1<<20)+good), 413, "1 MiB"},
		"larger, base64":               {encoded(envelope("application/json", strings.Repeat(" ", 1<<20)+good)), 413, "1 MiB"},
		"one byte larger, base64":      {encoded(envelope("application/json", strings.Repeat(" ", 1<<20-len(good)+1)+good)), 413, "1 MiB"},
		"base64 that is not":           {func() events.APIGatewayProxyRequest { e := jsonEnvelope("%%%"); e.IsBase64Encoded = true; return e }(), 400, "cannot be read"},
		"not UTF-8, JSON":              {envelope("application/json", "{\"event_type\":\"b\xfcro\"}"), 400, "UTF-8"},
		"lost at the gateway":          {jsonEnvelope(strings.Replace(good, "Completed", "Compl\ufffdted", 1)), 400, "UTF-8"},
		"half of a character":          {jsonEnvelope(strings.Replace(good, "Completed", `Completed\ud800`, 1)), 400, "half of a character"},
		"not UTF-8, SOAP":              {envelope("text/xml", strings.Replace(soap, "Q1", "B\xfcro", 1)), 400, "UTF-8"},
		"SOAP cut off":                 {envelope("text/xml", soap[:len(soap)/2]), 400, "cut off"},
		"SOAP with a DTD":              {envelope("text/xml", `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>`+soap[strings.Index(soap, "<soapenv"):]), 400, "document type"},
		"SOAP nested deep":             {envelope("text/xml", strings.Replace(soap, "<OrganizationId>", strings.Repeat("<a>", 50)+"<OrganizationId>", 1)), 400, "nested"},
		"XML that is no message":       {envelope("text/xml", "<a/>"), 400, "not an outbound message"},
		"HTML":                         {envelope("text/xml", "<html><body>hi</body></html>"), 400, "not an outbound message"},
		"JSON cut off":                 {jsonEnvelope(good[:20]), 400, "at byte 20"},
		"JSON with something after it": {jsonEnvelope(good + good), 400, "not valid JSON"},
		"two arrays":                   {jsonEnvelope("[" + good + "][]"), 400, "not valid JSON"},
		"compressed, and not said so":  {jsonEnvelope("\x1f\ufffd\x08"), 400, "gzip"},
		"compressed JSON":              {with(jsonEnvelope("\x1f\x8b"), "Content-Encoding", "gzip"), 415, "Content-Encoding"},
		"compressed SOAP":              {with(soapEnvelope(completed(1, campaignID)), "content-encoding", "identity, gzip"), 415, "<faultstring>The body is compressed"},
		"two types":                    {with(jsonEnvelope(good), "content-type", "application/json", "text/xml"), 415, "Content-Type"},
		"a key given twice":            {with(jsonEnvelope(good), "Idempotency-Key", "a", "b"), 422, "header.Idempotency-Key"},
		"an empty key":                 {with(jsonEnvelope(good), "Idempotency-Key", ""), 422, "header.Idempotency-Key"},
		"a long key":                   {with(jsonEnvelope(good), "Idempotency-Key", strings.Repeat("k", 256)), 422, "header.Idempotency-Key"},
		"a key of odd characters":      {with(jsonEnvelope(good), "Idempotency-Key", "schlüssel"), 422, "header.Idempotency-Key"},
		"another method":               {func() events.APIGatewayProxyRequest { e := jsonEnvelope(good); e.HTTPMethod = "GET"; return e }(), 405, "POST"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			got := r.send(c.envelope)
			if got.StatusCode != c.status || !strings.Contains(got.Body, c.answer) {
				t.Errorf("answer = %d %s, want %d with %q", got.StatusCode, got.Body, c.status, c.answer)
			}
			if n := len(r.deliveries()); n != 0 {
				t.Errorf("%d deliveries were recorded", n)
			}
			if got.Headers["X-Request-Id"] != "request-1" {
				t.Errorf("X-Request-Id = %q", got.Headers["X-Request-Id"])
			}
		})
	}
}

// TestForms sends good messages in every form that is understood.
func TestForms(t *testing.T) {
	t.Parallel()
	good := call{CampaignID: campaignID, Status: "Completed"}.json()
	soap := soapBody(orgID, completed(1, campaignID))
	edit := func(e events.APIGatewayProxyRequest, f func(*events.APIGatewayProxyRequest)) events.APIGatewayProxyRequest {
		f(&e)
		return e
	}
	for name, e := range map[string]events.APIGatewayProxyRequest{
		"JSON":                    envelope("application/json", good),
		"encoded as itself":       with(jsonEnvelope(good), "Content-Encoding", "Identity"),
		"JSON with a charset":     envelope("Application/JSON; Charset=UTF-8", good),
		"a kind of JSON":          envelope("application/vnd.api+json", good),
		"JSON by its look":        envelope("", "\n "+good),
		"JSON after a BOM":        envelope("", "\xef\xbb\xbf"+good),
		"an array by its look":    envelope("", " ["+good+"]"),
		"SOAP":                    envelope("text/xml; charset=UTF-8", soap),
		"SOAP as application/xml": envelope("application/xml", soap),
		"SOAP 1.2's type":         envelope(`application/soap+xml; action=""`, soap),
		"SOAP by its look":        envelope("", "\xef\xbb\xbf"+soap),
		"exactly the limit":       envelope("application/json", strings.Repeat(" ", 1<<20-len(good))+good),
		"unknown fields":          jsonEnvelope(strings.Replace(good, "{", `{"amount":12.5,"nested":{"a":[1,{"a":1,"a":2}]},"Status_Now":"Planned",`, 1)),
		"the character itself":    jsonEnvelope(strings.Replace(good, "{", `{"campaign_name":"b\ufffdro \ud83d\ude00",`, 1)),
		"null where it may be":    jsonEnvelope(strings.Replace(good, "{", `{"experiment_key":null,"campaign_name":null,"last_modified_date":null,`, 1)),
		"single-valued headers": edit(jsonEnvelope(good), func(e *events.APIGatewayProxyRequest) {
			e.MultiValueHeaders, e.Headers = nil, map[string]string{"CONTENT-TYPE": "application/json"}
		}),
		"single-valued query": edit(jsonEnvelope(good), func(e *events.APIGatewayProxyRequest) {
			e.MultiValueQueryStringParameters, e.QueryStringParameters = nil, map[string]string{"token": secret}
		}),
		"the id only in the path": edit(jsonEnvelope(good), func(e *events.APIGatewayProxyRequest) { e.PathParameters = map[string]string{"proxy": "x"} }),
		"below a base path":       edit(jsonEnvelope(good), func(e *events.APIGatewayProxyRequest) { e.PathParameters, e.Path = nil, "/crm"+e.Path+"/" }),
		"base64": edit(jsonEnvelope(good), func(e *events.APIGatewayProxyRequest) {
			e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(good)), true
		}),
		"signed, as base64": edit(with(jsonEnvelope(good), "x-hub-signature-256", "sha256="+hmacHex(secret, good)), func(e *events.APIGatewayProxyRequest) {
			e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(good)), true
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if got := r.send(e); got.StatusCode != http.StatusOK {
				t.Fatalf("answer = %d %s", got.StatusCode, got.Body)
			}
			if len(r.bus.requests) != 1 {
				t.Errorf("requests = %+v, log %v", r.bus.requests, r.reasons())
			}
		})
	}
}

// TestFieldsAtFault says for each bad JSON body which fields are named.
func TestFieldsAtFault(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"nothing":                   {`{}`, []string{"body.event_type", "body.campaign_id"}},
		"other letters":             {`{"event_type":"a","campaign_id":"701xx000000001AAAQ","Status":"Completed"}`, []string{"body.status"}},
		"other letters beside it":   {`{"event_type":"a","campaign_id":"701xx000000001AAAQ","status":"Planned","STATUS":"Completed","Status":"Aborted"}`, []string{"body.status"}},
		"letters that fold":         {`{"event_type":"a","campaign_id":"701xx000000001AAAQ","\u017ftatus":"Completed"}`, []string{"body.status"}},
		"all in other letters":      {`{"Event_Type":"a","CAMPAIGN_ID":"701xx000000001AAAQ"}`, []string{"body.event_type", "body.campaign_id"}},
		"nulls":                     {`{"event_type":null,"campaign_id":null}`, []string{"body.event_type", "body.campaign_id"}},
		"empty texts":               {`{"event_type":" ","campaign_id":""}`, []string{"body.event_type", "body.campaign_id"}},
		"a number":                  {`7`, []string{"body"}},
		"a text":                    {`"campaign_updated"`, []string{"body"}},
		"null":                      {`null`, []string{"body"}},
		"an empty array":            {`[]`, []string{"body"}},
		"101 notifications":         {"[" + strings.Repeat(call{CampaignID: campaignID}.json()+",", 100) + call{CampaignID: campaignID}.json() + "]", []string{"body"}},
		"an array of other things":  {`[1,{"event_type":"x","campaign_id":"701xx000000001AAAQ"},null,[]]`, []string{"body[0]", "body[2]", "body[3]"}},
		"one bad of two":            {"[" + call{CampaignID: campaignID}.json() + `,{"event_type":"x"}]`, []string{"body[1].campaign_id"}},
		"types":                     {`{"event_type":{},"campaign_id":5,"campaign_name":[],"status":true,"experiment_key":1.5}`, []string{"body.event_type", "body.campaign_id", "body.campaign_name", "body.status", "body.experiment_key"}},
		"another object's id":       {call{CampaignID: "006xx000001a2b3AAA"}.json(), []string{"body.campaign_id"}},
		"an id with a typing error": {call{CampaignID: "701xx000000001AAAR"}.json(), []string{"body.campaign_id"}},
		"an id too short":           {call{CampaignID: "701xx"}.json(), []string{"body.campaign_id"}},
		"too long":                  {call{EventType: long, CampaignID: campaignID, CampaignName: long, Status: long, ExperimentKey: long}.json(), []string{"body.event_type", "body.campaign_name", "body.status", "body.experiment_key"}},
		"control characters":        {`{"event_type":"a\u0000b","campaign_id":"701xx000000001AAAQ","experiment_key":"a\nb"}`, []string{"body.event_type", "body.experiment_key"}},
		"a date beyond all years":   {call{CampaignID: campaignID, ModifiedAt: "9999-12-31T23:59:59-05:00"}.json(), []string{"body.last_modified_date"}},
		"a date before all years":   {call{CampaignID: campaignID, ModifiedAt: "0000-01-01T00:00:00Z"}.json(), []string{"body.last_modified_date"}},
		"a date of another form":    {call{CampaignID: campaignID, ModifiedAt: "02.03.2026"}.json(), []string{"body.last_modified_date"}},
		"a field twice":             {`{"event_type":"x","campaign_id":"701xx000000001AAAQ","status":"Planned","status":"Completed"}`, []string{"body.status"}},
		"a field twice, escaped":    {`{"event_type":"x","campaign_id":"701xx000000001AAAQ","status":"Planned","st\u0061tus":"Completed"}`, []string{"body.status"}},
		"an unknown field twice":    {`{"event_type":"x","campaign_id":"701xx000000001AAAQ","a":1,"a":2}`, []string{"body"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			got := r.send(jsonEnvelope(c.body))
			var problem struct {
				Status int
				Detail string
				Errors []struct{ Location, Message string }
			}
			if err := json.Unmarshal([]byte(got.Body), &problem); err != nil {
				t.Fatalf("%v: %s", err, got.Body)
			}
			if got.StatusCode != http.StatusUnprocessableEntity || problem.Status != got.StatusCode || problem.Detail == "" {
				t.Errorf("answer = %d %s", got.StatusCode, got.Body)
			}
			var locations []string
			for _, e := range problem.Errors {
				locations = append(locations, e.Location)
				if e.Message == "" {
					t.Errorf("%s has no message", e.Location)
				}
			}
			if diff := cmp.Diff(c.want, locations); diff != "" {
				t.Errorf("fields at fault (-want +got):\n%s", diff)
			}
			if len(r.deliveries())+len(r.bus.requests) != 0 {
				t.Error("something was done all the same")
			}
		})
	}
}

// TestAnotherMethodIsToldWhichThereIs: by the header that HTTP has for it.
func TestAnotherMethodIsToldWhichThereIs(t *testing.T) {
	e := jsonEnvelope(`{}`)
	e.HTTPMethod = "PUT"
	if answer := newRig(t).send(e); answer.StatusCode != http.StatusMethodNotAllowed || answer.Headers["Allow"] != "POST" {
		t.Errorf("%+v", answer)
	}
}
