package httpapi

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/integration"
)

// requestExamples are the contract's own requests. All others are put together
// from the examples of their fields.
func requestExamples() map[string]string {
	return map[string]string{
		"create-integration": `{"name": "Salesforce CRM Sync", "integration_type": "SALESFORCE", "description": "Syncs experiment completion to Salesforce campaigns",
			"config": {"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": "1234567890ABCDEF..."}}`,
		"update-integration":  `{"config": {"client_id": "3MVG9...", "client_secret": "1234567890ABCDEF..."}}`,
		"test-new-connection": `{"config": {"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": "1234567890ABCDEF..."}}`,
		"create-link":         `{"experiment_key": "checkout-button-color", "campaign_id": "701xx000000001AAAQ"}`,
		"preview-event": `{"detail-type": "Experiment Completed", "source": "experimentation.platform", "detail": {"experiment_key": "checkout-button-color", "experiment_name": "Checkout button colour",
			"occurred_at": "2026-03-02T10:00:00Z", "results": {"primary_metric": "conversion_rate", "winning_variant": "green", "lift": 0.042, "p_value": 0.003}}}`,
		"create-links": `[{"experiment_key": "checkout-button-color", "campaign_id": "701xx000000001AAAQ"},
			{"experiment_key": "checkout-button-color", "campaign_name": "Q2 Checkout Optimization"}]`,
		"redeliver-many": `{"integration_id": "0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90", "limit": 1000}`,
	}
}

// answerExamples are whole answers, by their schema or, where one says more, by their
// operation: an integration as it is after the contract's own creation, and what a
// test of its connection finds.
func answerExamples() map[string]any {
	created := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	stored := integration.Integration{
		ID: exampleIntegrationID, Name: "Salesforce CRM Sync", Type: integration.TypeSalesforce, Active: true,
		Description: "Syncs experiment completion to Salesforce campaigns",
		InstanceURL: "https://your-org.my.salesforce.com", ClientID: "3MVG9...", CreatedAt: created, UpdatedAt: created,
	}
	fresh := toIntegration(stored)
	stored.OrgID = exampleOrgID
	return map[string]any{
		"Integration":         toIntegration(stored),
		"test-connection":     connectionExample(true),
		"test-new-connection": connectionExample(false), // nothing waits yet
		"CreatedIntegration": CreatedIntegration{Integration: fresh, WebhookSecret: "...",
			WebhookURL: "https://api.example.com" + integrationsPath + "/" + exampleIntegrationID + "/webhook/salesforce?token=..."},
	}
}

const (
	exampleIntegrationID = "0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90"
	exampleOrgID         = "00D5g000004XyZaEAK"
)

// addExamples gives every JSON request and answer a whole example.
func addExamples(o *huma.OpenAPI) {
	said := requestExamples()
	request, answer := composer{document: o, request: true}, composer{document: o, whole: answerExamples()}
	for _, op := range operations(o) {
		if op.RequestBody != nil {
			if text, ok := said[op.OperationID]; ok {
				addExample(op.RequestBody.Content, func(*huma.Schema) any { return json.RawMessage(text) })
			}
			addExample(op.RequestBody.Content, request.of)
		}
		for status, r := range op.Responses {
			if own, ok := answer.whole[op.OperationID]; ok && strings.HasPrefix(status, "2") {
				addExample(r.Content, func(*huma.Schema) any { return own })
			}
			addExample(r.Content, answer.of)
		}
	}
}

func addExample(content map[string]*huma.MediaType, example func(*huma.Schema) any) {
	for name, media := range content {
		if strings.HasSuffix(name, "json") && media.Example == nil && len(media.Examples) == 0 && media.Schema != nil {
			media.Example = example(media.Schema)
		}
	}
}

// composer puts an example together from those of its parts.
type composer struct {
	document *huma.OpenAPI
	request  bool
	whole    map[string]any // by the schema's name
}

// of returns a schema's example; nil where nothing says what it could be.
func (c composer) of(s *huma.Schema) any {
	if name, ok := strings.CutPrefix(s.Ref, schemaRef); ok {
		if example, ok := c.whole[name]; ok {
			return example
		}
		target := c.document.Components.Schemas.Map()[name]
		if target == nil {
			return nil
		}
		return c.of(target)
	}
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Type == huma.TypeArray && s.Items != nil:
		return []any{c.of(s.Items)}
	case s.Type == huma.TypeObject && len(s.Properties) > 0:
		return c.object(s)
	case len(s.Enum) > 0:
		return s.Enum[0]
	default:
		return nil
	}
}

// object leaves out what only the other side sends, and what may be left out and
// has no example.
func (c composer) object(s *huma.Schema) map[string]any {
	required := map[string]bool{}
	for _, name := range s.Required {
		required[name] = true
	}
	whole := map[string]any{}
	for name, property := range s.Properties {
		if c.request && property.ReadOnly || !c.request && property.WriteOnly {
			continue
		}
		if example := c.of(property); example != nil || required[name] {
			whole[name] = example
		}
	}
	return whole
}
