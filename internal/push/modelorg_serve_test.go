package push_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"salesforce-integration/internal/salesforce"
)

type modelRecord struct {
	ID     string `json:"id"`
	Status string
}

type modelSub struct {
	URL         string          `json:"url"`
	ReferenceID string          `json:"referenceId"`
	Body        json.RawMessage `json:"body"`
}

var quotedID = regexp.MustCompile(`'(701\w{15})'`)

func (o *modelOrg) serve(r *http.Request, body []byte, refusal string) any {
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/composite/sobjects") && r.Method == http.MethodPost:
		return o.post(body, refusal)
	case strings.HasSuffix(path, salesforce.DefaultAPIVersion+"/"):
		return map[string]string{"limits": path + "limits"}
	case strings.HasSuffix(path, "/composite/sobjects"):
		return o.patch(body, refusal)
	case strings.HasSuffix(path, "/composite"):
		var in struct{ CompositeRequest []modelSub }
		mustDecode(body, &in)
		var out []map[string]any
		for _, sub := range in.CompositeRequest {
			out = append(out, map[string]any{"referenceId": sub.ReferenceID, "httpStatusCode": 200, "body": o.patch(sub.Body, refusal)})
		}
		return map[string]any{"compositeResponse": out}
	case strings.HasSuffix(path, "/composite/graph"):
		return o.graph(body, refusal)
	case strings.HasSuffix(path, "/query") && strings.Contains(r.URL.Query().Get("q"), "FROM FeedItem"):
		records := []map[string]any{}
		for _, id := range quotedID.FindAllStringSubmatch(r.URL.Query().Get("q"), -1) {
			for i, body := range o.posts[id[1]] {
				records = append(records, map[string]any{"Id": noteID(i), "ParentId": id[1], "Body": body})
			}
		}
		return map[string]any{"totalSize": len(records), "done": true, "records": records}
	case strings.HasSuffix(path, "/query"):
		records := []map[string]any{}
		for _, id := range quotedID.FindAllStringSubmatch(r.URL.Query().Get("q"), -1) {
			for i, title := range o.notes[id[1]] {
				records = append(records, map[string]any{
					"LinkedEntityId": id[1], "ContentDocumentId": noteID(i), "ContentDocument": map[string]any{"Title": title},
				})
			}
		}
		return map[string]any{"totalSize": len(records), "done": true, "records": records}
	default:
		panic("the model org is asked for " + path)
	}
}

func (o *modelOrg) patch(body []byte, refusal string) any {
	var in struct{ Records []modelRecord }
	mustDecode(body, &in)
	out := []map[string]any{}
	inCall := map[string]bool{}
	for _, rec := range in.Records {
		o.once(inCall, rec.ID)
		if refusal != "" {
			out = append(out, failed(refusal, "refused"))
			continue
		}
		if o.refused[rec.ID] || o.refused["*"] {
			out = append(out, failed("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"))
			continue
		}
		o.statuses[rec.ID] = rec.Status
		out = append(out, map[string]any{"id": rec.ID, "success": true, "errors": []any{}})
	}
	return out
}

func (o *modelOrg) graph(body []byte, refusal string) any {
	var in struct {
		Graphs []struct {
			GraphID          string
			CompositeRequest []modelSub
		}
	}
	mustDecode(body, &in)
	var out []map[string]any
	inCall := map[string]bool{}
	for _, g := range in.Graphs {
		var note struct{ Title string }
		var link struct{ LinkedEntityID string }
		mustDecode(g.CompositeRequest[0].Body, &note)
		mustDecode(g.CompositeRequest[1].Body, &link)
		subs := []map[string]any{}
		problem := ""
		switch {
		case refusal != "":
			problem = refusal
		case o.noNotes:
			problem = "INVALID_TYPE"
		}
		o.once(inCall, link.LinkedEntityID)
		if problem != "" {
			for i, code := range []string{"PROCESSING_HALTED", problem} {
				subs = append(subs, map[string]any{"referenceId": g.CompositeRequest[i].ReferenceID, "httpStatusCode": 400,
					"body": []map[string]any{{"errorCode": code, "message": "refused"}}})
			}
		} else {
			id := noteID(len(o.notes[link.LinkedEntityID]))
			o.notes[link.LinkedEntityID] = append(o.notes[link.LinkedEntityID], note.Title)
			for i, id := range []string{id, "06A5g000003JkLmEAK"} {
				subs = append(subs, map[string]any{"referenceId": g.CompositeRequest[i].ReferenceID, "httpStatusCode": 201,
					"body": map[string]any{"id": id, "success": true, "errors": []any{}}})
			}
		}
		out = append(out, map[string]any{"graphId": g.GraphID, "isSuccessful": problem == "", "graphResponse": map[string]any{"compositeResponse": subs}})
	}
	return map[string]any{"graphs": out}
}

// post takes feed items.
func (o *modelOrg) post(body []byte, refusal string) any {
	var in struct {
		Records []struct {
			ParentID string `json:"ParentId"`
			Body     string
		}
	}
	mustDecode(body, &in)
	out := []map[string]any{}
	inCall := map[string]bool{}
	for _, rec := range in.Records {
		o.once(inCall, rec.ParentID)
		if refusal != "" {
			out = append(out, failed(refusal, "refused"))
			continue
		}
		out = append(out, map[string]any{"id": noteID(len(o.posts[rec.ParentID])), "success": true, "errors": []any{}})
		o.posts[rec.ParentID] = append(o.posts[rec.ParentID], rec.Body)
	}
	return out
}

// once remembers a campaign that a call holds a second record of: Salesforce locks it
// for the first one.
func (o *modelOrg) once(inCall map[string]bool, campaign string) {
	if inCall[campaign] {
		o.twice = append(o.twice, campaign)
	}
	inCall[campaign] = true
}

func noteID(i int) string { return "0695g00000000" + strconv.Itoa(10+i) + "AAA" }

func failed(code, message string) map[string]any {
	return map[string]any{"success": false, "errors": []map[string]any{{"statusCode": code, "message": message, "fields": []string{}}}}
}

func mustDecode(body []byte, into any) {
	if err := json.Unmarshal(body, into); err != nil {
		panic("push sent what is not JSON: " + err.Error())
	}
}
