package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Limits of /composite.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
const (
	maxSubrequests = 25
	maxBigOnes     = 5 // collections and queries among them
)

// Code and text of subrequests that were undone, or not done, because of another.
const (
	codeHalted = "PROCESSING_HALTED"
	textHalted = "The transaction was rolled back since another operation in the same transaction failed."
)

// Subrequest is one step of a composite call or node of a graph.
type Subrequest struct {
	Method      string            `json:"method"`
	URL         string            `json:"url"`
	ReferenceID string            `json:"referenceId"`
	Headers     map[string]string `json:"httpHeaders"`
	Body        json.RawMessage   `json:"body"`
}

// Subresponse is the answer to one Subrequest.
type Subresponse struct {
	Body           any               `json:"body"`
	HTTPHeaders    map[string]string `json:"httpHeaders"`
	HTTPStatusCode int               `json:"httpStatusCode"`
	ReferenceID    string            `json:"referenceId"`
}

type compositeBody struct {
	AllOrNone bool         `json:"allOrNone"`
	Requests  []Subrequest `json:"compositeRequest"`
}

func (a *API) composite(req *Request) Response {
	if req.Method == http.MethodGet {
		return a.resourcesOf(req, "batch", "graph", "sobjects", "tree")
	}
	if req.Method != http.MethodPost {
		return badMethod(req.Method, "HEAD,GET,POST")
	}
	var c compositeBody
	if err := decode(req.Body, &c); err != nil {
		return badJSON(err)
	}
	if bad := checkSubrequests(c.Requests); bad != nil {
		return *bad
	}
	start := a.store.Savepoint()
	done := newAnswers(a.settings().Disputed.ArrayReferences)
	out := make([]Subresponse, len(c.Requests))
	failed := make([]bool, len(c.Requests))
	for i, sub := range c.Requests {
		res, err := a.step(req, sub, done)
		if err != nil {
			res = Fail(http.StatusBadRequest, codeHalted, err.Error())
		}
		out[i] = subresponse(sub, res)
		failed[i] = res.Failed()
		if some, ok := res.Body.(results); ok && some.anyFailed() {
			failed[i] = true
		}
		if !res.Failed() {
			done.put(sub.ReferenceID, res.Body)
		}
		if failed[i] && c.AllOrNone {
			break
		}
	}
	if c.AllOrNone && slices.Contains(failed, true) {
		a.store.Rollback(start)
		for i, sub := range c.Requests {
			if !failed[i] {
				out[i] = subresponse(sub, Fail(http.StatusBadRequest, codeHalted, textHalted))
			}
		}
	}
	return Response{Status: http.StatusOK, Body: Object{{"compositeResponse", out}}}
}

func (a *API) resourcesOf(req *Request, names ...string) Response {
	out := Object{}
	for _, name := range names {
		out = append(out, Member{name, req.prefix() + "/composite/" + name})
	}
	return Response{Status: http.StatusOK, Body: out}
}

// checkSubrequests refuses what makes a composite call wrong as a whole.
func checkSubrequests(subs []Subrequest) *Response {
	fail := func(code, text string) *Response {
		res := Fail(http.StatusBadRequest, code, text)
		return &res
	}
	if len(subs) == 0 {
		return fail("REQUIRED_FIELD_MISSING", "Provide at least one subrequest in compositeRequest")
	}
	if len(subs) > maxSubrequests {
		return fail("LIMIT_EXCEEDED", fmt.Sprintf("The request has %d subrequests. The limit is %d.", len(subs), maxSubrequests))
	}
	if bad := checkReferenceIDs(subs); bad != "" {
		return fail("INVALID_INPUT", bad)
	}
	big := 0
	for _, sub := range subs {
		for name := range sub.Headers {
			if slices.ContainsFunc([]string{"Accept", "Authorization", "Content-Type"}, func(no string) bool { return strings.EqualFold(no, name) }) {
				return fail("INVALID_INPUT", "The header "+name+" can't be set on a subrequest")
			}
		}
		if strings.Contains(sub.URL, "/composite/sobjects") || strings.Contains(sub.URL, "/query") || strings.HasSuffix(sub.URL, "/sobjects") {
			big++
		}
	}
	if big > maxBigOnes {
		return fail("LIMIT_EXCEEDED", fmt.Sprintf("The request has %d subrequests that are queries or collections. The limit is %d.", big, maxBigOnes))
	}
	return nil
}

// checkReferenceIDs returns what is wrong with the reference ids, or "".
func checkReferenceIDs(subs []Subrequest) string {
	seen := map[string]bool{}
	for _, sub := range subs {
		switch id := sub.ReferenceID; {
		case !goodReferenceID.MatchString(id):
			return "Provided referenceId ('" + id + "') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_')."
		case seen[id]:
			return "Provided referenceId ('" + id + "') is used more than once."
		default:
			seen[id] = true
		}
	}
	return ""
}

// step does one subrequest. The error is a reference that leads nowhere.
func (a *API) step(req *Request, sub Subrequest, done *answers) (Response, error) {
	target, err := done.fillText(sub.URL)
	if err != nil {
		return Response{}, err
	}
	body, err := done.fillBody(sub.Body)
	if err != nil {
		return Response{}, err
	}
	inner, err := a.inner(req, sub.Method, target, body)
	if err != nil {
		return Fail(http.StatusBadRequest, "INVALID_INPUT", err.Error()), nil
	}
	for name, v := range sub.Headers {
		inner.Header.Set(name, v)
	}
	if kind := Route(inner.Path); kind == "composite" || kind == "batch" || kind == "graph" {
		return Fail(http.StatusBadRequest, "INVALID_INPUT", "A composite call can't hold another one: "+target), nil
	}
	return a.Handle(inner), nil
}

// inner makes the Request of a subrequest.
func (a *API) inner(req *Request, method, target string, body []byte) (*Request, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, errors.New("the URL of a subrequest can't be read: " + target)
	}
	version, path, ok := SplitPath(u.EscapedPath())
	if !ok {
		return nil, errors.New("the URL of a subrequest must start with /services/data/vXX.0/: " + target)
	}
	return &Request{Method: strings.ToUpper(method), Version: version, Path: path, Query: u.Query(), Header: http.Header{}, Body: body, Actor: req.Actor, Base: req.Base}, nil
}

// SplitPath takes /services/data/v66.0/sobjects/X apart: version and the segments
// below it, unescaped.
func SplitPath(escaped string) (version string, path []string, ok bool) {
	rest, ok := strings.CutPrefix(escaped, "/services/data/v")
	if !ok {
		return "", nil, false
	}
	version, rest, _ = strings.Cut(rest, "/")
	for part := range strings.SplitSeq(rest, "/") {
		if part == "" {
			continue
		}
		plain, err := url.PathUnescape(part)
		if err != nil {
			return "", nil, false
		}
		path = append(path, plain)
	}
	return version, path, true
}

func subresponse(sub Subrequest, res Response) Subresponse {
	out := Subresponse{Body: res.Body, HTTPHeaders: map[string]string{}, HTTPStatusCode: res.Status, ReferenceID: sub.ReferenceID}
	if loc := res.Header.Get("Location"); loc != "" {
		out.HTTPHeaders["Location"] = loc
	}
	return out
}
