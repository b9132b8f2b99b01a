package e2e_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"
)

// door is another way to the local org, which can be shut: then connections are refused.
type door struct {
	address string
	proxy   *httputil.ReverseProxy
	server  *http.Server
}

// newDoor makes the door of the stack, of which there is one. It is shut.
func (s *suite) newDoor(t *testing.T) *door {
	t.Helper()
	from, err := url.Parse(s.SpareOrgURL)
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(s.OrgURL)
	if err != nil {
		t.Fatal(err)
	}
	d := &door{address: net.JoinHostPort("127.0.0.1", from.Port()), proxy: httputil.NewSingleHostReverseProxy(to)}
	t.Cleanup(func() { d.shut(t) })
	return d
}

func (d *door) open(t *testing.T) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", d.address)
	if err != nil {
		t.Fatal(err)
	}
	d.server = &http.Server{Handler: d.proxy, ReadHeaderTimeout: 10 * time.Second}
	go func(server *http.Server) {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("the way to the org: %v", err)
		}
	}(d.server)
}

// shut breaks the connections that there are, too.
func (d *door) shut(t *testing.T) {
	t.Helper()
	if d.server == nil {
		return
	}
	if err := d.server.Close(); err != nil {
		t.Error(err)
	}
	d.server = nil
}
