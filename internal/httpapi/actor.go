package httpapi

import (
	"context"

	"github.com/awslabs/aws-lambda-go-api-proxy/core"

	"salesforce-integration/internal/integration"
)

// The keys under which API Gateway's authorizer leaves who is asking.
const (
	authorizerRole    = "role"
	authorizerSubject = "sub"
)

// apiRequestID is API Gateway's own id of the request: its access log has it, and
// the answers that it makes itself; "" without API Gateway.
func apiRequestID(ctx context.Context) string {
	rc, _ := core.GetAPIGatewayContextFromContext(ctx)
	return rc.RequestID
}

type actorKey struct{}

// authorizedActor is who API Gateway's authorizer let in. Where there was none the
// role is empty, and that may do nothing.
func authorizedActor(ctx context.Context) integration.Actor {
	rc, ok := core.GetAPIGatewayContextFromContext(ctx)
	if !ok {
		return integration.Actor{}
	}
	role, _ := rc.Authorizer[authorizerRole].(string)
	subject, _ := rc.Authorizer[authorizerSubject].(string)
	return integration.Actor{Subject: subject, Role: integration.Role(role)}
}

func withActor(ctx context.Context, a integration.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// actor is who asks; the edge put it there.
func actor(ctx context.Context) integration.Actor {
	a, _ := ctx.Value(actorKey{}).(integration.Actor)
	return a
}
