package httpapi

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

const securityScheme = "bearer"

// commonErrors can meet any request; the first and the last but two are API
// Gateway's own.
var commonErrors = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}

func humaConfig() huma.Config {
	c := huma.DefaultConfig("Salesforce integration", Version)
	c.Info.Description = "Keeps an experimentation platform and Salesforce marketing Campaigns in step: set integrations up and test them, link Campaigns to experiments, see what was delivered, and send again what was not."
	c.Info.License = &huma.License{Name: "MIT", Identifier: "MIT"}
	c.Servers = []*huma.Server{{URL: "/", Description: "This deployment. Without a custom domain, its stage comes first: https://{api}.execute-api.{region}.amazonaws.com/{stage}"}}
	c.Security = []map[string][]string{{securityScheme: {}}}
	c.Tags = []*huma.Tag{
		{Name: tagIntegrations, Description: "Connections to Salesforce orgs."},
		{Name: tagLinks, Description: "Which Campaigns follow which experiment."},
		{Name: tagDeliveries, Description: "What was sent and received, and what became of it."},
	}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		securityScheme: {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A token of the configured issuer. The role admin reads and changes, viewer reads."},
	}
	// The document is served by the edge; its pages of huma's own load scripts from
	// elsewhere, and links to schemas have no place in the contract's shapes.
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	c.Transformers = []huma.Transformer{asProblem}
	return c
}

// schemaOf returns a reference to a type's schema.
func schemaOf[T any](o *huma.OpenAPI) *huma.Schema {
	return o.Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
}

// addErrors documents what an operation may fail with. Listing them in the
// operation's Errors would document huma's own shape.
func addErrors(o *huma.OpenAPI, op *huma.Operation, statuses []int) {
	for _, status := range slices.Concat(commonErrors, statuses) {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{(&Problem{}).ContentType(""): {Schema: schemaOf[Problem](o)}},
		}
	}
}

// finishDocument takes out what huma puts in for errors that are never sent, and
// what it says of answers: that they will never have another field.
func finishDocument(o *huma.OpenAPI) {
	schemas := o.Components.Schemas.Map()
	maps.DeleteFunc(schemas, func(name string, _ *huma.Schema) bool { return name == "ErrorModel" || name == "ErrorDetail" })
	taken := []string{"NewIntegration", "NewOrgConfig", "IntegrationChange", "OrgConfigChange", "SettingsChange", "NewLink", "NewWebhookSecret", "NewConnection", "RedeliverFilter"}
	for name, s := range schemas {
		if !slices.Contains(taken, name) {
			s.AdditionalProperties = nil
		}
	}
}
