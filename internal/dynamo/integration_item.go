package dynamo

import "salesforce-integration/internal/integration"

func integrationItem(i integration.Integration) item {
	it := integrationKey(i.ID).item()
	it.putString("name", i.Name)
	it.putString("type", string(i.Type))
	it.putString("description", i.Description)
	it.putBool("active", i.Active)
	it.putString("instance_url", i.InstanceURL)
	it.putString("client_id", i.ClientID)
	it.putBool("has_access_token", i.HasAccessToken)
	it.putBytes("sealed_credentials", i.SealedCredentials)
	it.putBytes("sealed_webhook_secret", i.SealedWebhookSecret)
	it.putTime("webhook_secret_issued_at", i.WebhookSecretIssuedAt)
	it.putString("webhook_secret_effect", i.WebhookSecretEffect)
	it.putTime("previous_webhook_secret_until", i.PreviousWebhookSecretUntil)
	it.putInt("credentials_version", i.CredentialsVersion)
	it.putSettings("settings", i.Settings)
	it.putAttention("attention", i.Attention)
	it.putBool("recovering", i.Recovering)
	it.putString("org_id", i.OrgID)
	it.putTime("created_at", i.CreatedAt)
	it.putTime("updated_at", i.UpdatedAt)
	it.putInt(attrVersion, i.Version)
	return it
}

func readIntegration(it item) (integration.Integration, error) {
	r := reader{item: it}
	i := integration.Integration{
		ID:                         r.string(attrSK),
		Name:                       r.string("name"),
		Type:                       integration.Type(r.string("type")),
		Description:                r.string("description"),
		Active:                     r.bool("active"),
		InstanceURL:                r.string("instance_url"),
		ClientID:                   r.string("client_id"),
		HasAccessToken:             r.bool("has_access_token"),
		SealedCredentials:          r.bytes("sealed_credentials"),
		SealedWebhookSecret:        r.bytes("sealed_webhook_secret"),
		WebhookSecretIssuedAt:      r.time("webhook_secret_issued_at"),
		WebhookSecretEffect:        r.string("webhook_secret_effect"),
		PreviousWebhookSecretUntil: r.time("previous_webhook_secret_until"),
		CredentialsVersion:         r.int("credentials_version"),
		Settings:                   r.settings("settings"),
		Attention:                  r.attention("attention"),
		Recovering:                 r.bool("recovering"),
		OrgID:                      r.string("org_id"),
		CreatedAt:                  r.time("created_at"),
		UpdatedAt:                  r.time("updated_at"),
		Version:                    r.int(attrVersion),
	}
	return i, r.err
}
