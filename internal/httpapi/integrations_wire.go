package httpapi

import (
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/integration"
)

// Integration is an integration as it is read.
type Integration struct {
	ID              string            `json:"id" format:"uuid" doc:"The integration's id." example:"0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90"`
	Name            string            `json:"name" doc:"A name for people." example:"Salesforce CRM Sync"`
	IntegrationType string            `json:"integration_type" enum:"SALESFORCE" doc:"The system that it talks to." example:"SALESFORCE"`
	Description     string            `json:"description" doc:"What it is for." example:"Syncs experiment completion to Salesforce campaigns"`
	IsActive        bool              `json:"is_active" doc:"When false nothing is sent to Salesforce, and nothing is lost: events wait." example:"true"`
	Config          OrgConfig         `json:"config" doc:"The org, with its secrets masked."`
	Settings        Settings          `json:"settings" doc:"What events do in this org, where it differs from the default."`
	Effects         map[string]Effect `json:"effects" nullable:"false" doc:"What each type of event really does, defaults included. Types that are not named do nothing." example:"{\"Experiment Completed\": {\"status\": \"Completed\", \"note\": false}}"`
	Attention       *Attention        `json:"attention" doc:"Why nothing is sent until somebody acts; null when all is well."`
	OrgID           *string           `json:"org_id" doc:"The org's 18-character id, once a connection has succeeded." example:"00D5g000004XyZaEAK"`
	SecretIssuedAt  time.Time         `json:"webhook_secret_issued_at" doc:"When the webhook secret that is current was made." example:"2026-03-02T10:00:00Z"`
	PreviousUntil   *time.Time        `json:"previous_webhook_secret_valid_until" doc:"When the webhook secret before it stops being taken, or stopped; null when there was none." example:"2026-03-03T10:00:00Z"`
	CreatedAt       time.Time         `json:"created_at" example:"2026-03-02T10:00:00Z"`
	UpdatedAt       time.Time         `json:"updated_at" example:"2026-03-02T10:00:00Z"`
}

// OrgConfig is how to reach an org, as it is read.
type OrgConfig struct {
	InstanceURL  string `json:"instance_url" doc:"The org's My Domain URL." example:"https://your-org.my.salesforce.com"`
	ClientID     string `json:"client_id" doc:"The consumer key." example:"3MVG9..."`
	ClientSecret string `json:"client_secret" doc:"Always the mask." example:"***REDACTED***"`
	AccessToken  string `json:"access_token,omitempty" doc:"The mask, where a token was given." example:"***REDACTED***"`
}

// CreatedIntegration is the answer to a creation. Its webhook fields are shown
// this once.
type CreatedIntegration struct {
	Integration
	WebhookURL    string `json:"webhook_url" doc:"Ready to paste into Salesforce, secret included. Shown this once." example:"https://api.example.com/api/v1/integrations/0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90/webhook/salesforce?token=..."`
	WebhookSecret string `json:"webhook_secret" doc:"What a webhook call has to prove that it knows: in the URL, or as the key of X-Hub-Signature-256. Shown this once." example:"..."`
}

// IntegrationList is a part of the list of integrations, newest first.
type IntegrationList struct {
	Items      []Integration `json:"items" nullable:"false"`
	NextCursor *string       `json:"next_cursor" doc:"The cursor of the next part, null after the last." example:"bG9nIzIwMjYtMDMtMDI"`
}

// NewIntegration is what a creation takes.
type NewIntegration struct {
	Name            string         `json:"name" minLength:"1" maxLength:"100" doc:"A name for people." example:"Salesforce CRM Sync"`
	IntegrationType string         `json:"integration_type" enum:"SALESFORCE" doc:"The system that it talks to." example:"SALESFORCE"`
	Description     *string        `json:"description,omitempty" nullable:"true" maxLength:"1000" doc:"What it is for." example:"Syncs experiment completion to Salesforce campaigns"`
	IsActive        *bool          `json:"is_active,omitempty" nullable:"true" doc:"False creates it switched off." example:"true"`
	Config          NewOrgConfig   `json:"config" doc:"The org and its credentials."`
	Settings        SettingsChange `json:"settings,omitempty" doc:"What events do in this org; without it, what the contract says."`
}

// NewOrgConfig is how to reach an org. Lengths of secrets are checked by the domain.
type NewOrgConfig struct {
	InstanceURL  string  `json:"instance_url" doc:"The org's My Domain URL, a sandbox's included." example:"https://your-org.my.salesforce.com"`
	ClientID     string  `json:"client_id" doc:"The consumer key of the External Client App or Connected App." example:"3MVG9..."`
	ClientSecret string  `json:"client_secret" writeOnly:"true" doc:"Its consumer secret." example:"1234567890ABCDEF..."`
	AccessToken  *string `json:"access_token,omitempty" nullable:"true" writeOnly:"true" doc:"A token to start from. Nobody needs to give one: the product gets its tokens by itself." example:"00D5g000004XyZa!AQ0..."`
}

// IntegrationChange is what a PUT takes: fields left out (or null) keep their
// value. What only the server sets may be sent back as it was read, and is ignored.
type IntegrationChange struct {
	Name            *string         `json:"name,omitempty" nullable:"true" minLength:"1" maxLength:"100" doc:"A name for people." example:"Salesforce CRM Sync"`
	IntegrationType *string         `json:"integration_type,omitempty" nullable:"true" doc:"Cannot be changed, only repeated." example:"SALESFORCE"`
	Description     *string         `json:"description,omitempty" nullable:"true" maxLength:"1000" doc:"What it is for." example:"Syncs experiment completion to Salesforce campaigns"`
	IsActive        *bool           `json:"is_active,omitempty" nullable:"true" doc:"False: nothing is sent to Salesforce, and nothing is lost. True: what waited goes out." example:"true"`
	Config          OrgConfigChange `json:"config,omitempty" doc:"Given alone, it rotates the credentials."`
	Settings        SettingsChange  `json:"settings,omitempty" doc:"Each part that is given is replaced as a whole; an empty map goes back to the defaults."`
	Effects         any             `json:"effects,omitempty" readOnly:"true" doc:"Ignored."`
	Attention       any             `json:"attention,omitempty" readOnly:"true" doc:"Ignored. It goes away when the connection or the settings change, or a test passes."`
	ID              *string         `json:"id,omitempty" nullable:"true" readOnly:"true" doc:"The id in the address, if any." example:"0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90"`
	OrgID           *string         `json:"org_id,omitempty" nullable:"true" readOnly:"true" doc:"Ignored." example:"00D5g000004XyZaEAK"`
	SecretIssuedAt  *string         `json:"webhook_secret_issued_at,omitempty" nullable:"true" readOnly:"true" doc:"Ignored." example:"2026-03-02T10:00:00Z"`
	PreviousUntil   *string         `json:"previous_webhook_secret_valid_until,omitempty" nullable:"true" readOnly:"true" doc:"Ignored." example:"2026-03-03T10:00:00Z"`
	CreatedAt       *string         `json:"created_at,omitempty" nullable:"true" readOnly:"true" doc:"Ignored." example:"2026-03-02T10:00:00Z"`
	UpdatedAt       *string         `json:"updated_at,omitempty" nullable:"true" readOnly:"true" doc:"Ignored." example:"2026-03-02T10:00:00Z"`
}

// OrgConfigChange changes how to reach an org. A secret that is the mask keeps its
// value.
type OrgConfigChange struct {
	_            struct{}  `nullable:"true"`
	InstanceURL  *string   `json:"instance_url,omitempty" nullable:"true" doc:"The org's My Domain URL. Another org's id is pinned anew." example:"https://your-org.my.salesforce.com"`
	ClientID     *string   `json:"client_id,omitempty" nullable:"true" doc:"The consumer key." example:"3MVG9..."`
	ClientSecret *string   `json:"client_secret,omitempty" nullable:"true" writeOnly:"true" doc:"The consumer secret; the mask keeps the stored one." example:"1234567890ABCDEF..."`
	AccessToken  clearable `json:"access_token,omitempty" writeOnly:"true" doc:"A token to start from; the mask keeps the stored one, null or an empty text forgets it."`
}

// clearable is a text for which null means something else than leaving it out.
type clearable struct {
	given bool
	value string
}

// UnmarshalJSON is called for null, too.
func (c *clearable) UnmarshalJSON(b []byte) error {
	c.given = true
	return json.Unmarshal(b, &c.value)
}

// Schema implements huma.SchemaProvider.
func (clearable) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Nullable: true, Examples: []any{integration.Mask}}
}

func toIntegration(i integration.Integration) Integration {
	w := Integration{
		ID:              i.ID,
		Name:            i.Name,
		IntegrationType: string(i.Type),
		Description:     i.Description,
		IsActive:        i.Active,
		Config:          OrgConfig{InstanceURL: i.InstanceURL, ClientID: i.ClientID, ClientSecret: integration.Mask},
		Settings:        toSettings(i.Settings),
		Effects:         toEffects(i.Settings),
		Attention:       toAttention(i.Attention),
		OrgID:           orNull(i.OrgID),
		SecretIssuedAt:  secretIssuedAt(i),
		PreviousUntil:   secondsOrNull(i.PreviousWebhookSecretUntil),
		CreatedAt:       seconds(i.CreatedAt),
		UpdatedAt:       seconds(i.UpdatedAt),
	}
	if i.HasAccessToken {
		w.Config.AccessToken = integration.Mask
	}
	return w
}

func (n NewIntegration) domain() integration.NewIntegration {
	return integration.NewIntegration{
		Name:        n.Name,
		Type:        integration.Type(n.IntegrationType),
		Description: orEmpty(n.Description),
		Inactive:    n.IsActive != nil && !*n.IsActive,
		InstanceURL: n.Config.InstanceURL,
		ClientID:    n.Config.ClientID,
		Credentials: n.Config.credentials(),
		Settings:    n.Settings.domain(),
	}
}

func (c NewOrgConfig) credentials() integration.Credentials {
	return integration.Credentials{
		ClientSecret: integration.Secret(c.ClientSecret),
		AccessToken:  integration.Secret(orEmpty(c.AccessToken)),
	}
}

func (c IntegrationChange) domain() integration.Patch {
	p := integration.Patch{
		Name:         c.Name,
		Type:         (*integration.Type)(c.IntegrationType),
		Description:  c.Description,
		Active:       c.IsActive,
		InstanceURL:  c.Config.InstanceURL,
		ClientID:     c.Config.ClientID,
		ClientSecret: (*integration.Secret)(c.Config.ClientSecret),
	}
	if c.Config.AccessToken.given {
		p.AccessToken = (*integration.Secret)(&c.Config.AccessToken.value)
	}
	settings := c.Settings.domain()
	p.StatusMap, p.NoteEvents = settings.StatusMap, settings.NoteEvents
	p.NoteKind = (*integration.NoteKind)(c.Settings.NoteKind)
	if c.Settings.FinalizeStatuses != nil {
		p.FinalizeStatuses = &c.Settings.FinalizeStatuses
	}
	p.Reread, p.LookupKey = c.Settings.Reread, c.Settings.LookupKey
	return p
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
