package integration

import "context"

// CommandKind says what push is asked to do.
type CommandKind string

// The commands.
const (
	// CommandResume sends what is parked because its integration did not work.
	CommandResume CommandKind = "resume"
	// CommandRedeliver sends single deliveries again that are parked for whatever
	// reason.
	CommandRedeliver CommandKind = "redeliver"
	// CommandSend carries out deliveries that are stored, each with the event kept with
	// it, and no other ones of that event. It is how push sends itself what was parked.
	CommandSend CommandKind = "send"
	// CommandSweep closes what waits for a link, or an integration, that is no more.
	// Without an integration it looks at all of them, and takes up what was forgotten:
	// whatever waits long after its time.
	CommandSweep CommandKind = "sweep"
)

// MaxCommandDeliveries is how many deliveries one command may name.
const MaxCommandDeliveries = 100

// Command is what the administrators' API asks push to do, by way of its queue:
// so it is done even when push is busy, and tried again when it fails.
type Command struct {
	Kind          CommandKind `json:"command"`
	IntegrationID string      `json:"integration_id,omitempty"`
	DeliveryIDs   []string    `json:"delivery_ids,omitempty"`
	// Look counts how often push has looked for the same reason: a list of what
	// waits may lag, so it looks a second time.
	Look int `json:"look,omitempty"`
	// Cursor is where a sweep of all integrations goes on.
	Cursor string `json:"cursor,omitempty"`
	// RequestedBy is the token subject of who asked, for the log.
	RequestedBy string `json:"requested_by,omitempty"`
}

// Dispatcher hands commands to push. CodeUnavailable: the queue did not take it.
type Dispatcher interface {
	Dispatch(ctx context.Context, c Command) error
}
