package salesforce

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	firstPause = 50 * time.Millisecond
	maxPause   = 800 * time.Millisecond
)

// backoff spaces the looks that those who wait take at the store. Half of each
// pause is chance, so that they do not come all at once.
type backoff struct{ tries int }

func (b *backoff) sleep(ctx context.Context) error {
	pause := min(firstPause<<min(b.tries, 10), maxPause)
	b.tries++
	timer := time.NewTimer(pause/2 + rand.N(pause/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
