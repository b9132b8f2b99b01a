package seal_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/seal"
)

const (
	idA   = "0195a000-0000-7000-8000-00000000000a"
	idB   = "0195a000-0000-7000-8000-00000000000b"
	creds = integration.PurposeCredentials
	token = integration.PurposeAccessToken
)

// kmsEnv names the endpoint of a local AWS to test against.
const kmsEnv = "KMS_TEST_ENDPOINT"

func TestVault(t *testing.T) {
	t.Run("fake", func(t *testing.T) { testVault(t, newFakeKMS(), "key") })
	t.Run("engine", func(t *testing.T) {
		endpoint := os.Getenv(kmsEnv)
		if endpoint == "" {
			t.Skipf("%s is not set: it names the endpoint of a local AWS", kmsEnv)
		}
		client := kms.New(kms.Options{
			Region: "eu-central-1", BaseEndpoint: &endpoint,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
			}),
		})
		key, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{})
		if err != nil {
			t.Fatal(err)
		}
		testVault(t, client, *key.KeyMetadata.Arn)
		t.Run("a disabled key", func(t *testing.T) {
			sealed := mustSeal(t, seal.New(client, *key.KeyMetadata.Arn, seal.Options{}), "secret")
			if _, err := client.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: key.KeyMetadata.KeyId}); err != nil {
				t.Fatal(err)
			}
			v := seal.New(client, *key.KeyMetadata.Arn, seal.Options{})
			_, err := v.Seal(t.Context(), idA, creds, []byte("secret"))
			wantError(t, err, integration.CodeUnavailable, seal.ErrKey)
			_, err = v.Open(t.Context(), idA, creds, sealed)
			wantError(t, err, integration.CodeUnavailable, seal.ErrKey)
		})
	})
}

// testVault is the suite for any KMS.
func testVault(t *testing.T, client seal.KMS, keyID string) {
	// Each vault starts without keys in memory, as another function would.
	vault := func() *seal.Vault { return seal.New(client, keyID, seal.Options{}) }

	t.Run("what was sealed opens, elsewhere too", func(t *testing.T) {
		v := vault()
		for _, secret := range []string{"", "s", "client secret ü", strings.Repeat("long", creds.MaxLen()/4)} {
			sealed := mustSeal(t, v, secret)
			if len(secret) > 1 && bytes.Contains(sealed, []byte(secret)) {
				t.Error("the blob holds the secret")
			}
			for name, v := range map[string]*seal.Vault{"same": v, "other": vault()} {
				got, err := v.Open(t.Context(), idA, creds, sealed)
				if err != nil || string(got) != secret {
					t.Errorf("%s vault: got %d bytes of %d, %v", name, len(got), len(secret), err)
				}
			}
		}
	})
	t.Run("no two blobs are alike", func(t *testing.T) {
		v := vault()
		if bytes.Equal(mustSeal(t, v, "secret"), mustSeal(t, v, "secret")) {
			t.Error("they are")
		}
	})
	t.Run("another integration or purpose does not open it", func(t *testing.T) {
		warm := vault()
		sealed := mustSeal(t, warm, "secret")
		for name, v := range map[string]*seal.Vault{"with the key in memory": warm, "by KMS": vault()} {
			_, err := v.Open(t.Context(), idB, creds, sealed)
			wantError(t, err, integration.CodeInternal, seal.ErrContext)
			_, err = v.Open(t.Context(), idA, token, sealed)
			wantError(t, err, integration.CodeInternal, seal.ErrContext)
			if t.Failed() {
				t.Fatal(name)
			}
		}
	})
	t.Run("a changed blob does not open", func(t *testing.T) {
		v := vault()
		sealed := mustSeal(t, v, "secret")
		for n := range sealed {
			changed := bytes.Clone(sealed)
			changed[n] ^= 0x20
			if _, err := v.Open(t.Context(), idA, creds, changed); err == nil {
				t.Errorf("byte %d of %d may be changed", n, len(sealed))
			}
		}
		for n := range sealed {
			if _, err := v.Open(t.Context(), idA, creds, sealed[:n]); err == nil {
				t.Errorf("it opens with %d of %d bytes", n, len(sealed))
			}
		}
	})
}

// MiniStack does not look at Decrypt's KeyId, so this needs the fake.
func TestAnotherKMSKeyDoesNotOpenIt(t *testing.T) {
	f := newFakeKMS()
	sealed := mustSeal(t, seal.New(f, "key", seal.Options{}), "secret")
	_, err := seal.New(f, "other", seal.Options{}).Open(t.Context(), idA, creds, sealed)
	wantError(t, err, integration.CodeUnavailable, seal.ErrKey)
}

func TestMalformed(t *testing.T) {
	v := seal.New(newFakeKMS(), "key", seal.Options{})
	for name, blob := range map[string]integration.Sealed{
		"nil": nil, "empty": {}, "future version": append([]byte{2}, make([]byte, 300)...), "only a version": {1},
		"no wrapped key": append([]byte{1, 0, 0}, make([]byte, 60)...), "wrapped key too long": append([]byte{1, 0xff, 0xff}, make([]byte, 70000)...),
		"no ciphertext": append([]byte{1, 0, 4}, make([]byte, 16)...), "too long": append([]byte{1, 0, 4}, make([]byte, integration.MaxSealable+200)...),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.Open(t.Context(), idA, creds, blob)
			wantError(t, err, integration.CodeInternal, seal.ErrFormat)
		})
	}
}

func TestNobodysSecret(t *testing.T) {
	v := seal.New(newFakeKMS(), "key", seal.Options{})
	sealed := mustSeal(t, v, "secret")
	for _, b := range []struct {
		id      string
		purpose integration.Purpose
	}{{"", creds}, {idA, ""}} {
		_, err := v.Seal(t.Context(), b.id, b.purpose, []byte("secret"))
		wantError(t, err, integration.CodeInternal, nil)
		_, err = v.Open(t.Context(), b.id, b.purpose, sealed)
		wantError(t, err, integration.CodeInternal, nil)
	}
	_, err := v.Seal(t.Context(), idA, creds, make([]byte, creds.MaxLen()+1))
	wantError(t, err, integration.CodeInternal, nil)
}

// TestAnAnswerMayBeLong: longer than a secret, and shorter than a row.
func TestAnAnswerMayBeLong(t *testing.T) {
	v := seal.New(newFakeKMS(), "key", seal.Options{})
	long := bytes.Repeat([]byte("a"), integration.PurposeAnswer.MaxLen())
	sealed, err := v.Seal(t.Context(), idA, integration.PurposeAnswer, long)
	if err != nil || len(sealed) > 400<<10 {
		t.Fatalf("%d bytes, %v", len(sealed), err)
	}
	if got, err := v.Open(t.Context(), idA, integration.PurposeAnswer, sealed); err != nil || !bytes.Equal(got, long) {
		t.Errorf("%d bytes of %d, %v", len(got), len(long), err)
	}
	_, err = v.Seal(t.Context(), idA, integration.PurposeAnswer, append(long, 'a'))
	wantError(t, err, integration.CodeInternal, nil)
}

func mustSeal(t *testing.T, v *seal.Vault, secret string) integration.Sealed {
	t.Helper()
	sealed, err := v.Seal(t.Context(), idA, creds, []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func wantError(t *testing.T, err error, code integration.Code, target error) {
	t.Helper()
	if integration.ErrorCode(err) != code || (target != nil && !errors.Is(err, target)) {
		t.Errorf("got %v, want %s wrapping %v", err, code, target)
	}
}
