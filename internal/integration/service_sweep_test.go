package integration_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"salesforce-integration/internal/integration"
)

const someCampaign = "701xx000000001AAAQ"

// deletions are the two ways in which something loses what it waits for.
var deletions = map[string]func(*testing.T, bench) error{
	"a link": func(t *testing.T, b bench) error {
		return b.service.DeleteLink(t.Context(), ada, someID, someCampaign)
	},
	"an integration": func(t *testing.T, b bench) error { return b.service.Delete(t.Context(), ada, someID, nil) },
}

func linked(t *testing.T, change func(*integration.ServiceConfig)) bench {
	t.Helper()
	b := newBench(t, change)
	if _, err := b.service.Create(t.Context(), ada, good()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.service.CreateLink(t.Context(), ada, someID, integration.NewLink{ExperimentKey: "checkout-button-color", CampaignID: someCampaign}); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatWaitsForWhatIsDeletedIsClosed(t *testing.T) {
	for name, remove := range deletions {
		t.Run(name, func(t *testing.T) {
			b := linked(t, nil)
			if err := remove(t, b); err != nil {
				t.Fatal(err)
			}
			isSweep := func(c integration.Command) bool {
				return c.Kind == integration.CommandSweep && c.IntegrationID == someID && c.RequestedBy == "ada"
			}
			if len(b.queue.taken) != 1 || !isSweep(b.queue.taken[0]) {
				t.Errorf("commands %+v", b.queue.taken)
			}
			again := map[string]int{"a link": 1, "an integration": 2}[name] // its first request may have been cut off
			if err := remove(t, b); integration.ErrorCode(err) != integration.CodeNotFound || len(b.queue.taken) != again {
				t.Errorf("again: %v, commands %+v", err, b.queue.taken)
			}
		})
	}
}

func TestADeletionStandsWhenTheQueueFails(t *testing.T) {
	for name, remove := range deletions {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			b := linked(t, func(c *integration.ServiceConfig) {
				c.Commands, c.Log = failing{}, slog.New(slog.NewJSONHandler(&log, nil))
			})
			err := remove(t, b)
			if name == "an integration" {
				// Nothing else would find what waits for it.
				if integration.ErrorCode(err) != integration.CodeStored || integration.ErrorCode(b.service.Delete(t.Context(), ada, someID, nil)) != integration.CodeStored {
					t.Errorf("error %v", err)
				}
				if _, err := b.service.Get(t.Context(), someID); integration.ErrorCode(err) != integration.CodeNotFound {
					t.Errorf("it is still there: %v", err)
				}
				return
			}
			if err != nil {
				t.Errorf("error %v", err)
			}
			if got := log.String(); !strings.Contains(got, `"level":"WARN"`) || !strings.Contains(got, "away") || !strings.Contains(got, someID) {
				t.Errorf("log:\n%s", got)
			}
		})
	}
}
