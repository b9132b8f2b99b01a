package seal

import (
	"encoding/binary"

	"salesforce-integration/internal/integration"
)

// binding is what a secret is bound to.
type binding struct {
	integrationID string
	purpose       integration.Purpose
}

func newBinding(integrationID string, purpose integration.Purpose) (binding, error) {
	if integrationID == "" || purpose == "" {
		return binding{}, fail(integration.CodeInternal, "a secret needs an integration and a purpose", nil)
	}
	return binding{integrationID, purpose}, nil
}

// encryptionContext is the binding as KMS checks and logs it.
func (b binding) encryptionContext() map[string]string {
	return map[string]string{"integration_id": b.integrationID, "purpose": string(b.purpose)}
}

// additionalData is the binding as the ciphertext is authenticated with it,
// together with the blob's head. Lengths go ahead, so that no two bindings have
// the same form.
func (b binding) additionalData(wrapped []byte) []byte {
	data := []byte{blobVersion}
	for _, part := range []string{b.integrationID, string(b.purpose), string(wrapped)} {
		data = binary.BigEndian.AppendUint32(data, uint32(len(part))) //nolint:gosec // ids and a wrapped key, far below 4 GiB
		data = append(data, part...)
	}
	return data
}
