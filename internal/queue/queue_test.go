package queue_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"salesforce-integration/internal/queue"
)

type fakeSQS struct {
	hidden map[string]int32
	calls  int
	sent   *sqs.SendMessageInput
	refuse string // a receipt handle
	err    error
}

func (f *fakeSQS) ChangeMessageVisibilityBatch(_ context.Context, in *sqs.ChangeMessageVisibilityBatchInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	f.calls++
	if f.err != nil {
		return nil, f.err
	}
	if len(in.Entries) > 10 {
		return nil, errors.New("TooManyEntriesInBatchRequest")
	}
	out := &sqs.ChangeMessageVisibilityBatchOutput{}
	for _, e := range in.Entries {
		if aws.ToString(e.ReceiptHandle) == f.refuse {
			out.Failed = append(out.Failed, types.BatchResultErrorEntry{Id: e.Id, Code: aws.String("ReceiptHandleIsInvalid")})
			continue
		}
		f.hidden[aws.ToString(e.ReceiptHandle)] = e.VisibilityTimeout
	}
	return out, nil
}

func (f *fakeSQS) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	f.sent = in
	return &sqs.SendMessageOutput{}, f.err
}

func TestHide(t *testing.T) {
	waits := map[string]time.Duration{"short": 1500 * time.Millisecond}
	for i := range 22 {
		waits["handle"+strconv.Itoa(i)] = 2 * time.Hour
	}
	fake := &fakeSQS{hidden: map[string]int32{}, refuse: "handle3"}
	err := queue.New(fake, "url").Hide(t.Context(), waits)
	if err == nil || !strings.Contains(err.Error(), "ReceiptHandleIsInvalid") {
		t.Errorf("one refused message: error %v", err)
	}
	if fake.calls != 3 {
		t.Errorf("%d calls for 23 messages, want 3", fake.calls)
	}
	if len(fake.hidden) != 22 || fake.hidden["short"] != 2 || fake.hidden["handle21"] != 7200 {
		t.Errorf("hidden: %v", fake.hidden)
	}
	fake.err = errors.New("unreachable")
	if err := queue.New(fake, "url").Hide(t.Context(), waits); !errors.Is(err, fake.err) {
		t.Errorf("with SQS away: %v", err)
	}
}

func TestSendDelaysByFifteenMinutesAtMost(t *testing.T) {
	fake := &fakeSQS{}
	if err := queue.New(fake, "url").Send(t.Context(), []byte("{}"), 2*time.Hour); err != nil {
		t.Fatal(err)
	}
	if got := fake.sent.DelaySeconds; got != 900 {
		t.Errorf("DelaySeconds = %d, want 900", got)
	}
}
