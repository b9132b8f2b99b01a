package localorg

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"salesforce-integration/internal/salesforce/localorg/fault"
	"salesforce-integration/internal/salesforce/localorg/oauth"
	"salesforce-integration/internal/salesforce/localorg/outbound"
	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/rest"
	"salesforce-integration/internal/salesforce/localorg/schema"
)

// Org is a local Salesforce org. It is an http.Handler and safe for concurrent use.
type Org struct {
	cfg     Config
	set     atomic.Pointer[Settings]
	ahead   atomic.Int64 // nanoseconds that the clock runs ahead
	base    atomic.Value // string: the URL the org was last reached by
	faults  *fault.Set
	journal *journal
	queue   *outbound.Queue
	tokens  *oauth.Service
	usage   *usage
	routes  *http.ServeMux

	// activity counts requests, saved is the count at the last save.
	activity, saved atomic.Int64

	mu          sync.Mutex // all that follows
	schema      *schema.Schema
	store       *records.Store
	api         *rest.API
	call        fault.Call // the call under way, for faults that strike records
	struck      []string
	definitions [][]byte
	picklists   map[string]picklistEdit
}

// New makes an org with the seeded Campaign. Errors are about the Config: ids,
// settings, definition files, the state file.
func New(cfg Config) (*Org, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("local org: %w", err)
	}
	o := &Org{cfg: cfg, faults: fault.NewSet(cfg.Seed), journal: &journal{}}
	o.usage = &usage{now: o.now}
	o.routes = o.mux()
	o.set.Store(cfg.Settings)
	client := oauth.Client{ID: cfg.ClientID, Secret: cfg.ClientSecret, JWTKey: cfg.JWTKey}
	o.tokens = oauth.New(cfg.OrgID, client, runAs(), o.settings, o.now)
	o.queue = outbound.New(outbound.Config{
		OrgID: cfg.OrgID, Schema: func() *schema.Schema { return o.schema }, Settings: o.settings, Now: o.now, Source: source{o},
		Base: o.instance, Session: o.tokens.Issue, Client: cfg.OutboundClient, Timeout: cfg.OutboundTimeout,
	})
	if err := o.build(cfg.Definitions); err != nil {
		return nil, fmt.Errorf("local org: %w", err)
	}
	if cfg.StateFile != "" {
		if err := o.load(cfg.StateFile); err != nil {
			return nil, fmt.Errorf("local org: %w", err)
		}
		// A place that cannot be written is told of now, not when there is
		// something to lose.
		o.activity.Add(1)
		if err := o.Save(); err != nil {
			return nil, fmt.Errorf("local org: %w", err)
		}
	}
	return o, nil
}

// build makes the parts that a reset makes anew.
func (o *Org) build(definitions [][]byte) error {
	sch, err := schema.Builtin()
	if err != nil {
		return err
	}
	for i, def := range definitions {
		if err := sch.Load(def); err != nil {
			return fmt.Errorf("definition %d: %w", i+1, err)
		}
	}
	o.schema, o.definitions, o.picklists = sch, definitions, map[string]picklistEdit{}
	o.store = records.New(sch, o.settings, o.now, o.guard)
	o.api = rest.New(o.store, o.settings, o.cfg.OrgID, o.usage.sum, o.now())
	o.applyPicklist()
	return o.seed()
}

func (o *Org) settings() *Settings { return o.set.Load() }

func (o *Org) now() time.Time { return o.cfg.Now().Add(time.Duration(o.ahead.Load())) }

// instance is the org's own URL as far as it knows.
func (o *Org) instance() string {
	set := o.settings()
	if set.InstanceURL != "" {
		return set.InstanceURL
	}
	if base, ok := o.base.Load().(string); ok {
		return base
	}
	return "https://localorg.my.salesforce.com"
}

// source lets the outbound queue read records under the org's lock.
type source struct{ org *Org }

func (s source) View(fn func(func(object, id string) (*records.Record, bool))) {
	s.org.mu.Lock()
	defer s.org.mu.Unlock()
	fn(func(object, id string) (*records.Record, bool) {
		def, ok := s.org.schema.Object(object)
		if !ok {
			return nil, false
		}
		rec, ok := s.org.store.Get(def, id)
		if !ok || rec.Deleted {
			return nil, false
		}
		return rec, true
	})
}

// commit ends a transaction: what it changed goes to the outbound rules.
func (o *Org) commit() {
	o.activity.Add(1)
	o.queue.Observe(o.store.Commit(), func(a records.Actor) bool { return !a.Integration || o.settings().SendOutboundMessages })
}

// byPerson is the route of changes that don't come over the wire.
const byPerson = "person"

// guard is where faults strike records: those that calls write, not those that a
// person changes, since a test uses the latter to set its scene.
func (o *Org) guard(op records.Operation, object, id string) *records.Error {
	if o.call.Route == byPerson {
		return nil
	}
	call := o.call
	call.Operation, call.Object, call.Text = string(op), object, id
	hits := o.faults.Strike(call, true)
	if len(hits) == 0 {
		return nil
	}
	o.struck = append(o.struck, hits[0].ID)
	return recordFault(hits[0].Effect, id, o.settings())
}

// Run delivers outbound messages and, with a state file, saves the state, until
// the context ends.
func (o *Org) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { o.queue.Run(ctx) })
	if o.cfg.StateFile == "" {
		<-ctx.Done()
		return nil
	}
	const saveEvery = time.Second
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return o.Save()
		case <-tick.C:
			if err := o.Save(); err != nil {
				return err
			}
		}
	}
}
