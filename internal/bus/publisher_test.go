package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/bus"
	"salesforce-integration/internal/integration"
)

// eventBridge is a stateful fake: it keeps what it took and refuses the requests
// whose id it was told.
type eventBridge struct {
	mu     sync.Mutex
	sizes  []int
	taken  []types.PutEventsRequestEntry
	refuse map[string]string // request id -> error code
	fail   error
	forget bool // answer without entries
}

func (e *eventBridge) PutEvents(_ context.Context, in *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sizes = append(e.sizes, len(in.Entries))
	if e.fail != nil {
		return nil, e.fail
	}
	out := &eventbridge.PutEventsOutput{}
	if e.forget {
		return out, nil
	}
	for n, entry := range in.Entries {
		var detail struct{ ID string }
		if err := json.Unmarshal([]byte(*entry.Detail), &detail); err != nil {
			return nil, err
		}
		if code, refused := e.refuse[detail.ID]; refused {
			out.FailedEntryCount++
			out.Entries = append(out.Entries, types.PutEventsResultEntry{ErrorCode: aws.String(code), ErrorMessage: aws.String("no")})
			continue
		}
		e.taken = append(e.taken, entry)
		out.Entries = append(out.Entries, types.PutEventsResultEntry{EventId: aws.String(fmt.Sprint("event-", n))})
	}
	return out, nil
}

func request(id string) integration.FinalizationRequest {
	return integration.FinalizationRequest{
		ID:            id,
		ExperimentKey: "checkout-button-color",
		IntegrationID: "0195a0c4-0000-7000-8000-000000000001",
		CampaignID:    "701xx000000001AAAQ",
		CampaignName:  "Q1 Checkout <Optimization>",
		Status:        "Completed",
		RequestedAt:   time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
	}
}

func TestPublishWritesTheContract(t *testing.T) {
	t.Parallel()
	fake := &eventBridge{}
	errs := bus.New(fake, "platform-bus", "experimentation.salesforce").Publish(t.Context(), []integration.FinalizationRequest{request("r1")})
	if diff := cmp.Diff([]error{nil}, errs); diff != "" {
		t.Fatal(diff)
	}
	got := fake.taken[0]
	if *got.EventBusName != "platform-bus" || *got.Source != "experimentation.salesforce" || *got.DetailType != "Experiment Finalization Requested" {
		t.Errorf("entry = %q %q %q", *got.EventBusName, *got.Source, *got.DetailType)
	}
	if !got.Time.Equal(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("time = %v", got.Time)
	}
	var detail map[string]any
	if err := json.Unmarshal([]byte(*got.Detail), &detail); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id":             "r1",
		"experiment_key": "checkout-button-color",
		"integration_id": "0195a0c4-0000-7000-8000-000000000001",
		"campaign_id":    "701xx000000001AAAQ",
		"campaign_name":  "Q1 Checkout <Optimization>",
		"status":         "Completed",
		"requested_at":   "2026-03-02T10:00:00Z",
	}
	if diff := cmp.Diff(want, detail); diff != "" {
		t.Errorf("detail (-want +got):\n%s", diff)
	}
}

func TestPublishTenToACall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ events, calls int }{{0, 0}, {1, 1}, {10, 1}, {11, 2}, {100, 10}} {
		t.Run(fmt.Sprint(c.events), func(t *testing.T) {
			t.Parallel()
			fake := &eventBridge{}
			requests := make([]integration.FinalizationRequest, c.events)
			for n := range requests {
				requests[n] = request(fmt.Sprint("r", n))
			}
			for n, err := range bus.New(fake, "b", "s").Publish(t.Context(), requests) {
				if err != nil {
					t.Errorf("request %d: %v", n, err)
				}
			}
			if len(fake.sizes) != c.calls || len(fake.taken) != c.events {
				t.Errorf("%d events in %d calls, want %d in %d", len(fake.taken), len(fake.sizes), c.events, c.calls)
			}
			if len(fake.sizes) > 0 && slices.Max(fake.sizes) > 10 {
				t.Errorf("a call of %d events", slices.Max(fake.sizes))
			}
		})
	}
}

func TestPublishSaysWhichFailed(t *testing.T) {
	t.Parallel()
	requests := make([]integration.FinalizationRequest, 25)
	for n := range requests {
		requests[n] = request(fmt.Sprint("r", n))
	}
	// One too large in front moves all entries by one: errors must not.
	requests[3].CampaignName = strings.Repeat("x", 256<<10)
	fake := &eventBridge{refuse: map[string]string{"r12": "ThrottlingException", "r24": "InternalFailure"}}
	errs := bus.New(fake, "b", "s").Publish(t.Context(), requests)

	if len(errs) != len(requests) {
		t.Fatalf("%d errors for %d requests", len(errs), len(requests))
	}
	for n, err := range errs {
		var entry *bus.EntryError
		switch n {
		case 3:
			if !errors.Is(err, bus.ErrTooLarge) {
				t.Errorf("request 3: %v", err)
			}
		case 12, 24:
			if !errors.As(err, &entry) || entry.Code != fake.refuse[requests[n].ID] {
				t.Errorf("request %d: %v", n, err)
			}
		default:
			if err != nil {
				t.Errorf("request %d: %v", n, err)
			}
		}
	}
	if len(fake.taken) != 22 {
		t.Errorf("%d taken", len(fake.taken))
	}
}

func TestPublishCallFails(t *testing.T) {
	t.Parallel()
	down := errors.New("connection refused")
	for name, fake := range map[string]*eventBridge{
		"no answer":               {fail: down},
		"an answer about nothing": {forget: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			errs := bus.New(fake, "b", "s").Publish(t.Context(), []integration.FinalizationRequest{request("a"), request("b")})
			if len(errs) != 2 || errs[0] == nil || errs[1] == nil {
				t.Fatalf("errors = %v", errs)
			}
			if fake.fail != nil && !errors.Is(errs[1], down) {
				t.Errorf("error = %v", errs[1])
			}
		})
	}
}
