package httpapi

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/integration"
)

const securityScheme = "bearer"

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
		securityScheme: {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A token of the configured issuer. The role admin reads and changes, viewer reads what is kept here."},
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

// forAdmins says whether an operation is for the role admin: what changes something,
// and what spends the org's API calls on a question.
func forAdmins(method, pattern string) bool { return !isRead(method) || pattern == campaignsPath }

// rolesFor says which roles may use an operation. A scheme that is not OAuth's lists
// roles in the place of scopes.
// https://spec.openapis.org/oas/v3.1.0#security-requirement-object
func rolesFor(method, pattern string) []map[string][]string {
	roles := []map[string][]string{{securityScheme: {string(integration.RoleAdmin)}}}
	if !forAdmins(method, pattern) {
		roles = append(roles, map[string][]string{securityScheme: {string(integration.RoleViewer)}})
	}
	return roles
}

// finished completes the document with what no operation says of itself, and takes
// out what huma puts in for errors that are never sent.
func finished(o *huma.OpenAPI) *huma.OpenAPI {
	maps.DeleteFunc(o.Components.Schemas.Map(), func(name string, _ *huma.Schema) bool { return name == "ErrorModel" || name == "ErrorDetail" })
	addFailures(o)
	documentCSV(o)
	taken := takenSchemas(o)
	for name, s := range o.Components.Schemas.Map() {
		if !taken[name] {
			s.AdditionalProperties = openOrValues(s) // an answer may have another field one day
		}
	}
	stateLimits(o, taken)
	addExamples(o)
	return o
}

// openOrValues leaves the type of a map's values alone.
func openOrValues(s *huma.Schema) any {
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		return values
	}
	return nil
}

// takenSchemas are those that requests are made of.
func takenSchemas(o *huma.OpenAPI) map[string]bool {
	taken := map[string]bool{}
	var visit func(*huma.Schema)
	visit = func(s *huma.Schema) {
		if s == nil {
			return
		}
		if name, ok := strings.CutPrefix(s.Ref, schemaRef); ok {
			if !taken[name] {
				taken[name] = true
				visit(o.Components.Schemas.Map()[name])
			}
			return
		}
		visit(s.Items)
		for _, property := range s.Properties {
			visit(property)
		}
		if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
			visit(values)
		}
	}
	for _, op := range operations(o) {
		if op.RequestBody != nil {
			for _, media := range op.RequestBody.Content {
				visit(media.Schema)
			}
		}
	}
	return taken
}

const schemaRef = "#/components/schemas/"

// operations lists all operations, by path and method.
func operations(o *huma.OpenAPI) []*huma.Operation {
	var all []*huma.Operation
	for _, path := range slices.Sorted(maps.Keys(o.Paths)) {
		item := o.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				all = append(all, op)
			}
		}
	}
	return all
}
