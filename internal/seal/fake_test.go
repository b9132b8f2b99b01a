package seal_test

import (
	"context"
	"crypto/rand"
	"maps"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// fakeKMS wraps keys by remembering them, and enforces the encryption context and
// the key as KMS does.
type fakeKMS struct {
	// before runs ahead of each call; its error is the call's.
	before func(ctx context.Context) error

	mu       sync.Mutex
	wrapped  map[string]fakeKey
	handed   [][]byte // every plain key given out, the very memory
	generate int
	decrypt  int
}

type fakeKey struct {
	id      string
	plain   []byte
	context map[string]string
}

func newFakeKMS() *fakeKMS { return &fakeKMS{wrapped: map[string]fakeKey{}} }

func (f *fakeKMS) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	f.mu.Lock()
	f.generate++
	before := f.before
	f.mu.Unlock()
	if before != nil {
		if err := before(ctx); err != nil {
			return nil, err
		}
	}
	plain, blob := make([]byte, 32), make([]byte, 184)
	rand.Read(plain)
	rand.Read(blob)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wrapped[string(blob)] = fakeKey{id: *in.KeyId, plain: append([]byte(nil), plain...), context: maps.Clone(in.EncryptionContext)}
	f.handed = append(f.handed, plain)
	return &kms.GenerateDataKeyOutput{Plaintext: plain, CiphertextBlob: blob, KeyId: in.KeyId}, nil
}

func (f *fakeKMS) Decrypt(ctx context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	f.mu.Lock()
	f.decrypt++
	before := f.before
	f.mu.Unlock()
	if before != nil {
		if err := before(ctx); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	k, ok := f.wrapped[string(in.CiphertextBlob)]
	if !ok || !maps.Equal(k.context, in.EncryptionContext) {
		return nil, &types.InvalidCiphertextException{}
	}
	if k.id != *in.KeyId {
		return nil, &types.IncorrectKeyException{}
	}
	plain := append([]byte(nil), k.plain...)
	f.handed = append(f.handed, plain)
	return &kms.DecryptOutput{Plaintext: plain, KeyId: in.KeyId}, nil
}

func (f *fakeKMS) calls() (generate, decrypt int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.generate, f.decrypt
}

func (f *fakeKMS) fail(before func(context.Context) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before = before
}
