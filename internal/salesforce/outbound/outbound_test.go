package outbound_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce/outbound"
	"salesforce-integration/internal/salesforce/sfid"
)

var update = flag.Bool("update", false, "write the golden files")

func TestParse(t *testing.T) {
	for name, document := range messages(t) {
		t.Run(name, func(t *testing.T) {
			got, err := outbound.Parse(document)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.MarshalIndent(got, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".golden.json", append(text, '\n'))
			if strings.Contains(string(text), "secret") {
				t.Error("the session id was kept")
			}
		})
	}
}

// TestParseBadRecordID: a record whose id is none spoils its own notification only.
func TestParseBadRecordID(t *testing.T) {
	t.Parallel()
	m, err := outbound.Parse([]byte(strings.Replace(string(messages(t)["campaigns"]), "7015g000000AbCdAAK", "7015g000000AbCdAAA", 1)))
	if err != nil || len(m.Notifications) != 2 {
		t.Fatalf("Parse = %+v, %v", m, err)
	}
	if bad, good := m.Notifications[0], m.Notifications[1]; !bad.BadRecordID || bad.RecordID != "" || bad.ID == "" || good.BadRecordID || good.RecordID == "" {
		t.Errorf("notifications = %+v", m.Notifications)
	}
}

func TestParseRefuses(t *testing.T) {
	good := string(messages(t)["campaigns"])
	change := func(old, with string) string {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("the sample has no %q", old)
		}
		return strings.Replace(good, old, with, 1)
	}
	tests := []struct {
		name     string
		document string
		want     error
	}{
		{"empty", "", outbound.ErrTruncated},
		{"JSON", `{"campaign_id":"701xx000000001AAAQ"}`, outbound.ErrMalformed},
		{"cut off", good[:len(good)/2], outbound.ErrTruncated},
		{"cut off in the last tag", strings.TrimSpace(good)[:len(good)-5], outbound.ErrTruncated},
		{"a DOCTYPE", change("<soapenv:Envelope", "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><soapenv:Envelope"), outbound.ErrDTD},
		{"a DOCTYPE inside", change("<soapenv:Body>", "<soapenv:Body><!DOCTYPE x>"), outbound.ErrDTD},
		{"an entity", change("Autumn &amp;", "&a;"), outbound.ErrMalformed},
		{"a processing instruction", change("<soapenv:Body>", "<?php ?><soapenv:Body>"), outbound.ErrMalformed},
		{"another charset", change(`encoding="UTF-8"`, `encoding="ISO-8859-1"`), outbound.ErrCharset},
		{"bytes that are not UTF-8", change("Autumn", "\xe9"), outbound.ErrCharset},
		{"nested too deep", change("checkout-v2", strings.Repeat("<a>", 50)+strings.Repeat("</a>", 50)), outbound.ErrTooDeep},
		{"101 notifications", string(message(101)), outbound.ErrTooMany},
		{"no notification", string(message(0)), outbound.ErrMalformed},
		{"another root", "<a/>", outbound.ErrMalformed},
		{"another SOAP namespace", strings.ReplaceAll(good, "schemas.xmlsoap.org/soap/envelope/", "www.w3.org/2003/05/soap-envelope"), outbound.ErrMalformed},
		{"another namespace of notifications", strings.ReplaceAll(good, "2005/09/outbound", "2005/09/other"), outbound.ErrMalformed},
		{"a prefix that is not declared", strings.ReplaceAll(good, ` xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"`, ""), outbound.ErrMalformed},
		{"two lists", change("</soapenv:Body>", `<notifications xmlns="http://soap.sforce.com/2005/09/outbound"/></soapenv:Body>`), outbound.ErrMalformed},
		{"a second envelope", good + `<a/>`, outbound.ErrMalformed},
		{"text after the envelope", good + "x", outbound.ErrMalformed},
		{"no organization", change("<OrganizationId>00D5g000004XyZaEAK</OrganizationId>", ""), outbound.ErrMalformed},
		{"two organizations", change("<ActionId>", "<OrganizationId>00D5g000004XyZaEAK</OrganizationId><ActionId>"), outbound.ErrMalformed},
		{"no action", change("<ActionId>04k5g000000PcQrAAK</ActionId>", ""), outbound.ErrMalformed},
		{"an organization that is a campaign", change("00D5g000004XyZaEAK", "7015g000000AbCdAAK"), outbound.ErrMalformed},
		{"a nil organization", change("<OrganizationId>", `<OrganizationId xsi:nil="true">`), outbound.ErrMalformed},
		{"a notification without id", change("<Id>04l5g000001TzMkAAK</Id>", ""), outbound.ErrMalformed},
		{"a notification with two records", change("</sObject>", "</sObject><sObject/>"), outbound.ErrMalformed},
		{"a field twice", change("<sf:Name>", "<sf:Status>Completed</sf:Status><sf:Name>"), outbound.ErrMalformed},
		{"a type that is no name", change("sf:Campaign", "sf:Cam paign"), outbound.ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := outbound.Parse([]byte(tt.document))
			if !errors.Is(err, tt.want) {
				t.Errorf("Parse = %+v, %v; want %v", got, err, tt.want)
			}
			if diff := cmp.Diff(outbound.Message{}, got); diff != "" {
				t.Errorf("a refused document gave a message:\n%s", diff)
			}
		})
	}
}

func TestParseTakesAFullMessage(t *testing.T) {
	m, err := outbound.Parse(message(outbound.MaxNotifications))
	if err != nil || len(m.Notifications) != outbound.MaxNotifications {
		t.Fatalf("%d notifications, %v", len(m.Notifications), err)
	}
}

func TestAnswers(t *testing.T) {
	tests := map[string][]byte{
		"ack_true":  outbound.Ack(true),
		"ack_false": outbound.Ack(false),
		"fault":     outbound.Fault(outbound.FaultClient, `too many <notifications> & "more"`),
	}
	for name, got := range tests {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".golden.xml", got)
			if err := xml.Unmarshal(got, new(struct{})); err != nil {
				t.Errorf("it is not XML: %v", err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	seeds := messages(f)
	for _, document := range seeds {
		f.Add(document)
	}
	f.Add(message(3))
	f.Fuzz(func(t *testing.T, document []byte) {
		m, err := outbound.Parse(document)
		if err != nil {
			if diff := cmp.Diff(outbound.Message{}, m); diff != "" {
				t.Errorf("an error came with a message:\n%s", diff)
			}
			return
		}
		if len(m.Notifications) == 0 || len(m.Notifications) > outbound.MaxNotifications {
			t.Errorf("%d notifications", len(m.Notifications))
		}
		if _, err := sfid.ParsePrefix(m.OrganizationID, sfid.PrefixOrganization); err != nil {
			t.Error(err)
		}
		for _, n := range m.Notifications {
			if id, err := sfid.Parse(n.ID); err != nil || id != n.ID {
				t.Errorf("notification id %q: %v", n.ID, err)
			}
			if n.RecordID != "" {
				if id, err := sfid.Parse(n.RecordID); err != nil || id != n.RecordID {
					t.Errorf("record id %q: %v", n.RecordID, err)
				}
			}
		}
	})
}

// BenchmarkParse compares with the least that a receiver without any checks does.
func BenchmarkParse(b *testing.B) {
	document := message(outbound.MaxNotifications)
	b.Run("outbound", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(document)))
		for b.Loop() {
			if _, err := outbound.Parse(document); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("structs", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(document)))
		for b.Loop() {
			var m struct {
				OrganizationID string `xml:"Body>notifications>OrganizationId"`
				ActionID       string `xml:"Body>notifications>ActionId"`
				Notifications  []struct {
					ID     string `xml:"Id"`
					Record struct {
						ID, Name, Status, LastModifiedDate string
						Key                                string `xml:"Flag_Key__c"`
					} `xml:"sObject"`
				} `xml:"Body>notifications>Notification"`
			}
			if err := xml.Unmarshal(document, &m); err != nil || len(m.Notifications) != outbound.MaxNotifications {
				b.Fatal(err)
			}
		}
	})
}

// message builds a message of n notifications, each of another record.
func message(n int) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>00D5g000004XyZaEAK</OrganizationId><ActionId>04k5g000000PcQrAAK</ActionId><SessionId xsi:nil="true"/>`)
	for i := range n {
		fmt.Fprintf(&b, `<Notification><Id>04l5g0000%06d</Id><sObject xsi:type="sf:Campaign" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>7015g0000%06d</sf:Id><sf:Flag_Key__c>checkout-v2</sf:Flag_Key__c><sf:LastModifiedDate>2026-11-23T17:50:18.000Z</sf:LastModifiedDate><sf:Name>Autumn &amp; Winter</sf:Name><sf:Status>Completed</sf:Status></sObject></Notification>`, i, i)
	}
	b.WriteString(`</notifications></soapenv:Body></soapenv:Envelope>`)
	return []byte(b.String())
}

// messages reads the sample messages by name.
func messages(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil {
		t.Fatal(err)
	}
	samples := make(map[string][]byte)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".xml")
		if strings.HasSuffix(name, ".golden") {
			continue
		}
		if samples[name], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if len(samples) < 5 {
		t.Fatalf("only %d sample messages are left", len(samples))
	}
	return samples
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}
