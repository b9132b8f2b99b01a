package httpapi_test

import (
	"testing"

	"salesforce-integration/internal/integration"
)

func openCredentials(t *testing.T, h *harness, i integration.Integration) integration.Credentials {
	t.Helper()
	c, err := integration.OpenCredentials(t.Context(), h.vault, i)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
