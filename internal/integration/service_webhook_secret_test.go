package integration_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
)

// letters gives 32 times 'a', then 32 times 'b', and so on.
type letters struct{ read int }

func (l *letters) Read(p []byte) (int, error) {
	for n := range p {
		p[n] = 'a' + byte(l.read/32)
		l.read++
	}
	return len(p), nil
}

// secretOf is what a service with [letters] makes of its nth 32 bytes.
func secretOf(t *testing.T, n int) string {
	t.Helper()
	b := newBench(t, func(c *integration.ServiceConfig) {
		c.Random = io.LimitReader(strings.NewReader(strings.Repeat(string(rune('a'+n)), 32)), 32)
	})
	created, err := b.service.Create(t.Context(), ada, good())
	if err != nil {
		t.Fatal(err)
	}
	return created.WebhookSecret.Reveal()
}

// newSecretBench has one integration, whose secret is the 0th.
func newSecretBench(t *testing.T, change ...func(*integration.ServiceConfig)) bench {
	t.Helper()
	b := newBench(t, func(c *integration.ServiceConfig) {
		c.Random = &letters{}
		for _, f := range change {
			f(c)
		}
	})
	if _, err := b.service.Create(t.Context(), ada, good()); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b bench) secrets(t *testing.T) (integration.Integration, integration.WebhookSecrets) {
	t.Helper()
	i, err := b.store.GetIntegration(t.Context(), someID)
	if err != nil {
		t.Fatal(err)
	}
	s, err := integration.OpenWebhookSecrets(t.Context(), b.vault, i)
	if err != nil {
		t.Fatal(err)
	}
	return i, s
}

func TestRotateWebhookSecret(t *testing.T) {
	life := func(d time.Duration) *time.Duration { return &d }
	for name, c := range map[string]struct {
		life         *time.Duration
		wantLife     time.Duration
		wantPrevious int // -1: none
	}{
		"a day, when nothing is said": {nil, 24 * time.Hour, 0},
		"an hour":                     {life(time.Hour), time.Hour, 0},
		"a week":                      {life(7 * 24 * time.Hour), 7 * 24 * time.Hour, 0},
		"not at all":                  {life(0), 0, -1},
	} {
		t.Run(name, func(t *testing.T) {
			clock := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
			b := newSecretBench(t, func(cfg *integration.ServiceConfig) { cfg.Now = func() time.Time { return clock } })
			clock = clock.Add(time.Hour)
			got, err := b.service.RotateWebhookSecret(t.Context(), ada, someID, integration.Rotation{PreviousLife: c.life})
			if err != nil {
				t.Fatal(err)
			}
			i, s := b.secrets(t)
			if got.WebhookSecret.Reveal() != secretOf(t, 1) || s.Current != got.WebhookSecret {
				t.Errorf("answered %q, stored %q, want %q", got.WebhookSecret.Reveal(), s.Current.Reveal(), secretOf(t, 1))
			}
			want := ""
			if c.wantPrevious >= 0 {
				want = secretOf(t, c.wantPrevious)
			}
			if s.Previous.Reveal() != want {
				t.Errorf("previous = %q, want %q", s.Previous.Reveal(), want)
			}
			until := clock.Add(c.wantLife)
			if !i.WebhookSecretIssuedAt.Equal(clock) || !i.PreviousWebhookSecretUntil.Equal(until) || !i.UpdatedAt.Equal(clock) {
				t.Errorf("issued %v, previous until %v, updated %v; want %v, %v", i.WebhookSecretIssuedAt, i.PreviousWebhookSecretUntil, i.UpdatedAt, clock, until)
			}
			if i.PreviousWebhookSecretLive(until) || c.wantLife > 0 && !i.PreviousWebhookSecretLive(until.Add(-1)) {
				t.Error("the previous secret's end is not its end")
			}
			if i.CredentialsVersion != 1 {
				t.Errorf("the org's credentials have version %d", i.CredentialsVersion)
			}
		})
	}
}

func TestRotatingAgainReplacesTheOlder(t *testing.T) {
	b := newSecretBench(t)
	for range 2 {
		if _, err := b.service.RotateWebhookSecret(t.Context(), ada, someID, integration.Rotation{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, s := b.secrets(t); s.Current.Reveal() != secretOf(t, 2) || s.Previous.Reveal() != secretOf(t, 1) {
		t.Errorf("live: %q and %q", s.Current.Reveal(), s.Previous.Reveal())
	}
}

func TestRotationIsRefused(t *testing.T) {
	life := func(d time.Duration) *time.Duration { return &d }
	for name, c := range map[string]struct {
		id   string
		life *time.Duration
		want integration.Code
	}{
		"negative":           {someID, life(-time.Second), integration.CodeInvalid},
		"more than a week":   {someID, life(7*24*time.Hour + time.Second), integration.CodeInvalid},
		"no integration":     {"0195562f-3b80-7cc1-a3f5-000000000000", nil, integration.CodeNotFound},
		"an id that is none": {"x", nil, integration.CodeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			b := newSecretBench(t)
			if _, err := b.service.RotateWebhookSecret(t.Context(), ada, c.id, integration.Rotation{PreviousLife: c.life}); integration.ErrorCode(err) != c.want {
				t.Errorf("error = %v, want %s", err, c.want)
			}
			if n := b.store.Calls()["UpdateIntegration"]; n != 0 {
				t.Errorf("stored %d times", n)
			}
		})
	}
}

// TestRotationsAtTheSameTime: whoever comes second is told, and stores nothing, so
// that of two answers none shows a secret that is dead.
func TestRotationsAtTheSameTime(t *testing.T) {
	b := newSecretBench(t)
	var first integration.Rotated
	b.store.Before(func(ctx context.Context, op string) error {
		if op != "UpdateIntegration" {
			return nil
		}
		b.store.Before(nil)
		var err error
		first, err = b.service.RotateWebhookSecret(ctx, ada, someID, integration.Rotation{})
		return err
	})
	_, err := b.service.RotateWebhookSecret(t.Context(), ada, someID, integration.Rotation{})
	if integration.ErrorCode(err) != integration.CodeConflict || !strings.Contains(err.Error(), "Somebody else replaced the webhook secret") {
		t.Errorf("error = %v", err)
	}
	if _, s := b.secrets(t); s.Current != first.WebhookSecret || s.Previous.Reveal() != secretOf(t, 0) {
		t.Errorf("live: %q and %q, want the first caller's and the one from before", s.Current.Reveal(), s.Previous.Reveal())
	}
}

// TestARotationGoesOnAfterAnotherChange that is not about the secret.
func TestARotationGoesOnAfterAnotherChange(t *testing.T) {
	b := newSecretBench(t)
	b.store.Before(func(ctx context.Context, op string) error {
		if op != "UpdateIntegration" {
			return nil
		}
		b.store.Before(nil)
		name := "by somebody else"
		_, err := b.service.Update(ctx, ada, someID, integration.Patch{Name: &name})
		return err
	})
	got, err := b.service.RotateWebhookSecret(t.Context(), ada, someID, integration.Rotation{})
	if err != nil {
		t.Fatal(err)
	}
	if i, s := b.secrets(t); s.Current != got.WebhookSecret || i.Name != "by somebody else" {
		t.Errorf("name %q, the answer's secret is stored: %t", i.Name, s.Current == got.WebhookSecret)
	}
}

func TestARotationGivesUpWhenOthersNeverStop(t *testing.T) {
	b := newSecretBench(t)
	b.store.Before(func(_ context.Context, op string) error {
		if op == "UpdateIntegration" {
			return integration.Conflictf("It was changed meanwhile.")
		}
		return nil
	})
	if _, err := b.service.RotateWebhookSecret(t.Context(), ada, someID, integration.Rotation{}); integration.ErrorCode(err) != integration.CodeConflict {
		t.Errorf("error = %v, want a conflict", err)
	}
	if n := b.store.Calls()["UpdateIntegration"]; n != 3 {
		t.Errorf("%d tries, want 3", n)
	}
}

// TestARotationMeetsOnlyWhatItExpects, also when somebody changes it on the way.
func TestARotationMeetsOnlyWhatItExpects(t *testing.T) {
	rename := func(ctx context.Context, b bench) error {
		name := "by somebody else"
		_, err := b.service.Update(ctx, ada, someID, integration.Patch{Name: &name})
		return err
	}
	for name, c := range map[string]struct {
		match  integration.Match
		during bool // somebody changes it between reading and writing
		want   integration.Code
	}{
		"the stored version":               {integration.Match{1}, false, ""},
		"one of several":                   {integration.Match{7, 1}, false, ""},
		"another version":                  {integration.Match{2}, false, integration.CodeStale},
		"none":                             {integration.Match{}, false, integration.CodeStale},
		"the stored one, until it changed": {integration.Match{1}, true, integration.CodeStale},
		"any, though it changed":           {nil, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newSecretBench(t)
			if c.during {
				b.store.Before(func(ctx context.Context, op string) error {
					if op != "UpdateIntegration" {
						return nil
					}
					b.store.Before(nil)
					return rename(ctx, b)
				})
			}
			_, err := b.service.RotateWebhookSecret(t.Context(), ada, someID, integration.Rotation{Match: c.match})
			if integration.ErrorCode(err) != c.want {
				t.Errorf("error = %v, want %q", err, c.want)
			}
			_, s := b.secrets(t)
			if replaced := s.Current.Reveal() != secretOf(t, 0); replaced != (c.want == "") {
				t.Errorf("replaced: %t", replaced)
			}
		})
	}
}

// lossy loses the answer to one write, whose repetition then meets its own effect:
// what the SDK's retry makes of a connection that breaks too late.
type lossy struct {
	*inmem.Store
	lost bool
}

func (s *lossy) UpdateIntegration(ctx context.Context, i integration.Integration) (integration.Integration, error) {
	stored, err := s.Store.UpdateIntegration(ctx, i)
	if err == nil && !s.lost {
		s.lost = true
		return s.Store.UpdateIntegration(ctx, i)
	}
	return stored, err
}

func TestARotationWhoseAnswerWasLostIsNotMadeTwice(t *testing.T) {
	b := newSecretBench(t, func(c *integration.ServiceConfig) { c.Store = &lossy{Store: c.Store.(*inmem.Store)} })
	got, err := b.service.RotateWebhookSecret(t.Context(), ada, someID, integration.Rotation{})
	if err != nil {
		t.Fatal(err)
	}
	if _, s := b.secrets(t); s.Current != got.WebhookSecret || s.Previous.Reveal() != secretOf(t, 0) {
		t.Errorf("live: %q and %q; answered %q", s.Current.Reveal(), s.Previous.Reveal(), got.WebhookSecret.Reveal())
	}
}

// TestSecretsThatNobodyCanOpenCanBeReplaced: their key is gone, and nothing of them
// is to be kept.
func TestSecretsThatNobodyCanOpenCanBeReplaced(t *testing.T) {
	b := newSecretBench(t)
	i, _ := b.secrets(t)
	i.SealedWebhookSecret = integration.Sealed("nobody's")
	if _, err := b.store.UpdateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if _, err := b.service.RotateWebhookSecret(t.Context(), ada, someID, integration.Rotation{}); integration.ErrorCode(err) != integration.CodeInternal {
		t.Errorf("with a previous one to keep: error %v", err)
	}
	atOnce := time.Duration(0)
	got, err := b.service.RotateWebhookSecret(t.Context(), ada, someID, integration.Rotation{PreviousLife: &atOnce})
	if err != nil {
		t.Fatal(err)
	}
	if _, s := b.secrets(t); s.Current != got.WebhookSecret || s.Previous != "" {
		t.Errorf("live: %q and %q", s.Current.Reveal(), s.Previous.Reveal())
	}
}

// TestARotationIsAuditedWithoutItsSecrets and told as changed only.
func TestARotationIsAuditedWithoutItsSecrets(t *testing.T) {
	var log bytes.Buffer
	b := newSecretBench(t, func(c *integration.ServiceConfig) { c.Log = slog.New(slog.NewJSONHandler(&log, nil)) })
	if _, err := b.service.RotateWebhookSecret(t.Context(), ada, someID, integration.Rotation{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"action":"webhook secret replaced"`, `"subject":"ada"`, `"integration_id":"` + someID + `"`, `"webhook_secret":"changed"`, `"previous_valid_until":"2026-03-03T10:00:00Z"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the audit trail lacks %s: %s", want, log.String())
		}
	}
	for n := range 2 {
		if strings.Contains(log.String(), secretOf(t, n)) {
			t.Errorf("the audit trail holds a secret: %s", log.String())
		}
	}
}
