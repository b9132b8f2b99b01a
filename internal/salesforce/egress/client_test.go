package egress_test

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"salesforce-integration/internal/salesforce/egress"
)

// get asks for a page and returns the refusal, if it was one.
func get(t *testing.T, c *http.Client, address string) (*http.Response, *egress.AddressError, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err == nil {
		t.Cleanup(func() { _ = resp.Body.Close() })
	}
	refused, _ := errors.AsType[*egress.AddressError](err)
	return resp, refused, err
}

// A host of the right form whose name leads inside is not connected to. What is
// looked at is the address of the connection itself, so a name that leads
// elsewhere at each look-up gains nothing.
func TestANameThatLeadsInside(t *testing.T) {
	for name, addrs := range map[string][]string{
		"private":                   {"10.1.2.3"},
		"this machine":              {"127.0.0.1"},
		"metadata":                  {"169.254.169.254"},
		"metadata by IPv6":          {"fd00:ec2::254"},
		"this machine by IPv6":      {"::1"},
		"two, both inside":          {"192.168.0.1", "100.64.0.1"},
		"6to4 of a private address": {"2002:a00:1::1"},
	} {
		t.Run(name, func(t *testing.T) {
			dns := newNames(t, addrs...)
			client := egress.NewClient(egress.Config{Resolver: dns.resolver()})
			for range 2 {
				_, refused, err := get(t, client, "https://your-org.my.salesforce.com/services/data/")
				if refused == nil {
					t.Fatalf("error = %v, want a refusal", err)
				}
				at, parseErr := netip.ParseAddrPort(refused.Addr)
				if parseErr != nil || refused.Host != "your-org.my.salesforce.com:443" || egress.NotPublic(at.Addr()) != refused.Why {
					t.Errorf("%+v", refused)
				}
			}
			if dns.asked.Load() == 0 {
				t.Error("the name was not looked up")
			}
		})
	}
}

func TestAnUnlistedServerOfThisMachine(t *testing.T) {
	var reached atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(srv.Close)
	port := srv.URL[strings.LastIndex(srv.URL, ":")+1:]
	client := egress.NewClient(egress.Config{Resolver: newNames(t, "127.0.0.1").resolver(), Listed: []string{"http://listed.example:" + port}})

	for _, address := range []string{srv.URL, "http://your-org.my.salesforce.com:" + port, "http://localhost:" + port, "http://[::ffff:127.0.0.1]:" + port} {
		if _, refused, err := get(t, client, address); refused == nil {
			t.Errorf("%s: %v, want a refusal", address, err)
		}
	}
	if reached.Load() != 0 {
		t.Fatal("the server was reached")
	}
	resp, _, err := get(t, client, "http://listed.example:"+port)
	if err != nil || resp.StatusCode != http.StatusOK || reached.Load() != 1 {
		t.Errorf("the listed host: %v", err)
	}
}

func TestAListedHostIsListedWithItsPort(t *testing.T) {
	client := egress.NewClient(egress.Config{Resolver: newNames(t, "127.0.0.1").resolver(), Listed: []string{"https://listed.example", "http://[::1]:81"}})
	for _, address := range []string{"http://listed.example", "https://listed.example:8443", "http://[::1]", "http://below.listed.example:443"} {
		if _, refused, err := get(t, client, address); refused == nil {
			t.Errorf("%s: %v, want a refusal", address, err)
		}
	}
}

// A port that is not https's is refused on public addresses, too: nothing there is
// asked. No packet goes out in this test.
func TestOnlyThePortOfHTTPS(t *testing.T) {
	client := egress.NewClient(egress.Config{Resolver: newNames(t, "13.110.54.1").resolver()})
	_, refused, err := get(t, client, "https://your-org.my.salesforce.com:8443")
	if refused == nil || !strings.Contains(refused.Why, "port") {
		t.Errorf("%v", err)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var paths []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	t.Cleanup(srv.Close)
	resp, _, err := get(t, egress.NewClient(egress.Config{Listed: []string{srv.URL}}), srv.URL+"/here")
	if err != nil || resp.StatusCode != http.StatusFound || len(paths) != 1 {
		t.Errorf("%v, %v, asked for %q", resp, err, paths)
	}
}

// Behind a proxy the address that is connected to would be the proxy's.
func TestNoProxyOfTheEnvironment(t *testing.T) {
	client := egress.NewClient(egress.Config{})
	if client.Transport.(*http.Transport).Proxy != nil {
		t.Error("it would use a proxy")
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	client := egress.NewClient(egress.Config{Listed: []string{srv.URL}})
	if _, _, err := get(t, client, srv.URL); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.1: %v", err)
	}
}

func TestAHeaderWithoutEndIsCutOff(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
	}))
	t.Cleanup(srv.Close)
	if _, _, err := get(t, egress.NewClient(egress.Config{Listed: []string{srv.URL}}), srv.URL); err == nil {
		t.Error("a header of a megabyte was taken")
	}
}

// Each wait is bounded, so that a server that says nothing holds nobody up.
func TestWaitsAreBounded(t *testing.T) {
	tr := egress.NewClient(egress.Config{}).Transport.(*http.Transport)
	if tr.TLSHandshakeTimeout <= 0 || tr.ResponseHeaderTimeout <= 0 || tr.IdleConnTimeout <= 0 || tr.MaxResponseHeaderBytes <= 0 {
		t.Errorf("%+v", tr)
	}
}

func TestListedOriginsThatDoNotParseListNothing(t *testing.T) {
	client := egress.NewClient(egress.Config{Listed: []string{"http://a b", ":"}, Resolver: newNames(t, "127.0.0.1").resolver()})
	_, refused, err := get(t, client, "http://anything.example")
	if refused == nil {
		t.Errorf("%v", err)
	}
	var asURL *url.Error
	if !errors.As(err, &asURL) || !strings.Contains(err.Error(), "anything.example:80 leads to 127.0.0.1:80") {
		t.Errorf("the error does not say what happened: %v", err)
	}
	var netErr net.Error
	if errors.As(err, &netErr) && netErr.Timeout() {
		t.Error("a refusal is no time-out")
	}
}
