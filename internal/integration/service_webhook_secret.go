package integration

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"time"
)

// How long the webhook secret before a new one goes on being taken.
const (
	DefaultPreviousWebhookSecretLife = 24 * time.Hour // Salesforce repeats a message for as long
	MaxPreviousWebhookSecretLife     = 7 * 24 * time.Hour
)

// Rotation says how a webhook secret is replaced.
type Rotation struct {
	// PreviousLife is for how long the one that was current goes on being taken. nil:
	// [DefaultPreviousWebhookSecretLife]; 0: it ends at once, as after a leak.
	PreviousLife *time.Duration
	// Match is what the stored integration has to be; nil: anything.
	Match Match
	// Effect is that of the request's [Attempt]: when the current secret was made for
	// it before, that one is returned, and none is made.
	Effect RequestEffect
}

// Rotated is an integration together with the only sight of its new webhook secret.
type Rotated struct {
	Integration   Integration
	WebhookSecret Secret
}

// RotateWebhookSecret gives an integration a new webhook secret. The one that was
// current goes on being taken for a while; one before that ends at once, so that
// two live at most. Where nothing of the stored ones is kept they need not open:
// that mends an integration whose key is gone.
//
// Errors: [CodeInvalid] for previous_valid_for, [CodeNotFound], [CodeConflict] when
// somebody else replaced the secret at the same time (theirs is then stored, and
// nobody is shown a secret that does not work), or others keep changing the
// integration, [CodeStale] when it is not what Match expects, [CodeUndone] when the
// secret that an earlier attempt made was replaced since.
func (s *Service) RotateWebhookSecret(ctx context.Context, by Actor, id string, r Rotation) (Rotated, error) {
	life := DefaultPreviousWebhookSecretLife
	if r.PreviousLife != nil {
		life = *r.PreviousLife
	}
	if life < 0 || life > MaxPreviousWebhookSecretLife {
		return Rotated{}, Invalidf("previous_valid_for", "It has to be between 0 and %d seconds.", int(MaxPreviousWebhookSecretLife.Seconds()))
	}
	secret, err := s.newWebhookSecret()
	if err != nil {
		return Rotated{}, err
	}
	var replaced, mine Sealed
	for try := 1; ; try++ {
		i, err := s.Get(ctx, id)
		if err != nil && mine != nil { // an earlier try may have stored it
			s.audited(ctx, err, by, "webhook secret replaced", id, slog.String("webhook_secret", "changed"))
		}
		if err != nil {
			return Rotated{}, err
		}
		switch {
		case mine == nil && r.Effect.ID != "" && i.WebhookSecretEffect == r.Effect.ID:
			made, err := OpenWebhookSecrets(ctx, s.c.Vault, i)
			if err != nil {
				return Rotated{}, err
			}
			return s.rotated(ctx, by, i, made.Current), nil
		case mine == nil && r.Effect.Again:
			if err := s.checkUndone(ctx, r.Effect.ID); err != nil {
				return Rotated{}, err
			}
		case mine == nil:
		case bytes.Equal(i.SealedWebhookSecret, mine):
			// The answer to our own write got lost, and its repetition met it.
			return s.rotated(ctx, by, i, secret), nil
		case !bytes.Equal(i.SealedWebhookSecret, replaced):
			return Rotated{}, Conflictf("Somebody else replaced the webhook secret at the same moment, and yours was not stored. If you still need a new one, ask again.")
		case try > updateTries:
			return Rotated{}, Conflictf("The integration was changed by others all the time, and the webhook secret is the old one. Ask again.")
		}
		if err := r.Match.check(i); err != nil {
			return Rotated{}, err
		}
		replaced = i.SealedWebhookSecret
		if err := s.replaceWebhookSecret(ctx, &i, secret, life); err != nil {
			return Rotated{}, err
		}
		if err := s.noteUndone(ctx, i.ID, i.WebhookSecretEffect); err != nil {
			return Rotated{}, err
		}
		i.WebhookSecretEffect = r.Effect.ID
		mine = i.SealedWebhookSecret
		stored, err := s.c.Store.UpdateIntegration(ctx, i)
		switch ErrorCode(err) {
		case "":
			return s.rotated(ctx, by, stored, secret), nil
		case CodeConflict:
		default:
			s.audited(ctx, err, by, "webhook secret replaced", i.ID, slog.String("webhook_secret", "changed"))
			return Rotated{}, missing("integration", fmt.Errorf("replace webhook secret of integration %s: %w", i.ID, err))
		}
	}
}

func (s *Service) rotated(ctx context.Context, by Actor, stored Integration, secret Secret) Rotated {
	s.audit(ctx, by, "webhook secret replaced", stored.ID,
		slog.String("webhook_secret", "changed"), slog.Time("previous_valid_until", stored.PreviousWebhookSecretUntil))
	return Rotated{Integration: stored, WebhookSecret: secret}
}

// replaceWebhookSecret makes the current secret the previous one.
func (s *Service) replaceWebhookSecret(ctx context.Context, i *Integration, secret Secret, life time.Duration) error {
	now := s.now()
	next, until := WebhookSecrets{Current: secret}, now.Add(life)
	switch {
	case len(i.SealedWebhookSecret) == 0:
		until = time.Time{}
	case life > 0:
		stored, err := OpenWebhookSecrets(ctx, s.c.Vault, *i)
		if err != nil {
			return err
		}
		next.Previous = stored.Current
	}
	sealed, err := SealWebhookSecrets(ctx, s.c.Vault, i.ID, next)
	if err != nil {
		return err
	}
	i.SealedWebhookSecret, i.WebhookSecretIssuedAt, i.PreviousWebhookSecretUntil = sealed, now, until
	i.UpdatedAt = now
	return nil
}
