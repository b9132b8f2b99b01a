package inmem_test

import (
	"context"
	"errors"
	"testing"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) integration.Store { return inmem.New() })
}

func TestHooks(t *testing.T) {
	boom := errors.New("boom")
	fail := func(_ context.Context, op string) error {
		if op == "Commit" {
			return boom
		}
		return nil
	}
	units := []integration.Unit{{Delivery: &integration.Delivery{ID: "d"}}}
	tests := []struct {
		name   string
		set    func(*inmem.Store)
		stored int
	}{
		{"before the effect", func(s *inmem.Store) { s.Before(fail) }, 0},
		{"after the effect", func(s *inmem.Store) { s.After(fail) }, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := inmem.New()
			tt.set(s)
			_, err := s.Commit(t.Context(), units)
			if !errors.Is(err, boom) || integration.ErrorCode(err) != integration.CodeUnavailable {
				t.Errorf("got %v", err)
			}
			d, err := s.GetDeliveries(t.Context(), []string{"d"})
			if err != nil || len(d) != tt.stored {
				t.Errorf("%d deliveries are stored, %v", len(d), err)
			}
			if calls := s.Calls(); calls["Commit"] != 1 || calls["GetDeliveries"] != 1 {
				t.Errorf("calls: %v", calls)
			}
			s.ResetCalls()
			if calls := s.Calls(); len(calls) != 0 {
				t.Errorf("calls after a reset: %v", calls)
			}
		})
	}
}

func TestHookKeepsItsCode(t *testing.T) {
	s := inmem.New()
	s.Before(func(context.Context, string) error { return integration.Conflictf("somebody was faster") })
	_, err := s.GetToken(t.Context(), "i")
	if integration.ErrorCode(err) != integration.CodeConflict {
		t.Errorf("got %v", err)
	}
}

// A hook may use the store: that is how a test makes somebody else be faster.
func TestHookMayUseTheStore(t *testing.T) {
	s := inmem.New()
	s.Before(func(ctx context.Context, op string) error {
		if op != "SwapToken" {
			return nil
		}
		s.Before(nil)
		_, err := s.SwapToken(ctx, integration.TokenRecord{IntegrationID: "i"})
		return err
	})
	_, err := s.SwapToken(t.Context(), integration.TokenRecord{IntegrationID: "i"})
	if integration.ErrorCode(err) != integration.CodeConflict {
		t.Errorf("got %v", err)
	}
}
