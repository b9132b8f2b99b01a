package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

const tagIntegrations = "Integrations"

// IDInput names an integration; huma looks into embedded types only if they are exported.
type IDInput struct {
	ID string `path:"id" doc:"The integration's id." example:"0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90"`
}

type createInput struct{ Body NewIntegration }

type createOutput struct {
	Location string `header:"Location" doc:"The address of what was created."`
	Body     CreatedIntegration
}

type updateInput struct {
	IDInput
	Body IntegrationChange
}

type integrationOutput struct{ Body Integration }

func (a *API) registerIntegrations() {
	huma.Register(a.huma, a.operation(http.MethodPost, integrationsPath, "create-integration", "Create an integration",
		"Stores the connection to one Salesforce org. The answer holds the webhook's URL and secret, which are shown this once.",
		tagIntegrations, http.StatusCreated, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity),
		a.createIntegration)
	huma.Register(a.huma, a.operation(http.MethodGet, integrationsPath, "list-integrations", "List integrations",
		"Newest first.", tagIntegrations, http.StatusOK, http.StatusUnprocessableEntity),
		a.listIntegrations)
	huma.Register(a.huma, a.operation(http.MethodGet, integrationsPath+"/{id}", "get-integration", "Read an integration",
		"Secrets read "+"`***REDACTED***`.", tagIntegrations, http.StatusOK, http.StatusNotFound, http.StatusUnprocessableEntity),
		a.getIntegration)
	huma.Register(a.huma, a.operation(http.MethodPut, integrationsPath+"/{id}", "update-integration", "Change an integration, or rotate its credentials",
		"Fields left out keep their value; so do secrets that are sent back as `***REDACTED***`. With only `config`, it rotates the credentials. What was read may be sent back whole. "+
			"When `config`, `settings` or `is_active` is given and the integration is active afterwards, what waited for it goes out. Should that not be possible, the answer is 503, though the change is stored: send the same request again.",
		tagIntegrations, http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity),
		a.updateIntegration)
	huma.Register(a.huma, a.operation(http.MethodDelete, integrationsPath+"/{id}", "delete-integration", "Delete an integration",
		"Its links go with it; what it delivered stays in the log.", tagIntegrations, http.StatusNoContent, http.StatusNotFound, http.StatusUnprocessableEntity),
		a.deleteIntegration)
}

func (a *API) createIntegration(ctx context.Context, in *createInput) (*createOutput, error) {
	created, err := a.service.Create(ctx, actor(ctx), in.Body.domain())
	if err != nil {
		return nil, a.fail(ctx, "body", err)
	}
	id := created.Integration.ID
	return &createOutput{
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

func (a *API) getIntegration(ctx context.Context, in *IDInput) (*integrationOutput, error) {
	i, err := a.service.Get(ctx, in.ID)
	if err != nil {
		return nil, a.fail(ctx, "path", err)
	}
	return &integrationOutput{toIntegration(i)}, nil
}

func (a *API) updateIntegration(ctx context.Context, in *updateInput) (*integrationOutput, error) {
	if in.Body.ID != nil && !strings.EqualFold(*in.Body.ID, in.ID) {
		return nil, newProblem(ctx, http.StatusUnprocessableEntity, "", FieldError{Location: "body.id", Message: "It is not the id in the address."})
	}
	i, err := a.service.Update(ctx, actor(ctx), in.ID, in.Body.domain())
	if err != nil {
		return nil, a.fail(ctx, "body", err)
	}
	return &integrationOutput{toIntegration(i)}, nil
}

func (a *API) deleteIntegration(ctx context.Context, in *IDInput) (*struct{}, error) {
	if err := a.service.Delete(ctx, actor(ctx), in.ID); err != nil {
		return nil, a.fail(ctx, "path", err)
	}
	return nil, nil //nolint:nilnil // huma's way to say: no body
}
