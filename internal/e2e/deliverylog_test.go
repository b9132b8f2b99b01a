package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (s *suite) testDeliveryLog(t *testing.T) {
	t.Parallel()
	i, campaignID, key := s.follow(t)
	const events = 5
	for n := range events {
		// Each is of a type that does nothing: no call, and no order that matters.
		s.publish(t, fmt.Sprintf("Experiment Step %d", n), exampleDetail(key, time.Now()))
		eventually(t, soon, func() string {
			if got := len(s.log(t, "integration_id", i.ID)); got != n+1 {
				return fmt.Sprintf("%d deliveries in the log, want %d", got, n+1)
			}
			return ""
		})
	}
	send(t, request{method: http.MethodPost, url: i.WebhookURL, body: object{"event_type": "opportunity_closed", "campaign_id": campaignID}}).want(t, http.StatusOK)

	all := s.log(t, "integration_id", i.ID)
	if len(all) != events+1 || all[0].EventType != "opportunity_closed" || all[1].EventType != "Experiment Step 4" || all[events].EventType != "Experiment Step 0" {
		t.Fatalf("the log is not newest first: %+v", all)
	}

	// Page by page it is the same.
	var paged []deliveryView
	query := url.Values{"integration_id": {i.ID}, "limit": {"2"}}
	for {
		var part page[deliveryView]
		s.api(t, http.MethodGet, "/notifications/delivery-log?"+query.Encode(), nil).want(t, http.StatusOK).into(t, &part)
		if len(part.Items) > 2 {
			t.Fatalf("a page of at most 2 has %d", len(part.Items))
		}
		paged = append(paged, part.Items...)
		if part.NextCursor == nil {
			break
		}
		query.Set("cursor", *part.NextCursor)
	}
	if diff := cmp.Diff(all, paged); diff != "" {
		t.Errorf("page by page (-at once +paged):\n%s", diff)
	}

	for _, tt := range []struct {
		name   string
		filter []string
		want   int
	}{
		{"inbound", []string{"direction", "inbound"}, 1},
		{"outbound", []string{"direction", "outbound"}, events},
		{"a status", []string{"status", "skipped"}, events + 1},
		{"another status", []string{"status", "delivered"}, 0},
		{"an event type", []string{"event_type", "Experiment Step 3"}, 1},
		{"an experiment", []string{"experiment_key", key, "direction", "outbound"}, events},
		{"another experiment", []string{"experiment_key", "nobody's"}, 0},
		{"a Campaign", []string{"campaign_id", campaignID}, events + 1},
		{"until an hour ago", []string{"to", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, 0},
		{"since an hour ago", []string{"from", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, events + 1},
	} {
		if got := s.log(t, append([]string{"integration_id", i.ID}, tt.filter...)...); len(got) != tt.want {
			t.Errorf("%s: %d deliveries, want %d", tt.name, len(got), tt.want)
		}
	}
	for _, query := range []string{"limit=0", "limit=101", "cursor=nonsense", "status=lost", "from=yesterday"} {
		s.api(t, http.MethodGet, "/notifications/delivery-log?"+query, nil).wantProblem(t, http.StatusUnprocessableEntity)
	}

	s.wantExport(t, i.ID, all)

	var one deliveryView
	s.api(t, http.MethodGet, "/notifications/deliveries/"+all[0].ID, nil).want(t, http.StatusOK).into(t, &one)
	if diff := cmp.Diff(all[0], one); diff != "" {
		t.Errorf("by itself a delivery reads otherwise (-log +itself):\n%s", diff)
	}
}

// wantExport compares the export of an integration's log with its list, two lines at a time.
func (s *suite) wantExport(t *testing.T, integrationID string, want []deliveryView) {
	t.Helper()
	var exported []deliveryView
	query := url.Values{"integration_id": {integrationID}, "limit": {"2"}}
	for {
		part := send(t, request{method: http.MethodGet, url: s.APIURL + "/api/v1/notifications/delivery-log/export?" + query.Encode(), bearer: s.viewer}).want(t, http.StatusOK)
		if got := part.header.Get("Content-Type"); got != "application/x-ndjson" {
			t.Errorf("the export is %q", got)
		}
		for line := range bytes.Lines(part.body) {
			var d deliveryView
			if err := json.Unmarshal(line, &d); err != nil {
				t.Fatalf("a line of the export is %q: %v", line, err)
			}
			exported = append(exported, d)
		}
		cursor := part.header.Get("X-Next-Cursor")
		if cursor == "" {
			break
		}
		query.Set("cursor", cursor)
	}
	if diff := cmp.Diff(want, exported); diff != "" {
		t.Errorf("the export (-list +export):\n%s", diff)
	}
}
