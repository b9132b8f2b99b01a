package localorg

import (
	"fmt"
	"sync"
	"time"
)

// usage counts API calls over a rolling day, in buckets of a quarter of an hour.
// https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm
type usage struct {
	now     func() time.Time
	mu      sync.Mutex
	buckets map[int64]int
}

const (
	bucket = 15 * time.Minute
	day    = 24 * time.Hour
)

func (u *usage) add(n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.buckets == nil {
		u.buckets = map[int64]int{}
	}
	u.buckets[u.now().UnixNano()/int64(bucket)] += n
}

// sum is how many calls the last day had.
func (u *usage) sum() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	oldest := u.now().Add(-day).UnixNano() / int64(bucket)
	total := 0
	for at, n := range u.buckets {
		if at <= oldest {
			delete(u.buckets, at)
			continue
		}
		total += n
	}
	return total
}

// set makes the sum a number, as of now.
func (u *usage) set(n int) {
	u.mu.Lock()
	u.buckets = nil
	u.mu.Unlock()
	u.add(n)
}

// header is the value of Sforce-Limit-Info.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
func (u *usage) header(limit int) string { return fmt.Sprintf("api-usage=%d/%d", u.sum(), limit) }
