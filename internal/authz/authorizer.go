package authz

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/integration"
)

// errUnauthorized has the one text that API Gateway answers with 401.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
var errUnauthorized = errors.New("Unauthorized")

// The keys of the context that the authorizer hands to the functions behind it.
const (
	ContextRole    = "role"
	ContextSubject = "sub"
)

const policyVersion = "2012-10-17"

// Authorizer answers API Gateway's TOKEN authorizer events.
type Authorizer struct {
	verifier *Verifier
	log      *slog.Logger
}

// NewAuthorizer returns an authorizer that asks verifier.
func NewAuthorizer(v *Verifier, log *slog.Logger) *Authorizer {
	return &Authorizer{verifier: v, log: log}
}

// Handle decides one event. A token that is missing or no good is an error that
// API Gateway turns into 401; one without a role gets a policy that denies all,
// which becomes 403. When the issuer's keys cannot be had, nobody can tell: that
// is another error, and becomes 500.
func (a *Authorizer) Handle(ctx context.Context, e events.APIGatewayCustomAuthorizerRequest) (events.APIGatewayCustomAuthorizerResponse, error) {
	api, err := stageOf(e.MethodArn)
	if err != nil {
		a.log.ErrorContext(ctx, "authorizer event refused", "error", err)
		return events.APIGatewayCustomAuthorizerResponse{}, errUnauthorized
	}
	actor, err := a.verifier.Verify(ctx, e.AuthorizationToken)
	switch {
	case errors.Is(err, ErrInvalidToken):
		a.log.InfoContext(ctx, "token refused", "reason", err.Error())
		return events.APIGatewayCustomAuthorizerResponse{}, errUnauthorized
	case err != nil:
		a.log.ErrorContext(ctx, "token not verified", "error", err)
		return events.APIGatewayCustomAuthorizerResponse{}, fmt.Errorf("verify token: %w", err)
	}
	if !actor.Role.MayRead() {
		a.log.InfoContext(ctx, "token without a role", "subject", actor.Subject)
	}
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID:    actor.Subject,
		PolicyDocument: policy(api, actor.Role),
		Context:        map[string]any{ContextRole: string(actor.Role), ContextSubject: actor.Subject},
	}, nil
}

// policy speaks of the whole stage and never of the route that was asked for:
// API Gateway keeps it for the token's next requests, to any route.
func policy(api string, role integration.Role) events.APIGatewayCustomAuthorizerPolicy {
	p := events.APIGatewayCustomAuthorizerPolicy{Version: policyVersion}
	switch {
	case role.MayWrite():
		p.Statement = []events.IAMPolicyStatement{statement("Allow", api+"/*")}
	case role.MayRead():
		p.Statement = []events.IAMPolicyStatement{
			statement("Allow", api+"/GET/*", api+"/HEAD/*", api+"/OPTIONS/*"),
			statement("Deny", api+"/POST/*", api+"/PUT/*", api+"/PATCH/*", api+"/DELETE/*"),
		}
	default:
		p.Statement = []events.IAMPolicyStatement{statement("Deny", api+"/*")}
	}
	return p
}

func statement(effect string, resources ...string) events.IAMPolicyStatement {
	return events.IAMPolicyStatement{Action: []string{"execute-api:Invoke"}, Effect: effect, Resource: resources}
}

// stageOf cuts a method's ARN, arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH,
// after the stage. A wildcard in it would let the policy speak of other stages.
func stageOf(methodARN string) (string, error) {
	parts := strings.SplitN(methodARN, "/", 3)
	if len(parts) < 3 || parts[1] == "" || strings.Count(parts[0], ":") != 5 || !strings.HasPrefix(parts[0], "arn:") || strings.ContainsAny(parts[0]+parts[1], "*?") {
		return "", fmt.Errorf("%q is not the ARN of a method", methodARN)
	}
	return parts[0] + "/" + parts[1], nil
}
