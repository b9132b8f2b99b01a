package webhook_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLogLine: one line a request, with its metrics in CloudWatch's embedded form.
func TestLogLine(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(soapEnvelope(completed(1, campaignID), completed(2, unlinkedID), completed(1, campaignID)))
	var line map[string]any
	if err := json.Unmarshal(r.log.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, r.log)
	}
	metrics, _ := line["_aws"].(map[string]any)
	delete(line, "_aws")
	delete(line, "time")
	if diff := cmp.Diff(map[string]any{
		"level":                  "INFO",
		"msg":                    "webhook request",
		"request_id":             "request-1",
		"integration_id":         integrationID,
		"kind":                   "soap",
		"status":                 200.0,
		"notifications":          3.0,
		"outcomes":               map[string]any{"finalization_requested": 1.0, "unknown_campaign": 1.0, "duplicate": 1.0},
		"duration_ms":            0.0,
		"secret_given":           true,
		"WebhookNotifications":   3.0,
		"FinalizationsRequested": 1.0,
		"WebhookUnauthorized":    0.0,
		"WebhookFailures":        0.0,
	}, line); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
	// Each metric must name a number at the root of the line.
	directives, _ := metrics["CloudWatchMetrics"].([]any)
	if len(directives) != 1 || metrics["Timestamp"] != float64(start.UnixMilli()) {
		t.Fatalf("_aws = %v", metrics)
	}
	directive, _ := directives[0].(map[string]any)
	named, _ := directive["Metrics"].([]any)
	if len(named) == 0 {
		t.Error("no metrics")
	}
	for _, m := range named {
		definition, _ := m.(map[string]any)
		name, _ := definition["Name"].(string)
		if _, ok := line[name].(float64); !ok {
			t.Errorf("metric %q is no number of the line", name)
		}
	}
}
