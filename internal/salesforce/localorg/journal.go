package localorg

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Entry is one request that the org got, for tests to read. No secrets are in it:
// headers are not kept, credentials in forms are masked, token answers left out.
type Entry struct {
	N      int       `json:"n"`
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	// Route is the kind of call, by the names that faults use.
	Route    string `json:"route"`
	Request  string `json:"request,omitempty"`
	Status   int    `json:"status"`
	Response string `json:"response,omitempty"`
	// APICalls is what the call cost of the daily allowance.
	APICalls int `json:"apiCalls"`
	// Micros is how long the org took.
	Micros int64 `json:"micros"`
	// Faults are the ids of those that struck; Lost tells that no answer went out.
	Faults []string `json:"faults,omitempty"`
	Lost   bool     `json:"lost,omitempty"`
}

// Limits of the journal: entries kept, and bytes of each body.
const (
	keepEntries = 2000
	keepBody    = 64 << 10
)

type journal struct {
	mu      sync.Mutex
	entries []Entry
	total   int
}

func (j *journal) add(e Entry) {
	e.Request, e.Response = clip(e.Request), clip(e.Response)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.total++
	e.N = j.total
	if len(j.entries) >= keepEntries {
		j.entries = slices.Delete(j.entries, 0, keepEntries/2)
	}
	j.entries = append(j.entries, e)
}

func clip(text string) string {
	if len(text) > keepBody {
		return text[:keepBody] + "…"
	}
	return text
}

func (j *journal) list() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries)
}

func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = nil
}

// mask is what stands for a secret.
const mask = "***"

// secretForm are the parameters of OAuth calls that are not shown.
func secretForm(name string) bool {
	switch name {
	case "client_secret", "token", "assertion", "password", "refresh_token", "code", "access_token":
		return true
	}
	return false
}

// maskForm hides the secrets of an encoded form, or of a query.
func maskForm(text string) string {
	form, err := url.ParseQuery(text)
	if err != nil {
		return mask
	}
	for name := range form {
		if secretForm(name) {
			form.Set(name, mask)
		}
	}
	return strings.ReplaceAll(form.Encode(), url.QueryEscape(mask), mask)
}

func (o *Org) getJournal(_ http.ResponseWriter, r *http.Request) (any, error) {
	q := r.URL.Query()
	out := []Entry{}
	for _, e := range o.Journal() {
		if q.Get("route") != "" && e.Route != q.Get("route") || q.Get("method") != "" && e.Method != q.Get("method") {
			continue
		}
		if text := q.Get("contains"); text != "" && !strings.Contains(e.Path+" "+e.Query+" "+e.Request, text) {
			continue
		}
		out = append(out, e)
	}
	if last := q.Get("last"); last != "" {
		var n int
		if err := json.Unmarshal([]byte(last), &n); err != nil || n < 0 {
			return nil, badInput("last: not a number")
		}
		out = out[max(0, len(out)-n):]
	}
	return out, nil
}
