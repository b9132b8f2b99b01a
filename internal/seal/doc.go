// Package seal encrypts secrets at rest, by envelope encryption: KMS makes a data
// key for an integration and a purpose, AES-256-GCM seals with it, and only the
// wrapped key is stored, next to what it sealed.
//
// The encryption context {integration_id, purpose} is bound in twice: KMS unwraps
// the key for no other, and the ciphertext is authenticated with it. So a row that
// somebody copied to another integration does not open, and an IAM policy with a
// condition on kms:EncryptionContext:purpose keeps a function to the secrets it is
// meant to read. https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
//
// Plain data keys are kept in memory for some minutes, a bounded number of them,
// and overwritten when they are dropped: 100 openings of a blob cost one call. What
// Go's runtime and the AES implementation copied of a key is beyond reach until it
// is collected.
package seal
