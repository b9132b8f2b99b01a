package seal_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/seal"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fixedKMS always gives the same key.
type fixedKMS struct{}

func fixedKey() []byte { return bytes.Repeat([]byte{7}, 32) }

func (fixedKMS) GenerateDataKey(context.Context, *kms.GenerateDataKeyInput, ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	return &kms.GenerateDataKeyOutput{Plaintext: fixedKey(), CiphertextBlob: []byte("wrapped")}, nil
}

func (fixedKMS) Decrypt(context.Context, *kms.DecryptInput, ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	return &kms.DecryptOutput{Plaintext: fixedKey()}, nil
}

// TestGolden opens a blob of version 1 that was sealed long ago: every later
// version of this package has to.
func TestGolden(t *testing.T) {
	path := filepath.Join("testdata", "v1.golden")
	v := seal.New(fixedKMS{}, "key", seal.Options{})
	if *update {
		sealed := mustSeal(t, v, "golden secret")
		if err := os.WriteFile(path, []byte(hex.EncodeToString(sealed)+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sealed := golden(t, path)
	got, err := v.Open(t.Context(), idA, creds, sealed)
	if err != nil || string(got) != "golden secret" {
		t.Errorf("got %q, %v", got, err)
	}
	// KMS being of no help here, the ciphertext alone keeps the binding.
	for _, b := range []struct {
		id      string
		purpose integration.Purpose
	}{{idB, creds}, {idA, token}} {
		_, err := v.Open(t.Context(), b.id, b.purpose, sealed)
		wantError(t, err, integration.CodeInternal, seal.ErrContext)
	}
}

func golden(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(sealed) == 0 {
		t.Fatalf("%s: %d bytes, %v", path, len(sealed), err)
	}
	return sealed
}

// FuzzParse checks that a blob has one form only, and that nothing makes the
// parser stumble.
func FuzzParse(f *testing.F) {
	sealed := golden(f, filepath.Join("testdata", "v1.golden"))
	f.Add(sealed)
	f.Add(sealed[:20])
	f.Add([]byte{})
	f.Add([]byte{1, 0xff, 0xff})
	f.Add(append([]byte{2}, sealed[1:]...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		again, err := seal.Reformat(raw)
		if err != nil {
			if !errors.Is(err, seal.ErrFormat) {
				t.Errorf("not a format error: %v", err)
			}
			return
		}
		if !bytes.Equal(again, raw) {
			t.Errorf("%x became %x", raw, again)
		}
	})
}
