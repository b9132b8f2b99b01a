package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/integration"
)

const tagIntegrations = "Integrations"

// IDInput names an integration; huma looks into embedded types only if they are exported.
type IDInput struct {
	ID string `path:"id" doc:"The integration's id." example:"0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90"`
}

type createInput struct{ Body NewIntegration }

type createOutput struct {
	ETag     string `header:"ETag" doc:"Names this state of it, for If-Match." example:"\"1\""`
	Location string `header:"Location" doc:"The address of what was created."`
	Body     CreatedIntegration
}

type getInput struct {
	IDInput
	IfNoneMatchInput
}

type updateInput struct {
	IDInput
	IfMatchInput
	Body IntegrationChange
}

type deleteInput struct {
	IDInput
	IfMatchInput
}

type integrationOutput struct {
	Status int
	ETag   string `header:"ETag" doc:"Names this state of it, for If-Match and If-None-Match." example:"\"3\""`
	Body   Integration
}

func (a *API) integrationOperations() []operation {
	return []operation{
		serve(describe(http.MethodPost, integrationsPath, "create-integration", "Create an integration",
			"Stores the connection to one Salesforce org. The answer holds the webhook's URL and secret, which are shown this once.",
			tagIntegrations, http.StatusCreated, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity),
			a.createIntegration),
		serve(describe(http.MethodGet, integrationsPath, "list-integrations", "List integrations",
			"Newest first.", tagIntegrations, http.StatusOK, http.StatusUnprocessableEntity),
			a.listIntegrations),
		serve(describe(http.MethodGet, integrationsPath+"/{id}", "get-integration", "Read an integration",
			"Secrets read "+"`***REDACTED***`.", tagIntegrations, http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity),
			a.getIntegration, answersNotModified),
		serve(describe(http.MethodPut, integrationsPath+"/{id}", "update-integration", "Change an integration, or rotate its credentials",
			"Fields left out keep their value; so do secrets that are sent back as `***REDACTED***`. With only `config`, it rotates the credentials. What was read may be sent back whole. "+
				"When `config`, `settings` or `is_active` is given and the integration is active afterwards, what waited for it goes out. Should that not be possible, the answer is 503, though the change is stored: send the same request again. "+
				"Send the ETag of what was read as If-Match, and nobody else's change is overwritten.",
			tagIntegrations, http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity),
			a.updateIntegration),
		serve(describe(http.MethodDelete, integrationsPath+"/{id}", "delete-integration", "Delete an integration",
			"Its links go with it; what it delivered stays in the log.", tagIntegrations, http.StatusNoContent, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity),
			a.deleteIntegration),
	}
}

// answersNotModified documents the answer to a condition that holds.
func answersNotModified(_ *huma.OpenAPI, op *huma.Operation) {
	op.Responses["304"] = &huma.Response{
		Description: "It is still what If-None-Match names.",
		Headers:     map[string]*huma.Param{"ETag": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}
}

func (a *API) createIntegration(ctx context.Context, in *createInput) (*createOutput, error) {
	wanted := in.Body.domain()
	wanted.Effect = effect(ctx)
	created, err := a.service.Create(ctx, actor(ctx), wanted)
	if err != nil {
		return nil, a.fail(ctx, "body", err)
	}
	id := created.Integration.ID
	return &createOutput{
		ETag:     entityTag(created.Integration),
		Location: a.publicBase(ctx) + integrationsPath + "/" + id,
		Body: CreatedIntegration{
			Integration:   toIntegration(created.Integration),
			WebhookURL:    a.webhookURL(ctx, id, created.WebhookSecret),
			WebhookSecret: created.WebhookSecret.Reveal(),
		},
	}, nil
}

func (a *API) listIntegrations(ctx context.Context, in *PageInput) (*listOutput[IntegrationList], error) {
	l, err := a.service.List(ctx, in.page())
	if err != nil {
		return nil, a.fail(ctx, "query", err)
	}
	return &listOutput[IntegrationList]{IntegrationList{Items: convert(l.Items, toIntegration), NextCursor: orNull(l.NextCursor)}}, nil
}

func (a *API) getIntegration(ctx context.Context, in *getInput) (*integrationOutput, error) {
	i, err := a.service.Get(ctx, in.ID)
	if err != nil {
		return nil, a.fail(ctx, "path", err)
	}
	known, err := in.matches(i)
	if err != nil {
		return nil, badHeader(ctx, "If-None-Match", err)
	}
	if known {
		return &integrationOutput{Status: http.StatusNotModified, ETag: entityTag(i)}, nil
	}
	return showIntegration(i), nil
}

func showIntegration(i integration.Integration) *integrationOutput {
	return &integrationOutput{Status: http.StatusOK, ETag: entityTag(i), Body: toIntegration(i)}
}

func (a *API) updateIntegration(ctx context.Context, in *updateInput) (*integrationOutput, error) {
	if in.Body.ID != nil && !strings.EqualFold(*in.Body.ID, in.ID) {
		return nil, newProblem(ctx, http.StatusUnprocessableEntity, "", FieldError{Location: "body.id", Message: "It is not the id in the address."})
	}
	patch := in.Body.domain()
	var err error
	if patch.Match, err = in.match(); err != nil {
		return nil, badHeader(ctx, "If-Match", err)
	}
	i, err := a.service.Update(ctx, actor(ctx), in.ID, patch)
	if err != nil {
		p := a.fail(ctx, "body", err)
		if patch.Match != nil && integration.ErrorCode(err) == integration.CodeStored {
			p.Detail += " The change gave it another ETag, so read that first, or leave If-Match out."
		}
		return nil, p
	}
	return showIntegration(i), nil
}

func (a *API) deleteIntegration(ctx context.Context, in *deleteInput) (*struct{}, error) {
	m, err := in.match()
	if err != nil {
		return nil, badHeader(ctx, "If-Match", err)
	}
	if err := a.service.Delete(ctx, actor(ctx), in.ID, m); err != nil {
		return nil, a.fail(ctx, "path", err)
	}
	return nil, nil //nolint:nilnil // huma's way to say: no body
}
