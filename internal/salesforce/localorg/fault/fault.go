// Package fault makes an org misbehave on purpose. A [Fault] says where it strikes
// (route, object, record, operation), when (the nth time, so many times, with a
// probability that is seeded) and what it does.
package fault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"salesforce-integration/internal/salesforce/localorg/settings"
)

// ErrFault is wrapped by every error about a fault's definition.
var ErrFault = errors.New("fault")

// Fault is one rule of misbehaviour.
type Fault struct {
	// ID is given by the org.
	ID    string `json:"id,omitempty"`
	Match Match  `json:"match"`
	// Nth is the first matching call that is struck, counted from 1; 0 is 1.
	Nth int `json:"nth,omitempty"`
	// Times is how many calls are struck; 0: all from the nth on.
	Times int `json:"times,omitempty"`
	// Probability strikes that share of the calls; 0 is 1. The dice are seeded by
	// the org's configuration.
	Probability float64 `json:"probability,omitempty"`
	Effect      Effect  `json:"effect"`
	// Matched and Struck count, for tests to read.
	Matched int `json:"matched"`
	Struck  int `json:"struck"`
}

// Match says where a fault strikes. Empty members match everything that comes over
// the wire; what a person changes by the control API is never struck.
type Match struct {
	// Route is the kind of call: token, introspect, revoke, userinfo, versions,
	// resources, limits, sobjects, describe, row, upsert, query, collections,
	// composite, batch, graph, tree.
	Route string `json:"route,omitempty"`
	// Method is the HTTP method of the call as a whole.
	Method string `json:"method,omitempty"`
	// Object and Record narrow it to one sObject type or one record (15 or 18
	// characters). A fault that strikes whole calls then needs them in the call's
	// path or body; for one that strikes records, a new link to Record counts too.
	Object string `json:"object,omitempty"`
	Record string `json:"record,omitempty"`
	// Operation is create, update, delete or read, for faults that strike records.
	Operation string `json:"operation,omitempty"`
}

// Kind names what a fault does.
type Kind string

// The kinds that strike one record, wherever in a call it is written: the other
// records of a collection or graph fare as Salesforce would have them.
const (
	LockRow     Kind = "lock_row"     // UNABLE_TO_LOCK_ROW
	Validation  Kind = "validation"   // FIELD_CUSTOM_VALIDATION_EXCEPTION with Message
	RecordError Kind = "record_error" // Code, Message, Fields, Status as given
)

// The kinds that strike a whole call.
const (
	Unavailable  Kind = "unavailable"       // 503 with an HTML page
	ServerError  Kind = "server_error"      // 500 UNKNOWN_EXCEPTION
	TooMany      Kind = "too_many_requests" // 429 with Retry-After
	Limit        Kind = "request_limit"     // 403 REQUEST_LIMIT_EXCEEDED
	Reset        Kind = "reset"             // connection reset, nothing done
	Slow         Kind = "slow"              // done, but Delay later
	LostAnswer   Kind = "lost_answer"       // done and committed, then the connection is reset (or Status, as HTML)
	RevokeToken  Kind = "revoke_token"      // the call's token dies first: 401 INVALID_SESSION_ID
	CustomAnswer Kind = "answer"            // Status, ContentType and Body as given, nothing done
)

// Effect is what a fault does.
type Effect struct {
	Kind Kind `json:"kind"`
	// Delay comes before whatever the kind does; not for kinds that strike records.
	Delay settings.Duration `json:"delay,omitempty"`
	// Status, Code, Message and Fields replace the kind's own.
	Status  int      `json:"status,omitempty"`
	Code    string   `json:"errorCode,omitempty"`
	Message string   `json:"message,omitempty"`
	Fields  []string `json:"fields,omitempty"`
	// Body and ContentType are those of a [CustomAnswer].
	Body        string `json:"body,omitempty"`
	ContentType string `json:"contentType,omitempty"`
}

// ForRecords tells whether the effect strikes a record rather than a call.
func (e Effect) ForRecords() bool {
	return e.Kind == LockRow || e.Kind == Validation || e.Kind == RecordError
}

// Routes are the names a [Match] may give.
func Routes() []string {
	return []string{"token", "introspect", "revoke", "userinfo", "versions", "resources", "limits", "sobjects", "describe", "row", "upsert", "query",
		"collections", "composite", "batch", "graph", "tree"}
}

// Validate says what is wrong with a fault; errors wrap [ErrFault].
func (f Fault) Validate() error {
	kinds := []Kind{LockRow, Validation, RecordError, Unavailable, ServerError, TooMany, Limit, Reset, Slow, LostAnswer, RevokeToken, CustomAnswer}
	switch {
	case !slices.Contains(kinds, f.Effect.Kind):
		return fmt.Errorf("%w: effect.kind %q is not one of %q", ErrFault, f.Effect.Kind, kinds)
	case f.Match.Route != "" && !slices.Contains(Routes(), f.Match.Route):
		return fmt.Errorf("%w: match.route %q is not one of %q", ErrFault, f.Match.Route, Routes())
	case f.Probability < 0 || f.Probability > 1:
		return fmt.Errorf("%w: probability %v is not between 0 and 1", ErrFault, f.Probability)
	case f.Nth < 0 || f.Times < 0:
		return fmt.Errorf("%w: nth and times can't be negative", ErrFault)
	case f.Effect.Kind == RecordError && f.Effect.Code == "":
		return fmt.Errorf("%w: a record_error needs an errorCode", ErrFault)
	case f.Effect.Kind == CustomAnswer && f.Effect.Status == 0:
		return fmt.Errorf("%w: an answer needs a status", ErrFault)
	case f.Effect.ForRecords() && f.Effect.Delay != 0:
		return fmt.Errorf("%w: a fault that strikes a record can't have a delay: arm a slow one besides it", ErrFault)
	case f.Effect.Kind == Slow && f.Effect.Delay <= 0:
		return fmt.Errorf("%w: slow needs a delay", ErrFault)
	}
	return nil
}

// Call is what a fault is matched against.
type Call struct {
	Route, Method, Operation string
	// Text is where Object and Record are looked for: path and body of a call, or
	// the record's object and ids.
	Text string
	// Object is set when it is known; then Text is not searched for it.
	Object string
}

// Set is the faults of an org. It is safe for concurrent use.
type Set struct {
	mu     sync.Mutex
	rand   *rand.Rand
	faults []*Fault
	serial int
}

// NewSet returns an empty Set whose dice start from a seed.
func NewSet(seed uint64) *Set {
	return &Set{rand: rand.New(rand.NewPCG(seed, seed))}
}

// Add arms a fault and returns its id. Errors wrap [ErrFault].
func (s *Set) Add(f Fault) (string, error) {
	if err := f.Validate(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	f.ID, f.Matched, f.Struck = fmt.Sprintf("fault-%d", s.serial), 0, 0
	s.faults = append(s.faults, &f)
	return f.ID, nil
}

// List returns copies of the armed faults with their counts.
func (s *Set) List() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, len(s.faults))
	for i, f := range s.faults {
		out[i] = *f
	}
	return out
}

// Remove disarms one fault and tells whether it was there.
func (s *Set) Remove(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.faults)
	s.faults = slices.DeleteFunc(s.faults, func(f *Fault) bool { return f.ID == id })
	return len(s.faults) < before
}

// Clear disarms all faults.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Strike returns the faults that strike a call as a whole, or, when records is
// true, those that strike a record in it.
func (s *Set) Strike(c Call, records bool) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults) == 0 {
		return nil
	}
	var out []Fault
	for _, f := range s.faults {
		if f.Effect.ForRecords() != records || !f.Match.fits(c) {
			continue
		}
		f.Matched++
		if f.Matched < f.Nth || f.Times > 0 && f.Struck >= f.Times {
			continue
		}
		if f.Probability > 0 && f.Probability < 1 && s.rand.Float64() >= f.Probability {
			continue
		}
		f.Struck++
		out = append(out, *f)
	}
	return out
}

// idLen is the part of an id that both of its forms share.
const idLen = 15

func (m Match) fits(c Call) bool {
	if m.Route != "" && m.Route != c.Route || m.Method != "" && !strings.EqualFold(m.Method, c.Method) {
		return false
	}
	if m.Operation != "" && m.Operation != c.Operation {
		return false
	}
	if m.Object != "" && !strings.EqualFold(m.Object, c.Object) && (c.Object != "" || !strings.Contains(c.Text, m.Object)) {
		return false
	}
	return m.Record == "" || strings.Contains(c.Text, m.Record[:min(len(m.Record), idLen)])
}
