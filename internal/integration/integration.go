package integration

import "time"

// Type names the system an integration talks to.
type Type string

// TypeSalesforce is the only type there is.
const TypeSalesforce Type = "SALESFORCE"

// Integration is one connection to one Salesforce org. Its secrets are only here
// as sealed blobs: listing and reading integrations opens none of them.
type Integration struct {
	ID          string // UUIDv7, so that ids sort by creation
	Name        string
	Type        Type
	Description string
	Active      bool // false: nothing is sent, events are parked

	InstanceURL string // https://MyDomain.my.salesforce.com, without a trailing slash
	ClientID    string // consumer key; an identifier, not a secret

	// HasAccessToken says that an administrator gave a token to start from.
	HasAccessToken bool

	// SealedCredentials holds [Credentials], sealed for [PurposeCredentials].
	SealedCredentials Sealed
	// SealedWebhookSecret holds [WebhookSecrets], sealed for [PurposeWebhookSecret].
	SealedWebhookSecret Sealed
	// WebhookSecretIssuedAt is when the current webhook secret was made; zero in
	// rows from before there was more than one.
	WebhookSecretIssuedAt time.Time
	// WebhookSecretEffect is the [RequestEffect.ID] of the request that made the
	// current webhook secret, by creating the integration or later, so that its
	// repetition makes no further one; "" when it had no key. Who replaces the secret
	// or deletes the integration calls [Service.noteUndone] for it before.
	WebhookSecretEffect string
	// PreviousWebhookSecretUntil is when the webhook secret before the current one
	// stops being taken, or stopped; zero when there was none.
	PreviousWebhookSecretUntil time.Time

	// CredentialsVersion grows with each rotation, so that a token obtained with
	// older credentials is not used any more.
	CredentialsVersion int64

	// Settings say what events do in this org.
	Settings Settings

	// Attention is why nothing is sent any more until somebody acts; nil: all is
	// well.
	Attention *Attention

	// Recovering says that Attention was taken away, and that nothing was sent
	// since: the first delivery that succeeds tells of the recovery.
	Recovering bool

	// OrgID is the org's 18-character id, pinned at the first successful
	// connection; empty until then.
	OrgID string

	CreatedAt time.Time
	UpdatedAt time.Time

	// Version is the compare-and-swap counter of the stored row.
	Version int64
}

// Credentials are the secrets of the client-credentials grant.
type Credentials struct {
	ClientSecret Secret
	AccessToken  Secret // optional: a token to start from
}
