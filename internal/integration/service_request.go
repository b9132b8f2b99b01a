package integration

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// requestLease is how long a request with a key has to be answered before another
// may go on with it: more than the function's own time limit, so that whoever has
// the lease is not at work any more when it ends. See Timeout in template.yaml.
const requestLease = 45 * time.Second

// claimTries bounds how often a claim is tried again after somebody was faster.
const claimTries = 5

// Attempt is one try of a request that carries a key.
type Attempt struct {
	// Answer is what the first request was answered with; nil when this attempt has
	// to do the work.
	Answer []byte
	record RequestRecord
	again  bool // an earlier attempt did not end
}

// Effect is what the attempt makes.
func (a *Attempt) Effect() RequestEffect { return RequestEffect{ID: a.record.EffectID, Again: a.again} }

// BeginRequest claims a caller's key for the request that the parts make. Either
// the attempt has the answer of the same request, or the caller has to do the work
// and call [Service.EndRequest]. Errors: [CodeConflict] while another attempt is
// under way, [CodeInvalid] when the key belongs to another request, [CodeUndone]
// when the answer tells of what is no more, as of a secret that was replaced.
func (s *Service) BeginRequest(ctx context.Context, by Actor, key string, parts ...string) (*Attempt, error) {
	id := "request-" + hex.EncodeToString(hashed(sha256.New(), "v1", by.Subject, key))
	// Keyed, since a body may hold a secret that could be guessed.
	fingerprint := hashed(hmac.New(sha256.New, []byte(key)), parts...)
	var old RequestRecord
	for try := 1; ; try++ {
		now := s.c.Now()
		next := RequestRecord{
			ID: id, Fingerprint: fingerprint, State: RequestRunning, EffectID: old.EffectID,
			LeaseUntil: now.Add(requestLease), ExpiresAt: now.Add(RequestRetention).Truncate(time.Second), Version: old.Version,
		}
		if next.EffectID != "" {
			// Not for longer than the first attempt said, and so than a note in [Service.noteUndone].
			next.ExpiresAt = old.ExpiresAt
		} else {
			var err error
			if next.EffectID, err = s.c.NewID(); err != nil {
				return nil, fmt.Errorf("make an id: %w", err)
			}
		}
		stored, swapped, err := s.c.Store.SwapRequest(ctx, next)
		if err != nil {
			return nil, fmt.Errorf("claim a request: %w", err)
		}
		if swapped {
			return &Attempt{record: stored, again: old.EffectID != ""}, nil
		}
		if try == claimTries {
			return nil, errUnderWay()
		}
		if old, err = successor(stored, fingerprint, now); err != nil {
			return nil, err
		}
		if old.State == RequestAnswered {
			if err := s.checkUndone(ctx, old.EffectID); err != nil {
				return nil, err
			}
			answer, err := s.c.Vault.Open(ctx, id, PurposeAnswer, old.Sealed)
			if err != nil {
				return nil, fmt.Errorf("open the answer of %s: %w", id, err)
			}
			return &Attempt{Answer: answer, record: old}, nil
		}
	}
}

// successor says how to go on from what is stored: with its answer, in its place,
// or (without an EffectID) anew.
func successor(stored RequestRecord, fingerprint []byte, now time.Time) (RequestRecord, error) {
	running := stored.State == RequestRunning && stored.LeaseUntil.After(now)
	switch same := hmac.Equal(stored.Fingerprint, fingerprint); {
	case stored.State == RequestRefused || !stored.ExpiresAt.After(now) && !running:
		return RequestRecord{Version: stored.Version}, nil
	case !same:
		return RequestRecord{}, Invalidf("Idempotency-Key", "This key was sent with another request before. Give each request a key of its own, and repeat one unchanged.")
	case running:
		return RequestRecord{}, errUnderWay()
	default:
		return stored, nil
	}
}

func errUnderWay() error {
	return Conflictf("The first request with this Idempotency-Key is still under way. Send it again in a moment to get its answer.")
}

// Outcome is how an attempt ended.
type Outcome struct {
	// State is [RequestAnswered], [RequestRefused] or [RequestUnsettled].
	State RequestState
	// Answer is what repetitions are answered with, where it was answered.
	Answer []byte
}

// EndRequest remembers how an attempt ended. What it did is done in any case, so a
// failure is logged. An answer that cannot be kept ends the attempt all the same, and
// a repetition goes on with it at once; when nothing can be stored, when the lease
// ends. One that is refused when an earlier one may have had the effect leaves the key
// with the request: else a further repetition would have it a second time.
func (s *Service) EndRequest(ctx context.Context, a *Attempt, o Outcome) {
	if a.again && o.State == RequestRefused {
		o.State = RequestUnsettled
	}
	r := a.record
	r.State, r.LeaseUntil = o.State, time.Time{}
	swapped, err := s.keepOutcome(ctx, r, o)
	if err == nil && swapped {
		return
	}
	s.c.Log.WarnContext(ctx, "the answer to a request with a key is not kept", slog.String("id", r.ID), slog.Bool("overtaken", err == nil), slog.Any("error", err))
	if err != nil && o.State == RequestAnswered {
		r.State = RequestUnsettled
		if _, _, err := s.c.Store.SwapRequest(ctx, r); err != nil {
			s.c.Log.WarnContext(ctx, "a request with a key waits for its lease to end", slog.String("id", r.ID), slog.Any("error", err))
		}
	}
}

// keepOutcome stores how an attempt ended, with its answer if there is one.
func (s *Service) keepOutcome(ctx context.Context, r RequestRecord, o Outcome) (swapped bool, err error) {
	if o.State == RequestAnswered {
		if r.Sealed, err = s.c.Vault.Seal(ctx, r.ID, PurposeAnswer, o.Answer); err != nil {
			return false, fmt.Errorf("seal the answer of %s: %w", r.ID, err)
		}
	}
	if _, swapped, err = s.c.Store.SwapRequest(ctx, r); err != nil {
		return false, fmt.Errorf("store the answer of %s: %w", r.ID, err)
	}
	return swapped, nil
}

// hashed puts each part into h with its length ahead, so that no two lists of parts
// have the same sum.
func hashed(h interface {
	io.Writer
	Sum([]byte) []byte
}, parts ...string,
) []byte {
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return h.Sum(nil)
}
