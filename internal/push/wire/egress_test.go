package wire_test

import (
	"io"
	"os"
	"testing"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push/wire"
	"salesforce-integration/internal/wiretest"
)

func TestMain(m *testing.M) { os.Exit(wiretest.BehindAProxy(m)) }

// TestOrgsAreReachedByTheGuardedClient: an event is tried at the org itself.
func TestOrgsAreReachedByTheGuardedClient(t *testing.T) {
	wiretest.EachOrg(t, func(t *testing.T, instanceURL, code string) {
		played, settings := wiretest.NewAWS(t, instanceURL, integration.Settings{})
		handler, err := wire.Handler(env(settings), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		// The queue that it would go back to is not played, hence an error.
		_, err = handler.Handle(t.Context(), []byte(`{"id": "e1", "source": "experimentation.platform", "detail-type": "Experiment Completed", "time": "2026-03-02T10:00:00Z",
			"detail": {"experiment_key": "`+wiretest.ExperimentKey+`", "occurred_at": "2026-03-02T10:00:00Z"}}`))
		if !played.Wrote(`"` + code + `"`) {
			t.Errorf("no delivery says %s (%v); calls %v", code, err, played.Calls)
		}
	})
}
