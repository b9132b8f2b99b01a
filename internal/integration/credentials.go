package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// credentialsV1 is the plaintext inside a blob of [PurposeCredentials]. It is a
// type of its own because [Secret] marshals to the mask.
type credentialsV1 struct {
	ClientSecret string `json:"client_secret"`
	AccessToken  string `json:"access_token,omitempty"`
}

// errCredentialsForm hides the decoder's error, which quotes what it read.
var errCredentialsForm = errors.New("the opened blob does not hold credentials")

// SealCredentials seals an integration's secrets for [PurposeCredentials].
func SealCredentials(ctx context.Context, v Vault, integrationID string, c Credentials) (Sealed, error) {
	plain, err := json.Marshal(credentialsV1{
		ClientSecret: c.ClientSecret.Reveal(),
		AccessToken:  c.AccessToken.Reveal(),
	})
	if err != nil {
		return nil, fmt.Errorf("encode credentials of integration %s: %w", integrationID, err)
	}
	sealed, err := v.Seal(ctx, integrationID, PurposeCredentials, plain)
	if err != nil {
		return nil, fmt.Errorf("seal credentials of integration %s: %w", integrationID, err)
	}
	return sealed, nil
}

// OpenCredentials opens an integration's secrets. Errors are the vault's, or say
// that the blob holds something else; none of them quotes a secret.
func OpenCredentials(ctx context.Context, v Vault, i Integration) (Credentials, error) {
	plain, err := v.Open(ctx, i.ID, PurposeCredentials, i.SealedCredentials)
	if err != nil {
		return Credentials{}, fmt.Errorf("open credentials of integration %s: %w", i.ID, err)
	}
	var c credentialsV1
	if json.Unmarshal(plain, &c) != nil || c.ClientSecret == "" {
		return Credentials{}, fmt.Errorf("open credentials of integration %s: %w", i.ID, errCredentialsForm)
	}
	return Credentials{ClientSecret: Secret(c.ClientSecret), AccessToken: Secret(c.AccessToken)}, nil
}
