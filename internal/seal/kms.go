package seal

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"salesforce-integration/internal/integration"
)

// keySize is that of AES-256.
const keySize = 32

// dataKey is a data key in both forms.
type dataKey struct {
	plain   []byte
	wrapped []byte
}

// generate asks KMS for a new data key.
func (v *Vault) generate(ctx context.Context, b binding) (dataKey, error) {
	out, err := v.kms.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId: &v.keyID, KeySpec: types.DataKeySpecAes256, EncryptionContext: b.encryptionContext(),
	})
	if err != nil {
		return dataKey{}, kmsFailed("GenerateDataKey", err)
	}
	if len(out.CiphertextBlob) == 0 || len(out.CiphertextBlob) > maxWrapped {
		clear(out.Plaintext)
		return dataKey{}, fail(integration.CodeInternal, fmt.Sprintf("KMS made a wrapped key of %d bytes", len(out.CiphertextBlob)), nil)
	}
	return checked(dataKey{plain: out.Plaintext, wrapped: out.CiphertextBlob})
}

// unwrap asks KMS for the plain form of a data key. The key is named, so that a
// blob wrapped by another one, of another account even, is refused.
func (v *Vault) unwrap(ctx context.Context, b binding, wrapped []byte) (dataKey, error) {
	out, err := v.kms.Decrypt(ctx, &kms.DecryptInput{
		KeyId: &v.keyID, CiphertextBlob: wrapped, EncryptionContext: b.encryptionContext(),
	})
	if err != nil {
		return dataKey{}, kmsFailed("Decrypt", err)
	}
	return checked(dataKey{plain: out.Plaintext, wrapped: wrapped})
}

func checked(k dataKey) (dataKey, error) {
	if len(k.plain) != keySize {
		n := len(k.plain)
		clear(k.plain)
		return dataKey{}, fail(integration.CodeInternal, fmt.Sprintf("KMS gave a data key of %d bytes", n), nil)
	}
	return k, nil
}
