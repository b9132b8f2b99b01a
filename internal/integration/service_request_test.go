package integration_test

import (
	"bytes"
	"testing"

	"salesforce-integration/internal/integration"
)

// TestAFingerprintIsKeyed: the same request under another key has another one, so
// that nobody who reads the table finds out by guesses what the request was.
func TestAFingerprintIsKeyed(t *testing.T) {
	begun := func(t *testing.T, key string) integration.RequestRecord {
		t.Helper()
		b := newBench(t, nil)
		if _, err := b.service.BeginRequest(t.Context(), ada, key, "POST", "/api/v1/integrations", `{"guess": "me"}`); err != nil {
			t.Fatal(err)
		}
		ids := b.store.RequestIDs()
		if len(ids) != 1 {
			t.Fatalf("%d requests", len(ids))
		}
		r, err := b.store.GetRequest(t.Context(), ids[0])
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first, again, other := begun(t, "a key"), begun(t, "a key"), begun(t, "another")
	if len(first.Fingerprint) != 32 || !bytes.Equal(first.Fingerprint, again.Fingerprint) || first.ID != again.ID {
		t.Errorf("the same request has the prints %x and %x", first.Fingerprint, again.Fingerprint)
	}
	if bytes.Equal(first.Fingerprint, other.Fingerprint) || first.ID == other.ID {
		t.Error("the print does not depend on the key")
	}
}
