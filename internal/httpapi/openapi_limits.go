package httpapi

import (
	"maps"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/integration"
)

// What texts are made of, as JSON Schema has it. Blanks around them are cut off.
const (
	printablePattern = `^[^\u0000-\u001f\u007f-\u009f]*$`
	namePattern      = `^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$`
	// A name of which something is to be seen: see visible, in the domain.
	visiblePattern    = `^([^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*)?[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$`
	multilinePattern  = `^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$`
	credentialPattern = `^[!-~]+$`
	campaignPattern   = `^701[0-9A-Za-z]{12}([0-9A-Za-z]{3})?$`
	originPattern     = `^https?://[!-.0->@-\[\]-~]+/?$`
	searchPattern     = `^[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f]$`
	// A text, or one in quotes.
	idempotencyKeyPattern = `^[ \t]*([!#-+\--:<-\[\]-~]{1,255}|"([ !#-\[\]-~]|\\["\\]){1,255}")[ \t]*$`
	entityTagsPattern     = `^[ \t]*(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*[ \t]*$`
	uuidPattern           = `^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`
	eventTypePattern      = `^Experiment [^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$`
)

// limits are those that the domain checks, in words of its own, of what goes by a
// name in requests, or in one schema of them only. The document states them, and
// huma does not check them.
func limits() map[string]map[string]any {
	eventTypes := map[string]any{"pattern": eventTypePattern, "maxLength": integration.MaxEventTypeLen}
	entityTags := []any{map[string]any{"const": "*"}, map[string]any{"pattern": entityTagsPattern}}
	notTheMask := map[string]any{"const": integration.Mask}
	return map[string]map[string]any{
		"name":                               {"pattern": visiblePattern},
		"description":                        {"pattern": multilinePattern},
		"integration_id":                     {"format": "uuid", "pattern": uuidPattern},
		"campaign_id":                        {"pattern": campaignPattern},
		"campaign_name":                      {"pattern": printablePattern, "maxLength": integration.MaxCampaignNameLen},
		"NewLink.campaign_name":              {"pattern": namePattern},
		"event_type":                         {"pattern": printablePattern},
		"experiment_key":                     {"pattern": namePattern},
		"search":                             {"pattern": searchPattern, "minLength": integration.MinSearchLen, "maxLength": integration.MaxCampaignNameLen},
		"cursor":                             {"pattern": `^[A-Za-z0-9_.-]*$`},
		"If-Match":                           {"anyOf": entityTags},
		"If-None-Match":                      {"anyOf": entityTags},
		headerIdempotencyKey:                 {"pattern": idempotencyKeyPattern, "minLength": 1},
		"instance_url":                       {"format": "uri", "pattern": originPattern, "maxLength": 262},
		"client_id":                          {"pattern": credentialPattern, "maxLength": integration.MaxClientIDLen},
		"client_secret":                      {"pattern": credentialPattern, "maxLength": integration.MaxSecretLen},
		"access_token":                       {"pattern": `^[!-~]*$`, "maxLength": integration.MaxSecretLen},
		"IntegrationChange.integration_type": {"enum": []any{integration.TypeSalesforce, nil}},
		"NewOrgConfig.client_secret":         {"not": notTheMask},
		"NewOrgConfig.access_token":          {"not": notTheMask},
		"status_map":                         {"maxProperties": integration.MaxSettingsEntries, "propertyNames": eventTypes},
		"note_events":                        {"maxProperties": integration.MaxSettingsEntries, "propertyNames": eventTypes},
		"finalize_statuses":                  {"maxItems": integration.MaxSettingsEntries},
		"NewLink":                            {"oneOf": []any{either("campaign_id", "campaign_name"), either("campaign_name", "campaign_id")}},
	}
}

// either is a schema of what has the one and not the other; null is not to have it.
func either(one, other string) map[string]any {
	return map[string]any{
		"required":   []string{one},
		"properties": map[string]any{one: map[string]any{"not": map[string]any{"const": nil}}, other: map[string]any{"const": nil}},
	}
}

// stateLimits adds the limits to the schemas of requests, and to parameters.
func stateLimits(o *huma.OpenAPI, taken map[string]bool) {
	all := limits()
	for name, s := range o.Components.Schemas.Map() {
		if !taken[name] {
			continue
		}
		state(s, all[name])
		for property, schema := range s.Properties {
			state(schema, all[property])
			state(schema, all[name+"."+property])
			if values, ok := schema.AdditionalProperties.(*huma.Schema); ok && property == "status_map" {
				state(values, map[string]any{"pattern": printablePattern, "maxLength": integration.MaxStatusLen})
			}
			if property == "finalize_statuses" {
				state(schema.Items, map[string]any{"pattern": namePattern, "maxLength": integration.MaxStatusLen})
			}
		}
	}
	for _, op := range operations(o) {
		for _, p := range op.Parameters {
			if p.In == "query" && p.Name != cursorParameter && p.Schema.Type == huma.TypeString {
				state(p.Schema, map[string]any{"minLength": 1})
			}
			state(p.Schema, all[p.Name])
		}
	}
}

func state(s *huma.Schema, limits map[string]any) {
	if s == nil || len(limits) == 0 || s.Ref != "" {
		return
	}
	if s.Extensions == nil {
		s.Extensions = map[string]any{}
	}
	maps.Copy(s.Extensions, limits)
}
