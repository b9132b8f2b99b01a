package seal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"salesforce-integration/internal/integration"
)

// KMS is what the vault needs of [kms.Client].
type KMS interface {
	GenerateDataKey(context.Context, *kms.GenerateDataKeyInput, ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error)
	Decrypt(context.Context, *kms.DecryptInput, ...func(*kms.Options)) (*kms.DecryptOutput, error)
}

// Options adjust a [Vault]. The zero value is fine.
type Options struct {
	// KeyTTL is how long a plain data key may be used without asking KMS again, and
	// so how long a withdrawn right goes unnoticed. 5 minutes if zero.
	KeyTTL time.Duration
	// MaxKeys bounds the plain data keys in memory. 500 if zero.
	MaxKeys int
	// MaxSeals is how many secrets one data key seals. 100 if zero. Random nonces
	// are safe for 2^32. https://csrc.nist.gov/pubs/sp/800/38/d/final section 8.3
	MaxSeals int
	// CallTimeout bounds one call of KMS, with the SDK's retries. 10 seconds if zero.
	CallTimeout time.Duration
	// Now is the clock; [time.Now] if nil.
	Now func() time.Time
}

// Vault implements [integration.Vault] with one KMS key. It may be used by many
// goroutines.
type Vault struct {
	kms      KMS
	keyID    string
	maxSeals int
	keys     *keyring
}

var _ integration.Vault = (*Vault)(nil)

// New returns a vault that wraps its data keys with the KMS key of that id, ARN or
// alias. Blobs open as long as that key is the one they were sealed under.
func New(client KMS, keyID string, o Options) *Vault {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	return &Vault{
		kms: client, keyID: keyID,
		maxSeals: orDefault(o.MaxSeals, 100),
		keys: &keyring{
			ttl: orDefault(o.KeyTTL, 5*time.Minute), max: orDefault(o.MaxKeys, 500),
			timeout: orDefault(o.CallTimeout, 10*time.Second), now: now,
			entries: map[slot]*entry{},
		},
	}
}

func orDefault[N int | time.Duration](n, otherwise N) N {
	if n <= 0 {
		return otherwise
	}
	return n
}

// Seal encrypts a secret for one integration and purpose. Errors are those of
// [Vault.Open] that concern the key.
func (v *Vault) Seal(ctx context.Context, integrationID string, purpose integration.Purpose, plaintext []byte) (integration.Sealed, error) {
	b, err := newBinding(integrationID, purpose)
	if err != nil {
		return nil, err
	}
	if len(plaintext) > purpose.MaxLen() {
		return nil, fail(integration.CodeInternal, fmt.Sprintf("a secret of %d bytes is too long to be sealed", len(plaintext)), nil)
	}
	e, err := v.keys.acquireForSeal(ctx, b, v.maxSeals, func(ctx context.Context) (dataKey, error) { return v.generate(ctx, b) })
	if err != nil {
		return nil, err
	}
	defer v.keys.release(e)

	sealed := blob{wrapped: e.wrapped, nonce: make([]byte, nonceSize)}
	rand.Read(sealed.nonce) // never fails, see crypto/rand
	aead, err := newAEAD(e.plain[:])
	if err != nil {
		return nil, err
	}
	sealed.ciphertext = aead.Seal(nil, sealed.nonce, plaintext, b.additionalData(e.wrapped))
	return sealed.format(), nil
}

// Open decrypts a secret. Its errors wrap [ErrFormat], [ErrContext] or [ErrKey];
// others are [integration.CodeUnavailable].
func (v *Vault) Open(ctx context.Context, integrationID string, purpose integration.Purpose, sealed integration.Sealed) ([]byte, error) {
	b, err := newBinding(integrationID, purpose)
	if err != nil {
		return nil, err
	}
	parts, err := parse(sealed)
	if err != nil {
		return nil, fail(integration.CodeInternal, "a stored secret cannot be read", err)
	}
	e, err := v.keys.acquire(ctx, slot{b, string(parts.wrapped)}, func(ctx context.Context) (dataKey, error) {
		return v.unwrap(ctx, b, parts.wrapped)
	})
	if err != nil {
		return nil, err
	}
	defer v.keys.release(e)

	aead, err := newAEAD(e.plain[:])
	if err != nil {
		return nil, err
	}
	plaintext, err := aead.Open(nil, parts.nonce, parts.ciphertext, b.additionalData(parts.wrapped))
	if err != nil {
		return nil, fail(integration.CodeInternal, "a stored secret does not open", ErrContext)
	}
	return plaintext, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fail(integration.CodeInternal, "the data key is unusable", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fail(integration.CodeInternal, "the data key is unusable", err)
	}
	return aead, nil
}
