package e2e_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// How the API is tried, unless SCHEMATHESIS_SEED or SCHEMATHESIS_EXAMPLES say
// otherwise.
const (
	defaultSeed     = "20260302"
	defaultExamples = "10" // an operation; the cases at the edges of its schema come on top
	triedWithin     = 5 * time.Minute
)

// testSchemathesis has Schemathesis make requests out of the API's own document, right and wrong ones, alone and in the
// order of their links, and compare each answer with what the document says. It changes and deletes what it finds, so
// nothing else may run beside it.
func (s *suite) testSchemathesis(t *testing.T) {
	if os.Getenv("SCHEMATHESIS") == "off" {
		t.Skip("SCHEMATHESIS=off")
	}
	program := filepath.Join(s.root, ".tools", "schemathesis", "bin", "schemathesis")
	if _, err := os.Stat(program); err != nil {
		t.Fatal("Schemathesis is not installed; make tools installs it, and SCHEMATHESIS=off does without")
	}
	integrationID, deliveryID := s.somethingToFind(t)
	ctx, cancel := context.WithTimeout(t.Context(), triedWithin)
	defer cancel()
	dir := t.TempDir() // it writes beside its configuration
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(s.root, "tools", "schemathesis"))); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, program, "run", s.APIURL+"/api/v1/openapi.json", "--url", s.APIURL,
		"--seed", cmp.Or(os.Getenv("SCHEMATHESIS_SEED"), defaultSeed), "--max-examples", cmp.Or(os.Getenv("SCHEMATHESIS_EXAMPLES"), defaultExamples),
		"--no-color")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "API_URL="+s.APIURL, "ORG_URL="+s.OrgURL, "TOKEN="+s.admin, "VIEWER_TOKEN="+s.viewer,
		"INTEGRATION_ID="+integrationID, "DELIVERY_ID="+deliveryID, "PYTHONDONTWRITEBYTECODE=1")
	if report := os.Getenv("SCHEMATHESIS_REPORT"); report != "" {
		cmd.Args = append(cmd.Args, "--report", "ndjson", "--report-ndjson-path", report)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// somethingToFind leaves an integration with the links of the document's examples, a delivery that arrived, and some that
// are parked. It returns the ids of the integration and of a parked one, which nothing newer can replace: a note.
func (s *suite) somethingToFind(t *testing.T) (integrationID, deliveryID string) {
	t.Helper()
	i, campaignID, key := s.follow(t)
	s.publish(t, completed, object{"experiment_key": key, "occurred_at": "2026-03-02T10:00:00Z"})
	s.awaitStatus(t, campaignID, "Completed")
	s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID)
	s.api(t, http.MethodPut, "/integrations/"+i.ID, object{"is_active": false}).want(t, http.StatusOK)
	for _, campaignID := range []string{"701xx000000001AAAQ", s.newCampaign(t), s.newCampaign(t)} {
		s.link(t, i.ID, exampleKey, campaignID)
	}
	for _, detailType := range []string{rolledBack, significance, significance} {
		s.publish(t, detailType, object{"experiment_key": key, "occurred_at": "2026-03-02T11:00:00Z"})
	}
	var parked []deliveryView
	eventually(t, backedOff, func() string {
		if parked = s.log(t, "integration_id", i.ID, "status", "parked", "event_type", significance); len(parked) != 2 {
			return fmt.Sprintf("%d deliveries are parked, want 2", len(parked))
		}
		return ""
	})
	return i.ID, parked[0].ID
}
