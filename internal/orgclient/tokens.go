package orgclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// sharedTokens keeps one integration's access token in the table, sealed, for all
// functions: it is a [salesforce.TokenStore]. A token that was obtained with older
// credentials counts as none. The key is not needed: there is one row for an
// integration.
type sharedTokens struct {
	store       integration.TokenStore
	vault       integration.Vault
	integration integration.Integration
	initial     integration.Secret // a token to start from; may be empty
	now         func() time.Time
}

var _ salesforce.TokenStore = (*sharedTokens)(nil)

// sealedToken is the plaintext of a token row: an exchange's outcome.
type sealedToken struct {
	Token       string    `json:"token,omitempty"`
	InstanceURL string    `json:"instance_url,omitempty"`
	OrgID       string    `json:"org_id,omitempty"`
	IssuedAt    time.Time `json:"issued_at,omitzero"`
	Failure     *failure  `json:"failure,omitempty"`
}

// failure is why an exchange failed, as the functions share it.
type failure struct {
	Op         string        `json:"op"`
	Status     int           `json:"status,omitempty"`
	Code       string        `json:"code,omitempty"`
	Message    string        `json:"message,omitempty"`
	RetryAfter time.Duration `json:"retry_after,omitempty"`
	At         time.Time     `json:"at,omitzero"`
}

// errRotated says that this function still works with credentials that have been
// replaced since; it gives way, and the next try reads the new ones.
var errRotated = &salesforce.Error{Op: opPrepare, Code: salesforce.CodeRotated}

// Load implements [salesforce.TokenStore].
func (s *sharedTokens) Load(ctx context.Context, _ string) (salesforce.StoredToken, error) {
	record, err := s.record(ctx)
	if err != nil {
		return salesforce.StoredToken{}, err
	}
	out := salesforce.StoredToken{Generation: record.Generation, LeaseUntil: record.LeaseUntil}
	if len(record.Sealed) == 0 {
		out.Token = salesforce.Token{Value: salesforce.NewSecret(s.initial.Reveal())}
		return out, nil
	}
	plaintext, err := s.vault.Open(ctx, s.integration.ID, integration.PurposeAccessToken, record.Sealed)
	if err != nil {
		return salesforce.StoredToken{}, fmt.Errorf("opening the shared access token: %w", err)
	}
	var t sealedToken
	if err := json.Unmarshal(plaintext, &t); err != nil {
		return salesforce.StoredToken{}, errors.New("the shared access token cannot be read") // the cause may quote it
	}
	out.Token = salesforce.Token{Value: salesforce.NewSecret(t.Token), InstanceURL: t.InstanceURL, OrgID: t.OrgID, IssuedAt: t.IssuedAt, Generation: record.Generation}
	if f := t.Failure; f != nil {
		out.Failure = &salesforce.Error{Op: f.Op, Status: f.Status, Code: f.Code, Message: f.Message, RetryAfter: f.RetryAfter}
		out.FailedAt = f.At
	}
	return out, nil
}

// AcquireLease implements [salesforce.TokenStore].
func (s *sharedTokens) AcquireLease(ctx context.Context, _ string, lease salesforce.Lease) (bool, error) {
	record, err := s.record(ctx)
	if err != nil {
		return false, err
	}
	if record.Generation != lease.Generation || record.LeaseUntil.After(lease.Now) {
		return false, nil
	}
	record.LeaseUntil = lease.Until
	return s.swap(ctx, record)
}

// Save implements [salesforce.TokenStore].
func (s *sharedTokens) Save(ctx context.Context, _ string, st salesforce.StoredToken) error {
	outcome := sealedToken{
		Token: st.Token.Value.Reveal(), InstanceURL: st.Token.InstanceURL, OrgID: st.Token.OrgID, IssuedAt: st.Token.IssuedAt,
	}
	if f := st.Failure; f != nil {
		outcome.Failure = &failure{Op: f.Op, Status: f.Status, Code: f.Code, Message: f.Message, RetryAfter: f.RetryAfter, At: st.FailedAt}
	}
	plaintext, err := json.Marshal(outcome)
	if err != nil {
		return errors.New("the access token cannot be encoded")
	}
	sealed, err := s.vault.Seal(ctx, s.integration.ID, integration.PurposeAccessToken, plaintext)
	if err != nil {
		return fmt.Errorf("sealing the shared access token: %w", err)
	}
	record, err := s.record(ctx)
	if err != nil {
		return err
	}
	if record.Generation != st.Generation-1 {
		return salesforce.ErrTokenMoved
	}
	record.Sealed, record.Generation, record.ObtainedAt, record.LeaseUntil = sealed, st.Generation, st.Token.IssuedAt, time.Time{}
	saved, err := s.swap(ctx, record)
	if err != nil || saved {
		return err
	}
	// Who was faster may have newer credentials, and then this token is not to be used.
	if _, err := s.record(ctx); errors.Is(err, errRotated) {
		return err
	}
	return salesforce.ErrTokenMoved
}

// record reads the row; with none, or one of older credentials, it is a fresh one
// that keeps the version to swap against.
func (s *sharedTokens) record(ctx context.Context) (integration.TokenRecord, error) {
	record, err := s.store.GetToken(ctx, s.integration.ID)
	switch {
	case integration.ErrorCode(err) == integration.CodeNotFound:
		record = integration.TokenRecord{}
	case err != nil:
		return record, fmt.Errorf("reading the shared access token: %w", err)
	case record.CredentialsVersion > s.integration.CredentialsVersion:
		return record, errRotated
	case record.CredentialsVersion < s.integration.CredentialsVersion:
		record = integration.TokenRecord{Version: record.Version}
	}
	record.IntegrationID = s.integration.ID
	record.CredentialsVersion = s.integration.CredentialsVersion
	return record, nil
}

func (s *sharedTokens) swap(ctx context.Context, record integration.TokenRecord) (bool, error) {
	// By this clock: a failure has no time of its own, and a token's is the org's. A token
	// that was given to start from would come back with the record's end, used up as it is.
	if record.ExpiresAt = (time.Time{}); s.initial == "" {
		record.ExpiresAt = s.now().Add(integration.TokenKept)
	}
	_, err := s.store.SwapToken(ctx, record)
	if integration.ErrorCode(err) == integration.CodeConflict {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("keeping the shared access token: %w", err)
	}
	return true, nil
}
