package push

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// RetryPolicy says when a failed delivery is tried again.
type RetryPolicy struct {
	// Base is the ceiling of the first wait; each further one doubles it.
	Base time.Duration
	// Cap is the longest wait, unless Salesforce asks for a longer one. SQS can hide a
	// message for 12 h at most.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
	Cap time.Duration
	// MaxAge is how long after its first try a delivery is given up and parked.
	MaxAge time.Duration
	// Rand returns a number in [0, n): the jitter.
	Rand func(n int64) int64
}

// DefaultRetryPolicy tries for a day: promptly at first, at last within half an hour
// each time. That is about a hundred tries, and an org that was down for long has
// what it missed half an hour after its return.
func DefaultRetryPolicy() RetryPolicy {
	return RetryPolicy{Base: 4 * time.Second, Cap: 30 * time.Minute, MaxAge: 25 * time.Hour, Rand: rand.Int64N}
}

// minWait keeps full jitter from trying again at once.
const minWait = time.Second

// Wait returns how long to wait after so many failed attempts (1 after the first):
// full jitter over an exponentially growing ceiling, but no less than atLeast,
// which is what Salesforce asked for.
func (p RetryPolicy) Wait(attempts int, atLeast time.Duration) time.Duration {
	ceiling := max(min(p.ceiling(attempts), p.Cap), minWait)
	wait := minWait + time.Duration(p.Rand(int64(ceiling-minWait)+1))
	return min(max(wait, atLeast), maxVisibility)
}

// At returns when to try again after a failure at now: about [RetryPolicy.Wait]
// later, at one of the org's meeting points, of which there are two or three in the
// longest wait. So what failed together, and then would be spread by jitter, goes out
// together again: an org that is down for an hour is asked by a few calls a round,
// and not by one for each event. Meeting points of different orgs lie apart, and
// those of long waits are among those of short ones.
func (p RetryPolicy) At(now time.Time, attempts int, atLeast time.Duration, org string) time.Time {
	at := now.Add(p.Wait(attempts, atLeast))
	step := p.ceiling(attempts) / meetings
	if step <= 0 {
		return at
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(org)) // it never fails
	apart := time.Duration(h.Sum32()) * time.Microsecond % p.ceiling(maxAttempts)
	past := time.Duration(at.UnixNano()-int64(apart)) % step
	at = at.Add(-past)
	if at.Before(now.Add(max(minWait, atLeast))) {
		at = at.Add(step)
	}
	if latest := now.Add(maxVisibility); at.After(latest) {
		return latest
	}
	return at
}

const (
	// meetings is how many meeting points there are in a longest wait.
	meetings = 2
	// maxAttempts stands for more attempts than there ever are.
	maxAttempts = 1 << 20
)

// ceiling is the longest wait after so many attempts, before the cap is applied
// exactly: Base doubled until it reaches Cap.
func (p RetryPolicy) ceiling(attempts int) time.Duration {
	ceiling := p.Base
	for i := 1; i < attempts && ceiling < p.Cap; i++ {
		ceiling *= 2
	}
	return ceiling
}

// maxVisibility is how long SQS hides a message at most, less a margin for the
// time it was already received.
const maxVisibility = 12*time.Hour - 15*time.Minute
