package salesforce_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce"
)

// outcome is a result in words that a table can hold.
func outcome(id string, err error) string {
	if err == nil {
		return id + " written"
	}
	text := id + " " + salesforce.Classify(err).Code
	if salesforce.Uncertain(err) {
		text += " uncertain"
	}
	return text
}

func outcomes(results []salesforce.UpdateResult) []string {
	var all []string
	for _, r := range results {
		all = append(all, outcome(r.CampaignID, r.Err))
	}
	return all
}

func TestUpdateCampaignStatuses(t *testing.T) {
	o := newOrg(t, ok(`[
		{"id":"`+campaign(1)+`","success":true,"errors":[]},
		{"success":false,"errors":[{"statusCode":"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST","message":"Status: bad value for restricted picklist field: Paused","fields":["Status"]}]},
		{"id":"`+campaign(3)+`","success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"unable to obtain exclusive access to this record","fields":[]}]}]`))
	c := o.client(nil)
	got, err := c.UpdateCampaignStatuses(t.Context(), []salesforce.StatusUpdate{
		{CampaignID: campaign(3), Status: "Completed"},
		{CampaignID: campaign(1)[:15], Status: "Completed"},
		{CampaignID: campaign(2), Status: "Paused"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{campaign(3) + " UNABLE_TO_LOCK_ROW", campaign(1) + " written", campaign(2) + " INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"}
	if diff := cmp.Diff(want, outcomes(got)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if e, _ := errors.AsType[*salesforce.Error](got[2].Err); e == nil || !slices.Equal(e.Fields, []string{"Status"}) {
		t.Errorf("the field at fault is lost: %v", got[2].Err)
	}
	if c.Calls() != 1 {
		t.Errorf("Calls = %d", c.Calls())
	}
	o.checkGolden("update_collection")
}

// TestACallThatIsRefusedIsNoRecords, however many records it had.
func TestACallThatIsRefusedIsNoRecords(t *testing.T) {
	for _, n := range []int{2, 201} {
		c := inProcess(t, func(*http.Request) (*http.Response, error) {
			return jsonResponse(403, `[{"errorCode":"API_CURRENTLY_DISABLED","message":"API is disabled for this User"}]`), nil
		}, nil)
		results, err := c.UpdateCampaignStatuses(t.Context(), statusUpdates(n))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if e, ok := errors.AsType[*salesforce.Error](r.Err); !ok || e.Record || e.Status != 403 {
				t.Fatalf("of %d: %+v", n, r.Err)
			}
		}
	}
}

// allWritten answers a composite call as an org does that accepts everything,
// but for what change does to a part.
func allWritten(t *testing.T, r *http.Request, change func(part int, sub map[string]any)) *http.Response {
	t.Helper()
	var asked struct {
		CompositeRequest []struct {
			ReferenceID string `json:"referenceId"`
			Body        struct {
				Records []struct {
					ID string `json:"id"`
				} `json:"records"`
			} `json:"body"`
		} `json:"compositeRequest"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		t.Error(err)
	}
	var subs []map[string]any
	for i, part := range asked.CompositeRequest {
		var body []map[string]any
		for _, rec := range part.Body.Records {
			body = append(body, map[string]any{"id": rec.ID, "success": true, "errors": []any{}})
		}
		sub := map[string]any{"body": body, "httpHeaders": map[string]any{}, "httpStatusCode": 200, "referenceId": part.ReferenceID}
		if change != nil {
			change(i, sub)
		}
		subs = append(subs, sub)
	}
	slices.Reverse(subs) // an order is not promised
	text, err := json.Marshal(map[string]any{"compositeResponse": subs})
	if err != nil {
		t.Error(err)
	}
	return jsonResponse(200, string(text))
}

func statusUpdates(n int) []salesforce.StatusUpdate {
	updates := make([]salesforce.StatusUpdate, n)
	for i := range updates {
		updates[n-1-i] = salesforce.StatusUpdate{CampaignID: campaign(i), Status: "Completed"}
	}
	return updates
}

func TestUpdatesAreSplit(t *testing.T) {
	tests := []struct{ updates, calls int }{{0, 0}, {1, 1}, {200, 1}, {201, 1}, {1000, 1}, {1001, 2}, {2300, 3}}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.updates), func(t *testing.T) {
			c := inProcess(t, func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/composite") {
					return allWritten(t, r, nil), nil
				}
				var asked struct{ Records []struct{ ID string } }
				if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
					t.Error(err)
				}
				if !slices.IsSortedFunc(asked.Records, func(a, b struct{ ID string }) int { return strings.Compare(a.ID, b.ID) }) {
					t.Error("the records are not sorted by id")
				}
				return jsonResponse(200, "["+strings.TrimSuffix(strings.Repeat(`{"success":true},`, len(asked.Records)), ",")+"]"), nil
			}, nil)
			updates := statusUpdates(tt.updates)
			got, err := c.UpdateCampaignStatuses(t.Context(), updates)
			if err != nil || len(got) != tt.updates || c.Calls() != tt.calls {
				t.Errorf("%d results in %d calls, %v; want %d in %d", len(got), c.Calls(), err, tt.updates, tt.calls)
			}
			for i, r := range got {
				if r.Err != nil || r.CampaignID != updates[i].CampaignID {
					t.Fatalf("result %d: %+v", i, r)
				}
			}
		})
	}
}

func TestUpdatesInACompositeCall(t *testing.T) {
	c := inProcess(t, func(r *http.Request) (*http.Response, error) {
		return allWritten(t, r, func(part int, sub map[string]any) {
			switch part {
			case 1:
				sub["httpStatusCode"], sub["body"] = 400, []any{map[string]any{"errorCode": "JSON_PARSER_ERROR", "message": "?"}}
			case 2:
				sub["body"].([]map[string]any)[7] = map[string]any{"success": false, "errors": []any{map[string]any{"statusCode": "ENTITY_IS_DELETED", "message": "entity is deleted"}}}
			case 3:
				sub["referenceId"] = "lost"
			case 4:
				sub["body"] = sub["body"].([]map[string]any)[1:]
			}
		}), nil
	}, nil)
	got, err := c.UpdateCampaignStatuses(t.Context(), statusUpdates(1000))
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(got) // back to the order of ids
	count := make(map[string]int)
	for i, text := range outcomes(got) {
		_, what, _ := strings.Cut(text, " ")
		count[fmt.Sprintf("part %d %s", i/200, what)]++
	}
	want := map[string]int{
		"part 0 written":                     200,
		"part 1 JSON_PARSER_ERROR":           200,
		"part 2 written":                     199,
		"part 2 ENTITY_IS_DELETED":           1,
		"part 3 UNREADABLE_ANSWER uncertain": 200,
		"part 4 UNREADABLE_ANSWER uncertain": 200,
	}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if salesforce.Classify(got[407].Err).Code != "ENTITY_IS_DELETED" {
		t.Errorf("the deleted one is not where it should be: %v", got[407].Err)
	}
}

func TestTheRequestOfACompositeUpdate(t *testing.T) {
	o := newOrg(t, answer{status: 403, body: `[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]`})
	got, err := o.client(nil).UpdateCampaignStatuses(t.Context(), statusUpdates(201))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range got {
		if d := salesforce.Classify(r.Err); d.Class != salesforce.ClassLimit {
			t.Fatalf("%s: %+v", r.CampaignID, d)
		}
	}
	o.checkGolden("update_composite")
}

func TestUpdateCampaignStatusesRefuses(t *testing.T) {
	good := salesforce.StatusUpdate{CampaignID: campaign(1), Status: "Completed"}
	tests := []struct {
		name    string
		updates []salesforce.StatusUpdate
	}{
		{"one campaign twice", []salesforce.StatusUpdate{good, good}},
		{"one campaign in two forms", []salesforce.StatusUpdate{good, {CampaignID: campaign(1)[:15], Status: "Paused"}}},
		{"another object", []salesforce.StatusUpdate{{CampaignID: "00D5g000004XyZaEAK", Status: "Completed"}}},
		{"no status", []salesforce.StatusUpdate{{CampaignID: campaign(1)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOrg(t)
			if got, err := o.client(nil).UpdateCampaignStatuses(t.Context(), tt.updates); !errors.Is(err, salesforce.ErrArgument) || got != nil {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}
