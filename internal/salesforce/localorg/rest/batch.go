package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

type batchBody struct {
	HaltOnError bool       `json:"haltOnError"`
	Requests    []batchSub `json:"batchRequests"`
}

type batchSub struct {
	Method    string          `json:"method"`
	URL       string          `json:"url"`
	RichInput json.RawMessage `json:"richInput"`
}

// BatchResult is the answer to one subrequest of a batch.
type BatchResult struct {
	StatusCode int `json:"statusCode"`
	Result     any `json:"result"`
}

// batch does up to 25 independent calls. Each one costs an API call of its own.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_batch.htm
func (a *API) batch(req *Request) Response {
	if req.Method != http.MethodPost {
		return badMethod(req.Method, "POST")
	}
	var b batchBody
	if err := decode(req.Body, &b); err != nil {
		return badJSON(err)
	}
	if len(b.Requests) > maxSubrequests {
		return Fail(http.StatusBadRequest, "LIMIT_EXCEEDED", fmt.Sprintf("The request has %d subrequests. The limit is %d.", len(b.Requests), maxSubrequests))
	}
	out, errors := make([]BatchResult, len(b.Requests)), false
	for i, sub := range b.Requests {
		if errors && b.HaltOnError {
			out[i] = BatchResult{StatusCode: http.StatusPreconditionFailed, Result: []Fault{{Code: "BATCH_PROCESSING_HALTED", Message: "Batch processing halted per request"}}}
			continue
		}
		res := a.batchOne(req, sub)
		out[i] = BatchResult{StatusCode: res.Status, Result: res.Body}
		errors = errors || res.Status >= http.StatusBadRequest
	}
	return Response{Status: http.StatusOK, Body: Object{{"hasErrors", errors}, {"results", out}}, ExtraCalls: len(b.Requests)}
}

func (a *API) batchOne(req *Request, sub batchSub) Response {
	target := strings.TrimPrefix(sub.URL, "/")
	if !strings.HasPrefix(target, "services/data/") {
		target = "services/data/" + target
	}
	inner, err := a.inner(req, sub.Method, "/"+target, sub.RichInput)
	if err != nil {
		return Fail(http.StatusBadRequest, "INVALID_INPUT", err.Error())
	}
	if kind := Route(inner.Path); kind == "batch" {
		return Fail(http.StatusBadRequest, "INVALID_INPUT", "A batch can't hold another one: "+sub.URL)
	}
	return a.Handle(inner)
}
