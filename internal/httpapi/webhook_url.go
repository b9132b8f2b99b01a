package httpapi

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/awslabs/aws-lambda-go-api-proxy/core"

	"salesforce-integration/internal/integration"
)

// webhookURL is what is to be pasted into Salesforce. The secret is base64url, so
// it needs no escaping.
func (a *API) webhookURL(ctx context.Context, id string, secret integration.Secret) string {
	return a.publicBase(ctx) + integrationsPath + "/" + id + "/webhook/salesforce?token=" + secret.Reveal()
}

// publicBase is what callers see in front of /api/v1: as configured, or as this
// request came. The request context's path begins with the stage or, on a custom
// domain, with its base path mapping, if any.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
func (a *API) publicBase(ctx context.Context) string {
	if a.publicURL != "" {
		return strings.TrimSuffix(strings.TrimRight(a.publicURL, "/"), basePath)
	}
	rc, ok := core.GetAPIGatewayContextFromContext(ctx)
	if !ok {
		return ""
	}
	prefix, _, found := strings.Cut(rc.Path, basePath+"/")
	if (!found || prefix == "") && strings.Contains(rc.DomainName, ".execute-api.") {
		prefix = "/" + rc.Stage
	}
	return "https://" + rc.DomainName + strings.TrimRight(prefix, "/")
}

func checkPublicURL(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("it is not an http or https URL without query, fragment and user name")
	}
	return nil
}
