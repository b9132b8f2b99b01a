package salesforce

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"salesforce-integration/internal/salesforce/egress"
)

// DefaultAPIVersion is the REST version that a [Client] speaks unless told
// otherwise: supported by every org since Spring '26.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_versions.htm
const DefaultAPIVersion = "v66.0"

const (
	defaultRequestTimeout   = 20 * time.Second // under the 20 s from which Salesforce counts a call as long-running
	defaultMinCallTime      = 2 * time.Second
	defaultMaxResponseBytes = 16 << 20
	defaultUserAgent        = "experimentation-salesforce-integration/1"
)

var apiVersionForm = regexp.MustCompile(`^v[1-9][0-9]{1,2}\.0$`)

// Config says how to reach one org. InstanceURL and Tokens are required.
type Config struct {
	// InstanceURL is the org's My Domain URL, without a path. Whether its host
	// may be trusted with a secret is the caller's to check. Requests go there
	// and nowhere else: not where a redirect, a token answer or a query's next
	// page might point.
	InstanceURL string
	// APIVersion is such as "v66.0" or "66.0"; [DefaultAPIVersion] if empty.
	APIVersion string
	// Tokens gives the access tokens.
	Tokens TokenSource
	// HTTPClient lends its Transport; its redirect policy and Timeout are not
	// used. One of [egress.NewClient], which lists no host, if nil.
	HTTPClient *http.Client
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// RequestTimeout bounds each HTTP request, however much time the context
	// leaves; 20 s if 0.
	RequestTimeout time.Duration
	// MinCallTime is the remaining time below which no request is started
	// (see [ErrDeadline]); 2 s if 0, no minimum if negative. With a minimum, a write
	// is not started either unless all of RequestTimeout remains.
	MinCallTime time.Duration
	// MaxResponseBytes caps an answer after decompression; 16 MiB if 0.
	MaxResponseBytes int64
	// UserAgent replaces this package's own.
	UserAgent string
}

// Client calls one org's REST API. It is safe for concurrent use.
type Client struct {
	base     string // scheme and host
	data     string // path up to and with the version, such as /services/data/v66.0
	http     *http.Client
	tokens   TokenSource
	now      func() time.Time
	timeout  time.Duration
	minTime  time.Duration
	maxBytes int64
	agent    string

	calls atomic.Int64
	usage atomic.Pointer[Usage]
}

// New checks cfg and returns a client. It sends nothing.
func New(cfg Config) (*Client, error) {
	base, err := baseURL(cfg.InstanceURL)
	if err != nil {
		return nil, err
	}
	if cfg.Tokens == nil {
		return nil, fmt.Errorf("%w: no token source", ErrArgument)
	}
	version := cmp.Or(cfg.APIVersion, DefaultAPIVersion)
	if !strings.HasPrefix(version, "v") {
		version = "v" + version
	}
	if !apiVersionForm.MatchString(version) {
		return nil, fmt.Errorf("%w: API version %q is not of the form v66.0", ErrArgument, cfg.APIVersion)
	}
	c := &Client{
		base:     base,
		data:     "/services/data/" + version,
		http:     noRedirects(cfg.HTTPClient),
		tokens:   cfg.Tokens,
		now:      cfg.Now,
		timeout:  cmp.Or(cfg.RequestTimeout, defaultRequestTimeout),
		minTime:  cmp.Or(cfg.MinCallTime, defaultMinCallTime),
		maxBytes: cmp.Or(cfg.MaxResponseBytes, defaultMaxResponseBytes),
		agent:    cmp.Or(cfg.UserAgent, defaultUserAgent),
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c, nil
}

// Usage is the org's API allowance as Salesforce last told it.
type Usage struct {
	Used, Max int       // calls in the rolling 24 hours; Used may pass Max
	At        time.Time // when the answer that said so came
}

// Usage returns what the newest answer said, and false before any answer did.
// It costs no call.
func (c *Client) Usage() (Usage, bool) {
	u := c.usage.Load()
	if u == nil {
		return Usage{}, false
	}
	return *u, true
}

// Calls returns how many requests this client has sent that count against the
// org's API allowance, failed and repeated ones included. Token exchanges and the
// list of versions do not count.
func (c *Client) Calls() int { return int(c.calls.Load()) }

// APIVersion returns the REST version in use, such as "v66.0".
func (c *Client) APIVersion() string { return strings.TrimPrefix(c.data, "/services/data/") }

// RecordURL returns the address at which a person opens a record.
func (c *Client) RecordURL(id string) string { return c.base + "/" + url.PathEscape(id) }

// baseURL returns scheme and host of an org's URL, and refuses what else it holds.
func baseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", fmt.Errorf("%w: the instance URL does not parse", ErrArgument)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%w: the instance URL must be a scheme and a host, nothing more", ErrArgument)
	}
	return u.Scheme + "://" + u.Host, nil
}

// noRedirects copies the transport only: a redirect would carry a secret elsewhere,
// and deadlines come from contexts.
func noRedirects(from *http.Client) *http.Client {
	if from == nil {
		from = egress.NewClient(egress.Config{})
	}
	return &http.Client{
		Transport:     from.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

var errRequestTimeout = errors.New("the request took longer than a request may")
