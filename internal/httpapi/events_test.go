package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

const eventsDir = "../../events/integrations"

// eventStatuses says what each file of events/integrations is answered with. The
// answers' bodies lie in testdata/events.
func eventStatuses() map[string]int {
	return map[string]int{
		"create":                  201,
		"create-base64":           201,
		"create-as-viewer":        403,
		"create-missing-fields":   422,
		"create-unknown-field":    422,
		"create-foreign-host":     422,
		"create-http":             422,
		"create-not-json":         400,
		"create-form":             415,
		"create-too-large":        413,
		"list":                    200,
		"list-limit-too-high":     422,
		"get":                     200,
		"get-unknown":             404,
		"get-without-authorizer":  403,
		"get-without-role":        403,
		"rotate":                  200,
		"replace-webhook-secret":  200,
		"update-with-mask":        200,
		"switch-off":              200,
		"delete":                  204,
		"create-with-settings":    201,
		"update-settings":         200,
		"update-settings-invalid": 422,
		"switch-on":               200,
		"test":                    200,
		"test-as-viewer":          403,
		"test-before-saving":      200,
		"test-wrong-secret":       200,
		"redeliver":               202,
		"redeliver-not-parked":    409,
		"redeliver-many":          202,
		"link-create":             201,
		"link-create-again":       200,
		"preview":                 200,
		"links-bulk":              200,
		"links-bulk-csv":          200,
		"link-by-name":            200,
		"link-conflict":           409,
		"link-no-campaign":        422,
		"links-list":              200,
		"campaigns-search":        200,
		"link-delete":             204,
		"delivery-log":            200,
		"delivery-log-export":     200,
		"delivery":                200,
		"method-unknown":          405,
		"path-unknown":            404,
	}
}

func TestEventsOnFile(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(eventsDir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no events in %s: %v", eventsDir, err)
	}
	if want := len(eventStatuses()); len(files) != want {
		t.Errorf("%d files, the table lists %d", len(files), want)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			wantStatus, listed := eventStatuses()[name]
			if !listed {
				t.Fatal("this file is not in the table of what events are answered with")
			}
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var e events.APIGatewayProxyRequest
			if err := json.Unmarshal(raw, &e); err != nil {
				t.Fatal(err)
			}
			h := newHarness(t, "")
			id := h.create()
			h.deliveries()
			if strings.HasPrefix(name, "redeliver") {
				h.parked(3)
			}
			if name != "link-create" {
				h.admin("POST", base+"/"+id+"/links", contractLink)
			}
			resp := h.send(e)
			if resp.StatusCode != wantStatus {
				t.Errorf("status %d, want %d", resp.StatusCode, wantStatus)
			}
			compareWithGolden(t, filepath.Join("testdata", "events", name+".golden"), resp)
		})
	}
}

// compareWithGolden compares the status, the headers that a caller goes by, and
// the body.
func compareWithGolden(t *testing.T, file string, resp events.APIGatewayProxyResponse) {
	t.Helper()
	var got bytes.Buffer
	fmt.Fprintln(&got, resp.StatusCode)
	for _, name := range []string{"Content-Type", "Location", "Allow", "ETag", "X-Next-Cursor"} {
		if value := header(resp, name); value != "" {
			fmt.Fprintf(&got, "%s: %s\n", name, value)
		}
	}
	if resp.Body != "" {
		fmt.Fprintln(&got)
		if err := json.Indent(&got, []byte(resp.Body), "", "  "); err != nil {
			t.Fatal(err)
		}
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
