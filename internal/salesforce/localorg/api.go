package localorg

import (
	"context"
	"crypto/rsa"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"salesforce-integration/internal/salesforce/localorg/fault"
	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/localorg/settings"
)

// OrgID is the organization's 18-character id.
func (o *Org) OrgID() string { return o.cfg.OrgID }

// Settings returns a copy of the switches.
func (o *Org) Settings() Settings { return o.settings().Clone() }

// UpdateSettings changes switches. When the outcome is not valid, nothing changes;
// errors wrap [settings.ErrSetting].
func (o *Org) UpdateSettings(change func(*Settings)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	old := o.settings()
	next := old.Clone()
	change(&next)
	if err := validate(next); err != nil {
		return err
	}
	if err := o.knownFields(next); err != nil {
		return err
	}
	o.set.Store(&next)
	if next.StatusPicklist != old.StatusPicklist || next.RestrictStatus != old.RestrictStatus {
		o.applyPicklist()
	}
	o.api.Redescribe(o.now())
	return nil
}

// SetPicklist replaces the values of a picklist; the first one is the default.
// Errors wrap [ErrNoSuch].
func (o *Org) SetPicklist(object, field string, values []string, restricted bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.setPicklist(object+"."+field, picklistEdit{Values: values, Restricted: restricted})
}

func (o *Org) setPicklist(path string, edit picklistEdit) error {
	object, field, _ := strings.Cut(path, ".")
	def, err := o.object(object)
	if err != nil {
		return err
	}
	f, ok := def.Field(field)
	if !ok || f.Type != schema.TypePicklist && f.Type != schema.TypeMultiPicklist {
		return fmt.Errorf("%w: %s has no picklist %q", ErrNoSuch, def.Name, field)
	}
	list := make([]schema.Picklist, len(edit.Values))
	for i, v := range edit.Values {
		list[i] = schema.Picklist{Value: v, Default: i == 0}
	}
	f.Picklist, f.Restricted = list, edit.Restricted
	o.picklists[def.Name+"."+f.Name] = edit
	o.api.Redescribe(o.now())
	return nil
}

// Define loads a definition file: new objects, or fields for known ones. Errors
// wrap [schema.ErrDefinition].
func (o *Org) Define(definition []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.schema.Load(definition); err != nil {
		return err
	}
	o.definitions = append(o.definitions, definition)
	o.api.Redescribe(o.now())
	return nil
}

// knownFields refuses field security for a field that the org does not have: a
// misspelt switch would switch nothing, and a test with it would test nothing.
func (o *Org) knownFields(set Settings) error {
	for _, name := range slices.Sorted(maps.Keys(set.FieldSecurity)) {
		object, field, _ := strings.Cut(name, ".")
		obj, ok := o.schema.Object(object)
		if ok {
			_, ok = obj.Field(field)
		}
		if !ok {
			return fmt.Errorf("%w: fieldSecurity names %s, which the org does not have", settings.ErrSetting, name)
		}
	}
	return nil
}

// AddFault arms a fault and returns its id. Errors wrap [fault.ErrFault].
func (o *Org) AddFault(f Fault) (string, error) {
	if f.Match.Object != "" {
		o.mu.Lock()
		_, ok := o.schema.Object(f.Match.Object)
		o.mu.Unlock()
		if !ok {
			return "", fmt.Errorf("%w: it names the object %s, which the org does not have", fault.ErrFault, f.Match.Object)
		}
	}
	return o.faults.Add(f)
}

// Faults lists the armed faults with their counts.
func (o *Org) Faults() []Fault { return o.faults.List() }

// RemoveFault disarms one fault and tells whether it was armed.
func (o *Org) RemoveFault(id string) bool { return o.faults.Remove(id) }

// ClearFaults disarms all faults.
func (o *Org) ClearFaults() { o.faults.Clear() }

// Journal returns the requests so far, oldest first: the last thousand at least.
func (o *Org) Journal() []Entry { return o.journal.list() }

// ClearJournal forgets them.
func (o *Org) ClearJournal() { o.journal.clear() }

// RevokeAllTokens ends all sessions and returns how many there were.
func (o *Org) RevokeAllTokens() int { return o.tokens.RevokeAll() }

// Logins is how many tokens were granted.
func (o *Org) Logins() int { return o.tokens.Stats().Logins }

// SetJWTKey gives the app a certificate's key for the JWT bearer flow.
func (o *Org) SetJWTKey(key *rsa.PublicKey) { o.tokens.SetJWTKey(key) }

// SetAPIUsage says how many calls of the daily allowance are spent.
func (o *Org) SetAPIUsage(n int) { o.usage.set(n) }

// APIUsage is how many API calls the last 24 hours had.
func (o *Org) APIUsage() int { return o.usage.sum() }

// Advance makes the org's clock run ahead by so much more.
func (o *Org) Advance(d time.Duration) { o.ahead.Add(int64(d)) }

// PutRule adds an outbound message rule or replaces the one of its name. Errors
// wrap [outbound.ErrRule].
func (o *Org) PutRule(r Rule) (Rule, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queue.Put(r)
}

// RemoveRule takes a rule away and tells whether it was there.
func (o *Org) RemoveRule(name string) bool { return o.queue.Remove(name) }

// Rules lists the outbound message rules.
func (o *Org) Rules() []Rule { return o.queue.Rules() }

// Deliver sends the outbound messages that are due now and returns how many
// notifications were acknowledged.
func (o *Org) Deliver(ctx context.Context) int { return o.queue.Deliver(ctx) }

// Deliveries is the delivery status: what is queued and what was sent, oldest first.
func (o *Org) Deliveries() []Notification { return o.queue.Notifications() }

// RetryDeliveries makes one notification, or with "" all that are not delivered,
// due now, as the Retry link in Setup does.
func (o *Org) RetryDeliveries(id string) int { return o.queue.Retry(id) }

// SetBehaviour makes the outbound queue hold, duplicate or reorder.
func (o *Org) SetBehaviour(b Behaviour) error { return o.queue.SetBehaviour(b) }

// Change updates a record as a person in Salesforce would: rights and switches of
// the integration don't bind it, and outbound messages go out. A refusal is a
// [*records.Error].
func (o *Org) Change(object, id string, fields map[string]any) error {
	return o.asPerson(object, func(def *schema.Object) *records.Error {
		return o.store.Update(person(), def, id, fields)
	})
}

// Create makes a record as a person would and returns its id.
func (o *Org) Create(object string, fields map[string]any) (string, error) {
	var id string
	err := o.asPerson(object, func(def *schema.Object) (bad *records.Error) {
		id, bad = o.store.Create(person(), def, fields)
		return bad
	})
	return id, err
}

// Delete takes a record away as a person would.
func (o *Org) Delete(object, id string) error {
	return o.asPerson(object, func(def *schema.Object) *records.Error {
		return o.store.Delete(person(), def, id)
	})
}

func (o *Org) asPerson(object string, do func(*schema.Object) *records.Error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	def, err := o.object(object)
	if err != nil {
		return err
	}
	o.call.Route, o.call.Method = byPerson, ""
	if bad := do(def); bad != nil {
		return bad
	}
	o.commit()
	return nil
}

// Record returns a record's fields as REST shows them, without the empty ones.
// Errors wrap [ErrNoSuch].
func (o *Org) Record(object, id string) (map[string]any, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	rec, err := o.find(object, id)
	if err != nil {
		return nil, err
	}
	return plain(rec), nil
}

// Records lists the live records of an object, oldest first.
func (o *Org) Records(object string) ([]map[string]any, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	def, err := o.object(object)
	if err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for _, rec := range o.store.All(def) {
		if !rec.Deleted {
			out = append(out, plain(rec))
		}
	}
	return out, nil
}

func (o *Org) object(name string) (*schema.Object, error) {
	def, ok := o.schema.Object(name)
	if !ok {
		return nil, fmt.Errorf("%w: object %q", ErrNoSuch, name)
	}
	return def, nil
}

func (o *Org) find(object, id string) (*records.Record, error) {
	def, err := o.object(object)
	if err != nil {
		return nil, err
	}
	rec, ok := o.store.Get(def, id)
	if !ok || rec.Deleted {
		return nil, fmt.Errorf("%w: %s %q", ErrNoSuch, def.Name, id)
	}
	return rec, nil
}
