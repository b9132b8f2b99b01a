package push_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
)

// slowVault takes a second to open anything.
type slowVault struct{ integration.Vault }

func (v slowVault) Open(ctx context.Context, id string, p integration.Purpose, sealed integration.Sealed) ([]byte, error) {
	time.Sleep(time.Second)
	return v.Vault.Open(ctx, id, p, sealed)
}

// TestAColdFunctionOpensCredentialsBesideEachOther: those of many orgs cost the time of
// one, and each is opened once.
func TestAColdFunctionOpensCredentialsBesideEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		const orgs = 4
		for n := range orgs {
			id := fmt.Sprintf("0195b9b0-0000-7000-8000-%012d", n+100)
			w.addIntegration(t, id)
			w.link(t, id, "exp", demoCampaign)
		}
		log := slog.New(slog.DiscardHandler)
		client := push.NewOrgs(push.OrgsConfig{
			Tokens: openTokens{}, Integrations: w.store, Vault: slowVault{w.vault}, HTTPClient: &http.Client{Transport: w.org}, Now: w.now, Log: log,
		})
		h := push.NewHandler(push.Config{
			Store: w.store, Queue: w.queue, Orgs: client, Bus: w.bus, Retry: w.retry, Now: w.now, Log: log,
			Metrics: func(map[string]int) error { return nil },
		})
		start := time.Now()
		if _, err := h.Handle(t.Context(), []byte(event("e1", "Experiment Completed", "exp", start))); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took >= 2*time.Second {
			t.Errorf("%d orgs took %s", orgs, took)
		}
		if _, opened := w.vault.Calls(); opened != orgs {
			t.Errorf("opened %d times, wanted %d", opened, orgs)
		}
	})
}

// openTokens has no token, so that nothing of it has to be opened.
type openTokens struct{}

func (openTokens) GetToken(context.Context, string) (integration.TokenRecord, error) {
	return integration.TokenRecord{}, integration.NotFoundf("There is no token.")
}

func (openTokens) SwapToken(_ context.Context, r integration.TokenRecord) (integration.TokenRecord, error) {
	r.Version++
	return r, nil
}
