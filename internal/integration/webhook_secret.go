package integration

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// WebhookSecrets are the secrets that an integration's webhook calls may carry.
type WebhookSecrets struct {
	Current Secret
	// Previous is the one before, for as long as senders may not have the current
	// one yet: see [Integration.PreviousWebhookSecretUntil]. Empty when there is none.
	Previous Secret
}

// secretSeparator stands between the two secrets of a blob. No secret holds it:
// they are base64url.
const secretSeparator = "\n"

// SealWebhookSecrets seals an integration's webhook secrets for
// [PurposeWebhookSecret]: both in one blob, so that opening them costs one call of
// the key service at most. A blob with one secret holds its raw text.
func SealWebhookSecrets(ctx context.Context, v Vault, integrationID string, s WebhookSecrets) (Sealed, error) {
	plain := s.Current.Reveal()
	if s.Previous != "" {
		plain += secretSeparator + s.Previous.Reveal()
	}
	sealed, err := v.Seal(ctx, integrationID, PurposeWebhookSecret, []byte(plain))
	if err != nil {
		return nil, fmt.Errorf("seal webhook secrets of integration %s: %w", integrationID, err)
	}
	return sealed, nil
}

// OpenWebhookSecrets opens the secrets that an integration's webhook calls may
// carry. It does not look at the clock: whether Previous still counts is for
// [Integration.PreviousWebhookSecretLive] to say.
func OpenWebhookSecrets(ctx context.Context, v Vault, i Integration) (WebhookSecrets, error) {
	plain, err := v.Open(ctx, i.ID, PurposeWebhookSecret, i.SealedWebhookSecret)
	if err != nil {
		return WebhookSecrets{}, fmt.Errorf("open webhook secrets of integration %s: %w", i.ID, err)
	}
	current, previous, _ := strings.Cut(string(plain), secretSeparator)
	return WebhookSecrets{Current: Secret(current), Previous: Secret(previous)}, nil
}

// PreviousWebhookSecretLive says whether the webhook secret before the current one
// is still taken at that time.
func (i Integration) PreviousWebhookSecretLive(now time.Time) bool {
	return now.Before(i.PreviousWebhookSecretUntil)
}
