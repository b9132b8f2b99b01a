package localorg

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"salesforce-integration/internal/salesforce/localorg/fault"
	"salesforce-integration/internal/salesforce/localorg/oauth"
	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/rest"
)

// Limits of a request.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_rest_architecture.htm
const (
	maxBody = 50 << 20
	maxURI  = 16384
)

// ServeHTTP answers one request: control API, OAuth or REST.
func (o *Org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer o.activity.Add(1)
	if r.URL.Path == "/local" || strings.HasPrefix(r.URL.Path, "/local/") {
		o.control(w, r)
		return
	}
	began := time.Now()
	body, err := readBody(w, r)
	if err != nil {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `[{"message":"The request body can't be read: it is too long, or not encoded as its header says","errorCode":"JSON_PARSER_ERROR"}]`) // the caller may have gone
		return
	}
	c := &exchange{org: o, r: r, body: body, token: bearer(r), base: baseURL(r), answer: newAnswer()}
	o.base.Store(c.base)
	c.classify()
	hits := o.faults.Strike(fault.Call{Route: c.route, Method: r.Method, Text: r.URL.Path + " " + string(body)}, false)
	c.run(hits)
	entry := c.entry()
	entry.Micros = time.Since(began).Microseconds()
	o.journal.add(entry)
	if c.answer.lost {
		reset(w)
		return
	}
	c.answer.send(w, r, o.settings().GzipAnswers)
}

// exchange is one request on its way.
type exchange struct {
	org     *Org
	r       *http.Request
	body    []byte
	token   string
	base    string
	version string
	path    []string
	route   string
	calls   int
	struck  []string
	answer  *answer
}

// classify names the kind of the call.
func (c *exchange) classify() {
	path := strings.TrimSuffix(c.r.URL.Path, "/")
	switch {
	case path == "/services/oauth2/token":
		c.route = "token"
	case path == "/services/oauth2/introspect":
		c.route = "introspect"
	case path == "/services/oauth2/revoke":
		c.route = "revoke"
	case path == "/services/oauth2/userinfo", strings.HasPrefix(path, "/id/"):
		c.route = "userinfo"
	case path == "/services/data":
		c.route = "versions"
	default:
		if version, segments, ok := rest.SplitPath(c.r.URL.EscapedPath()); ok {
			c.version, c.path = version, segments
			c.route = rest.Route(segments)
		}
	}
}

// run applies the faults and does the call.
func (c *exchange) run(hits []Fault) {
	for _, f := range hits {
		c.struck = append(c.struck, f.ID)
		wait(c.r, time.Duration(f.Effect.Delay))
		if c.org.strike(c.answer, f.Effect, c.token) {
			return
		}
	}
	c.do()
	for _, f := range hits {
		if f.Effect.Kind != fault.LostAnswer {
			continue
		}
		if f.Effect.Status == 0 {
			c.answer.lost = true
			continue
		}
		c.answer.html(f.Effect.Status, htmlPage(http.StatusText(f.Effect.Status)))
	}
}

func (c *exchange) do() {
	o, w, r := c.org, c.answer, c.r
	r.Body = io.NopCloser(bytes.NewReader(c.body))
	switch c.route {
	case "token":
		o.tokens.Token(w, r, c.base)
	case "introspect":
		o.tokens.ServeIntrospect(w, r, c.base)
	case "revoke":
		o.tokens.ServeRevoke(w, r)
	case "userinfo":
		c.userInfo()
	case "versions":
		w.json(rest.Response{Status: http.StatusOK, Body: rest.Versions(o.settings())})
	default:
		if c.version == "" {
			w.html(http.StatusNotFound, htmlPage("URL No Longer Exists"))
			return
		}
		c.rest()
	}
}

func (c *exchange) userInfo() {
	sess, bad := c.session()
	if bad != nil {
		// These endpoints answer in plain text.
		c.answer.Header().Set("Content-Type", "text/html; charset=UTF-8")
		c.answer.WriteHeader(http.StatusForbidden)
		_, _ = c.answer.Write([]byte("Bad_OAuth_Token"))
		return
	}
	c.org.tokens.ServeUserInfo(c.answer, sess, c.base, strings.HasPrefix(c.r.URL.Path, "/id/"))
}

// rest does a call under /services/data/vXX.0.
func (c *exchange) rest() {
	o := c.org
	res := c.checked()
	if res == nil {
		res = c.handle()
		o.usage.add(1 + res.ExtraCalls)
		c.calls = 1 + res.ExtraCalls
	}
	c.answer.json(*res)
	c.answer.Header().Set("Sforce-Limit-Info", o.usage.header(o.settings().DailyAPIRequests))
}

// handle does the call under the org's lock and commits it.
func (c *exchange) handle() *rest.Response {
	o := c.org
	o.mu.Lock()
	defer o.mu.Unlock()
	o.call = fault.Call{Route: c.route, Method: c.r.Method}
	o.struck = nil
	res := o.api.Handle(&rest.Request{Method: c.r.Method, Version: c.version, Path: c.path, Query: c.r.URL.Query(), Header: c.r.Header, Body: c.body, Actor: integration(), Base: c.base})
	o.commit()
	c.struck = append(c.struck, o.struck...)
	return &res
}

// checked refuses a call for what is wrong before its route matters.
func (c *exchange) checked() *rest.Response {
	fail := func(status int, code, text string) *rest.Response {
		res := rest.Fail(status, code, text)
		return &res
	}
	set := c.org.settings()
	if len(c.r.RequestURI) > maxURI {
		return fail(http.StatusRequestURITooLong, "URI_TOO_LONG", "The length of the URI exceeds the 16,384 byte limit")
	}
	sess, bad := c.session()
	if bad != nil {
		return bad
	}
	switch {
	case !strings.Contains(" "+sess.Scope+" ", " api ") && !strings.Contains(" "+sess.Scope+" ", " full "):
		return fail(http.StatusUnauthorized, "INVALID_SESSION_ID", "This session is not valid for use with the REST API")
	case !set.RESTAPI:
		return fail(http.StatusForbidden, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
	case !set.UserAPI:
		return fail(http.StatusForbidden, "API_CURRENTLY_DISABLED", "API is disabled for this User")
	case c.org.usage.sum() >= set.DailyAPIRequests:
		return fail(http.StatusForbidden, records.CodeLimit, "TotalRequests Limit exceeded.")
	}
	if res := c.checkVersion(set); res != nil {
		return res
	}
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); len(c.body) > 0 && err == nil && kind != "application/json" {
		return fail(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "Content-Type header specified in HTTP request is not supported: "+kind)
	}
	return nil
}

// Versions that are gone, and those that are on their way out.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/api_rest_eol.htm
const (
	lastGone       = 30
	lastDeprecated = 40
)

func (c *exchange) checkVersion(set *Settings) *rest.Response {
	var n int
	if _, err := fmt.Sscanf(c.version, "%d.0", &n); err != nil || c.version != fmt.Sprintf("%d.0", n) {
		res := rest.Fail(http.StatusNotFound, records.CodeNotFound, "The requested resource does not exist")
		return &res
	}
	const firstEver = 20
	switch {
	case n > firstEver && n <= lastGone:
		res := rest.Fail(http.StatusGone, "UNSUPPORTED_API_VERSION", "The requested API version is not supported any more")
		return &res
	case n < set.APIVersionMin || n > set.APIVersionMax:
		res := rest.Fail(http.StatusNotFound, records.CodeNotFound, "The requested resource does not exist")
		return &res
	case n <= lastDeprecated:
		c.answer.Header().Set("Warning", `299 - "This API is deprecated and will be removed."`)
	}
	return nil
}

// session checks the Authorization header and the host.
func (c *exchange) session() (oauth.Session, *rest.Response) {
	fail := func(code, text string) (oauth.Session, *rest.Response) {
		res := rest.Fail(http.StatusUnauthorized, code, text)
		res.Header = http.Header{"Www-Authenticate": {"Token"}}
		return oauth.Session{}, &res
	}
	if head := c.r.Header.Get("Authorization"); head != "" && c.token == "" {
		return fail("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
	}
	sess, ok := c.org.tokens.Session(c.token)
	if want := c.org.settings().MyDomain; !ok || want != "" && !strings.EqualFold(want, c.r.Host) {
		return fail("INVALID_SESSION_ID", "Session expired or invalid")
	}
	return sess, nil
}

// bearer takes the token out of "Bearer x" or "OAuth x".
func bearer(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "OAuth") {
		return ""
	}
	return strings.TrimSpace(token)
}

func baseURL(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// readBody reads the whole body, unpacked. Some clients announce a compressed body
// on calls that have none.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	packed, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil || len(packed) == 0 {
		return packed, err
	}
	var unpack io.Reader
	switch r.Header.Get("Content-Encoding") {
	case "gzip":
		unpack, err = gzip.NewReader(bytes.NewReader(packed))
	case "deflate":
		unpack, err = zlib.NewReader(bytes.NewReader(packed))
	default:
		return packed, nil
	}
	if err != nil {
		return nil, fmt.Errorf("unpack the body: %w", err)
	}
	return io.ReadAll(io.LimitReader(unpack, maxBody))
}

// entry makes the journal's entry of the exchange.
func (c *exchange) entry() Entry {
	e := Entry{
		Time: c.org.now().UTC(), Method: c.r.Method, Path: c.r.URL.Path, Query: c.r.URL.RawQuery, Route: c.route, Request: string(c.body),
		Status: c.answer.status, Response: c.answer.body.String(), APICalls: c.calls, Faults: c.struck, Lost: c.answer.lost,
	}
	switch c.route {
	case "token", "introspect", "revoke":
		e.Request, e.Query = maskForm(e.Request), maskForm(e.Query)
		if e.Status < http.StatusBadRequest {
			e.Response = ""
		}
	}
	return e
}
