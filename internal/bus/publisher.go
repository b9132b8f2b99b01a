package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"salesforce-integration/internal/integration"
)

// maxEntries is how many events one PutEvents call takes.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
const maxEntries = 10

// maxEntrySize is the largest entry sent, in bytes. EventBridge took 256 KB for
// years and takes more now in some regions; what is published here is far below.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size
const maxEntrySize = 256 << 10

// timeSize is what an entry's Time counts, in bytes (same page).
const timeSize = 14

// ErrTooLarge says that an event does not fit into an entry; trying again cannot
// help.
var ErrTooLarge = errors.New("the event is larger than EventBridge takes")

// EntryError is EventBridge's refusal of one event out of a call that otherwise
// went well.
type EntryError struct {
	Code    string // for example ThrottlingException
	Message string
}

// Error implements error.
func (e *EntryError) Error() string {
	return fmt.Sprintf("EventBridge refused the event: %s: %s", e.Code, e.Message)
}

// Client is the part of the EventBridge client that is used here;
// *[eventbridge.Client] has it.
type Client interface {
	PutEvents(ctx context.Context, in *eventbridge.PutEventsInput, opts ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Publisher puts events on one bus, under one source. It may be used by many
// goroutines at a time.
type Publisher struct {
	client Client
	bus    string
	source string
}

// New returns a publisher for the bus of that name (or ARN) whose events carry
// that source.
func New(client Client, busName, source string) *Publisher {
	return &Publisher{client: client, bus: busName, source: source}
}

// finalization is the detail of an [integration.EventFinalizationRequested].
type finalization struct {
	ID            string `json:"id"`
	ExperimentKey string `json:"experiment_key"`
	IntegrationID string `json:"integration_id"`
	CampaignID    string `json:"campaign_id"`
	CampaignName  string `json:"campaign_name"`
	Status        string `json:"status"`
	RequestedAt   string `json:"requested_at"`
}

// Publish puts the requests on the bus, ten to a call and the calls at once. The
// answer has one error for each request, in their order, nil for those that the
// bus took: an [*EntryError], [ErrTooLarge], or why the call failed.
func (p *Publisher) Publish(ctx context.Context, requests []integration.FinalizationRequest) []error {
	errs := make([]error, len(requests))
	entries := make([]types.PutEventsRequestEntry, 0, len(requests))
	origin := make([]int, 0, len(requests)) // entry -> request
	for n, r := range requests {
		entry, err := p.entry(r)
		if err != nil {
			errs[n] = fmt.Errorf("publish finalization request %s: %w", r.ID, err)
			continue
		}
		entries, origin = append(entries, entry), append(origin, n)
	}

	var calls sync.WaitGroup
	for start := 0; start < len(entries); start += maxEntries {
		end := min(start+maxEntries, len(entries))
		calls.Go(func() {
			for n, err := range p.put(ctx, entries[start:end]) {
				if err != nil {
					request := origin[start+n]
					errs[request] = fmt.Errorf("publish finalization request %s: %w", requests[request].ID, err)
				}
			}
		})
	}
	calls.Wait()
	return errs
}

// put makes one call and returns one error for each entry.
func (p *Publisher) put(ctx context.Context, entries []types.PutEventsRequestEntry) []error {
	errs := make([]error, len(entries))
	out, err := p.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
	if err == nil && len(out.Entries) != len(entries) {
		err = fmt.Errorf("EventBridge answered for %d events out of %d", len(out.Entries), len(entries))
	}
	for n := range errs {
		switch {
		case err != nil:
			errs[n] = err
		case out.Entries[n].ErrorCode != nil || out.Entries[n].EventId == nil:
			errs[n] = &EntryError{
				Code:    aws.ToString(out.Entries[n].ErrorCode),
				Message: aws.ToString(out.Entries[n].ErrorMessage),
			}
		}
	}
	return errs
}

func (p *Publisher) entry(r integration.FinalizationRequest) (types.PutEventsRequestEntry, error) {
	return p.event(integration.EventFinalizationRequested, r.RequestedAt, finalization{
		ID:            r.ID,
		ExperimentKey: r.ExperimentKey,
		IntegrationID: r.IntegrationID,
		CampaignID:    r.CampaignID,
		CampaignName:  r.CampaignName,
		Status:        r.Status,
		RequestedAt:   r.RequestedAt.UTC().Format(time.RFC3339Nano),
	})
}

// event makes the entry of any event of ours.
func (p *Publisher) event(detailType string, at time.Time, content any) (types.PutEventsRequestEntry, error) {
	detail, err := json.Marshal(content)
	if err != nil {
		return types.PutEventsRequestEntry{}, fmt.Errorf("encode the detail: %w", err)
	}
	size := timeSize + len(p.source) + len(detailType) + len(detail)
	if size > maxEntrySize {
		return types.PutEventsRequestEntry{}, fmt.Errorf("%w: %d bytes, %d is the limit", ErrTooLarge, size, maxEntrySize)
	}
	return types.PutEventsRequestEntry{
		EventBusName: aws.String(p.bus),
		Source:       aws.String(p.source),
		DetailType:   aws.String(detailType),
		Detail:       aws.String(string(detail)),
		Time:         aws.Time(at),
	}, nil
}
