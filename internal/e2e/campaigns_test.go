package e2e_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// testCampaignSearch: somebody who wants to link finds the Campaign in the org, sees whether it is linked, and may link it by
// its name.
func (s *suite) testCampaignSearch(t *testing.T) {
	t.Parallel()
	i, name := s.connect(t), unique("100%_o'clock")
	var made struct {
		ID string `json:"id"`
	}
	s.org(t, http.MethodPost, "records/Campaign", object{"Name": name, "Status": "Planned"}).want(t, http.StatusOK).into(t, &made)
	search := func(bearer, text string) reply {
		t.Helper()
		return send(t, request{method: http.MethodGet, url: s.APIURL + "/api/v1/integrations/" + i.ID + "/campaigns?search=" + url.QueryEscape(text), bearer: bearer})
	}
	type found struct {
		Items []struct {
			ID            string  `json:"id"`
			Name          string  `json:"name"`
			Status        *string `json:"status"`
			Linked        bool    `json:"linked"`
			ExperimentKey *string `json:"experiment_key"`
			RecordURL     string  `json:"record_url"`
		} `json:"items"`
	}
	var before found
	search(s.admin, name[2:]).want(t, http.StatusOK).into(t, &before)
	if len(before.Items) != 1 || before.Items[0].ID != made.ID || before.Items[0].Linked || before.Items[0].RecordURL != s.OrgURL+"/"+made.ID {
		t.Errorf("found %+v, want the Campaign %s", before, made.ID)
	}
	key := unique("experiment")
	s.link(t, i.ID, key, made.ID)
	var after found
	search(s.admin, made.ID).want(t, http.StatusOK).into(t, &after)
	if len(after.Items) != 1 || !after.Items[0].Linked || after.Items[0].ExperimentKey == nil || *after.Items[0].ExperimentKey != key {
		t.Errorf("once it is linked: %+v", after)
	}
	links := "/integrations/" + i.ID + "/links"
	s.api(t, http.MethodPost, links, object{"experiment_key": key, "campaign_name": name}).want(t, http.StatusOK)
	s.org(t, http.MethodPost, "records/Campaign", object{"Name": name, "Status": "Planned"}).want(t, http.StatusOK)
	p := s.api(t, http.MethodPost, links, object{"experiment_key": key, "campaign_name": name}).wantProblem(t, http.StatusUnprocessableEntity)
	if len(p.Errors) != 1 || p.Errors[0].Location != "body.campaign_name" || !strings.Contains(p.Detail, made.ID) {
		t.Errorf("a name that two Campaigns have is refused with %+v", p)
	}
	search(s.admin, "x").wantProblem(t, http.StatusUnprocessableEntity)
}
