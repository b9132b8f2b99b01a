package webhook_test

import (
	"encoding/base64"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// FuzzTimestamp signs whatever timestamp and body there are with the right secret:
// only the time decides then. Without a timestamp in what is signed, one beside it
// is refused.
func FuzzTimestamp(f *testing.F) {
	for name, e := range readCorpus(f) {
		if strings.HasPrefix(name, "json-completed") {
			f.Add(strconv.FormatInt(start.Unix(), 10), e.Body)
		}
	}
	for _, seed := range []string{
		"", " ", "0", "-1", "soon", "1e9", "0x69a55e40", "٣", start.Format(time.RFC3339),
		strconv.FormatInt(start.Add(5*time.Minute).Unix(), 10), strconv.FormatInt(start.Add(5*time.Minute+time.Second).Unix(), 10),
		strconv.FormatInt(start.Add(-5*time.Minute).Unix(), 10), strconv.FormatInt(start.Add(-5*time.Minute-time.Second).Unix(), 10),
		strconv.FormatInt(start.UnixMilli(), 10), "+" + strconv.FormatInt(start.Unix(), 10), "000" + strconv.FormatInt(start.Unix(), 10),
		"9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551616", "9223372036", "-62135596801",
		strconv.FormatInt(start.Unix(), 10) + ".{}", strconv.FormatInt(start.Unix(), 10) + "\n",
	} {
		f.Add(seed, "{}")
	}
	f.Fuzz(func(t *testing.T, timestamp, body string) {
		if len(body) > 1<<16 {
			t.Skip("size is none of this test's business")
		}
		r := newRig(t)
		e := jsonEnvelope(body)
		e.MultiValueQueryStringParameters = nil
		signed := with(with(e, "X-Webhook-Timestamp", timestamp), "X-Hub-Signature-256", "sha256="+hmacHex(secret, timestamp+"."+body))
		if got := r.send(signed).StatusCode; (got != http.StatusUnauthorized) != ofNow(timestamp) {
			t.Errorf("timestamp %q of %s: status %d", timestamp, start, got)
		}
		beside := with(with(e, "X-Webhook-Timestamp", timestamp), "X-Hub-Signature-256", "sha256="+hmacHex(secret, body))
		if got := r.send(beside).StatusCode; got != http.StatusUnauthorized {
			t.Errorf("timestamp %q that is not signed: status %d", timestamp, got)
		}
	})
}

// ofNow says, without the limits of machine numbers, whether a text is a Unix time
// that is at most five minutes off.
func ofNow(timestamp string) bool {
	digits := strings.TrimLeft(timestamp, "+-")
	seconds, ok := new(big.Int).SetString(timestamp, 10)
	if !ok || strings.Trim(digits, "0123456789") != "" || len(timestamp)-len(digits) > 1 {
		return false
	}
	off := new(big.Int).Sub(seconds, big.NewInt(start.Unix()))
	return off.CmpAbs(big.NewInt(300)) <= 0
}

// FuzzCredentials: what is not the secret, or a signature by it, gets the one 401,
// to the byte; and what is, gets in, however the body is packed.
func FuzzCredentials(f *testing.F) {
	const body = `{"event_type":"campaign_updated","campaign_id":"701xx000000001AAAQ","status":"In Progress"}`
	right := "sha256=" + hmacHex(secret, body)
	for _, e := range readCorpus(f) {
		f.Add(e.PathParameters["integration_id"], e.QueryStringParameters["token"], e.Headers["X-Hub-Signature-256"])
	}
	for _, id := range []string{integrationID, strings.ToUpper(integrationID), inactiveID, "", "..", "{" + integrationID + "}", "urn:uuid:" + integrationID} {
		f.Add(id, secret, right)
		f.Add(id, secret, "")
		f.Add(id, "", right)
	}
	f.Add(integrationID, secret+"\x00", right)
	f.Add(integrationID, secret, strings.ToUpper(right))
	f.Add(integrationID, url.QueryEscape(secret), right+right)
	f.Fuzz(func(t *testing.T, id, token, signature string) {
		r := newRig(t)
		e := jsonEnvelope(body)
		e.PathParameters = map[string]string{"integration_id": id}
		e.MultiValueQueryStringParameters = nil
		if token != "" {
			e.MultiValueQueryStringParameters = map[string][]string{"token": {token}}
		}
		if signature != "" {
			e = with(e, "X-Hub-Signature-256", signature)
		}
		digits, named := strings.CutPrefix(signature, "sha256=")
		known := strings.EqualFold(id, integrationID) || strings.EqualFold(id, inactiveID)
		if id == "" {
			known = true // then the path tells it, and that is the right one
		}
		good := known && (token != "" || signature != "") &&
			(token == "" || token == secret) &&
			(signature == "" || named && strings.EqualFold(digits, hmacHex(secret, body)))
		want := http.StatusUnauthorized
		if good {
			want = http.StatusOK
		}
		got := r.send(e)
		if got.StatusCode != want {
			t.Errorf("id %q, token %q, signature %q: status %d, want %d", id, token, signature, got.StatusCode, want)
		}
		if !good {
			checkRefused(t, r, got)
		}
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(body)), true
		if again := r.send(e); again.StatusCode != want {
			t.Errorf("as base64: status %d, want %d", again.StatusCode, want)
		}
	})
}
