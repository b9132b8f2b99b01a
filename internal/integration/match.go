package integration

import (
	"context"
	"slices"
)

// CodeStale says that what is stored is not what the caller's change was based on:
// somebody else changed it since the caller read it.
const CodeStale Code = "stale"

// Match is the versions of an integration that a change may meet, so that nobody
// overwrites what he has not seen. nil lets it meet any; an empty one, none.
type Match []int64

// check refuses an integration that m does not expect. The compare-and-swap of the
// write that follows makes sure that it is still that one.
func (m Match) check(i Integration) error {
	if m == nil || slices.Contains(m, i.Version) {
		return nil
	}
	return &Error{Code: CodeStale, Message: "The integration was changed since it was read. Read it again, look at what changed, and send your change with the new ETag."}
}

// delete removes an integration that m expects. It is deleted as it was read, so that
// no secret goes with it that the note is not about.
func (s *Service) delete(ctx context.Context, by Actor, id string, m Match) error {
	for try := 1; ; try++ {
		i, err := s.Get(ctx, id)
		if ErrorCode(err) == CodeNotFound {
			return s.c.Store.DeleteIntegration(ctx, id, 0) // sweeps what a deletion left that was cut off
		}
		if err != nil {
			return err
		}
		if err := m.check(i); err != nil {
			return err
		}
		if err := s.noteUndone(ctx, i.ID, i.WebhookSecretEffect); err != nil {
			return err
		}
		err = s.c.Store.DeleteIntegration(ctx, id, i.Version)
		if ErrorCode(err) != CodeConflict || try == updateTries {
			s.audited(ctx, err, by, "integration deleted", id)
			return err
		}
	}
}
