package seal

import (
	"encoding/binary"
	"fmt"

	"salesforce-integration/internal/integration"
)

// The blob, version 1:
//
//	1 byte   version
//	2 bytes  length of the wrapped key, big endian
//	         wrapped key
//	12 bytes nonce
//	         ciphertext with its tag of 16 bytes
const (
	blobVersion = 1
	nonceSize   = 12
	tagSize     = 16
	headSize    = 3
	// maxWrapped is KMS's bound of a ciphertext.
	// https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
	maxWrapped = 6144
)

// blob is a sealed secret in its parts.
type blob struct {
	wrapped    []byte
	nonce      []byte
	ciphertext []byte
}

func (b blob) format() []byte {
	out := make([]byte, 0, headSize+len(b.wrapped)+len(b.nonce)+len(b.ciphertext))
	out = append(out, blobVersion)
	out = binary.BigEndian.AppendUint16(out, uint16(len(b.wrapped))) //nolint:gosec // KMS wraps a key in less than 6 KiB
	out = append(out, b.wrapped...)
	out = append(out, b.nonce...)
	return append(out, b.ciphertext...)
}

// parse takes a blob apart; its parts share the input's memory. The errors wrap
// [ErrFormat] and quote nothing of the blob.
func parse(raw []byte) (blob, error) {
	switch {
	case len(raw) == 0:
		return blob{}, fmt.Errorf("%w: it is empty", ErrFormat)
	case raw[0] != blobVersion:
		return blob{}, fmt.Errorf("%w: version %d is unknown", ErrFormat, raw[0])
	case len(raw) < headSize:
		return blob{}, fmt.Errorf("%w: it is cut short", ErrFormat)
	}
	n := int(binary.BigEndian.Uint16(raw[1:]))
	rest := raw[headSize:]
	switch {
	case n == 0 || n > maxWrapped:
		return blob{}, fmt.Errorf("%w: a wrapped key of %d bytes", ErrFormat, n)
	case len(rest) < n+nonceSize+tagSize:
		return blob{}, fmt.Errorf("%w: it is cut short", ErrFormat)
	case len(rest) > n+nonceSize+tagSize+integration.MaxSealable:
		return blob{}, fmt.Errorf("%w: it is too long", ErrFormat)
	}
	return blob{wrapped: rest[:n:n], nonce: rest[n : n+nonceSize : n+nonceSize], ciphertext: rest[n+nonceSize:]}, nil
}
