package webhook_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"salesforce-integration/internal/webhook"
)

// FuzzParseJSON: whatever is accepted is what encoding/json, which is laxer, reads
// as well; whatever is not is the caller's fault.
func FuzzParseJSON(f *testing.F) {
	for _, e := range readCorpus(f) {
		f.Add([]byte(e.Body))
	}
	f.Add([]byte(`[]`))
	f.Add([]byte(`{"event_type":"a","event_type":"b"}`))
	f.Add([]byte("\xef\xbb\xbf{}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		calls, refused, err := webhook.ParseJSON(body)
		if err != nil {
			if !refused || len(calls) > 0 {
				t.Fatalf("error %v is no refusal, or came with %d calls", err, len(calls))
			}
			return
		}
		if len(calls) == 0 || len(calls) > 100 {
			t.Fatalf("%d calls were accepted", len(calls))
		}
		body = []byte(strings.TrimPrefix(string(body), "\xef\xbb\xbf"))
		var lax []map[string]any
		if json.Unmarshal(body, &lax) != nil {
			lax = []map[string]any{nil}
			if err := json.Unmarshal(body, &lax[0]); err != nil {
				t.Fatalf("encoding/json does not read it: %v", err)
			}
		}
		if len(lax) != len(calls) {
			t.Fatalf("%d calls out of %d objects", len(calls), len(lax))
		}
		for n, c := range calls {
			if len(c.CampaignID) != 18 || !strings.HasPrefix(c.CampaignID, "701") || c.EventType == "" || utf8.RuneCountInString(c.ExperimentKey) > 256 {
				t.Errorf("accepted %+v", c)
			}
			for name, got := range map[string]string{"event_type": c.EventType, "status": c.Status, "campaign_name": c.CampaignName, "experiment_key": c.ExperimentKey} {
				want, _ := lax[n][name].(string)
				if got != strings.TrimSpace(want) || !utf8.ValidString(got) {
					t.Errorf("%s = %q, encoding/json reads %q", name, got, want)
				}
			}
		}
	})
}

func FuzzParseSignature(f *testing.F) {
	sum := hmacHex(secret, "{}")
	for _, seed := range []string{"", "sha256=", "sha256=" + sum, "sha1=" + sum, sum, "sha256=" + sum[:63], "sha256=" + sum + "00", "SHA256=" + sum} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sum, ok := webhook.ParseSignature(s)
		if len(sum) != 32 {
			t.Fatalf("a sum of %d bytes", len(sum))
		}
		if ok && !strings.EqualFold("sha256="+hex.EncodeToString(sum), s) {
			t.Errorf("%q was read as %x", s, sum)
		}
	})
}

// FuzzHandle: no request gets a 5xx out of a handler whose outside things work,
// and none gets anything but the 401 without the secret.
func FuzzHandle(f *testing.F) {
	for _, e := range readCorpus(f) {
		body := []byte(e.Body)
		if e.IsBase64Encoded {
			body, _ = base64.StdEncoding.DecodeString(e.Body)
		}
		f.Add(e.Headers["Content-Type"], body)
	}
	f.Add("", []byte("<"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := newRig(t)
		e := envelope(contentType, string(body))
		if got := r.send(e); got.StatusCode >= http.StatusInternalServerError {
			t.Errorf("with the secret: %d %s\n%s", got.StatusCode, got.Body, r.log)
		}
		e.MultiValueQueryStringParameters = nil
		if got := r.send(e); got.StatusCode != http.StatusUnauthorized && got.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("without it: %d %s", got.StatusCode, got.Body)
		}
	})
}
