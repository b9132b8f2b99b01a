package rest

import (
	"fmt"
	"net/http"
	"strings"

	"salesforce-integration/internal/salesforce/localorg/settings"
)

// Limits of composite graphs.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_graph_limits.htm
const (
	maxGraphs      = 75
	maxNodes       = 500
	maxDepth       = 15
	maxKinds       = 15
	maxGraphsFail  = 14
	graphsSince    = 50
	codeGraphLimit = "LIMIT_EXCEEDED"
)

type graphCall struct {
	Graphs []graphBody `json:"graphs"`
}

type graphBody struct {
	GraphID  string       `json:"graphId"`
	Requests []Subrequest `json:"compositeRequest"`
}

// GraphResult is the outcome of one graph.
type GraphResult struct {
	GraphID  string        `json:"graphId"`
	Response GraphResponse `json:"graphResponse"`
	OK       bool          `json:"isSuccessful"`
}

// GraphResponse holds the answers of a graph's nodes.
type GraphResponse struct {
	Composite []Subresponse `json:"compositeResponse"`
}

func (a *API) graph(req *Request) Response {
	if req.Method != http.MethodPost {
		return badMethod(req.Method, "POST")
	}
	if req.versionNumber() < graphsSince {
		return notFound()
	}
	var call graphCall
	if err := decode(req.Body, &call); err != nil {
		return badJSON(err)
	}
	if len(call.Graphs) == 0 {
		return Fail(http.StatusBadRequest, "REQUIRED_FIELD_MISSING", "Provide at least one graph in graphs")
	}
	if len(call.Graphs) > maxGraphs {
		return Fail(http.StatusBadRequest, codeGraphLimit, fmt.Sprintf("The request has %d graphs. The limit is %d.", len(call.Graphs), maxGraphs))
	}
	out := make([]GraphResult, len(call.Graphs))
	if text := a.overLimit(call); text != "" {
		for i, g := range call.Graphs {
			out[i] = wholeGraph(g, codeGraphLimit, text)
		}
		return Response{Status: http.StatusOK, Body: Object{{"graphs", out}}}
	}
	failures, seen := 0, map[string]bool{}
	for i, g := range call.Graphs {
		switch {
		case g.GraphID == "" || seen[g.GraphID]:
			out[i] = wholeGraph(g, "INVALID_INPUT", "Every graph needs a graphId of its own")
		case failures > maxGraphsFail:
			out[i] = wholeGraph(g, codeHalted, "The graph was not processed since too many graphs of the request failed.")
		default:
			out[i] = a.oneGraph(req, g)
		}
		seen[g.GraphID] = true
		if !out[i].OK {
			failures++
		}
	}
	return Response{Status: http.StatusOK, Body: Object{{"graphs", out}}}
}

// overLimit checks what is counted over the whole call.
func (a *API) overLimit(call graphCall) string {
	nodes, kinds := 0, map[string]bool{}
	for _, g := range call.Graphs {
		nodes += len(g.Requests)
		for _, sub := range g.Requests {
			version, path, ok := SplitPath(sub.URL)
			if !ok || len(path) < 2 {
				continue
			}
			kind := version + " " + strings.ToLower(path[1])
			if a.settings().Disputed.GraphKinds == settings.KindsByMethod {
				kind += " " + sub.Method
			}
			kinds[kind] = true
		}
	}
	switch {
	case nodes > maxNodes:
		return fmt.Sprintf("The request has %d nodes. The limit is %d.", nodes, maxNodes)
	case len(kinds) > maxKinds:
		return fmt.Sprintf("The request has %d different nodes. The limit is %d.", len(kinds), maxKinds)
	}
	return ""
}

// wholeGraph answers every node of a graph with one error.
func wholeGraph(g graphBody, code, text string) GraphResult {
	res := GraphResult{GraphID: g.GraphID, Response: GraphResponse{Composite: []Subresponse{}}}
	for _, sub := range g.Requests {
		res.Response.Composite = append(res.Response.Composite, subresponse(sub, Fail(http.StatusBadRequest, code, text)))
	}
	return res
}

// oneGraph does a graph, all of it or nothing.
func (a *API) oneGraph(req *Request, g graphBody) GraphResult {
	if bad := checkReferenceIDs(g.Requests); bad != "" {
		return wholeGraph(g, "INVALID_INPUT", bad)
	}
	order, depth, ok := sortNodes(g.Requests)
	if !ok {
		return wholeGraph(g, "INVALID_INPUT", "The graph has a circular reference")
	}
	if depth > maxDepth {
		return wholeGraph(g, codeGraphLimit, fmt.Sprintf("The graph has a depth of %d. The limit is %d.", depth, maxDepth))
	}
	start := a.store.Savepoint()
	done := newAnswers(true)
	res := GraphResult{GraphID: g.GraphID, OK: true, Response: GraphResponse{Composite: make([]Subresponse, len(g.Requests))}}
	for _, i := range order {
		sub := g.Requests[i]
		answer := a.node(req, sub, done)
		res.Response.Composite[i] = subresponse(sub, answer)
		if answer.Failed() {
			a.store.Rollback(start)
			return a.failedGraph(g, i, answer)
		}
		done.put(sub.ReferenceID, answer.Body)
	}
	return res
}

func (a *API) failedGraph(g graphBody, offender int, answer Response) GraphResult {
	res := wholeGraph(g, codeHalted, textHalted)
	for i, sub := range g.Requests {
		if i == offender || a.settings().Disputed.GraphFailure == settings.GraphCause {
			res.Response.Composite[i] = subresponse(sub, answer)
		}
	}
	return res
}

// node does one node; only rows may be one.
func (a *API) node(req *Request, sub Subrequest, done *answers) Response {
	if _, path, ok := SplitPath(sub.URL); !ok || len(path) < 2 || len(path) > 4 || path[0] != "sobjects" || path[len(path)-1] == "describe" {
		return Fail(http.StatusBadRequest, "INVALID_INPUT", "A node of a graph must be a record under /services/data/vXX.0/sobjects: "+sub.URL)
	}
	res, err := a.step(req, sub, done)
	if err != nil {
		return Fail(http.StatusBadRequest, "INVALID_INPUT", err.Error())
	}
	return res
}

// sortNodes orders nodes so that each comes after those it refers to, and measures
// the longest chain. ok is false when they go round in a circle.
func sortNodes(subs []Subrequest) (order []int, depth int, ok bool) {
	at := map[string]int{}
	for i, sub := range subs {
		at[sub.ReferenceID] = i
	}
	level := make([]int, len(subs)) // 0: not seen, -1: under way
	var visit func(i int) bool
	visit = func(i int) bool {
		if level[i] != 0 {
			return level[i] > 0
		}
		level[i] = -1
		deepest := 0
		for _, ref := range referencesIn(subs[i]) {
			j, known := at[ref]
			if !known {
				continue
			}
			if !visit(j) {
				return false
			}
			deepest = max(deepest, level[j])
		}
		level[i] = deepest + 1
		depth = max(depth, level[i])
		order = append(order, i)
		return true
	}
	for i := range subs {
		if !visit(i) {
			return nil, 0, false
		}
	}
	return order, depth, true
}
