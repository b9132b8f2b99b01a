package integration

import (
	"context"
	"fmt"
	"time"
)

// CodeUndone says that the request had its effect before, by an earlier attempt, and
// that somebody replaced or deleted since what it made. To do it again would undo
// what he did.
const CodeUndone Code = "undone"

// RequestEffect is what a request with a key makes. The zero one is that of a request
// without.
type RequestEffect struct {
	// ID is the id of what the request creates, or is kept with what it changes.
	ID string
	// Again says that an earlier attempt may have made it.
	Again bool
}

// noteUndone remembers that the effect will be no more, for as long as the request
// that had it may be repeated. It goes ahead of the write that replaces or deletes
// what was made: who does not find that any more, finds the note. It names the
// integration, as that write may be refused, or never come: then what was made is
// still there.
func (s *Service) noteUndone(ctx context.Context, integrationID, effectID string) error {
	if effectID == "" {
		return nil
	}
	note := RequestRecord{ID: undoneID(effectID), EffectID: integrationID, State: RequestUndone, ExpiresAt: s.c.Now().Add(RequestRetention).Truncate(time.Second)}
	// One that is there already is as good: the request is not remembered for longer.
	if _, _, err := s.c.Store.SwapRequest(ctx, note); err != nil {
		return fmt.Errorf("note that effect %s is undone: %w", effectID, err)
	}
	return nil
}

// checkUndone refuses, by [CodeUndone], a repetition whose effect is no more. Unless
// it has an answer, the caller has looked for the effect before, and not found it: in
// the other order, it could be undone in between.
func (s *Service) checkUndone(ctx context.Context, effectID string) error {
	note, err := s.c.Store.GetRequest(ctx, undoneID(effectID))
	if ErrorCode(err) == CodeNotFound {
		return nil
	}
	var i Integration
	if err == nil {
		i, err = s.c.Store.GetIntegration(ctx, note.EffectID)
	}
	switch {
	case err == nil && i.WebhookSecretEffect == effectID:
		return nil // the write that the note went ahead of was not made
	case err == nil || ErrorCode(err) == CodeNotFound:
		return errUndone()
	default:
		return fmt.Errorf("look whether effect %s is undone: %w", effectID, err)
	}
}

func undoneID(effectID string) string { return "undone-" + effectID }

func errUndone() error {
	return &Error{Code: CodeUndone, Message: "This request was carried out before, and what it made was replaced or deleted since. Nothing was done now. If it is still to be done, send it with a new Idempotency-Key."}
}
