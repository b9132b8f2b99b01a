package push

import (
	"math/rand/v2"
	"time"
)

// RetryPolicy says when a failed delivery is tried again.
type RetryPolicy struct {
	// Base is the ceiling of the first wait; each further one doubles it.
	Base time.Duration
	// Cap is the longest wait. SQS can hide a message for 12 h at most.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
	Cap time.Duration
	// MaxAge is how long after its first try a delivery is given up and parked.
	MaxAge time.Duration
	// Rand returns a number in [0, n): the jitter.
	Rand func(n int64) int64
}

// DefaultRetryPolicy tries for a day: promptly at first, at last every two hours,
// as Salesforce itself does with its outbound messages.
func DefaultRetryPolicy() RetryPolicy {
	return RetryPolicy{Base: 4 * time.Second, Cap: 2 * time.Hour, MaxAge: 25 * time.Hour, Rand: rand.Int64N}
}

// minWait keeps full jitter from trying again at once.
const minWait = time.Second

// Wait returns how long to wait after so many failed attempts (1 after the first):
// full jitter over an exponentially growing ceiling, but no less than atLeast,
// which is what Salesforce asked for.
func (p RetryPolicy) Wait(attempts int, atLeast time.Duration) time.Duration {
	ceiling := p.Base
	for i := 1; i < attempts && ceiling < p.Cap; i++ {
		ceiling *= 2
	}
	ceiling = max(min(ceiling, p.Cap), minWait)
	wait := minWait + time.Duration(p.Rand(int64(ceiling-minWait)+1))
	return min(max(wait, atLeast), maxVisibility)
}

// maxVisibility is how long SQS hides a message at most, less a margin for the
// time it was already received.
const maxVisibility = 12*time.Hour - 15*time.Minute
