package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/integration"
)

const tagLinks = "Links"

// Link says that a Campaign follows an experiment.
type Link struct {
	IntegrationID string    `json:"integration_id" format:"uuid" example:"0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90"`
	ExperimentKey string    `json:"experiment_key" example:"checkout-button-color"`
	CampaignID    string    `json:"campaign_id" doc:"In 18 characters." example:"701xx000000001AAAQ"`
	Source        string    `json:"source" enum:"manual,webhook" doc:"Who made it: a person, or a message of Salesforce." example:"manual"`
	CreatedAt     time.Time `json:"created_at" example:"2026-03-02T10:00:00Z"`
}

// NewLink is what making a link takes: exactly one of campaign_id and campaign_name.
type NewLink struct {
	ExperimentKey string  `json:"experiment_key" minLength:"1" maxLength:"256" doc:"The experiment's key in the platform." example:"checkout-button-color"`
	CampaignID    *string `json:"campaign_id,omitempty" nullable:"true" minLength:"1" doc:"The Campaign's id, in 15 or 18 characters. This or campaign_name." example:"701xx000000001AAAQ"`
	CampaignName  *string `json:"campaign_name,omitempty" nullable:"true" minLength:"1" maxLength:"512" doc:"Instead of the id, the Campaign's name, whatever its case, if no other Campaign of the org has it." example:"Q1 Checkout Optimization"`
}

func (n NewLink) domain() integration.NewLink {
	return integration.NewLink{ExperimentKey: n.ExperimentKey, CampaignID: orEmpty(n.CampaignID), CampaignName: orEmpty(n.CampaignName)}
}

// LinkList is a part of an integration's links.
type LinkList struct {
	Items      []Link  `json:"items" nullable:"false"`
	NextCursor *string `json:"next_cursor" doc:"The cursor of the next part, null after the last." example:"bG9nIzIwMjYtMDMtMDI"`
}

type createLinkInput struct {
	IDInput
	Body NewLink
}

type createLinkOutput struct {
	Status int
	Body   Link
}

type listLinksInput struct {
	IDInput
	PageInput
	ExperimentKey string `query:"experiment_key" maxLength:"256" doc:"Only links of this experiment." example:"checkout-button-color"`
	CampaignID    string `query:"campaign_id" doc:"Only the link of this Campaign, in 15 or 18 characters." example:"701xx000000001AAAQ"`
}

type deleteLinkInput struct {
	IDInput
	CampaignID string `path:"campaign_id" doc:"The Campaign's id, in 15 or 18 characters." example:"701xx000000001AAAQ"`
}

func (a *API) linkOperations() []operation {
	return []operation{
		serve(describe(http.MethodPost, linksPath, "create-link", "Link a Campaign to an experiment",
			"A Campaign follows at most one experiment of an integration; an experiment may have several Campaigns. The same link again answers 200 with the stored one. "+
				"With campaign_name the org is asked for the id, by one API call; a name that no Campaign has, or several, is 422, and the candidates' ids are named.",
			tagLinks, http.StatusCreated, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity),
			a.createLink, answersStoredLink),
		serve(describe(http.MethodGet, linksPath, "list-links", "List an integration's links",
			"Ordered by Campaign id.", tagLinks, http.StatusOK, http.StatusNotFound, http.StatusUnprocessableEntity),
			a.listLinks),
		serve(describe(http.MethodDelete, linksPath+"/{campaign_id}", "delete-link", "Delete a link",
			"The Campaign follows no experiment any more.", tagLinks, http.StatusNoContent, http.StatusNotFound, http.StatusUnprocessableEntity),
			a.deleteLink),
	}
}

// answersStoredLink documents the second answer of making a link.
func answersStoredLink(o *huma.OpenAPI, op *huma.Operation) {
	op.Responses["200"] = &huma.Response{
		Description: "The link was there already.",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: schemaOf[Link](o)}},
	}
}

func (a *API) createLink(ctx context.Context, in *createLinkInput) (*createLinkOutput, error) {
	l, created, err := a.service.CreateLink(ctx, actor(ctx), in.ID, in.Body.domain())
	if err != nil {
		return nil, a.fail(ctx, "body", err)
	}
	status := http.StatusCreated
	if !created {
		status = http.StatusOK
	}
	return &createLinkOutput{Status: status, Body: toLink(l)}, nil
}

func (a *API) listLinks(ctx context.Context, in *listLinksInput) (*listOutput[LinkList], error) {
	l, err := a.service.ListLinks(ctx, in.ID, integration.LinkFilter{ExperimentKey: in.ExperimentKey, CampaignID: in.CampaignID}, in.page())
	if err != nil {
		return nil, a.fail(ctx, "query", err)
	}
	return &listOutput[LinkList]{LinkList{Items: convert(l.Items, toLink), NextCursor: orNull(l.NextCursor)}}, nil
}

func (a *API) deleteLink(ctx context.Context, in *deleteLinkInput) (*struct{}, error) {
	if err := a.service.DeleteLink(ctx, actor(ctx), in.ID, in.CampaignID); err != nil {
		return nil, a.fail(ctx, "path", err)
	}
	return nil, nil //nolint:nilnil // huma's way to say: no body
}

func toLink(l integration.Link) Link {
	return Link{
		IntegrationID: l.IntegrationID,
		ExperimentKey: l.ExperimentKey,
		CampaignID:    l.CampaignID,
		Source:        string(l.Source),
		CreatedAt:     seconds(l.CreatedAt),
	}
}
