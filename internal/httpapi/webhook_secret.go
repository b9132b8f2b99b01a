package httpapi

import (
	"context"
	"net/http"
	"time"

	"salesforce-integration/internal/integration"
)

// NewWebhookSecret says what becomes of the secret that a new one replaces.
type NewWebhookSecret struct {
	PreviousValidFor *int `json:"previous_valid_for,omitempty" nullable:"true" minimum:"0" maximum:"604800" doc:"For how many seconds the webhook secret that is replaced goes on being taken, while the new one is entered in Salesforce: a day when left out, a week at most. 0 ends it at once, as after a leak." example:"86400"`
}

// IssuedWebhookSecret is the answer to a replacement: the only sight of the secret.
type IssuedWebhookSecret struct {
	WebhookURL     string     `json:"webhook_url" doc:"Ready to paste into Salesforce, secret included. Shown this once." example:"https://api.example.com/api/v1/integrations/0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90/webhook/salesforce?token=..."`
	WebhookSecret  string     `json:"webhook_secret" doc:"What a webhook call has to prove that it knows. Shown this once." example:"..."`
	SecretIssuedAt time.Time  `json:"webhook_secret_issued_at" doc:"When it was made." example:"2026-03-02T10:00:00Z"`
	PreviousUntil  *time.Time `json:"previous_webhook_secret_valid_until" doc:"Until when the secret before it is taken as well." example:"2026-03-03T10:00:00Z"`
}

type rotateInput struct {
	IDInput
	IfMatchInput
	Body *NewWebhookSecret
}

type rotateOutput struct {
	ETag string `header:"ETag" doc:"Names the integration's new state, for If-Match and If-None-Match." example:"\"4\""`
	Body IssuedWebhookSecret
}

func (a *API) webhookSecretOperations() []operation {
	return []operation{
		serve(describe(http.MethodPost, integrationsPath+"/{id}/webhook-secret", "replace-webhook-secret", "Replace the webhook's secret",
			"Makes a new secret, which is shown this once. The one that was current goes on being taken for a while, so that no message is refused while Salesforce gets the new URL; one before that ends at once. A body is not needed. "+
				"When somebody else replaces it at the same moment, one of the two gets 409, and theirs is not stored. With If-Match it is replaced only if nobody changed the integration since; so whoever lost an answer learns whether the secret in it is stored, before that replaces the one that is in use.",
			tagIntegrations, http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity),
			a.rotateWebhookSecret),
	}
}

func (a *API) rotateWebhookSecret(ctx context.Context, in *rotateInput) (*rotateOutput, error) {
	rotation := integration.Rotation{Effect: effect(ctx)}
	var err error
	if rotation.Match, err = in.match(); err != nil {
		return nil, badHeader(ctx, "If-Match", err)
	}
	if in.Body != nil && in.Body.PreviousValidFor != nil {
		d := time.Duration(*in.Body.PreviousValidFor) * time.Second
		rotation.PreviousLife = &d
	}
	r, err := a.service.RotateWebhookSecret(ctx, actor(ctx), in.ID, rotation)
	if err != nil {
		return nil, a.fail(ctx, "body", err)
	}
	return &rotateOutput{ETag: entityTag(r.Integration), Body: IssuedWebhookSecret{
		WebhookURL:     a.webhookURL(ctx, r.Integration.ID, r.WebhookSecret),
		WebhookSecret:  r.WebhookSecret.Reveal(),
		SecretIssuedAt: secretIssuedAt(r.Integration),
		PreviousUntil:  secondsOrNull(r.Integration.PreviousWebhookSecretUntil),
	}}, nil
}

// secretIssuedAt is when the current secret was made; before there could be a
// second one, that was when the integration was.
func secretIssuedAt(i integration.Integration) time.Time {
	if i.WebhookSecretIssuedAt.IsZero() {
		return seconds(i.CreatedAt)
	}
	return seconds(i.WebhookSecretIssuedAt)
}
