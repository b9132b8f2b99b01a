// Package egress decides what a function may connect to on behalf of an integration.
//
// An instance URL names a host, and whoever answers for that name in the DNS
// decides where the org's secrets go. So the address itself is looked at when the
// connection is made, after every look-up: only one that is public on the Internet
// is connected to, unless the operator listed the host.
package egress

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

const (
	dialTimeout   = 5 * time.Second
	tlsTimeout    = 5 * time.Second
	headerTimeout = 20 * time.Second // as long as a request may take in all
	idleTimeout   = 90 * time.Second
	// maxHeaderBytes bounds an answer's header; a body is bounded by who reads it.
	maxHeaderBytes = 64 << 10
	// maxIdle is what one org needs: its calls go out few at a time.
	maxIdle = 10
)

// httpsPort is the one port that a host which nobody listed may be asked on.
const httpsPort = "443"

// AddressError is a connection that was refused before anything was sent.
type AddressError struct {
	Host string // the name that was looked up, with its port
	Addr string // what it led to, with the port
	Why  string // what the address is, such as "private"
}

// Error implements error.
func (e *AddressError) Error() string {
	return fmt.Sprintf("%s leads to %s, which is %s: not connected", e.Host, e.Addr, e.Why)
}

// Config is what [NewClient] works with; its zero value lists no host.
type Config struct {
	// Listed are the origins that the operator trusts wherever they lead to, such
	// as "http://localhost:8001" or "https://your-org.my.salesforce.com".
	Listed []string
	// Resolver looks names up; net.DefaultResolver if nil.
	Resolver *net.Resolver
}

// NewClient returns a client for requests to orgs. It connects to public addresses
// on port 443 and to listed origins, speaks TLS 1.2 or newer, follows no redirect,
// and uses no proxy, whatever the environment names: behind a proxy it would be
// the proxy that decides where a secret goes. A refused connection is an
// [*AddressError]. The caller bounds a request by its context.
func NewClient(c Config) *http.Client {
	g := &guard{listed: map[string]bool{}, dialer: net.Dialer{Timeout: dialTimeout, Resolver: c.Resolver}}
	for _, origin := range c.Listed {
		if u, err := url.Parse(origin); err == nil {
			g.listed[hostPort(u)] = true
		}
	}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            g.dial,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    tlsTimeout,
			ResponseHeaderTimeout:  headerTimeout,
			MaxResponseHeaderBytes: maxHeaderBytes,
			MaxIdleConnsPerHost:    maxIdle,
			IdleConnTimeout:        idleTimeout,
			ForceAttemptHTTP2:      true,
		},
	}
}

// guard makes connections, and looks at each address before it does.
type guard struct {
	listed map[string]bool // host:port
	dialer net.Dialer
}

func (g *guard) dial(ctx context.Context, network, hostport string) (net.Conn, error) {
	d := g.dialer
	if !g.listed[hostport] {
		d.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
			if why := refusal(address); why != "" {
				return &AddressError{Host: hostport, Addr: address, Why: why}
			}
			return nil
		}
	}
	return d.DialContext(ctx, network, hostport)
}

// refusal says why an address with its port is not connected to; "" when it is.
func refusal(address string) string {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return "not an address"
	}
	if why := NotPublic(at.Addr()); why != "" {
		return why
	}
	if _, port, err := net.SplitHostPort(address); err != nil || port != httpsPort {
		return "not the port of https"
	}
	return ""
}

func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "http":
		port = "80"
	default:
		port = httpsPort
	}
	return net.JoinHostPort(u.Hostname(), port)
}
