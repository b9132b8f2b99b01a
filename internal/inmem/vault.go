package inmem

import (
	"bytes"
	"context"
	"errors"
	"sync"

	"salesforce-integration/internal/integration"
)

// Vault implements [integration.Vault] without a key service: it is as strict as
// the real one about what a blob was sealed for, and hides the plaintext from a
// glance only. The zero value is ready.
type Vault struct {
	mu     sync.Mutex
	opened int
	sealed int
	fail   error
}

var _ integration.Vault = (*Vault)(nil)

// ErrSealedForOther says that a blob was sealed for another integration or
// another purpose.
var ErrSealedForOther = errors.New("the blob was sealed for something else")

var errTooLong = errors.New("it is too long to be sealed")

// mask is xored over the plaintext, so that a test that looks for secrets in
// stored rows does not find one by this vault's fault.
const mask = 0x5a

// Seal implements [integration.Vault].
func (v *Vault) Seal(_ context.Context, integrationID string, purpose integration.Purpose, plaintext []byte) (integration.Sealed, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sealed++
	if v.fail != nil {
		return nil, v.fail
	}
	if len(plaintext) > purpose.MaxLen() {
		return nil, errTooLong
	}
	sealed := bytes.Clone(plaintext)
	for i := range sealed {
		sealed[i] ^= mask
	}
	return append(header(integrationID, purpose), sealed...), nil
}

// Open implements [integration.Vault].
func (v *Vault) Open(_ context.Context, integrationID string, purpose integration.Purpose, sealed integration.Sealed) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.opened++
	if v.fail != nil {
		return nil, v.fail
	}
	body, ok := bytes.CutPrefix(sealed, header(integrationID, purpose))
	if !ok {
		return nil, ErrSealedForOther
	}
	plaintext := bytes.Clone(body)
	for i := range plaintext {
		plaintext[i] ^= mask
	}
	return plaintext, nil
}

// Fail makes every call fail with err, until it is nil again.
func (v *Vault) Fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fail = err
}

// Calls returns how often something was sealed and opened.
func (v *Vault) Calls() (sealed, opened int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.sealed, v.opened
}

func header(integrationID string, purpose integration.Purpose) []byte {
	return []byte(integrationID + "\x00" + string(purpose) + "\x00")
}
