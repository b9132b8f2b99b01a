package integration

import "context"

// Sealed is an encrypted secret as it is stored.
type Sealed []byte

// Purpose binds a sealed blob to what it may be used for; it is part of the
// encryption context, so a function that may open webhook secrets can be kept
// from opening credentials by its IAM policy.
type Purpose string

// The purposes.
const (
	PurposeCredentials   Purpose = "credentials"
	PurposeWebhookSecret Purpose = "webhook-secret"
	PurposeAccessToken   Purpose = "access-token"
	// PurposeAnswer is of answers that are kept for repeated requests; they are
	// bound to [RequestRecord.ID], where others are to the integration's.
	PurposeAnswer Purpose = "answer"
)

// MaxLen is how many bytes can be sealed for the purpose. A sealed answer has a row
// of its own, and DynamoDB ends a row at 400 KB.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
func (p Purpose) MaxLen() int {
	if p == PurposeAnswer {
		return MaxSealable
	}
	return 64 << 10
}

// MaxSealable is the largest [Purpose.MaxLen].
const MaxSealable = 380 << 10

// Vault seals secrets. A blob opens only for the integration and the purpose it
// was sealed for; anything else is an error.
// What is longer than [Purpose.MaxLen] is not sealed.
type Vault interface {
	Seal(ctx context.Context, integrationID string, purpose Purpose, plaintext []byte) (Sealed, error)
	Open(ctx context.Context, integrationID string, purpose Purpose, sealed Sealed) ([]byte, error)
}
