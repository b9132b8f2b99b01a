package seal_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/seal"
)

func wantCalls(t *testing.T, f *fakeKMS, generate, decrypt int) {
	t.Helper()
	if g, d := f.calls(); g != generate || d != decrypt {
		t.Errorf("%d GenerateDataKey and %d Decrypt, want %d and %d", g, d, generate, decrypt)
	}
}

func mustOpen(t *testing.T, v *seal.Vault, sealed integration.Sealed) {
	t.Helper()
	if _, err := v.Open(t.Context(), idA, creds, sealed); err != nil {
		t.Error(err)
	}
}

func TestHundredOpensCostOneCall(t *testing.T) {
	f := newFakeKMS()
	sealed := mustSeal(t, seal.New(f, "key", seal.Options{}), "secret")
	v := seal.New(f, "key", seal.Options{})
	for range 100 {
		mustOpen(t, v, sealed)
	}
	wantCalls(t, f, 1, 1)
}

func TestConcurrentOpensShareOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeKMS()
		sealed := mustSeal(t, seal.New(f, "key", seal.Options{}), "secret")
		f.fail(func(context.Context) error { time.Sleep(time.Second); return nil }) // of the bubble's clock
		v := seal.New(f, "key", seal.Options{})
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { mustOpen(t, v, sealed) })
		}
		wg.Wait()
		wantCalls(t, f, 1, 1)
	})
}

func TestSealsShareAKeyForAWhile(t *testing.T) {
	f := newFakeKMS()
	v := seal.New(f, "key", seal.Options{MaxSeals: 10})
	for range 25 {
		mustOpen(t, v, mustSeal(t, v, "secret")) // what it sealed itself it opens by itself
	}
	wantCalls(t, f, 3, 0)
	for _, purpose := range []integration.Purpose{creds, token} {
		if _, err := v.Seal(t.Context(), idB, purpose, []byte("secret")); err != nil {
			t.Fatal(err)
		}
	}
	wantCalls(t, f, 5, 0)
}

func TestConcurrentSealsAreCountedToo(t *testing.T) {
	f := newFakeKMS()
	v := seal.New(f, "key", seal.Options{MaxSeals: 10})
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() { mustSeal(t, v, "secret") })
	}
	wg.Wait()
	wantCalls(t, f, 4, 0)
}

func TestKeysExpire(t *testing.T) {
	f := newFakeKMS()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	v := seal.New(f, "key", seal.Options{KeyTTL: time.Minute, Now: func() time.Time { return now }})
	sealed := mustSeal(t, v, "secret")
	now = now.Add(time.Minute - 1)
	mustOpen(t, v, sealed)
	mustSeal(t, v, "secret")
	wantCalls(t, f, 1, 0)
	now = now.Add(1)
	mustOpen(t, v, sealed)
	mustSeal(t, v, "secret")
	wantCalls(t, f, 2, 1)
	f.fail(func(context.Context) error { return &types.DisabledException{} })
	now = now.Add(time.Hour)
	_, err := v.Open(t.Context(), idA, creds, sealed)
	wantError(t, err, integration.CodeUnavailable, seal.ErrKey)
}

func TestKeysInMemoryAreBounded(t *testing.T) {
	f := newFakeKMS()
	other := seal.New(f, "key", seal.Options{MaxSeals: 1})
	var blobs []integration.Sealed
	for range 5 {
		blobs = append(blobs, mustSeal(t, other, "secret"))
	}
	v := seal.New(f, "key", seal.Options{MaxKeys: 3})
	for _, b := range blobs {
		mustOpen(t, v, b)
	}
	for _, b := range blobs[2:] {
		mustOpen(t, v, b)
	}
	wantCalls(t, f, 5, 5)
	if held := seal.PlainKeys(v); len(held) != 3 {
		t.Errorf("%d keys are held", len(held))
	}
	mustOpen(t, v, blobs[0])
	wantCalls(t, f, 5, 6)
}

// A ring of one entry has no room for both forms of a key, and still works.
func TestSmallestRing(t *testing.T) {
	f := newFakeKMS()
	v := seal.New(f, "key", seal.Options{MaxKeys: 1})
	for range 3 {
		mustOpen(t, v, mustSeal(t, v, "secret"))
	}
}

func TestDroppedKeysAreOverwritten(t *testing.T) {
	f := newFakeKMS()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	v := seal.New(f, "key", seal.Options{Now: func() time.Time { return now }})
	sealed := mustSeal(t, v, "secret")
	mustOpen(t, seal.New(f, "key", seal.Options{}), sealed)
	for n, k := range f.handed {
		if !zero(k) {
			t.Errorf("the plain key that KMS gave out, number %d, is still there", n)
		}
	}
	held := seal.PlainKeys(v)
	if len(held) != 2 || zero(held[0]) || zero(held[1]) {
		t.Fatalf("%d keys are held", len(held))
	}
	now = now.Add(time.Hour)
	if _, err := v.Seal(t.Context(), idB, creds, nil); err != nil {
		t.Fatal(err)
	}
	if !zero(held[0]) || !zero(held[1]) {
		t.Error("an expired key is still in memory")
	}
}

func zero(key []byte) bool {
	for _, b := range key {
		if b != 0 {
			return false
		}
	}
	return true
}

func TestWhoGivesUpDoesNotSpoilItForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeKMS()
		sealed := mustSeal(t, seal.New(f, "key", seal.Options{}), "secret")
		f.fail(func(ctx context.Context) error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		v := seal.New(f, "key", seal.Options{})
		var wg sync.WaitGroup
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			_, err := v.Open(ctx, idA, creds, sealed)
			wantError(t, err, integration.CodeUnavailable, context.DeadlineExceeded)
		})
		synctest.Wait() // the first one has begun the call
		wg.Go(func() { mustOpen(t, v, sealed) })
		wg.Wait()
		wantCalls(t, f, 1, 1)
	})
}

func TestKMSThatHangsIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeKMS()
		f.fail(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		v := seal.New(f, "key", seal.Options{})
		_, err := v.Seal(t.Context(), idA, creds, []byte("secret"))
		wantError(t, err, integration.CodeUnavailable, context.DeadlineExceeded)
	})
}

func TestContextThatIsOver(t *testing.T) {
	f := newFakeKMS()
	v := seal.New(f, "key", seal.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := v.Seal(ctx, idA, creds, []byte("secret"))
	wantError(t, err, integration.CodeUnavailable, context.Canceled)
	wantCalls(t, f, 0, 0)
}

func TestKMSErrors(t *testing.T) {
	tests := []struct {
		name string
		err  error
		code integration.Code
		want error
	}{
		{"access denied", &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}, integration.CodeUnavailable, seal.ErrKey},
		{"disabled", &types.DisabledException{}, integration.CodeUnavailable, seal.ErrKey},
		{"being deleted", &types.KMSInvalidStateException{}, integration.CodeUnavailable, seal.ErrKey},
		{"no such key", &types.NotFoundException{}, integration.CodeUnavailable, seal.ErrKey},
		{"wrapped by another key", &types.IncorrectKeyException{}, integration.CodeUnavailable, seal.ErrKey},
		{"not of this context", &types.InvalidCiphertextException{}, integration.CodeInternal, seal.ErrContext},
		{"throttled", &smithy.GenericAPIError{Code: "ThrottlingException"}, integration.CodeUnavailable, nil},
		{"failing", &types.KMSInternalException{}, integration.CodeUnavailable, nil},
		{"not reached", errors.New("connection refused"), integration.CodeUnavailable, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeKMS()
			sealed := mustSeal(t, seal.New(f, "key", seal.Options{}), "secret")
			v := seal.New(f, "key", seal.Options{})
			f.fail(func(context.Context) error { return fmt.Errorf("operation error KMS: %w", tt.err) })
			_, err := v.Open(t.Context(), idA, creds, sealed)
			wantError(t, err, tt.code, tt.err)
			for _, s := range []error{seal.ErrKey, seal.ErrContext, seal.ErrFormat} {
				if errors.Is(err, s) != errors.Is(s, tt.want) {
					t.Errorf("%v is %v: %t", err, s, errors.Is(err, s))
				}
			}
			f.fail(nil) // a failure is not remembered
			mustOpen(t, v, sealed)
		})
	}
}
