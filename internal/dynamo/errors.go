package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/smithy-go"

	"salesforce-integration/internal/integration"
)

// failed gives an error of the client its code: what DynamoDB refused for good is
// ours to mend, everything else (throttled, failing or not reached, after the
// SDK's own retries) may work later.
func failed(op string, err error) error {
	var coded *integration.Error
	if errors.As(err, &coded) {
		return err
	}
	err = fmt.Errorf("dynamodb %s: %w", op, err)
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorFault() != smithy.FaultServer && !throttled(api.ErrorCode()) {
		return &integration.Error{Code: integration.CodeInternal, Message: "the store refused a request", Err: err}
	}
	return &integration.Error{Code: integration.CodeUnavailable, Message: "The store did not answer. Please try again.", Err: err}
}

// throttled knows the errors, and the reasons of a cancelled transaction, that
// mean 'not now'.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
func throttled(code string) bool {
	switch code {
	case "ProvisionedThroughputExceededException", "ProvisionedThroughputExceeded", "ThrottlingException", "ThrottlingError",
		"RequestLimitExceeded", "TransactionConflictException", "TransactionConflict", "TransactionInProgressException",
		"LimitExceededException", "InternalServerError", "ServiceUnavailable":
		return true
	}
	return false
}

// maxTries bounds how often one call is made again because somebody else is at
// the same rows; with the waits of pause that is about three seconds.
const maxTries = 9

// pause waits before another try, longer each time and never the same, or until
// the context is over.
func pause(ctx context.Context, try int) error {
	const first, longest = 20 * time.Millisecond, time.Second
	limit := min(longest, first<<try)
	timer := time.NewTimer(limit/4 + rand.N(limit*3/4))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
