package salesforce_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce"
)

func TestCampaignStates(t *testing.T) {
	w := newWhole(t, nil)
	if err := w.Define([]byte(`{"name": "Campaign", "fields": [{"name": "Experiment_Key__c", "length": 255}, {"name": "Serial__c", "type": "double"}]}`)); err != nil {
		t.Fatal(err)
	}
	ids := w.campaigns(t, 100)
	if err := w.Change("Campaign", ids[0], map[string]any{"Status": "Completed", "Experiment_Key__c": "checkout"}); err != nil {
		t.Fatal(err)
	}
	missing := "701xx0000000zzzAAA"
	for _, field := range []string{"", "Experiment_Key__c"} {
		before := w.client.Calls()
		found, known, err := w.client.CampaignStates(t.Context(), append(ids[:99:99], missing), field)
		if err != nil || !known || len(found) != 99 || w.client.Calls() != before+1 {
			t.Fatalf("%d campaigns, known %t, %d calls, %v", len(found), known, w.client.Calls()-before, err)
		}
		at := slices.IndexFunc(found, func(s salesforce.CampaignState) bool { return s.ID == ids[0] })
		got := found[at]
		if time.Since(got.LastModified) > time.Hour {
			t.Errorf("last modified %s", got.LastModified)
		}
		got.LastModified = time.Time{}
		want := salesforce.CampaignState{ID: ids[0], Status: "Completed", Value: map[string]string{"Experiment_Key__c": "checkout"}[field]}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("with field %q (-want +got):\n%s", field, diff)
		}
	}
}

// TestCampaignStatesWithoutTheField: the states come all the same.
func TestCampaignStatesWithoutTheField(t *testing.T) {
	w := newWhole(t, nil)
	ids := w.campaigns(t, 2)
	found, known, err := w.client.CampaignStates(t.Context(), ids, "Experiment_Key__c")
	if err != nil || known || len(found) != 2 || w.client.Calls() != 2 {
		t.Errorf("%v, known %t, %d calls, %v", found, known, w.client.Calls(), err)
	}
	slices.SortFunc(found, func(a, b salesforce.CampaignState) int { return cmp.Compare(a.ID, b.ID) })
	if found[0].Status != "In Progress" {
		t.Errorf("%+v", found)
	}
}

func TestCampaignStatesRefuses(t *testing.T) {
	c := newOrg(t).client(nil)
	for _, field := range []string{"a b", "Id, Name", "(SELECT Id FROM Contacts)", "1st"} {
		if _, _, err := c.CampaignStates(t.Context(), []string{campaign(1)}, field); !errors.Is(err, salesforce.ErrArgument) {
			t.Errorf("field %q: %v", field, err)
		}
	}
	if _, _, err := c.CampaignStates(t.Context(), []string{"001xx"}, ""); !errors.Is(err, salesforce.ErrArgument) {
		t.Errorf("an id that is none: %v", err)
	}
}

// TestCampaignStatesOfOtherTypes: a field may be a number, or empty.
func TestCampaignStatesOfOtherTypes(t *testing.T) {
	row := func(n int, value string) string {
		return fmt.Sprintf(`{"Id":%q,"Status":null,"LastModifiedDate":"2026-11-23T17:50:18.000+0000","Serial__c":%s}`, campaign(n), value)
	}
	o := newOrg(t, ok(`{"done":true,"records":[`+row(1, "7")+","+row(2, "null")+`]}`), ok(`{"done":true,"records":[{"Id":"701"}]}`))
	c := o.client(nil)
	found, _, err := c.CampaignStates(t.Context(), []string{campaign(1), campaign(2)}, "Serial__c")
	if err != nil || len(found) != 2 || found[0].Value != "7" || found[1].Value != "" || found[0].Status != "" {
		t.Errorf("%+v, %v", found, err)
	}
	if _, _, err := c.CampaignStates(t.Context(), []string{campaign(1)}, ""); salesforce.Classify(err).Code != salesforce.CodeUnreadable {
		t.Errorf("a row without a time: %v", err)
	}
}
