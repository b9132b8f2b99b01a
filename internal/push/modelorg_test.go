package push_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
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
	posts    map[string][]string // the feed items' bodies by campaign
	twice    []string            // campaigns that a call held more than one record of
	calls    int
	admitted int // of the calls: with a token that is good
	logins   int
	secrets  []string // the client secrets that logged in
	hosts    []string // where the API calls went
	token    int
	usage    string          // the header Sforce-Limit-Info
	latency  time.Duration   // of an answer, in virtual time
	wait     string          // the header Retry-After of a refusal
	locked   bool            // the token endpoint refuses the credentials
	noNotes  bool            // notes are switched off in the org
	refused  map[string]bool // campaigns that the user may not write

	// fault is asked before each API call; nil: none.
	fault func(call int) modelFault
	// late says how much later the org does what it does late; nil: 5 s.
	late func(modelFault) time.Duration
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
	faultSlow                  // no answer until the caller gives up, and it is done some minutes later
	faultRefused               // a validation rule refuses every record of the call
	faultCount
)

func newModelOrg() *modelOrg {
	return &modelOrg{
		statuses: map[string]string{}, notes: map[string][]string{}, posts: map[string][]string{}, token: 1, usage: "api-usage=1/15000",
	}
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
	time.Sleep(o.latency)
	resp, err := o.answerTo(r, body)
	if resp == nil && err == nil {
		<-r.Context().Done()
		err = r.Context().Err()
	}
	return resp, err
}

// answerTo answers a request, or returns nothing when its caller is to wait in vain.
func (o *modelOrg) answerTo(r *http.Request, body []byte) (*http.Response, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.URL.Path == "/services/oauth2/token" {
		o.logins++
		if o.locked {
			return o.answer(r, 400, map[string]any{"error": "invalid_client", "error_description": "invalid client credentials"})
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, err
		}
		o.secrets = append(o.secrets, form.Get("client_secret"))
		o.token++
		return o.answer(r, 200, map[string]any{
			"access_token": o.bearer(), "instance_url": "https://org.my.salesforce.com", "token_type": "Bearer", "issued_at": "1667600739962",
			"id": "https://login.salesforce.com/id/00D5g000004XyZaEAK/0055g000006MnOpAAK",
		})
	}
	o.calls++
	o.hosts = append(o.hosts, r.URL.Host)
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
	o.admitted++
	pushtest.Trace(r, fault != faultUnreached)
	switch fault {
	case faultUnreached:
		return nil, errConnection
	case faultLimit:
		return o.answer(r, 403, []map[string]any{{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}})
	case faultHTML:
		return o.answer(r, 503, "<html>down for maintenance</html>")
	case faultLateCommit:
		o.commitLate(fault, r, body)
		return nil, errConnection
	case faultSlow:
		o.commitLate(fault, r, body)
		return nil, nil //nolint:nilnil // the caller is to wait
	default:
	}
	result := o.serve(r, body, refusals[fault])
	if fault == faultLostAnswer {
		return nil, errConnection
	}
	return o.answer(r, 200, result)
}

func (o *modelOrg) bearer() string { return "00D!" + strconv.Itoa(o.token) }

// refusals are the codes by which a fault refuses every record of a call.
var refusals = map[modelFault]string{faultLocked: "UNABLE_TO_LOCK_ROW", faultRefused: "FIELD_CUSTOM_VALIDATION_EXCEPTION"}

func (o *modelOrg) commitLate(fault modelFault, r *http.Request, body []byte) {
	after := 5 * time.Second
	if o.late != nil {
		after = o.late(fault)
	}
	time.AfterFunc(after, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.serve(r, body, "")
	})
}

// lockOut makes the org refuse the credentials and every token, or take them again.
func (o *modelOrg) lockOut(locked bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.locked = locked
	o.token++
}

// snapshot returns copies of what the org holds; notes are those of either form.
func (o *modelOrg) snapshot() (statuses map[string]string, notes map[string][]string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	notes = map[string][]string{}
	for id, titles := range o.notes {
		notes[id] = slices.Clone(titles)
	}
	for id, bodies := range o.posts {
		notes[id] = append(notes[id], bodies...)
	}
	return maps.Clone(o.statuses), notes
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
	header := http.Header{"Content-Type": {contentType}, "Sforce-Limit-Info": {o.usage}}
	if status != http.StatusOK && o.wait != "" {
		header.Set("Retry-After", o.wait)
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: header,
		Body:   io.NopCloser(strings.NewReader(raw)),
	}, nil
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

// use sets how much of the org's allowance is used from now on.
func (o *modelOrg) use(header string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.usage = header
}
