// Package outbound sends an org's outbound messages: SOAP notifications of changed
// records, queued, batched, sent with the values of the moment of sending, and
// repeated at growing intervals until they are acknowledged.
// https://help.salesforce.com/s/articleView?id=platform.workflow_om_considerations.htm
package outbound

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
)

// ErrRule is wrapped by every error about a rule.
var ErrRule = errors.New("outbound message rule")

// Rule says which changes are told to which endpoint, with which fields: an
// outbound message and the workflow rule or flow that fires it, in one.
type Rule struct {
	// Name identifies the rule in its org.
	Name string `json:"name"`
	// ID is the action's id (04k…), given by the org when empty.
	ID     string `json:"id,omitempty"`
	Object string `json:"object"`
	// Fields are sent besides Id, which always goes first.
	Fields []string `json:"fields"`
	// Criteria must all hold; none: always.
	Criteria []Criterion `json:"criteria,omitempty"`
	// Trigger is when the criteria are looked at; empty: onAllChanges.
	Trigger     string `json:"trigger,omitempty"`
	EndpointURL string `json:"endpointUrl"`
	// APIVersion is that of the action, such as "66.0".
	APIVersion string `json:"apiVersion,omitempty"`
	// IncludeSessionID sends a usable session id along.
	IncludeSessionID bool `json:"includeSessionId,omitempty"`
	// UseDeadLetterQueue keeps what was not delivered in 24 hours as failed.
	UseDeadLetterQueue bool `json:"useDeadLetterQueue,omitempty"`
	Inactive           bool `json:"inactive,omitempty"`
}

// Triggers, by the names that workflow metadata has for them.
// https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_workflow.htm#WorkflowRule
const (
	OnAllChanges         = "onAllChanges"
	OnCreateOnly         = "onCreateOnly"
	OnCreateOrTriggering = "onCreateOrTriggeringUpdate" // when the record starts to meet the criteria
)

// Criterion is one condition of a rule.
type Criterion struct {
	Field string `json:"field"`
	// Operator is equals, notEqual, isChanged (never true of a new record, as
	// ISCHANGED in Salesforce), isNull, notNull, contains, startsWith.
	Operator string `json:"operator"`
	Value    string `json:"value,omitempty"`
}

func operators() []string {
	return []string{"equals", "notEqual", "isChanged", "isNull", "notNull", "contains", "startsWith"}
}

// check completes a rule or says what is wrong with it.
func (r *Rule) check(sch *schema.Schema) error {
	o, ok := sch.Object(r.Object)
	if !ok {
		return fmt.Errorf("%w %s: no object %q", ErrRule, r.Name, r.Object)
	}
	if r.Name == "" {
		return fmt.Errorf("%w: it has no name", ErrRule)
	}
	r.Object = o.Name
	for i, name := range r.Fields {
		f, ok := o.Field(name)
		if !ok || f.Type == schema.TypeBase64 {
			return fmt.Errorf("%w %s: %s has no field %q that can be sent", ErrRule, r.Name, o.Name, name)
		}
		r.Fields[i] = f.Name
	}
	for i, c := range r.Criteria {
		f, ok := o.Field(c.Field)
		if !ok {
			return fmt.Errorf("%w %s: %s has no field %q", ErrRule, r.Name, o.Name, c.Field)
		}
		r.Criteria[i].Field = f.Name
		if !slices.Contains(operators(), c.Operator) {
			return fmt.Errorf("%w %s: operator %q is not one of %q", ErrRule, r.Name, c.Operator, operators())
		}
	}
	if r.Trigger == "" {
		r.Trigger = OnAllChanges
	}
	if !slices.Contains([]string{OnAllChanges, OnCreateOnly, OnCreateOrTriggering}, r.Trigger) {
		return fmt.Errorf("%w %s: unknown trigger %q", ErrRule, r.Name, r.Trigger)
	}
	if r.APIVersion == "" {
		r.APIVersion = "66.0"
	}
	return checkEndpoint(r.Name, r.EndpointURL)
}

// lowestPort is the first of the high ports that Salesforce sends to.
const lowestPort = 1024

func checkEndpoint(name, endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%w %s: the endpoint is not an http or https URL", ErrRule, name)
	}
	if u.Port() == "" {
		return nil
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil || port != 80 && port != 443 && port < lowestPort {
		return fmt.Errorf("%w %s: Salesforce sends to ports 80, 443 and from %d up, not to %s", ErrRule, name, lowestPort, u.Port())
	}
	return nil
}

// fires tells whether a change is one to send.
func (r *Rule) fires(c records.Change) bool {
	if r.Inactive || c.After.Object.Name != r.Object || c.After.Deleted {
		return false
	}
	switch r.Trigger {
	case OnCreateOnly:
		return c.Before == nil && r.meets(c.After, nil)
	case OnCreateOrTriggering:
		return r.meets(c.After, c.Before) && (c.Before == nil || !r.meets(c.Before, nil))
	}
	return r.meets(c.After, c.Before)
}

func (r *Rule) meets(rec, before *records.Record) bool {
	for _, c := range r.Criteria {
		if !c.holds(rec, before) {
			return false
		}
	}
	return true
}

func (c Criterion) holds(rec, before *records.Record) bool {
	v := rec.Get(c.Field)
	text := records.Display(v)
	switch c.Operator {
	case "equals":
		return strings.EqualFold(text, c.Value)
	case "notEqual":
		return !strings.EqualFold(text, c.Value)
	case "isChanged":
		return before != nil && before.Get(c.Field) != v
	case "isNull":
		return v == nil
	case "notNull":
		return v != nil
	case "contains":
		return strings.Contains(strings.ToLower(text), strings.ToLower(c.Value))
	}
	return strings.HasPrefix(strings.ToLower(text), strings.ToLower(c.Value))
}
