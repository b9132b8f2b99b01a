package e2e_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce/sfid"
)

func (s *suite) testLinks(t *testing.T) {
	t.Parallel()
	i, first, second := s.connect(t), s.newCampaign(t), s.newCampaign(t)
	path, key := "/integrations/"+i.ID+"/links", unique("experiment")
	post := func(experimentKey, campaignID string) reply {
		t.Helper()
		return s.api(t, http.MethodPost, path, object{"experiment_key": experimentKey, "campaign_id": campaignID})
	}
	campaigns := func(filter url.Values) []string {
		t.Helper()
		var list page[struct {
			CampaignID string `json:"campaign_id"`
		}]
		s.api(t, http.MethodGet, path+"?"+filter.Encode(), nil).want(t, http.StatusOK).into(t, &list)
		ids := []string{}
		for _, link := range list.Items {
			ids = append(ids, link.CampaignID)
		}
		slices.Sort(ids)
		return ids
	}

	// 15 characters come in, 18 are kept.
	var link struct {
		CampaignID string `json:"campaign_id"`
		Source     string `json:"source"`
	}
	post(key, sfid.Short(first)).want(t, http.StatusCreated).into(t, &link)
	if link.CampaignID != first || link.Source != "manual" {
		t.Errorf("the link is %+v, want Campaign %s", link, first)
	}
	post(key, first).want(t, http.StatusOK)
	post("another-experiment", first).wantProblem(t, http.StatusConflict)
	post(key, second).want(t, http.StatusCreated)
	if p := post(key, "001xx000003DHPh").wantProblem(t, http.StatusUnprocessableEntity); len(p.Errors) != 1 || p.Errors[0].Location != "body.campaign_id" {
		t.Errorf("the id of an account is refused with %+v", p)
	}

	lost := send(t, request{method: http.MethodPost, url: s.APIURL + "/api/v1" + path, bearer: s.admin, header: map[string]string{"Content-Type": "application/json"},
		body: "{\"experiment_key\": \"caf\xe9\", \"campaign_id\": \"" + s.newCampaign(t) + "\"}"})
	if p := lost.wantProblem(t, http.StatusBadRequest); !strings.Contains(p.Detail, "UTF-8") {
		t.Errorf("a body in Latin-1 is refused with %+v", p)
	}

	both := []string{first, second}
	slices.Sort(both)
	for _, tt := range []struct {
		name   string
		filter url.Values
		want   []string
	}{
		{"all", nil, both},
		{"of the experiment", url.Values{"experiment_key": {key}}, both},
		{"of another", url.Values{"experiment_key": {"another-experiment"}}, []string{}},
		{"of a Campaign", url.Values{"campaign_id": {second}}, []string{second}},
		{"of a Campaign in 15 characters", url.Values{"campaign_id": {sfid.Short(second)}}, []string{second}},
	} {
		if diff := cmp.Diff(tt.want, campaigns(tt.filter)); diff != "" {
			t.Errorf("links, %s (-want +got):\n%s", tt.name, diff)
		}
	}

	s.api(t, http.MethodDelete, path+"/"+sfid.Short(first), nil).want(t, http.StatusNoContent)
	s.api(t, http.MethodDelete, path+"/"+first, nil).wantProblem(t, http.StatusNotFound)
	if diff := cmp.Diff([]string{second}, campaigns(nil)); diff != "" {
		t.Errorf("links after one was deleted (-want +got):\n%s", diff)
	}
	post("another-experiment", first).want(t, http.StatusCreated)
	s.api(t, http.MethodPost, "/integrations/00000000-0000-7000-8000-000000000000/links",
		object{"experiment_key": key, "campaign_id": first}).wantProblem(t, http.StatusNotFound)
}
