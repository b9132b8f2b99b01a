package integration

import (
	"context"
	"fmt"
)

// CodeStored says that a change is stored, but that what was to follow from it
// could not be started; the same request, sent again, starts it.
const CodeStored Code = "stored"

// resume tells push to send what waited for an integration that may work again.
// It comes after the change that lets it work is stored, or push might look too
// early; so when the queue fails, the change is made and the caller has to know.
func (s *Service) resume(ctx context.Context, by Actor, integrationID string) error {
	err := s.c.Commands.Dispatch(ctx, Command{Kind: CommandResume, IntegrationID: integrationID, RequestedBy: by.Subject})
	s.audited(ctx, err, by, "integration resumed", integrationID)
	if err == nil {
		return nil
	}
	return &Error{
		Code:    CodeStored,
		Message: "The change is stored, but what waited for this integration could not be told to go out. Send the same request again in a moment: that does no harm, and tells it again.",
		Err:     fmt.Errorf("resume integration %s: %w", integrationID, err),
	}
}
