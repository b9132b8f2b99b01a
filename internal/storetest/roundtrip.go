package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

// The round trips fill every field by reflection, so that a field added to the
// domain and forgotten by a store fails here.
var roundTripTests = []test{
	{"integration", func(t *testing.T, s integration.Store) {
		var i integration.Integration
		Fill(t, &i)
		i.Version = 0
		created, err := s.CreateIntegration(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		i.Version = 1
		wantEqual(t, "created", created, i)
		got, err := s.GetIntegrations(t.Context(), []string{i.ID})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "read", got[i.ID], i)
		l, err := s.ListIntegrations(t.Context(), integration.Page{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "listed", l.Items, []integration.Integration{i})
		empty := integration.Integration{ID: i.ID, Version: 1}
		if _, err := s.UpdateIntegration(t.Context(), empty); err != nil {
			t.Fatal(err)
		}
		empty.Version = 2
		read, err := s.GetIntegration(t.Context(), i.ID)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "emptied", read, empty)
	}},
	{"link", func(t *testing.T, s integration.Store) {
		var l integration.Link
		Fill(t, &l)
		mustCreate(t, s, l.IntegrationID)
		mustLink(t, s, l)
		byKey, err := s.LinksByExperiment(t.Context(), []string{l.ExperimentKey})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "by experiment", byKey[l.ExperimentKey], []integration.Link{l})
		at := integration.CampaignRef{IntegrationID: l.IntegrationID, CampaignID: l.CampaignID}
		byRef, err := s.GetLinks(t.Context(), []integration.CampaignRef{at})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "by campaign", byRef[at], l)
	}},
	{"delivery and campaign", func(t *testing.T, s integration.Store) {
		var d integration.Delivery
		var c integration.Campaign
		Fill(t, &d)
		Fill(t, &c)
		d.Version, c.Version = 0, 0
		d.ExpiresAt = d.ExpiresAt.Truncate(time.Second)
		var v integration.Seen
		Fill(t, &v)
		v.Version = 0
		u := integration.Unit{Delivery: &d, Campaign: &c, Seen: &v}
		wantStored(t, s, mustCommit(t, s, u)[0], u, 1)
		d.Version, c.Version, v.Version = 1, 1, 1
		l, err := s.ListDeliveries(t.Context(), integration.DeliveryFilter{}, integration.Page{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "listed", l.Items, []integration.Delivery{d})
		lost := commit(t, s, integration.Unit{Delivery: &integration.Delivery{ID: d.ID}, Campaign: &integration.Campaign{CampaignRef: c.CampaignRef}, Seen: &integration.Seen{CampaignRef: v.CampaignRef}})
		wantEqual(t, "seen by a loser", lost, []integration.UnitResult{{Delivery: &d, Campaign: &c, Seen: &v}})
		empty := integration.Unit{
			Delivery: &integration.Delivery{ID: d.ID, Version: 1},
			Campaign: &integration.Campaign{CampaignRef: c.CampaignRef, Version: 1},
			Seen:     &integration.Seen{CampaignRef: v.CampaignRef, Version: 1},
		}
		wantStored(t, s, mustCommit(t, s, empty)[0], empty, 2)
	}},
	{"token", func(t *testing.T, s integration.Store) {
		var r integration.TokenRecord
		Fill(t, &r)
		r.Version, r.ExpiresAt = 0, r.ExpiresAt.Truncate(time.Second)
		if _, err := s.SwapToken(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		r.Version = 1
		read, err := s.GetToken(t.Context(), r.IntegrationID)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "read", read, r)
	}},
	{"empty slices and local times have one form", func(t *testing.T, s integration.Store) {
		d := newDelivery(1)
		d.Payload, d.History = []byte{}, []integration.Transition{}
		d.OccurredAt = t0().In(time.FixedZone("east", 3600))
		d.ExpiresAt = t0()
		want := *d
		want.Payload, want.History, want.OccurredAt, want.Version = nil, nil, t0(), 1
		want.ExpiresAt = t0().Truncate(time.Second)
		r := mustCommit(t, s, integration.Unit{Delivery: d})[0]
		wantEqual(t, "result", r.Delivery, &want)
		if r.Delivery.OccurredAt.Location() != time.UTC {
			t.Errorf("time in %v", r.Delivery.OccurredAt.Location())
		}
		read, err := s.GetDeliveries(t.Context(), []string{d.ID})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "read", read[d.ID], want)
	}},
}

// Fill sets every field of the struct that to points to, and below it, to a value
// that is not the zero one. It is for a store's own tests that nothing of a value
// gets lost.
func Fill(t *testing.T, to any) {
	t.Helper()
	v := reflect.ValueOf(to).Elem()
	fill(t, v, v.Type().Name())
}

// fill sets every field below v to something that is not its zero value and tells
// it from its neighbours.
func fill(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(t0().Add(time.Duration(len(path)) * 1001 * time.Millisecond)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for n := range v.NumField() {
			fill(t, v.Field(n), path+"."+v.Type().Field(n).Name)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(path + "\x00\xff"))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for n := range 3 {
			fill(t, v.Index(n), fmt.Sprintf("%s[%d]", path, n))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), path)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for n := range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(t, key, fmt.Sprintf("%s[%d]", path, n))
			fill(t, value, fmt.Sprintf("%s[%d].value", path, n))
			v.SetMapIndex(key, value)
		}
	case reflect.String:
		v.SetString(path + " ü 🙂")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(len(path)) + 1<<40)
	default:
		t.Fatalf("%s: no way to fill a %s", path, v.Kind())
	}
}
