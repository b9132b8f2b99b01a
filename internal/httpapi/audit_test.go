package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/google/go-cmp/cmp"
	"salesforce-integration/internal/integration"
)

// auditCase makes an operation's change, once, on a harness with one integration
// that works, a link and a parked delivery.
type auditCase struct {
	target string // the path
	body   string
	want   []string // actions in the audit trail, in their order
	ofNone bool     // the change is to no integration
}

// auditCases has a case for each operation that changes something or makes a
// secret be used, by its operationId.
func auditCases() map[string]auditCase {
	one := base + "/" + testID(1)
	return map[string]auditCase{
		"create-integration":     {target: base, body: contractCreate, want: []string{"integration created"}},
		"update-integration":     {target: one, body: `{"name": "Another", "config": {"client_secret": "ANOTHER-SECRET", "access_token": "ANOTHER-TOKEN"}}`, want: []string{"integration updated", "integration resumed"}},
		"delete-integration":     {target: one, want: []string{"integration deleted"}},
		"test-new-connection":    {target: base + "/test", body: `{"config": {"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": "` + contractSecret + `"}}`, want: []string{"connection tested"}, ofNone: true},
		"test-connection":        {target: one + "/test", want: []string{"connection tested", "integration resumed"}},
		"create-link":            {target: one + "/links", body: `{"experiment_key": "another", "campaign_id": "701xx000000002AAAQ"}`, want: []string{"link created"}},
		"preview-event":          {target: one + "/preview", body: previewBody, want: []string{"event previewed"}},
		"create-links":           {target: one + "/links/bulk", body: `[{"experiment_key": "another", "campaign_id": "701xx000000002AAAQ"}]`, want: []string{"link created"}},
		"delete-link":            {target: one + "/links/701xx000000001AAAQ", want: []string{"link deleted"}},
		"replace-webhook-secret": {target: one + "/webhook-secret", want: []string{"webhook secret replaced"}},
		"redeliver":              {target: deliveries + "/" + testID(201) + "/redeliver", want: []string{"delivery redelivered"}},
		"redeliver-many":         {target: deliveries + "/redeliver", body: `{}`, want: []string{"deliveries redelivered"}},
	}
}

// TestEveryChangeIsInTheAuditTrail walks all operations of the contract but reads.
// One that is not in the table above fails: add it there, and have it audited.
func TestEveryChangeIsInTheAuditTrail(t *testing.T) {
	_, document := newHarness(t, "").do(as("", "GET", "/api/v1/openapi.json", ""))
	cases := auditCases()
	walked := 0
	for path, item := range document["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			method = strings.ToUpper(method)
			if method == "GET" || method == "HEAD" {
				continue
			}
			walked++
			id, _ := op.(map[string]any)["operationId"].(string)
			c, known := cases[id]
			delete(cases, id)
			if !known {
				t.Errorf("%s %s (%s) has no case here: nobody knows whether it is audited", method, path, id)
				continue
			}
			t.Run(id, func(t *testing.T) { c.check(t, method) })
		}
	}
	if walked == 0 {
		t.Error("the contract has no operation that changes anything")
	}
	for id := range cases {
		t.Errorf("the contract has no operation %s", id)
	}
}

func (c auditCase) check(t *testing.T, method string) {
	h := newHarness(t, "")
	h.create()
	if status, body := h.admin("POST", base+"/"+testID(1)+"/links", contractLink); status != 201 {
		t.Fatalf("%d %v", status, body)
	}
	h.parked(1)
	h.log.Reset()

	e := as("admin", method, c.target, c.body)
	resp := h.send(e)
	if resp.StatusCode/100 != 2 {
		t.Fatalf("%d %s", resp.StatusCode, resp.Body)
	}
	integrationID := testID(1)
	var created struct {
		ID            string
		WebhookSecret string `json:"webhook_secret"`
	}
	if json.Unmarshal([]byte(resp.Body), &created) == nil && created.WebhookSecret != "" && strings.Contains(h.log.String(), created.WebhookSecret) {
		t.Error("the webhook secret is in the log")
	}
	if slices.Contains(c.want, "integration created") {
		integrationID = created.ID
	}
	if c.ofNone {
		integrationID = ""
	}
	var actions []string
	for line := range strings.Lines(h.log.String()) {
		var entry struct {
			Time          time.Time
			Msg           string
			Action        string
			Subject, Role string
			IntegrationID *string `json:"integration_id"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if entry.Msg != "audit" {
			continue
		}
		actions = append(actions, entry.Action)
		if entry.Subject != "ada" || entry.Role != "admin" || entry.Time.IsZero() || entry.IntegrationID == nil || *entry.IntegrationID != integrationID {
			t.Errorf("who, when and of which integration: %s", line)
		}
	}
	if !slices.Equal(actions, c.want) {
		t.Errorf("audited as %q, want %q; log:\n%s", actions, c.want, h.log)
	}
	for _, secret := range []string{contractSecret, "ANOTHER-SECRET", "ANOTHER-TOKEN", "access_token\":\"00D"} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("a secret is in the log:\n%s", h.log)
		}
	}
	if strings.Contains(c.body, "ANOTHER-SECRET") && !strings.Contains(h.log.String(), `"client_secret":"changed","access_token":"changed"`) {
		t.Errorf("that the secrets changed is not in the log:\n%s", h.log)
	}

	// A viewer's try changes nothing, and is in the log all the same, as a request.
	h.log.Reset()
	e.RequestContext.Authorizer["role"] = "viewer"
	if resp := h.send(e); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a viewer's try: %d", resp.StatusCode)
	}
	if log := h.log.String(); strings.Contains(log, `"msg":"audit"`) || !strings.Contains(log, `"status":403,"subject":"ada","role":"viewer"`) {
		t.Errorf("a viewer's try is logged as:\n%s", log)
	}
}

// TestACreationIsInTheAuditTrailWithWhatItSet: under the names that a change has, and
// without the contract's defaults.
func TestACreationIsInTheAuditTrailWithWhatItSet(t *testing.T) {
	plain := map[string]any{"name": "Salesforce CRM Sync", "description": "changed", "is_active": true,
		"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": "changed"}
	whole := maps.Clone(plain)
	maps.Copy(whole, map[string]any{"is_active": false, "access_token": "changed", "status_map": map[string]any{"Experiment Completed": "Done"},
		"note_events": map[string]any{"Experiment Completed": true}, "note_kind": "feed_item",
		"finalize_statuses": []any{"Completed", "Aborted"}, "reread": true, "lookup_key": true})
	delete(whole, "description")
	for name, c := range map[string]struct {
		body string
		want map[string]any
	}{
		"the contract's": {contractCreate, plain},
		"all there is": {`{"name": "Salesforce CRM Sync", "integration_type": "SALESFORCE", "is_active": false,
			"config": {"instance_url": "https://your-org.my.salesforce.com", "client_id": "3MVG9...", "client_secret": "` + contractSecret + `", "access_token": "A-TOKEN"},
			"settings": {"status_map": {"Experiment Completed": "Done"}, "note_events": {"Experiment Completed": true}, "note_kind": "feed_item",
				"finalize_statuses": ["Completed", "Aborted"], "reread": true, "lookup_key": true}}`, whole},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, "")
			if status, body := h.admin("POST", base, c.body); status != 201 {
				t.Fatalf("%d %v", status, body)
			}
			var got map[string]any
			for line := range strings.Lines(h.log.String()) {
				if strings.Contains(line, `"action":"integration created"`) {
					if err := json.Unmarshal([]byte(line), &got); err != nil {
						t.Fatal(err)
					}
				}
			}
			for _, known := range []string{"time", "level", "msg", "request_id", "action", "subject", "role", "integration_id"} {
				delete(got, known)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("the line (-want +got):\n%s", diff)
			}
			if strings.Contains(h.log.String(), contractSecret) || strings.Contains(h.log.String(), "A-TOKEN") {
				t.Error("a secret is in the log")
			}
		})
	}
}

// TestAChangeWithoutAnAnswerIsInTheAuditTrail: the store or the queue does what it is
// asked for, and its answer gets lost. The same request, sent again, may find nothing
// left to change, so the first one's line is the only one.
func TestAChangeWithoutAnAnswerIsInTheAuditTrail(t *testing.T) {
	tests := map[string]struct{ method, lost string }{
		"create-integration":     {"POST", "CreateIntegration"},
		"update-integration":     {"PUT", "UpdateIntegration"},
		"delete-integration":     {"DELETE", "DeleteIntegration"},
		"create-link":            {"POST", "CreateLink"},
		"create-links":           {"POST", "CreateLinks"},
		"delete-link":            {"DELETE", "DeleteLink"},
		"replace-webhook-secret": {"POST", "UpdateIntegration"},
		"redeliver":              {"POST", "Dispatch"},
		"redeliver-many":         {"POST", "Dispatch"},
	}
	for id, test := range tests {
		t.Run(id, func(t *testing.T) {
			h := newHarness(t, "")
			h.create()
			if status, body := h.admin("POST", base+"/"+testID(1)+"/links", contractLink); status != 201 {
				t.Fatalf("%d %v", status, body)
			}
			h.parked(1)
			h.log.Reset()
			h.store.After(func(_ context.Context, op string) error {
				if op == test.lost {
					return errors.New("connection reset")
				}
				return nil
			})
			if test.lost == "Dispatch" {
				h.queue.err = errors.New("connection reset")
			}
			c := auditCases()[id]
			if resp := h.send(as("admin", test.method, c.target, c.body)); resp.StatusCode < 500 {
				t.Fatalf("%d %s", resp.StatusCode, resp.Body)
			}
			var unknown []string
			for line := range strings.Lines(h.log.String()) {
				var entry struct{ Msg, Action, Outcome, Subject string }
				if err := json.Unmarshal([]byte(line), &entry); err != nil {
					t.Fatalf("%v in %s", err, line)
				}
				if entry.Msg == "audit" && entry.Outcome == "unknown" && entry.Subject == "ada" {
					unknown = append(unknown, entry.Action)
				}
				if strings.Contains(line, "ANOTHER-") {
					t.Errorf("a secret is in the log: %s", line)
				}
			}
			if !slices.Equal(unknown, c.want[:1]) {
				t.Errorf("changes of which nobody knows: %v, want %v\n%s", unknown, c.want[:1], h.log)
			}
		})
	}
}

// A refusal changed nothing, and has no line.
func TestARefusalIsNotInTheAuditTrail(t *testing.T) {
	h := newHarness(t, "")
	h.create()
	h.log.Reset()
	for _, e := range []events.APIGatewayProxyRequest{
		as("admin", "DELETE", base+"/"+testID(99), ""),
		as("admin", "PUT", base+"/"+testID(1), `{"config": {"instance_url": "https://example.com"}}`),
		as("admin", "DELETE", base+"/"+testID(1)+"/links/701xx000000001AAAQ", ""),
		as("viewer", "DELETE", base+"/"+testID(1), ""),
	} {
		if resp := h.send(e); resp.StatusCode/100 != 4 {
			t.Errorf("%d %s", resp.StatusCode, resp.Body)
		}
	}
	if strings.Contains(h.log.String(), `"msg":"audit"`) {
		t.Errorf("%s", h.log)
	}
}

// TestAChangeThatMetItsOwnIsInTheAuditTrail: the table took it, the answer got lost, push
// changed the row, and the SDK's repetition met that. The merge finds nothing to change.
func TestAChangeThatMetItsOwnIsInTheAuditTrail(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	h.log.Reset()
	done := false
	h.store.After(func(ctx context.Context, op string) error {
		if op != "UpdateIntegration" || done {
			return nil
		}
		done = true
		if err := h.pin(ctx); err != nil {
			return err
		}
		return integration.Conflictf("changed")
	})
	if status, body := h.admin("PUT", base+"/"+id, `{"config": {"instance_url": "https://another.my.salesforce.com"}}`); status != 200 {
		t.Fatalf("%d %v", status, body)
	}
	for _, words := range []string{`"action":"integration updated"`, `"instance_url":"https://another.my.salesforce.com"`, `"outcome":"unknown"`} {
		if !strings.Contains(h.log.String(), words) {
			t.Errorf("the log lacks %s:\n%s", words, h.log)
		}
	}
}

// TestADeletionThatWasNotAskedForIsNotInTheAuditTrail: the table was never asked to delete.
func TestADeletionThatWasNotAskedForIsNotInTheAuditTrail(t *testing.T) {
	h := newHarness(t, "")
	h.create()
	h.log.Reset()
	h.store.Before(func(_ context.Context, op string) error {
		if op == "GetIntegration" {
			return errors.New("connection refused")
		}
		return nil
	})
	if resp := h.send(as("admin", "DELETE", base+"/"+testID(1), "")); resp.StatusCode < 500 {
		t.Errorf("%d %s", resp.StatusCode, resp.Body)
	}
	if strings.Contains(h.log.String(), `"action"`) {
		t.Errorf("%s", h.log)
	}
}
