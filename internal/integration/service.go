package integration

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// webhookSecretBytes is the strength of a webhook secret: 256 bits, the length of
// the HMAC key that it also is.
const webhookSecretBytes = 32

// ServiceConfig is what a [Service] works with. All fields but Allowed and
// WebhookReads are needed.
type ServiceConfig struct {
	Store     Store
	Vault     Vault
	Commands  Dispatcher     // takes what push is to do
	Orgs      OrgChecker     // tests connections
	Campaigns CampaignFinder // looks Campaigns up, to link them
	Previews  Previewer      // says what an event would do
	Allowed   AllowedOrigins // origins that an instance_url may name beside Salesforce's
	// WebhookReads: the webhook may look into the orgs, so settings may want it to.
	WebhookReads bool
	Now          func() time.Time       // the clock
	NewID        func() (string, error) // makes ids that sort by creation: UUIDv7
	Random       io.Reader              // source of webhook secrets: crypto/rand.Reader
	Log          *slog.Logger           // takes the audit trail
}

// Service holds the use cases of the administrators' API. Its methods check what
// they are given; their errors carry a [Code], and several [CodeInvalid] ones may
// be joined. It does not ask whether the actor may do what it asks for: that is
// the edge's to refuse.
type Service struct {
	c ServiceConfig
}

// NewService returns a service, or an error that names each missing part.
func NewService(c ServiceConfig) (*Service, error) {
	var errs []error
	for _, part := range []struct {
		name    string
		missing bool
	}{
		{"Store", c.Store == nil},
		{"Vault", c.Vault == nil},
		{"Commands", c.Commands == nil},
		{"Orgs", c.Orgs == nil},
		{"Campaigns", c.Campaigns == nil},
		{"Previews", c.Previews == nil},
		{"Now", c.Now == nil},
		{"NewID", c.NewID == nil},
		{"Random", c.Random == nil},
		{"Log", c.Log == nil},
	} {
		if part.missing {
			errs = append(errs, fmt.Errorf("integration service: %s is missing", part.name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Service{c: c}, nil
}

// NewIntegration is what an administrator enters for an integration.
type NewIntegration struct {
	// Effect is that of the request's [Attempt]; its ID becomes the integration's.
	Effect      RequestEffect
	Name        string
	Type        Type
	Description string // may be empty
	Inactive    bool   // create it switched off
	InstanceURL string
	ClientID    string
	Credentials Credentials // AccessToken may be empty
	Settings    Settings
}

// Created is a new integration together with the only sight of its webhook secret.
type Created struct {
	Integration   Integration
	WebhookSecret Secret
}

// Create stores a new integration. When one with the chosen id is there, an earlier
// attempt got that far, and it is returned with its secret. Errors: [CodeInvalid]
// for each field at fault, [CodeUndone] when what an earlier attempt created was
// deleted since, or its secret replaced.
func (s *Service) Create(ctx context.Context, by Actor, n NewIntegration) (Created, error) {
	i, credentials, err := s.check(n)
	if err != nil {
		return Created{}, err
	}
	if i.ID = n.Effect.ID; i.ID == "" {
		if i.ID, err = s.c.NewID(); err != nil {
			return Created{}, fmt.Errorf("make an id: %w", err)
		}
	}
	if n.Effect.Again {
		created, err := s.createdBefore(ctx, by, i)
		if ErrorCode(err) != CodeNotFound {
			return created, err
		}
		if err := s.checkUndone(ctx, n.Effect.ID); err != nil {
			return Created{}, err
		}
	}
	secret, err := s.newWebhookSecret()
	if err != nil {
		return Created{}, err
	}
	if i.SealedCredentials, err = SealCredentials(ctx, s.c.Vault, i.ID, credentials); err != nil {
		return Created{}, err
	}
	if i.SealedWebhookSecret, err = SealWebhookSecrets(ctx, s.c.Vault, i.ID, WebhookSecrets{Current: secret}); err != nil {
		return Created{}, err
	}
	i.WebhookSecretEffect = n.Effect.ID
	stored, err := s.c.Store.CreateIntegration(ctx, i)
	if n.Effect.ID != "" && ErrorCode(err) == CodeConflict {
		return s.createdBefore(ctx, by, i)
	}
	s.audited(ctx, err, by, "integration created", i.ID, beginnings(i)...)
	if err != nil {
		return Created{}, fmt.Errorf("create integration %s: %w", i.ID, err)
	}
	return Created{Integration: stored, WebhookSecret: secret}, nil
}

// createdBefore reads i as an earlier attempt created it. Errors: [CodeNotFound],
// [CodeUndone] when its secret is another request's by now.
func (s *Service) createdBefore(ctx context.Context, by Actor, i Integration) (Created, error) {
	stored, err := s.c.Store.GetIntegration(ctx, i.ID)
	if err == nil && stored.WebhookSecretEffect != i.ID {
		err = errUndone()
	}
	var secrets WebhookSecrets
	if err == nil {
		secrets, err = OpenWebhookSecrets(ctx, s.c.Vault, stored)
	}
	s.audited(ctx, err, by, "integration created", i.ID, beginnings(i)...)
	if err != nil {
		return Created{}, fmt.Errorf("read integration %s, created before: %w", i.ID, err)
	}
	return Created{Integration: stored, WebhookSecret: secrets.Current}, nil
}

func (s *Service) check(n NewIntegration) (Integration, Credentials, error) {
	var errs []error
	now := s.now()
	i := Integration{
		Name:        field(&errs, n.Name, parseName),
		Type:        field(&errs, n.Type, parseType),
		Description: field(&errs, n.Description, parseDescription),
		Active:      !n.Inactive,
		InstanceURL: field(&errs, n.InstanceURL, s.parseInstanceURL),
		ClientID:    field(&errs, n.ClientID, parseClientID),
		Settings:    field(&errs, n.Settings, s.checkSettings),

		CredentialsVersion:    1,
		WebhookSecretIssuedAt: now,
		CreatedAt:             now,
		UpdatedAt:             now,
	}
	credentials := Credentials{
		ClientSecret: field(&errs, n.Credentials.ClientSecret, parseClientSecret),
		AccessToken:  field(&errs, n.Credentials.AccessToken, parseAccessToken),
	}
	i.HasAccessToken = credentials.AccessToken != ""
	return i, credentials, joined(errs)
}

// List lists integrations, newest first. Errors: [CodeInvalid] for limit or cursor.
func (s *Service) List(ctx context.Context, p Page) (List[Integration], error) {
	p, err := checkPage(p)
	if err != nil {
		return List[Integration]{}, err
	}
	l, err := s.c.Store.ListIntegrations(ctx, p)
	if err != nil {
		return List[Integration]{}, fmt.Errorf("list integrations: %w", err)
	}
	return l, nil
}

// Get reads an integration. Errors: [CodeNotFound].
func (s *Service) Get(ctx context.Context, id string) (Integration, error) {
	id, err := parseID("integration", id)
	if err != nil {
		return Integration{}, err
	}
	i, err := s.c.Store.GetIntegration(ctx, id)
	if err != nil {
		return Integration{}, missing("integration", fmt.Errorf("get integration %s: %w", id, err))
	}
	return i, nil
}

// Delete removes an integration with its links and its token; what it delivered
// stays in the log, and push is told to close what still waits there. Errors:
// [CodeNotFound], [CodeStored] when it is deleted but the queue fails, [CodeStale] when
// the stored one is not what m expects, [CodeConflict] when others keep changing it.
func (s *Service) Delete(ctx context.Context, by Actor, id string, m Match) error {
	id, err := parseID("integration", id)
	if err != nil {
		return err
	}
	err = s.delete(ctx, by, id, m)
	if err == nil || ErrorCode(err) == CodeNotFound {
		// Of one that is gone already, an earlier request may not have got this far.
		if err := s.sweepIntegration(ctx, by, id); err != nil {
			return err
		}
	}
	if err != nil {
		return missing("integration", fmt.Errorf("delete integration %s: %w", id, err))
	}
	return nil
}

func (s *Service) newWebhookSecret() (Secret, error) {
	b := make([]byte, webhookSecretBytes)
	if _, err := io.ReadFull(s.c.Random, b); err != nil {
		return "", fmt.Errorf("make a webhook secret: %w", err)
	}
	return Secret(base64.RawURLEncoding.EncodeToString(b)), nil
}

func (s *Service) parseInstanceURL(raw string) (string, error) {
	return ParseInstanceURL(raw, s.c.Allowed)
}

// now is the time in whole seconds, which is what the API shows.
func (s *Service) now() time.Time { return s.c.Now().UTC().Truncate(time.Second) }

// missing gives a store's "not found" the same words everywhere.
func missing(what string, err error) error {
	if ErrorCode(err) != CodeNotFound {
		return err
	}
	return &Error{Code: CodeNotFound, Message: notFoundMessage(what), Err: err}
}
