package httpapi

import (
	"context"
	"net/http"

	"salesforce-integration/internal/integration"
)

// NewConnection is a connection to test before it is saved.
type NewConnection struct {
	Config   NewOrgConfig   `json:"config" doc:"The org and its credentials. An access token is not used."`
	Settings SettingsChange `json:"settings,omitempty" doc:"What events are to do there: the statuses and notes to look for."`
}

// ConnectionTest is what a connection test found.
type ConnectionTest struct {
	Status        string  `json:"status" enum:"ok,warning,failed" doc:"The worst of the checks." example:"warning"`
	Checks        []Check `json:"checks" nullable:"false" doc:"Each part of the test, in the order in which they hang on each other."`
	OrgID         *string `json:"org_id" doc:"The org that the credentials are of; null when it was not learnt." example:"00D5g000004XyZaEAK"`
	APIVersion    string  `json:"api_version" doc:"The version of Salesforce's API that was spoken." example:"v66.0"`
	APICallsSpent int     `json:"api_calls_spent" minimum:"0" doc:"How much of the org's API allowance the test used." example:"1"`
	Resumed       bool    `json:"resumed" doc:"Whether what waited for this integration was told to go out: it is, when the integration as a whole works and is active." example:"true"`
}

// Check is one part of a connection test.
type Check struct {
	Name    string  `json:"name" enum:"token,org_id,api_version,campaigns,marketing_user,status,finalize_status,key_field,notes,allowance" doc:"What was looked at; there is a check status for each status that the settings write, and a check finalize_status for each that finishes an experiment." example:"status"`
	Subject *string `json:"subject" doc:"Of status and finalize_status: which one. Of key_field: the field." example:"Paused"`
	Status  string  `json:"status" enum:"ok,warning,failed,skipped" doc:"skipped: it could not be looked at, or is not needed." example:"warning"`
	Detail  string  `json:"detail" doc:"What was found." example:"The org's picklist does not have \"Paused\", but takes other values."`
	Code    *string `json:"code" doc:"Salesforce's error code, if it gave one." example:"invalid_client"`
	Cause   *string `json:"cause" doc:"What is wrong; null when nothing is." example:"The status will be written, but people cannot choose it, and reports may not expect it."`
	Fix     *string `json:"fix" doc:"What to do about it." example:"Add \"Paused\" to Campaign Status in Salesforce."`
}

type testConnectionInput struct{ Body NewConnection }

type connectionOutput struct{ Body ConnectionTest }

func (a *API) connectionOperations() []operation {
	return []operation{
		serve(describe(http.MethodPost, integrationsPath+"/test", "test-new-connection", "Test a connection before saving it",
			"Logs in to the org and looks, in one API call, whether everything is there that the product needs. Nothing is saved, and nothing is written to Salesforce. What is wrong with the org is told with status 200, in the checks.",
			tagIntegrations, http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity),
			a.testNewConnection),
		serve(describe(http.MethodPost, integrationsPath+"/{id}/test", "test-connection", "Test an integration's connection",
			"As above, with the stored credentials and a new token. When the integration as a whole works, its org is pinned, its attention goes away, and what waited for it goes out. Should that not be possible, the answer is 503: send the same request again.",
			tagIntegrations, http.StatusOK, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity),
			a.testConnection),
	}
}

func (a *API) testNewConnection(ctx context.Context, in *testConnectionInput) (*connectionOutput, error) {
	t, err := a.service.TestNewConnection(ctx, actor(ctx), integration.NewConnection{
		InstanceURL: in.Body.Config.InstanceURL,
		ClientID:    in.Body.Config.ClientID,
		Credentials: in.Body.Config.credentials(),
		Settings:    in.Body.Settings.domain(),
	})
	if err != nil {
		return nil, a.fail(ctx, "body", err)
	}
	return &connectionOutput{toConnectionTest(t)}, nil
}

func (a *API) testConnection(ctx context.Context, in *IDInput) (*connectionOutput, error) {
	t, err := a.service.TestConnection(ctx, actor(ctx), in.ID)
	if err != nil {
		return nil, a.fail(ctx, "path", err)
	}
	return &connectionOutput{toConnectionTest(t)}, nil
}

func toConnectionTest(t integration.ConnectionTest) ConnectionTest {
	return ConnectionTest{
		Status:        string(t.Status()),
		Checks:        convert(t.Checks, toCheck),
		OrgID:         orNull(t.OrgID),
		APIVersion:    t.APIVersion,
		APICallsSpent: t.APICalls,
		Resumed:       t.Resumed,
	}
}

func toCheck(c integration.Check) Check {
	return Check{
		Name:    c.Name,
		Subject: orNull(c.Subject),
		Status:  string(c.Status),
		Detail:  c.Detail,
		Code:    orNull(c.Code),
		Cause:   orNull(c.Cause),
		Fix:     orNull(c.Fix),
	}
}
