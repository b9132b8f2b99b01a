package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/httpapi"
	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
)

const exportTarget = "/api/v1/notifications/delivery-log/export"

// logged puts many deliveries into the log, of two integrations in turn.
func (h *harness) logged(n int, detail string) {
	h.t.Helper()
	var units []integration.Unit
	for i := range n {
		at := h.now.Add(time.Duration(i) * time.Second)
		d := integration.Delivery{ID: testID(1000 + i), Direction: integration.Outbound, EventType: "Experiment Completed", EventID: fmt.Sprint("e", i),
			IntegrationID: testID(1 + i%2), ExperimentKey: fmt.Sprint("x", i%3), CampaignID: "701xx000000001AAAQ", CreatedAt: at, UpdatedAt: at}
		if err := d.Move(at, integration.StatusSkipped, integration.ReasonSuperseded, detail); err != nil {
			h.t.Fatal(err)
		}
		units = append(units, integration.Unit{Delivery: &d})
	}
	if _, err := h.store.Commit(h.t.Context(), units); err != nil {
		h.t.Fatal(err)
	}
}

// export follows an export to its end, and returns its lines and the parts' sizes
// as API Gateway gets them.
func (h *harness) export(query string) (lines []string, parts []int) {
	h.t.Helper()
	for cursor := ""; ; {
		target := exportTarget + "?" + query
		if cursor != "" {
			target += "&cursor=" + url.QueryEscape(cursor)
		}
		resp := h.send(as("viewer", "GET", target, ""))
		if resp.StatusCode != http.StatusOK || header(resp, "Content-Type") != "application/x-ndjson" || resp.IsBase64Encoded {
			h.t.Fatalf("%d %v %.300s", resp.StatusCode, resp.MultiValueHeaders, resp.Body)
		}
		whole, err := json.Marshal(resp)
		if err != nil {
			h.t.Fatal(err)
		}
		parts = append(parts, len(whole))
		for line := range strings.Lines(resp.Body) {
			if !strings.HasSuffix(line, "}\n") || !json.Valid([]byte(line)) {
				h.t.Fatalf("no line of JSON: %q", line)
			}
			lines = append(lines, line)
		}
		if cursor = header(resp, "X-Next-Cursor"); cursor == "" {
			return lines, parts
		}
	}
}

// sparse is a store whose log has nothing that fits, however long one looks.
type sparse struct {
	*inmem.Store
	parts int
}

func (s *sparse) ListDeliveries(context.Context, integration.DeliveryFilter, integration.Page) (integration.List[integration.Delivery], error) {
	s.parts++
	return integration.List[integration.Delivery]{NextCursor: fmt.Sprint("c", s.parts), PassedOver: 2500}, nil
}

// TestAnExportDoesNotReadAllThatDoesNotFit: of a long log it looks at a part, however
// much of it does not fit, and says where to go on.
func TestAnExportDoesNotReadAllThatDoesNotFit(t *testing.T) {
	h := newHarness(t, "")
	log := &sparse{Store: h.store}
	handle := httpapi.Lambda(newAPI(t, h, log, slog.New(slog.DiscardHandler), ""))
	resp, err := handle(t.Context(), as("viewer", "GET", exportTarget+"?status=parked", ""))
	if err != nil || resp.StatusCode != http.StatusOK || resp.Body != "" || header(resp, "X-Next-Cursor") == "" {
		t.Errorf("%d %q, next %q", resp.StatusCode, resp.Body, header(resp, "X-Next-Cursor"))
	}
	if log.parts != 2 {
		t.Errorf("%d parts of 2,500 deliveries were looked at, want 2", log.parts)
	}
}

func TestExport(t *testing.T) {
	h := newHarness(t, "")
	h.logged(250, "superseded")
	lines, parts := h.export("")
	if len(lines) != 250 || len(parts) != 1 {
		t.Fatalf("%d lines in %d parts", len(lines), len(parts))
	}
	_, body := h.admin("GET", "/api/v1/notifications/deliveries/"+testID(1249), "")
	var first map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(body, first); diff != "" {
		t.Errorf("a line is not the delivery (-want +got):\n%s", diff)
	}
	byParts, parts := h.export("limit=120")
	if diff := cmp.Diff(lines, byParts); diff != "" || len(parts) != 3 {
		t.Errorf("in %d parts (-want +got):\n%s", len(parts), diff)
	}
	for query, want := range map[string]int{
		"integration_id=" + testID(1): 125, "experiment_key=x0": 84, "integration_id=" + testID(1) + "&experiment_key=x0": 42,
		"status=parked": 0, "direction=inbound": 0, "campaign_id=701xx000000001A&event_type=Experiment+Completed": 250,
		"from=2026-03-02T10:01:00Z&to=2026-03-02T10:02:00Z": 60,
	} {
		if lines, _ := h.export(query); len(lines) != want {
			t.Errorf("%s: %d lines, want %d", query, len(lines), want)
		}
	}
	for _, query := range []string{"limit=0", "limit=5001", "cursor=nonsense", "status=lost", "from=yesterday", "format=csv"} {
		h.refused(as("admin", "GET", exportTarget+"?"+query, ""), 422)
	}
}

// TestExportFitsAnAnswer: whatever the log says, a part is one that a function may
// return. What JSON has to escape counts six times.
func TestExportFitsAnAnswer(t *testing.T) {
	for name, detail := range map[string]string{"long": strings.Repeat("x", 8000), "hostile": strings.Repeat(`<"&\`, 800), "unicode": strings.Repeat("ü🎉", 500)} {
		h := newHarness(t, "")
		h.logged(400, detail)
		lines, parts := h.export("")
		if len(lines) != 400 {
			t.Errorf("%s: %d lines", name, len(lines))
		}
		for _, size := range parts {
			if size > 6<<20 {
				t.Errorf("%s: a part of %d bytes", name, size)
			}
		}
		if name != "unicode" && len(parts) < 2 {
			t.Errorf("%s: %d parts", name, len(parts))
		}
	}
	h := newHarness(t, "")
	h.logged(12, strings.Repeat("<", 150_000)) // each more than a third of an answer
	if lines, parts := h.export(""); len(lines) != 12 || len(parts) < 4 || slices.Max(parts) > 6<<20 {
		t.Errorf("%d lines in %d parts", len(lines), len(parts))
	}
}
