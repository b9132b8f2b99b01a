package push_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"salesforce-integration/internal/push/pushtest"
)

// modelOrg is a Salesforce org reduced to what push does to one: it takes statuses
// and notes, and remembers them. It is an [http.RoundTripper], so that thousands of
// runs need no network. The wire format is proven elsewhere, against the local org.
type modelOrg struct {
	mu       sync.Mutex
	statuses map[string]string
	notes    map[string][]string // titles by campaign
	calls    int
	logins   int
	token    int
	usage    string          // the header Sforce-Limit-Info
	locked   bool            // the token endpoint refuses the credentials
	noNotes  bool            // notes are switched off in the org
	refused  map[string]bool // campaigns that the user may not write
	late     []func()        // commits that are under way though their caller has given up

	// fault is asked before each API call; nil: none.
	fault func(call int) modelFault
}

type modelFault int

const (
	faultNone       modelFault = iota
	faultUnreached             // the connection fails before anything is sent
	faultLocked                // every record of the call is locked
	faultLimit                 // 403 REQUEST_LIMIT_EXCEEDED
	faultHTML                  // 503 with a page, nothing done
	faultRevoked               // 401, the token is no longer good
	faultLostAnswer            // done, but the answer never comes
	faultLateCommit            // the answer never comes, and it is done some seconds later
	faultCount
)

func newModelOrg() *modelOrg {
	return &modelOrg{statuses: map[string]string{}, notes: map[string][]string{}, token: 1, usage: "api-usage=1/15000"}
}

var errConnection = errors.New("connection reset by peer")

// RoundTrip implements [http.RoundTripper].
func (o *modelOrg) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.URL.Path == "/services/oauth2/token" {
		o.logins++
		if o.locked {
			return o.answer(r, 400, map[string]any{"error": "invalid_client", "error_description": "invalid client credentials"})
		}
		o.token++
		return o.answer(r, 200, map[string]any{
			"access_token": o.bearer(), "instance_url": "https://org.my.salesforce.com", "token_type": "Bearer", "issued_at": "1667600739962",
			"id": "https://login.salesforce.com/id/00D5g000004XyZaEAK/0055g000006MnOpAAK",
		})
	}
	o.calls++
	fault := faultNone
	if o.fault != nil {
		fault = o.fault(o.calls)
	}
	if fault == faultRevoked {
		o.token++
	}
	if r.Header.Get("Authorization") != "Bearer "+o.bearer() {
		return o.answer(r, 401, []map[string]any{{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}})
	}
	pushtest.Trace(r, fault != faultUnreached)
	switch fault {
	case faultUnreached:
		return nil, errConnection
	case faultLimit:
		return o.answer(r, 403, []map[string]any{{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}})
	case faultHTML:
		return o.answer(r, 503, "<html>down for maintenance</html>")
	case faultLateCommit:
		o.late = append(o.late, func() { o.serve(r, body, false) })
		time.AfterFunc(5*time.Second, o.commitLate)
		return nil, errConnection
	default:
	}
	result := o.serve(r, body, fault == faultLocked)
	if fault == faultLostAnswer {
		return nil, errConnection
	}
	return o.answer(r, 200, result)
}

func (o *modelOrg) bearer() string { return "00D!" + strconv.Itoa(o.token) }

func (o *modelOrg) commitLate() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, commit := range o.late {
		commit()
	}
	o.late = nil
}

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

func (o *modelOrg) serve(r *http.Request, body []byte, locked bool) any {
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/composite/sobjects"):
		return o.patch(body, locked)
	case strings.HasSuffix(path, "/composite"):
		var in struct{ CompositeRequest []modelSub }
		mustDecode(body, &in)
		var out []map[string]any
		for _, sub := range in.CompositeRequest {
			out = append(out, map[string]any{"referenceId": sub.ReferenceID, "httpStatusCode": 200, "body": o.patch(sub.Body, locked)})
		}
		return map[string]any{"compositeResponse": out}
	case strings.HasSuffix(path, "/composite/graph"):
		return o.graph(body, locked)
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

func (o *modelOrg) patch(body []byte, locked bool) any {
	var in struct{ Records []modelRecord }
	mustDecode(body, &in)
	out := []map[string]any{}
	for _, rec := range in.Records {
		if locked {
			out = append(out, failed("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"))
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

func (o *modelOrg) graph(body []byte, locked bool) any {
	var in struct {
		Graphs []struct {
			GraphID          string
			CompositeRequest []modelSub
		}
	}
	mustDecode(body, &in)
	var out []map[string]any
	for _, g := range in.Graphs {
		var note struct{ Title string }
		var link struct{ LinkedEntityID string }
		mustDecode(g.CompositeRequest[0].Body, &note)
		mustDecode(g.CompositeRequest[1].Body, &link)
		subs := []map[string]any{}
		problem := ""
		switch {
		case locked:
			problem = "UNABLE_TO_LOCK_ROW"
		case o.noNotes:
			problem = "INVALID_TYPE"
		}
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

// lockOut makes the org refuse the credentials and every token, or take them again.
func (o *modelOrg) lockOut(locked bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.locked = locked
	o.token++
}

// snapshot returns copies of what the org holds.
func (o *modelOrg) snapshot() (statuses map[string]string, notes map[string][]string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	notes = map[string][]string{}
	for id, titles := range o.notes {
		notes[id] = slices.Clone(titles)
	}
	return maps.Clone(o.statuses), notes
}

func noteID(i int) string { return "0695g00000000" + strconv.Itoa(10+i) + "AAA" }

func failed(code, message string) map[string]any {
	return map[string]any{"success": false, "errors": []map[string]any{{"statusCode": code, "message": message, "fields": []string{}}}}
}

func (o *modelOrg) answer(r *http.Request, status int, body any) (*http.Response, error) {
	contentType := "application/json"
	raw, isText := body.(string)
	if isText {
		contentType = "text/html"
	} else {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		raw = string(encoded)
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {contentType}, "Sforce-Limit-Info": {o.usage}},
		Body:   io.NopCloser(strings.NewReader(raw)),
	}, nil
}

func mustDecode(body []byte, into any) {
	if err := json.Unmarshal(body, into); err != nil {
		panic("push sent what is not JSON: " + err.Error())
	}
}

// refuse names the campaigns that the user may not write; "*" is all of them.
func (o *modelOrg) refuse(campaigns ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refused = map[string]bool{}
	for _, c := range campaigns {
		o.refused[c] = true
	}
}
