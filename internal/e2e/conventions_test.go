package e2e_test

import (
	"net/http"
	"sync"
	"testing"
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
