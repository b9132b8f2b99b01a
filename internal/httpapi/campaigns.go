package httpapi

import (
	"context"
	"net/http"
	"time"

	"salesforce-integration/internal/integration"
)

// Campaign is a Campaign of the org, for somebody who wants to link it.
type Campaign struct {
	ID            string     `json:"id" doc:"In 18 characters." example:"701xx000000001AAAQ"`
	Name          string     `json:"name" example:"Q1 Checkout Optimization"`
	Status        *string    `json:"status" doc:"As it is now; null when it has none." example:"In Progress"`
	IsActive      bool       `json:"is_active" doc:"Salesforce's own 'Active' of the Campaign." example:"true"`
	LastModified  *time.Time `json:"last_modified_at" doc:"When somebody last changed it in Salesforce." example:"2026-03-02T09:00:00Z"`
	Linked        bool       `json:"linked" doc:"Whether it follows an experiment of this integration." example:"true"`
	ExperimentKey *string    `json:"experiment_key" doc:"Which experiment it follows; null when it is not linked." example:"checkout-button-color"`
	RecordURL     string     `json:"record_url" doc:"The record in Salesforce, for a browser." example:"https://your-org.my.salesforce.com/701xx000000001AAAQ"`
}

// CampaignSearch is what a search for Campaigns found.
type CampaignSearch struct {
	Items []Campaign `json:"items" nullable:"false" doc:"The last modified first."`
	More  bool       `json:"more" doc:"Whether there are more than the limit: then search for more of the name." example:"false"`
}

type searchCampaignsInput struct {
	IDInput
	Search string `query:"search" required:"true" maxLength:"512" doc:"A part of the name, 2 to 80 characters, whatever its case; or a Campaign's id." example:"checkout"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many Campaigns at most."`
}

func (a *API) campaignOperations() []operation {
	return []operation{
		serve(describe(http.MethodGet, campaignsPath, "search-campaigns", "Look for Campaigns to link",
			"Asks the integration's org, by one API call, for the Campaigns whose name contains the text, and says which of them are linked already. "+
				"Shown is what the integration's Run-As user may see. 409: the org refuses the integration, and the detail says what to mend; 503: it did not answer, or not now, or what is left of its API calls is kept for others. It spends one of them, so it is for those who link: the role admin.",
			tagLinks, http.StatusOK, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity),
			a.searchCampaigns),
	}
}

func (a *API) searchCampaigns(ctx context.Context, in *searchCampaignsInput) (*listOutput[CampaignSearch], error) {
	found, err := a.service.SearchCampaigns(ctx, in.ID, in.Search, in.Limit)
	if err != nil {
		return nil, a.fail(ctx, "query", err)
	}
	return &listOutput[CampaignSearch]{CampaignSearch{Items: convert(found.Items, toCampaign), More: found.More}}, nil
}

func toCampaign(c integration.FoundCampaign) Campaign {
	return Campaign{
		ID:            c.ID,
		Name:          c.Name,
		Status:        orNull(c.Status),
		IsActive:      c.Active,
		LastModified:  secondsOrNull(c.LastModified),
		Linked:        c.ExperimentKey != "",
		ExperimentKey: orNull(c.ExperimentKey),
		RecordURL:     c.RecordURL,
	}
}
