package apireach_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"salesforce-integration/internal/integration"
)

// How many rows the full table has, from the environment: make reach sets them.
const (
	integrationsEnv = "REACH_INTEGRATIONS"
	deliveriesEnv   = "REACH_DELIVERIES"
)

const (
	fewRows      = 20
	subjectKey   = "subject"
	subjectEvent = "Experiment Rolled Back"
	subjectOfLog = "aaaaaaaa-0000-8000-8000-000000000001"
	firstInOrg   = "701xx000000001AAAQ"
	logAddress   = "/api/v1/notifications/delivery-log"
	ofTheAPI     = "/api/v1/integrations"
)

func size(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// fill stores others' integrations and deliveries, and then the subject's.
func (s *side) fill(integrations, deliveries int) (subject string) {
	s.t.Helper()
	g, ctx := errgroup.WithContext(s.t.Context())
	g.SetLimit(8)
	for n := range integrations {
		g.Go(func() error {
			_, err := s.store.CreateIntegration(ctx, integration.Integration{
				ID: fmt.Sprintf("0000562f-3b80-7cc1-a3f5-%012x", n), Name: fmt.Sprint("Others' ", n), Type: integration.TypeSalesforce, Active: true,
				InstanceURL: "https://others.my.salesforce.com", ClientID: "3MVG9", CredentialsVersion: 1, CreatedAt: s.base, UpdatedAt: s.base,
			})
			return err
		})
	}
	const chunk = 100
	for from := 0; from < deliveries; from += chunk {
		g.Go(func() error {
			var units []integration.Unit
			for n := from; n < min(from+chunk, deliveries); n++ {
				d := s.filler(n, integrations)
				units = append(units, integration.Unit{Delivery: &d})
			}
			_, err := s.store.Commit(ctx, units)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		s.t.Fatal(err)
	}
	body, _ := s.count("POST", ofTheAPI, newSubject)
	var created struct{ ID string }
	if err := json.Unmarshal([]byte(body), &created); err != nil {
		s.t.Fatal(err)
	}
	s.count("POST", ofTheAPI+"/"+created.ID+"/links", `{"experiment_key": "`+subjectKey+`", "campaign_id": "`+firstInOrg+`"}`)
	now := time.Now().UTC()
	d := integration.Delivery{
		ID: subjectOfLog, Direction: integration.Outbound, EventType: subjectEvent, EventID: "e", IntegrationID: created.ID, ExperimentKey: subjectKey,
		CampaignID: firstInOrg, CreatedAt: now, UpdatedAt: now,
	}
	if err := d.Move(now, integration.StatusParked, integration.ReasonRefused, "Refused."); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.store.Commit(s.t.Context(), []integration.Unit{{Delivery: &d}}); err != nil {
		s.t.Fatal(err)
	}
	return created.ID
}

const newSubject = `{"name": "Subject", "integration_type": "SALESFORCE", "config": {"instance_url": "http://org.example", "client_id": "local-client", "client_secret": "local-secret"}}`

// step is one operation on the subject.
type step struct{ name, method, target, body string }

// steps are all operations of the API, in an order in which each can be done.
func steps(id string) []step {
	one := ofTheAPI + "/" + id
	links := one + "/links"
	return []step{
		{"test-new-connection", "POST", ofTheAPI + "/test", `{"config": {"instance_url": "http://org.example", "client_id": "local-client", "client_secret": "local-secret"}}`},
		{"test-connection", "POST", one + "/test", ""},
		{"create-integration", "POST", ofTheAPI, newSubject},
		{"list-integrations", "GET", ofTheAPI + "?limit=10", ""},
		{"get-integration", "GET", one, ""},
		{"update-integration", "PUT", one, `{"description": "changed"}`},
		{"replace-webhook-secret", "POST", one + "/webhook-secret", ""},
		{"search-campaigns", "GET", one + "/campaigns?search=checkout", ""},
		{"preview-event", "POST", one + "/preview", `{"detail-type": "Experiment Completed", "detail": {"experiment_key": "` + subjectKey + `"}}`},
		{"create-link", "POST", links, `{"experiment_key": "` + subjectKey + `", "campaign_id": "701xx000000002A"}`},
		{"create-link by name", "POST", links, `{"experiment_key": "` + subjectKey + `", "campaign_name": "Q1 Checkout Optimization"}`},
		{"create-links", "POST", links + "/bulk", `[{"experiment_key": "a", "campaign_id": "701xx000000003A"}, {"experiment_key": "b", "campaign_id": "701xx000000004A"}]`},
		{"list-links", "GET", links + "?limit=10", ""},
		{"list-links of an experiment", "GET", links + "?experiment_key=" + subjectKey, ""},
		{"list-links of a Campaign", "GET", links + "?campaign_id=" + firstInOrg, ""},
		{"delete-link", "DELETE", links + "/701xx000000002A", ""},
		{"get-delivery", "GET", "/api/v1/notifications/deliveries/" + subjectOfLog, ""},
		{"redeliver", "POST", "/api/v1/notifications/deliveries/" + subjectOfLog + "/redeliver", ""},
		{"redeliver-many of an integration", "POST", "/api/v1/notifications/deliveries/redeliver", `{"integration_id": "` + id + `"}`},
		{"list-deliveries", "GET", logAddress + "?limit=10", ""},
		{"export-deliveries", "GET", logAddress + "/export?limit=10", ""},
		{"export-deliveries of an experiment", "GET", logAddress + "/export?experiment_key=" + subjectKey, ""},
		{"delete-integration", "DELETE", one, ""},
	}
}

// mostParts is how many calls an answer takes to pass over what it may
// ([integration.MaxPassedOver]) of a log, by parts that get longer.
const mostParts = 6

// seldom are answers that are put together of several parts, and find nothing: they look
// further, up to a bound that no log's length moves.
func seldom() []step {
	return []step{
		{"export-deliveries of which there are none", "GET", logAddress + "/export?status=sending", ""},
		{"redeliver-many of which there are none", "POST", "/api/v1/notifications/deliveries/redeliver", `{"event_type": "Experiment Nobody Knows"}`},
	}
}

// combinations are all filters of the log, with each other.
func combinations(id string) []url.Values {
	filters := []struct{ name, value string }{
		{"direction", "outbound"}, {"status", "parked"}, {"event_type", subjectEvent}, {"integration_id", id}, {"experiment_key", subjectKey},
		{"campaign_id", firstInOrg}, {"from", time.Now().Add(-24 * time.Hour).UTC().Format(time.RFC3339)},
	}
	var all []url.Values
	for bits := range 1 << len(filters) {
		v := url.Values{"limit": {"10"}}
		for n, f := range filters {
			if bits&(1<<n) != 0 {
				v.Set(f.name, f.value)
			}
		}
		all = append(all, v)
	}
	return all
}

// TestCallsDoNotGrow compares a table of a few rows with a full one.
func TestCallsDoNotGrow(t *testing.T) {
	few, full := newSide(t), newSide(t)
	integrations, deliveries := size(t, integrationsEnv, 100), size(t, deliveriesEnv, 2000)
	fewID := few.fill(fewRows, fewRows)
	began := time.Now()
	fullID := full.fill(integrations, deliveries)
	t.Logf("%d integrations and %d deliveries stored in %.0f s", integrations, deliveries, time.Since(began).Seconds())

	calls := map[string]int{}
	for n, want := range combinations(fewID) {
		got := combinations(fullID)[n]
		_, onFew := few.count("GET", logAddress+"?"+want.Encode(), "")
		body, onFull := full.count("GET", logAddress+"?"+got.Encode(), "")
		got.Del("limit")
		name := strings.Join(slices.Sorted(maps.Keys(got)), ", ")
		if onFew != onFull || onFull > 2 {
			t.Errorf("the log by %q: %d calls on few rows, %d on many", name, onFew, onFull)
		}
		if !strings.Contains(body, subjectOfLog) {
			t.Errorf("the log by %q does not begin with its newest", name)
		}
		calls[strconv.Itoa(onFull)]++
	}
	// What nothing fits takes no more than to see that, in the part of the log that was looked at.
	for _, nothing := range []string{"status=sending", "experiment_key=nobody", "status=sending&integration_id="} {
		_, onFew := few.count("GET", logAddress+"?"+strings.Replace(nothing, "id=", "id="+fewID, 1), "")
		_, onFull := full.count("GET", logAddress+"?"+strings.Replace(nothing, "id=", "id="+fullID, 1), "")
		if onFew != 1 || onFull != 1 {
			t.Errorf("the log by %q: %d calls on few rows, %d on many", nothing, onFew, onFull)
		}
	}
	t.Logf("the log by each of %d combinations of filters: %v (calls: combinations)", len(combinations(fullID)), calls)

	var table strings.Builder
	onFull := steps(fullID)
	for n, s := range steps(fewID) {
		_, want := few.count(s.method, s.target, s.body)
		_, got := full.count(onFull[n].method, onFull[n].target, onFull[n].body)
		if want != got {
			t.Errorf("%s: %d calls on few rows, %d on many", s.name, want, got)
		}
		fmt.Fprintf(&table, "| %s | %d | %d |\n", s.name, want, got)
	}
	for _, s := range seldom() {
		if _, got := full.count(s.method, s.target, s.body); got > mostParts {
			t.Errorf("%s: %d calls, want %d at most", s.name, got, mostParts)
		} else {
			fmt.Fprintf(&table, "| %s | | %d |\n", s.name, got)
		}
	}
	t.Logf("DynamoDB calls\n| operation | %d deliveries | %d deliveries |\n|---|--:|--:|\n%s", fewRows, deliveries, table.String())
}

// TestEveryOperationIsCounted fails for an operation of the contract without a step.
func TestEveryOperationIsCounted(t *testing.T) {
	document, err := os.ReadFile("../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]bool{}
	for _, s := range steps("id") {
		name, _, _ := strings.Cut(s.name, " ")
		counted[name] = true
	}
	for line := range strings.Lines(string(document)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "operationId: "); ok && !counted[name] {
			t.Errorf("%s has no step: nobody knows whether its calls grow", name)
		}
	}
}
