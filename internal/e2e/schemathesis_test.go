package e2e_test

import (
	"cmp"
	"context"
	"errors"
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
	program := filepath.Join(s.root, ".tools", "schemathesis", "bin", "schemathesis")
	if _, err := os.Stat(program); errors.Is(err, os.ErrNotExist) {
		t.Skip("Schemathesis is not installed; make tools, and make test, install it")
	}
	s.somethingToFind(t)
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
	cmd.Env = append(os.Environ(), "TOKEN="+s.admin, "ORG_URL="+s.OrgURL, "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// somethingToFind leaves an integration with a link, a delivery that arrived, and one that is parked.
func (s *suite) somethingToFind(t *testing.T) {
	t.Helper()
	i, campaignID, key := s.follow(t)
	s.publish(t, completed, object{"experiment_key": key, "occurred_at": "2026-03-02T10:00:00Z"})
	s.awaitStatus(t, campaignID, "Completed")
	s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID)
	s.api(t, http.MethodPut, "/integrations/"+i.ID, object{"is_active": false}).want(t, http.StatusOK)
	s.publish(t, rolledBack, object{"experiment_key": key, "occurred_at": "2026-03-02T11:00:00Z"})
	s.awaitDelivery(t, "parked", "inactive", "integration_id", i.ID, "event_type", rolledBack)
}
