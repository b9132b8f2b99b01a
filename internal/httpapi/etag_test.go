package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/integration"
)

// with sets a header's lines on a request.
func with(e events.APIGatewayProxyRequest, name string, lines ...string) events.APIGatewayProxyRequest {
	e.MultiValueHeaders[name] = lines
	return e
}

func TestEveryChangeHasAnotherETag(t *testing.T) {
	h := newHarness(t, "")
	created := h.send(as("admin", "POST", base, contractCreate))
	tag := header(created, "ETag")
	path := base + "/" + testID(1)
	if tag == "" || strings.HasPrefix(tag, "W/") {
		t.Fatalf("a creation's ETag is %q", tag)
	}
	seen := map[string]bool{tag: true}
	for _, change := range []string{
		`{"name": "x"}`, `{"is_active": false}`, `{"is_active": true}`, `{"name": "Salesforce CRM Sync"}`,
		`{"settings": {"note_kind": "feed_item"}}`, `{"config": {"client_secret": "another"}}`,
	} {
		changed := h.send(as("admin", "PUT", path, change))
		if next := header(changed, "ETag"); changed.StatusCode != http.StatusOK || seen[next] || next == "" {
			t.Errorf("%s: %d, ETag %q was there before", change, changed.StatusCode, next)
		}
		tag = header(changed, "ETag")
		seen[tag] = true
		if read := header(h.send(as("admin", "GET", path, "")), "ETag"); read != tag {
			t.Errorf("%s: a read has the ETag %q, the change %q", change, read, tag)
		}
	}
	if same := header(h.send(as("admin", "PUT", path, `{"name": "Salesforce CRM Sync"}`)), "ETag"); same != tag {
		t.Errorf("what changes nothing has the ETag %q, want %q", same, tag)
	}
}

func TestIfMatch(t *testing.T) {
	tests := []struct {
		name       string
		lines      []string
		wantStatus int // of a change; a deletion answers 204 for 200
	}{
		{"none", nil, 200},
		{"the one", []string{`"2"`}, 200},
		{"an old one", []string{`"1"`}, 412},
		{"one to come", []string{`"3"`}, 412},
		{"any", []string{"*"}, 200},
		{"any with spaces", []string{" * "}, 200},
		{"a list with it", []string{`"1", "2"`}, 200},
		{"a list without it", []string{`"1","3"`}, 412},
		{"lines with it", []string{`"1"`, `"2"`}, 200},
		{"empty elements", []string{`, "2",, `}, 200},
		{"weak", []string{`W/"2"`}, 412},
		{"weak beside strong", []string{`W/"1", "2"`}, 200},
		{"somebody else's", []string{`"x,y*"`}, 412},
		{"another spelling of the number", []string{`"02"`}, 412},
		{"a signed number", []string{`"+2"`}, 412},
		{"the empty tag", []string{`""`}, 412},
		{"without quotes", []string{`2`}, 400},
		{"half a quote", []string{`"2`}, 400},
		{"no comma", []string{`"1" "2"`}, 400},
		{"weak in small letters", []string{`w/"2"`}, 400},
		{"any in a list", []string{`"1", *`}, 400},
		{"any twice", []string{"*", "*"}, 400},
		{"empty", []string{""}, 400},
		{"commas", []string{" , "}, 400},
		{"a space in a tag", []string{`"2 "`}, 400},
	}
	for _, tt := range tests {
		for _, method := range []string{"PUT", "DELETE"} {
			t.Run(method+" "+tt.name, func(t *testing.T) {
				h := newHarness(t, "")
				path := base + "/" + h.create()
				h.admin("PUT", path, `{"name": "second"}`)
				body := ""
				if method == "PUT" {
					body = `{"name": "third"}`
				}
				e := as("admin", method, path, body)
				if tt.lines != nil {
					e = with(e, "If-Match", tt.lines...)
				}
				if tt.wantStatus == 200 {
					want := map[string]int{"PUT": 200, "DELETE": 204}[method]
					if resp := h.send(e); resp.StatusCode != want {
						t.Errorf("%d %s", resp.StatusCode, resp.Body)
					}
					return
				}
				p, _ := h.refused(e, tt.wantStatus)
				if tt.wantStatus == 412 && !strings.Contains(p.Detail, "Read it again") {
					t.Errorf("detail %q", p.Detail)
				}
				if tt.wantStatus == 400 && p.locations() != "header.If-Match" {
					t.Errorf("locations %q", p.locations())
				}
				if status, body := h.admin("GET", path, ""); status != 200 || body["name"] != "second" {
					t.Errorf("a refused request changed something: %d %v", status, body)
				}
			})
		}
	}
}

func TestIfMatchOfWhatIsNotThere(t *testing.T) {
	h := newHarness(t, "")
	for _, tag := range []string{"*", `"1"`} {
		h.refused(with(as("admin", "PUT", base+"/"+testID(7), `{}`), "If-Match", tag), 404)
		h.refused(with(as("admin", "DELETE", base+"/"+testID(7), ""), "If-Match", tag), 404)
	}
}

// TestALostUpdateIsSeenAtTheWrite: somebody else is faster between the read and the
// write of the same request.
func TestALostUpdateIsSeenAtTheWrite(t *testing.T) {
	for _, r := range []struct{ method, body, op string }{
		{"PUT", `{"name": "mine"}`, "UpdateIntegration"},
		{"DELETE", "", "DeleteIntegration"},
	} {
		for _, tt := range []struct {
			tag        string
			wantStatus int
		}{{`"1"`, 412}, {`"1", "2"`, 200}, {"*", 200}} {
			t.Run(r.method+" "+tt.tag, func(t *testing.T) {
				h := newHarness(t, "")
				path := base + "/" + h.create()
				h.store.Before(func(ctx context.Context, op string) error {
					if op != r.op {
						return nil
					}
					h.store.Before(nil)
					i, err := h.store.GetIntegration(ctx, testID(1))
					if err != nil {
						return err
					}
					i.Description = "theirs"
					_, err = h.store.UpdateIntegration(ctx, i)
					return err
				})
				e := with(as("admin", r.method, path, r.body), "If-Match", tt.tag)
				if tt.wantStatus == 200 {
					if resp := h.send(e); resp.StatusCode >= 300 {
						t.Errorf("%d %s", resp.StatusCode, resp.Body)
					}
					return
				}
				h.refused(e, 412)
				if status, body := h.admin("GET", path, ""); status != 200 || body["description"] != "theirs" || body["name"] != "Salesforce CRM Sync" {
					t.Errorf("what the other one did: %d %v", status, body)
				}
			})
		}
	}
}

// TestIfMatchCostsNoCall: the condition is the write's own.
func TestIfMatchCostsNoCall(t *testing.T) {
	h := newHarness(t, "")
	path := base + "/" + h.create()
	h.store.ResetCalls()
	h.send(with(as("admin", "PUT", path, `{"name": "x"}`), "If-Match", `"1"`))
	if calls := h.store.Calls(); len(calls) != 2 || calls["GetIntegration"] != 1 || calls["UpdateIntegration"] != 1 {
		t.Errorf("calls: %v", calls)
	}
}

func TestIfNoneMatch(t *testing.T) {
	for _, tt := range []struct {
		name       string
		lines      []string
		wantStatus int
	}{
		{"the one", []string{`"1"`}, 304},
		{"the one, weak", []string{`W/"1"`}, 304},
		{"in a list", []string{`"9", "1"`}, 304},
		{"in lines", []string{`"9"`, `"1"`}, 304},
		{"any", []string{"*"}, 304},
		{"another", []string{`"2"`}, 200},
		{"malformed", []string{`1`}, 400},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			t.Run(method+" "+tt.name, func(t *testing.T) {
				h := newHarness(t, "")
				resp := h.send(with(as("viewer", method, base+"/"+h.create(), ""), "If-None-Match", tt.lines...))
				if resp.StatusCode != tt.wantStatus {
					t.Errorf("%d %s", resp.StatusCode, resp.Body)
				}
				if tt.wantStatus != 400 && header(resp, "ETag") != `"1"` {
					t.Errorf("ETag %q", header(resp, "ETag"))
				}
				if empty := resp.Body == ""; empty != (tt.wantStatus == 304 || method == "HEAD") {
					t.Errorf("the body is %q", resp.Body)
				}
			})
		}
	}
	h := newHarness(t, "")
	h.refused(with(as("admin", "GET", base+"/"+testID(7), ""), "If-None-Match", "*"), 404)
}

func TestADeletionByIfMatchIsAudited(t *testing.T) {
	h := newHarness(t, "")
	path := base + "/" + h.create()
	h.refused(with(as("admin", "DELETE", path, ""), "If-Match", `"9"`), 412)
	if strings.Contains(h.log.String(), "integration deleted") {
		t.Error("a refused deletion is in the audit trail")
	}
	h.send(with(as("admin", "DELETE", path, ""), "If-Match", `"1"`))
	if !strings.Contains(h.log.String(), "integration deleted") || h.queue.kinds() == "" {
		t.Error("a deletion is not in the audit trail, or push was not told")
	}
	if _, err := h.store.GetIntegration(t.Context(), testID(1)); integration.ErrorCode(err) != integration.CodeNotFound {
		t.Errorf("it is still there: %v", err)
	}
}
