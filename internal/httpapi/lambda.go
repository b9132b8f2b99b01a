package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"
)

// answerTime is kept back of the function's time, to still answer when a
// dependency hangs.
const answerTime = 500 * time.Millisecond

// LambdaHandler is what lambda.Start takes for a REST API.
type LambdaHandler func(context.Context, events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error)

// Lambda serves API Gateway's proxy events with h. It never returns an error: API
// Gateway would make an answer of its own out of it.
func Lambda(h http.Handler) LambdaHandler {
	adapter := httpadapter.New(h)
	return func(ctx context.Context, e events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
		if deadline, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline.Add(-answerTime))
			defer cancel()
		}
		e.Path = escaped(e.Path)
		resp, err := adapter.ProxyWithContext(ctx, e)
		if err != nil {
			return unreadable(ctx), nil
		}
		return resp, nil
	}
}

// escaped makes a path that can stand in a URL. API Gateway hands over a decoded
// one, so that a '%' or '?' in it is a character of a segment.
func escaped(path string) string {
	raw := func(r rune) bool { return r == '?' || r == '#' || unicode.IsControl(r) }
	if _, err := url.PathUnescape(path); err == nil && !strings.ContainsFunc(path, raw) {
		return path
	}
	return (&url.URL{Path: path}).EscapedPath()
}

// unreadable is the answer to an event that is no request (a body that is not the
// base64 that it says it is).
func unreadable(ctx context.Context) events.APIGatewayProxyResponse {
	p := newProblem(ctx, http.StatusBadRequest, "The request cannot be read.")
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte("{}")
	}
	return events.APIGatewayProxyResponse{
		StatusCode: p.Status,
		Headers:    map[string]string{"Content-Type": p.ContentType(""), "X-Request-Id": p.RequestID},
		Body:       string(body),
	}
}
