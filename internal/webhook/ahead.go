package webhook

import (
	"context"

	"salesforce-integration/internal/integration"
)

// What is done for a request before it is known whether to trust it: so that a
// message of one notification, as most are, needs one call less in a row. It is
// kept so small that a flood of forged ones is not worth its while: a few reads
// beside that of the integration.
const (
	maxBodyAhead          = 16 << 10
	maxNotificationsAhead = 1
)

// ahead is a message that is parsed, and what is read about it.
type ahead struct {
	message message
	done    chan struct{}
	known   integration.Rows // once done is closed
	err     error
}

// readAhead begins to read what is to be known about a small message, while its
// sender is still being verified. It is nil for any other request, and for one that
// has anything wrong with it: nobody hears of that before verification.
func (h *Handler) readAhead(ctx context.Context, r request) *ahead {
	id, ok := parseUUID(r.integrationID)
	if !ok || len(r.body) > maxBodyAhead || ctx.Err() != nil {
		return nil
	}
	if len(r.tokens)+len(r.signatures) == 0 && h.config.Authentication == AuthenticationRequired {
		return nil
	}
	k, err := r.kind()
	if err != nil {
		return nil
	}
	m, err := h.parse(k, r)
	if err != nil || len(m.notifications) > maxNotificationsAhead {
		return nil
	}
	a := &ahead{message: m, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.known, a.err = h.read(ctx, id, m.notifications)
	}()
	return a
}

// known returns what is known about a verified message's notifications: what was
// read ahead, or is read now.
func (h *Handler) known(ctx context.Context, i integration.Integration, m message, a *ahead) (integration.Rows, error) {
	if a == nil {
		return h.read(ctx, i.ID, m.notifications)
	}
	<-a.done // its calls end with ctx
	return a.known, a.err
}
