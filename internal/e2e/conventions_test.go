package e2e_test

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// testLostUpdate: of many who change what they read at the same time, one wins, and the others are told.
func (s *suite) testLostUpdate(t *testing.T) {
	t.Parallel()
	i := s.connect(t)
	read := func(known string) reply {
		return send(t, request{method: http.MethodGet, url: s.APIURL + "/api/v1/integrations/" + i.ID, bearer: s.viewer,
			header: map[string]string{"If-None-Match": known}})
	}
	change := func(method, tag string, body any) reply {
		return send(t, request{method: method, url: s.APIURL + "/api/v1/integrations/" + i.ID, bearer: s.admin, body: body,
			header: map[string]string{"If-Match": tag}})
	}
	tag := s.api(t, http.MethodGet, "/integrations/"+i.ID, nil).want(t, http.StatusOK).header.Get("ETag")
	if tag == "" {
		t.Fatal("an integration has no ETag")
	}
	if known := read(tag).want(t, http.StatusNotModified); len(known.body) != 0 || known.header.Get("ETag") != tag {
		t.Errorf("a 304 has the body %q and the ETag %q", known.body, known.header.Get("ETag"))
	}

	statuses := make([]int, 6)
	var all sync.WaitGroup
	for n := range statuses {
		all.Go(func() { statuses[n] = change(http.MethodPut, tag, object{"name": unique("name")}).status })
	}
	all.Wait()
	won := 0
	for _, status := range statuses {
		switch status {
		case http.StatusOK:
			won++
		case http.StatusPreconditionFailed:
		default:
			t.Errorf("a change is answered with %d", status)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d changes of one state won: %v", won, len(statuses), statuses)
	}

	now := read(tag).want(t, http.StatusOK).header.Get("ETag")
	change(http.MethodDelete, tag, nil).wantProblem(t, http.StatusPreconditionFailed)
	change(http.MethodPut, "W/"+now, object{}).wantProblem(t, http.StatusPreconditionFailed)
	change(http.MethodPut, "yesterday", object{}).wantProblem(t, http.StatusBadRequest)
	change(http.MethodDelete, now, nil).want(t, http.StatusNoContent)
}

// testRepeatedRequest: a creation that is sent many times, at the same time and after, happens once.
func (s *suite) testRepeatedRequest(t *testing.T) {
	t.Parallel()
	name, key := unique("once"), uuid.NewString()
	body := object{"name": name, "integration_type": "SALESFORCE", "config": s.orgConfig(orgSecret)}
	post := func(path, key string, body any) reply {
		return send(t, request{method: http.MethodPost, url: s.APIURL + "/api/v1" + path, bearer: s.admin, body: body,
			header: map[string]string{"Idempotency-Key": key}})
	}
	answers := make([]reply, 6)
	var all sync.WaitGroup
	for n := range answers {
		all.Go(func() { answers[n] = post("/integrations", key, body) })
	}
	all.Wait()
	last := post("/integrations", `"`+key+`"`, body).want(t, http.StatusCreated)
	var created integrationView
	last.into(t, &created)
	s.secrets.add(created.WebhookSecret)
	if last.header.Get("Idempotency-Replayed") != "true" || last.header.Get("Location") == "" || last.header.Get("ETag") == "" {
		t.Errorf("a repeated answer has the headers %v", last.header)
	}
	for _, r := range answers {
		switch {
		case r.status == http.StatusConflict:
		case r.status != http.StatusCreated || !bytes.Equal(r.body, last.body):
			t.Errorf("a repetition is answered with %d, and differently", r.status) // not its body, which holds a secret
		}
	}
	count := 0
	for cursor := ""; ; {
		var part page[integrationView]
		s.api(t, http.MethodGet, "/integrations?limit=100"+cursor, nil).want(t, http.StatusOK).into(t, &part)
		for _, i := range part.Items {
			if i.Name == name {
				count++
			}
		}
		if part.NextCursor == nil {
			break
		}
		cursor = "&cursor=" + *part.NextCursor
	}
	if count != 1 {
		t.Errorf("%d integrations, want 1", count)
	}

	post("/integrations", key, object{"name": "another"}).wantProblem(t, http.StatusUnprocessableEntity)
	post("/integrations/"+created.ID+"/test", key, nil).wantProblem(t, http.StatusUnprocessableEntity)
	post("/integrations", "a, b", body).wantProblem(t, http.StatusBadRequest)
	link := object{"experiment_key": unique("experiment"), "campaign_id": s.newCampaign(t)}
	key = uuid.NewString()
	first := post("/integrations/"+created.ID+"/links", key, link).want(t, http.StatusCreated)
	if again := post("/integrations/"+created.ID+"/links", key, link).want(t, http.StatusCreated); !bytes.Equal(first.body, again.body) {
		t.Error("a link that is made again looks different")
	}
}

// testStrictJSON: what is read in different ways elsewhere is refused, and in words for people.
func (s *suite) testStrictJSON(t *testing.T) {
	t.Parallel()
	good := `{"name": "n", "integration_type": "SALESFORCE", "config": {"instance_url": "` + s.OrgURL + `", "client_id": "i", "client_secret": "s"}}`
	for _, tt := range []struct {
		name, body string
		status     int
		field      string
	}{
		{"a field twice", strings.Replace(good, `"client_id": "i"`, `"client_id": "i", "client_id": "j"`, 1), http.StatusUnprocessableEntity, "body.config.client_id"},
		{"other letters", strings.Replace(good, "client_secret", "Client_Secret", 1), http.StatusUnprocessableEntity, "body.config.Client_Secret"},
		{"NUL in the name", strings.Replace(good, `"n"`, `"a\u0000b"`, 1), http.StatusUnprocessableEntity, "body.name"},
		{"half of a character", strings.Replace(good, `"n"`, `"a\ud800b"`, 1), http.StatusBadRequest, ""},
		{"something behind it", good + "{}", http.StatusBadRequest, ""},
		{"a byte order mark", "\ufeff" + good, http.StatusBadRequest, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := s.raw(t, http.MethodPost, "/integrations", tt.body).wantProblem(t, tt.status)
			if tt.field != "" && (len(p.Errors) != 1 || p.Errors[0].Location != tt.field) {
				t.Errorf("told as %+v", p)
			}
		})
	}
}

// testRequestIDs: whoever answers, the answer names the request, in its body and in a header.
func (s *suite) testRequestIDs(t *testing.T) {
	t.Parallel()
	base := s.APIURL + "/api/v1"
	for _, tt := range []struct {
		name   string
		r      request
		status int
	}{
		{"no token", request{method: http.MethodGet, url: base + "/integrations"}, http.StatusUnauthorized},
		{"a viewer who writes", request{method: http.MethodPost, url: base + "/integrations", bearer: s.viewer, body: object{}}, http.StatusForbidden},
		{"no such address of the API", request{method: http.MethodGet, url: base + "/nowhere", bearer: s.admin}, http.StatusNotFound},
		{"no such address at all", request{method: http.MethodGet, url: s.APIURL + "/elsewhere"}, http.StatusNotFound},
		{"no such method", request{method: http.MethodPatch, url: base + "/integrations", bearer: s.admin}, http.StatusMethodNotAllowed},
		{"no preflight", request{method: http.MethodOptions, url: base + "/integrations", bearer: s.viewer}, http.StatusMethodNotAllowed},
		{"the contract is read only", request{method: http.MethodPost, url: base + "/openapi.json", body: object{}}, http.StatusMethodNotAllowed},
		{"the page is read only", request{method: http.MethodDelete, url: base + "/docs"}, http.StatusMethodNotAllowed},
		{"a message is sent with POST", request{method: http.MethodGet, url: base + "/integrations/0195562f-3b80-7cc1-a3f5-000000000009/webhook/salesforce"}, http.StatusMethodNotAllowed},
		{"a form", request{method: http.MethodPost, url: base + "/integrations", bearer: s.admin, body: "a=b",
			header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}, http.StatusUnsupportedMediaType},
		{"too much", request{method: http.MethodPost, url: base + "/integrations", bearer: s.admin, body: object{"name": strings.Repeat("x", 70_000)}}, http.StatusRequestEntityTooLarge},
		{"a field at fault", request{method: http.MethodPost, url: base + "/integrations", bearer: s.admin, body: object{}}, http.StatusUnprocessableEntity},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer := send(t, tt.r)
			if p := answer.wantProblem(t, tt.status); p.Status != tt.status || p.Title == "" {
				t.Errorf("%s: not the one shape of errors", answer.body)
			}
			if kept := answer.header.Get("Cache-Control"); kept != "no-store" {
				t.Errorf("Cache-Control is %q", kept)
			}
			var named struct {
				RequestID string `json:"request_id"`
			}
			answer.into(t, &named)
			if id := answer.header.Get("X-Request-Id"); id == "" || id != named.RequestID {
				t.Errorf("the header says %q, the body %q", id, named.RequestID)
			}
			if allow := answer.header.Get("Allow"); (allow == "") == (tt.status == http.StatusMethodNotAllowed) {
				t.Errorf("Allow is %q", allow)
			}
		})
	}
}

// testReading: what can be read can be asked after with HEAD, and what is open to anybody is so with a slash behind it.
func (s *suite) testReading(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path, bearer string
		status       int
	}{
		{"/integrations", s.viewer, http.StatusOK},
		{"/integrations/00000000-0000-7000-8000-000000000000", s.viewer, http.StatusNotFound},
		{"/notifications/delivery-log", s.viewer, http.StatusOK},
		{"/notifications/delivery-log", "", http.StatusUnauthorized},
		{"/openapi.json", "", http.StatusOK},
		{"/openapi.json/", "", http.StatusOK},
		{"/docs", "", http.StatusOK},
		{"/docs/", "", http.StatusOK},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			answer := send(t, request{method: method, url: s.APIURL + "/api/v1" + tt.path, bearer: tt.bearer})
			if answer.status != tt.status || (len(answer.body) == 0) != (method == http.MethodHead) {
				t.Errorf("%s %s: %d, %d bytes, want %d", method, tt.path, answer.status, len(answer.body), tt.status)
			}
		}
	}
}
