package integration

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// PreviewOutcome is what would become of one effect of an event.
type PreviewOutcome string

// The outcomes.
const (
	PreviewWrite     PreviewOutcome = "write"     // it would be written to Salesforce
	PreviewWait      PreviewOutcome = "wait"      // it would be written, but not at once
	PreviewPark      PreviewOutcome = "park"      // it would be kept until something is mended
	PreviewSkip      PreviewOutcome = "skip"      // it would rightly not be done
	PreviewDuplicate PreviewOutcome = "duplicate" // the same event was taken before, and nothing more would happen
)

// Preview is what an event would do in one integration.
type Preview struct {
	Event   Event // as it was understood
	Effects []PreviewEffect
	// Note is what each note says; nil when none would be written.
	Note       *PreviewNote
	NextCursor string // "" after the last Campaign
	APICalls   int    // of the org's allowance
	// OrgProblem is why the Campaigns could not be read as they are now; nil when
	// they were, or none had to be.
	OrgProblem *OrgProblem
}

// PreviewEffect is one effect of an event on one Campaign, and what would become
// of it. CampaignID is empty when no Campaign is concerned.
type PreviewEffect struct {
	CampaignID string
	Campaign   *OrgCampaign // as it is now; nil when it was not read, or is not there
	RecordURL  string
	DeliveryID string // "" for an event without an id

	Outcome PreviewOutcome
	Reason  Reason
	Detail  string    // why, for people
	Field   string    // of an invalid event: the field at fault, dotted
	Warning string    // what is odd about a write, or a wait for one; mostly empty
	Until   time.Time // of a wait

	Status    string   // the status to write; "" for none
	NoteKind  NoteKind // the form of the note; "" for none
	NoteTitle string
}

// PreviewNote is the text of a note.
type PreviewNote struct {
	HTML string // as an enhanced note shows it
	Text string // as a Chatter post shows it, below the title
}

// OrgProblem is a failure of an org in words that lead to a fix.
type OrgProblem struct {
	Code  string
	Cause string
	Fix   string
}

// MaxPreviewCampaigns is how many Campaigns one preview looks at: as many as one
// call to Salesforce writes.
const MaxPreviewCampaigns = 200

// Previewer says what an event would do, by the code that does it, and writes
// nothing. The envelope is the bus's; without an id or a time it is one that comes
// now. p.Limit is 1..[MaxPreviewCampaigns] Campaigns. An event that cannot be
// understood is in the preview; an error is CodeInvalid for the cursor, or the
// store's.
type Previewer interface {
	PreviewEvent(ctx context.Context, i Integration, envelope []byte, p Page) (Preview, error)
}

// Preview says what an event would do in an integration. Errors: [CodeNotFound],
// [CodeInvalid] for limit or cursor.
func (s *Service) Preview(ctx context.Context, by Actor, integrationID string, envelope []byte, p Page) (Preview, error) {
	if p.Limit == 0 {
		p.Limit = MaxPreviewCampaigns
	}
	if p.Limit < 1 || p.Limit > MaxPreviewCampaigns {
		return Preview{}, Invalidf("limit", "It has to be between 1 and %d.", MaxPreviewCampaigns)
	}
	i, err := s.Get(ctx, integrationID)
	if err != nil {
		return Preview{}, err
	}
	seen, err := s.c.Previews.PreviewEvent(ctx, i, envelope, p)
	if err != nil {
		return Preview{}, fmt.Errorf("preview an event in integration %s: %w", i.ID, err)
	}
	s.audit(ctx, by, "event previewed", i.ID, slog.String("event_type", string(seen.Event.Type)),
		slog.String("experiment_key", seen.Event.ExperimentKey), slog.Int("api_calls", seen.APICalls))
	return seen, nil
}
