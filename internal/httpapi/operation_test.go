package httpapi_test

import (
	"log/slog"
	"testing"

	"salesforce-integration/internal/httpapi"
	"salesforce-integration/internal/integration"
)

// TestAStartSetsNoOperationUp: a function that starts pays for the operation that it
// is asked for, not for all that there are.
func TestAStartSetsNoOperationUp(t *testing.T) {
	start := func() *httpapi.API {
		api, err := httpapi.New(httpapi.Config{Service: &integration.Service{}, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return api
	}
	starting := testing.AllocsPerRun(5, func() { start() })
	all := testing.AllocsPerRun(5, func() {
		if _, err := start().OpenAPI(); err != nil {
			t.Fatal(err)
		}
	})
	if starting > all/20 {
		t.Errorf("a start allocates %.0f times, with all operations set up %.0f times", starting, all)
	}
	t.Logf("%.0f of %.0f", starting, all)
}
