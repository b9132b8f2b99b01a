package stack_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/cmd/local/stack"
)

// A signature is over the raw body, and a secret lies in the query: whatever is sent must come through letter by letter.
func TestGatewayLeavesRequestsAlone(t *testing.T) {
	type seen struct {
		Target string
		Header http.Header
		Body   string
	}
	var got seen
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Header.Del("Content-Length")
		got = seen{Target: r.RequestURI, Header: r.Header, Body: string(body)}
		w.Header().Set("X-Answer", "kept")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, `{"detail":"kept"}`)
	}))
	defer behind.Close()
	target, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(stack.NewGateway(target, "/prefix"))
	defer front.Close()

	for name, test := range map[string]struct {
		path   string
		header []string // lines
		body   string
		want   seen
	}{
		"plain": {
			path: "/api/v1/integrations",
			want: seen{Target: "/prefix/api/v1/integrations", Header: http.Header{}},
		},
		"query": {
			path: "/a?token=a%2Bb+c;d&&x",
			want: seen{Target: "/prefix/a?token=a%2Bb+c;d&&x", Header: http.Header{}},
		},
		"escaped and unclean path": {
			path: "/a%2Fb//c/../d%20e",
			want: seen{Target: "/prefix/a%2Fb//c/../d%20e", Header: http.Header{}},
		},
		"headers": {
			path:   "/a",
			header: []string{"Authorization: Bearer x", "X-Forwarded-For: 10.0.0.1", "User-Agent: curl/8"},
			want: seen{Target: "/prefix/a", Header: http.Header{
				"Authorization": {"Bearer x"}, "X-Forwarded-For": {"10.0.0.1"}, "User-Agent": {"curl/8"},
			}},
		},
		"body": {
			path:   "/a",
			header: []string{"Content-Type: text/xml; charset=UTF-8", "Content-Length: 9"},
			body:   "<a>\r\n\tä\xff",
			want: seen{
				Target: "/prefix/a", Header: http.Header{"Content-Type": {"text/xml; charset=UTF-8"}}, Body: "<a>\r\n\tä\xff",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got = seen{}
			resp := raw(t, front.URL, test.path, test.header, test.body)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("what came through (-want +got):\n%s", diff)
			}
			answer, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != http.StatusTeapot || resp.Header.Get("X-Answer") != "kept" || string(answer) != `{"detail":"kept"}` {
				t.Errorf("answer = %s %v %s", resp.Status, resp.Header, answer)
			}
		})
	}
}

// raw sends a request that no client library has tidied up.
func raw(t *testing.T, base, path string, header []string, body string) *http.Response {
	t.Helper()
	host := strings.TrimPrefix(base, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	lines := append([]string{"POST " + path + " HTTP/1.1", "Host: " + host}, header...)
	if _, err := fmt.Fprintf(conn, "%s\r\n\r\n%s", strings.Join(lines, "\r\n"), body); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func TestGatewaySaysWhenNothingIsBehindIt(t *testing.T) {
	front := httptest.NewServer(stack.NewGateway(&url.URL{Scheme: "http", Host: "127.0.0.1:1"}, ""))
	defer front.Close()
	resp := raw(t, front.URL, "/a", nil, "")
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusBadGateway || !strings.Contains(string(body), `"detail"`) {
		t.Errorf("answer = %s %s", resp.Status, body)
	}
}
