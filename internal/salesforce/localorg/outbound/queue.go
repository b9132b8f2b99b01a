package outbound

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/localorg/settings"
)

// What Salesforce promises about deliveries; the first interval is this org's own.
// https://help.salesforce.com/s/articleView?id=platform.workflow_om_considerations.htm
const (
	MaxBatch      = 100
	Timeout       = 60 * time.Second
	FirstInterval = 15 * time.Second
	MaxInterval   = 2 * time.Hour
	GiveUpAfter   = 24 * time.Hour
)

// Notification is one queued, delivered or given-up notification, as Setup's
// 'View Message Delivery Status' lists them.
type Notification struct {
	ID       string `json:"id"`
	Rule     string `json:"rule"`
	Object   string `json:"object"`
	RecordID string `json:"recordId"`
	// Status is pending, delivered, failed (kept in the dead-letter queue) or dropped.
	Status      string    `json:"status"`
	Created     time.Time `json:"created"`
	Attempts    int       `json:"attempts"`
	NextAttempt time.Time `json:"nextAttempt"`
	LastAttempt time.Time `json:"lastAttempt"`
	LastError   string    `json:"lastError,omitempty"`

	inFlight bool
	expires  time.Time
}

// Statuses of a notification.
const (
	Pending   = "pending"
	Delivered = "delivered"
	Failed    = "failed"
	Dropped   = "dropped"
)

// Behaviour lets a test have what Salesforce leaves open.
type Behaviour struct {
	// Hold keeps everything in the queue.
	Hold bool `json:"hold"`
	// Duplicates sends each acknowledged message so many times more.
	Duplicates int `json:"duplicates"`
	// Reverse sends the newest first.
	Reverse bool `json:"reverse"`
	// BatchSize is how many notifications one message has at most; 0: 100.
	BatchSize int `json:"batchSize"`
}

// Source reads the current values of records.
type Source interface {
	// View calls fn with a lookup that finds live records and is good until fn
	// returns.
	View(fn func(current func(object, id string) (*records.Record, bool)))
}

// Config is what a Queue needs.
type Config struct {
	OrgID    string
	Schema   func() *schema.Schema
	Settings func() *settings.Settings
	Now      func() time.Time
	Source   Source
	// Base returns the org's own URL, for EnterpriseUrl and PartnerUrl.
	Base func() string
	// Session issues a session id for rules that send one.
	Session func() string
	// Client sends; nil: a client of the queue's own.
	Client *http.Client
	// Timeout replaces the 60 seconds an endpoint has to answer.
	Timeout time.Duration
}

// Queue holds rules and notifications. It is safe for concurrent use.
type Queue struct {
	cfg Config

	mu        sync.Mutex
	rules     []*Rule
	notes     []*Notification
	behaviour Behaviour
	serial    uint64
	wake      chan struct{}
	changes   atomic.Int64
}

// keepDone is how many finished notifications stay listed.
const keepDone = 1000

// New returns an empty Queue.
func New(cfg Config) *Queue {
	if cfg.Client == nil {
		cfg.Client = &http.Client{}
	}
	client := *cfg.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cfg.Client = &client
	if cfg.Timeout <= 0 {
		cfg.Timeout = Timeout
	}
	return &Queue{cfg: cfg, wake: make(chan struct{}, 1)}
}

// Put adds a rule or replaces the one of its name. Errors wrap [ErrRule]. The
// caller holds the org's lock, for the schema.
func (q *Queue) Put(r Rule) (Rule, error) {
	r.Fields, r.Criteria = slices.Clone(r.Fields), slices.Clone(r.Criteria)
	if err := r.check(q.cfg.Schema()); err != nil {
		return Rule{}, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, have := range q.rules {
		if have.Name == r.Name {
			if r.ID == "" {
				r.ID = have.ID
			}
			q.rules[i] = &r
			return r, nil
		}
	}
	if r.ID == "" {
		r.ID = q.newID("04k")
	}
	q.rules = append(q.rules, &r)
	return r, nil
}

// Remove takes a rule away and tells whether it was there. What is queued for it
// stays and is dropped when it falls due.
func (q *Queue) Remove(name string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	before := len(q.rules)
	q.rules = slices.DeleteFunc(q.rules, func(r *Rule) bool { return r.Name == name })
	return len(q.rules) < before
}

// Rules lists the rules.
func (q *Queue) Rules() []Rule {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make([]Rule, len(q.rules))
	for i, r := range q.rules {
		out[i] = *r
	}
	return out
}

// Observe queues what the rules want of committed changes. maySend tells whether
// who made a change has the right to send outbound messages.
func (q *Queue) Observe(changes []records.Change, maySend func(records.Actor) bool) {
	if len(changes) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.rules) == 0 {
		return
	}
	now := q.cfg.Now()
	for _, c := range changes {
		for _, r := range q.rules {
			if !r.fires(c) || !maySend(c.By) {
				continue
			}
			q.notes = append(q.notes, &Notification{ID: q.newID("04l"), Rule: r.Name, Object: r.Object, RecordID: c.After.ID, Status: Pending,
				Created: now, NextAttempt: now, expires: now.Add(GiveUpAfter)})
		}
	}
	q.signal()
}

func (q *Queue) newID(prefix string) string {
	q.serial++
	return records.MakeID(prefix, q.serial)
}

// Notifications lists what is queued and the last thousand that are done, oldest first.
func (q *Queue) Notifications() []Notification {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make([]Notification, len(q.notes))
	for i, n := range q.notes {
		out[i] = *n
	}
	return out
}

// Retry makes one notification due now (all pending and failed ones when id is
// empty) and returns how many it were.
func (q *Queue) Retry(id string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	count := 0
	for _, n := range q.notes {
		if (id == "" && n.Status != Delivered || id == n.ID) && !n.inFlight {
			now := q.cfg.Now()
			n.Status, n.NextAttempt, n.expires = Pending, now, now.Add(GiveUpAfter)
			count++
		}
	}
	q.signal()
	return count
}

// Delete takes a notification off the list and tells whether it was there.
func (q *Queue) Delete(id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	before := len(q.notes)
	q.notes = slices.DeleteFunc(q.notes, func(n *Notification) bool { return n.ID == id })
	return len(q.notes) < before
}

// Reset forgets rules, queue and behaviour.
func (q *Queue) Reset() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rules, q.notes, q.behaviour = nil, nil, Behaviour{}
}

// Clear empties the queue.
func (q *Queue) Clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.notes = nil
}

// Behaviour returns how the queue misbehaves.
func (q *Queue) Behaviour() Behaviour {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.behaviour
}

// SetBehaviour changes it. Errors wrap [ErrRule].
func (q *Queue) SetBehaviour(b Behaviour) error {
	if b.BatchSize < 0 || b.BatchSize > MaxBatch || b.Duplicates < 0 {
		return fmt.Errorf("%w: batchSize goes from 0 to %d, duplicates from 0 up", ErrRule, MaxBatch)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.behaviour = b
	q.signal()
	return nil
}

// Wake makes [Queue.Run] look again, for when the clock has jumped.
func (q *Queue) Wake() { q.signal() }

// Changes counts what has happened to the queue.
func (q *Queue) Changes() int64 { return q.changes.Load() }

func (q *Queue) signal() {
	q.changes.Add(1)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
