package localorg

import (
	"bytes"
	"encoding/json"
	"net/http"
)

func (o *Org) getRecords(_ http.ResponseWriter, r *http.Request) (any, error) {
	return anyOf(o.Records(r.PathValue("object")))
}

func (o *Org) getRecord(_ http.ResponseWriter, r *http.Request) (any, error) {
	return anyOf(o.View(r.PathValue("object"), r.PathValue("id")))
}

func (o *Org) postRecord(_ http.ResponseWriter, r *http.Request) (any, error) {
	fields := map[string]any{}
	if err := readJSON(r, &fields); err != nil {
		return nil, err
	}
	id, err := o.Create(r.PathValue("object"), fields)
	if err != nil {
		return nil, err
	}
	return map[string]string{"id": id}, nil
}

func (o *Org) patchRecord(_ http.ResponseWriter, r *http.Request) (any, error) {
	fields := map[string]any{}
	if err := readJSON(r, &fields); err != nil {
		return nil, err
	}
	if err := o.Change(r.PathValue("object"), r.PathValue("id"), fields); err != nil {
		return nil, err
	}
	return anyOf(o.View(r.PathValue("object"), r.PathValue("id")))
}

func (o *Org) deleteRecord(_ http.ResponseWriter, r *http.Request) (any, error) {
	return nil, o.Delete(r.PathValue("object"), r.PathValue("id"))
}

func (o *Org) getRules(http.ResponseWriter, *http.Request) (any, error) { return o.Rules(), nil }

// putRules replaces all rules; when one is wrong, those before it are in place.
func (o *Org) putRules(_ http.ResponseWriter, r *http.Request) (any, error) {
	var rules []Rule
	if err := readJSON(r, &rules); err != nil {
		return nil, err
	}
	for _, old := range o.Rules() {
		o.RemoveRule(old.Name)
	}
	for _, rule := range rules {
		if _, err := o.PutRule(rule); err != nil {
			return nil, err
		}
	}
	return o.Rules(), nil
}

func (o *Org) putRule(_ http.ResponseWriter, r *http.Request) (any, error) {
	var rule Rule
	if err := readJSON(r, &rule); err != nil {
		return nil, err
	}
	rule.Name = r.PathValue("name")
	return anyOf(o.PutRule(rule))
}

func (o *Org) deleteRule(_ http.ResponseWriter, r *http.Request) (any, error) {
	if !o.RemoveRule(r.PathValue("name")) {
		return nil, ErrNoSuch
	}
	return nil, nil
}

func (o *Org) getDeliveries(http.ResponseWriter, *http.Request) (any, error) {
	return o.Deliveries(), nil
}

func (o *Org) deleteDeliveries(http.ResponseWriter, *http.Request) (any, error) {
	o.queue.Clear()
	return nil, nil
}

func (o *Org) deleteDelivery(_ http.ResponseWriter, r *http.Request) (any, error) {
	if !o.queue.Delete(r.PathValue("id")) {
		return nil, ErrNoSuch
	}
	return nil, nil
}

func (o *Org) postDeliver(_ http.ResponseWriter, r *http.Request) (any, error) {
	return map[string]int{"acknowledged": o.Deliver(r.Context())}, nil
}

func (o *Org) postRetry(_ http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		ID string `json:"id"`
	}
	if r.ContentLength != 0 {
		if err := readJSON(r, &in); err != nil {
			return nil, err
		}
	}
	return map[string]int{"due": o.RetryDeliveries(in.ID)}, nil
}

func (o *Org) getBehaviour(http.ResponseWriter, *http.Request) (any, error) {
	return o.queue.Behaviour(), nil
}

func (o *Org) putBehaviour(_ http.ResponseWriter, r *http.Request) (any, error) {
	var b Behaviour
	if err := readJSON(r, &b); err != nil {
		return nil, err
	}
	if err := o.SetBehaviour(b); err != nil {
		return nil, err
	}
	return o.queue.Behaviour(), nil
}

// anyOf turns a typed result into the control API's.
func anyOf[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// strictInto merges JSON into a value and refuses unknown members.
func strictInto(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return badInput("the body can't be read: %v", err)
	}
	return nil
}
