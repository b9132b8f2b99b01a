package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/webhook"
)

func hmacHex(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestTrust(t *testing.T) {
	t.Parallel()
	body := call{CampaignID: campaignID, Status: "Completed"}.json()
	right := "sha256=" + hmacHex(secret, body)
	type request struct {
		id         string
		tokens     []string
		signatures []string
		timestamp  string
		soapOrg    string // send SOAP of this org instead
	}
	stamp := func(d time.Duration) string { return strconv.FormatInt(start.Add(d).Unix(), 10) }
	stamped := func(ts string) string { return "sha256=" + hmacHex(secret, ts+"."+body) }
	const yes, no = http.StatusOK, http.StatusUnauthorized
	for name, c := range map[string]struct {
		request
		required, optional int
	}{
		"nothing":                            {request{}, no, yes},
		"right token":                        {request{tokens: []string{secret}}, yes, yes},
		"wrong token":                        {request{tokens: []string{"wrong"}}, no, no},
		"empty token":                        {request{tokens: []string{""}}, no, no},
		"token with a space after it":        {request{tokens: []string{secret + " "}}, no, no},
		"prefix of the token":                {request{tokens: []string{secret[:8]}}, no, no},
		"right and wrong token":              {request{tokens: []string{secret, "wrong"}}, no, no},
		"right signature":                    {request{signatures: []string{right}}, yes, yes},
		"right signature in capitals":        {request{signatures: []string{"sha256=" + strings.ToUpper(right[7:])}}, yes, yes},
		"wrong signature":                    {request{signatures: []string{"sha256=" + hmacHex("wrong", body)}}, no, no},
		"signature of another body":          {request{signatures: []string{"sha256=" + hmacHex(secret, body+" ")}}, no, no},
		"signature without its algorithm":    {request{signatures: []string{right[7:]}}, no, no},
		"sha1 signature":                     {request{signatures: []string{"sha1=" + right[7:]}}, no, no},
		"signature too short":                {request{signatures: []string{right[:20]}}, no, no},
		"signature that is not hex":          {request{signatures: []string{"sha256=" + strings.Repeat("zz", 32)}}, no, no},
		"empty signature":                    {request{signatures: []string{""}}, no, no},
		"two signatures, one wrong":          {request{signatures: []string{right, "sha256=" + hmacHex("x", body)}}, no, no},
		"right token, wrong signature":       {request{tokens: []string{secret}, signatures: []string{"sha256=00"}}, no, no},
		"wrong token, right signature":       {request{tokens: []string{"wrong"}, signatures: []string{right}}, no, no},
		"both right":                         {request{tokens: []string{secret}, signatures: []string{right}}, yes, yes},
		"signed with a fresh timestamp":      {request{signatures: []string{stamped(stamp(-time.Minute))}, timestamp: stamp(-time.Minute)}, yes, yes},
		"signed with an old timestamp":       {request{signatures: []string{stamped(stamp(-6 * time.Minute))}, timestamp: stamp(-6 * time.Minute)}, no, no},
		"signed with a future timestamp":     {request{signatures: []string{stamped(stamp(6 * time.Minute))}, timestamp: stamp(6 * time.Minute)}, no, no},
		"timestamp that is not signed":       {request{signatures: []string{right}, timestamp: stamp(0)}, no, no},
		"timestamp that is no number":        {request{signatures: []string{stamped("soon")}, timestamp: "soon"}, no, no},
		"unknown integration, right token":   {request{id: "01957f3e-7a00-7000-8000-00000000ffff", tokens: []string{secret}}, no, no},
		"unknown integration, nothing":       {request{id: "01957f3e-7a00-7000-8000-00000000ffff"}, no, no},
		"id in capitals":                     {request{id: strings.ToUpper(integrationID), tokens: []string{secret}}, yes, yes},
		"id in braces":                       {request{id: "{" + integrationID + "}", tokens: []string{secret}}, no, no},
		"id without hyphens":                 {request{id: strings.ReplaceAll(integrationID, "-", ""), tokens: []string{secret}}, no, no},
		"not an id":                          {request{id: "../../etc/passwd", tokens: []string{secret}}, no, no},
		"switched off, right token":          {request{id: inactiveID, tokens: []string{secret}}, yes, yes},
		"switched off, wrong token":          {request{id: inactiveID, tokens: []string{"wrong"}}, no, no},
		"SOAP of the org":                    {request{tokens: []string{secret}, soapOrg: orgID}, yes, yes},
		"SOAP of the org, 15 characters":     {request{tokens: []string{secret}, soapOrg: orgID[:15]}, yes, yes},
		"SOAP of another org":                {request{tokens: []string{secret}, soapOrg: "00D5g000004AbCdEAK"}, no, no},
		"SOAP of another org, no credential": {request{soapOrg: "00D5g000004AbCdEAK"}, no, no},
		"SOAP of the org, no credential":     {request{soapOrg: orgID}, no, yes},
		"SOAP of the org, wrong token":       {request{tokens: []string{"wrong"}, soapOrg: orgID}, no, no},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := jsonEnvelope(body)
			if c.soapOrg != "" {
				e = envelope("text/xml", soapBody(c.soapOrg, completed(1, campaignID)))
			}
			if c.id != "" {
				e.PathParameters = map[string]string{"integration_id": c.id}
			}
			e.MultiValueQueryStringParameters = map[string][]string{"token": c.tokens}
			if len(c.signatures) > 0 {
				e = with(e, "X-Hub-Signature-256", c.signatures...)
			}
			if c.timestamp != "" {
				e = with(e, "X-Webhook-Timestamp", c.timestamp)
			}
			for mode, want := range map[webhook.Authentication]int{
				webhook.AuthenticationRequired: c.required,
				webhook.AuthenticationOptional: c.optional,
			} {
				r := newRig(t, func(c *webhook.Config) { c.Authentication = mode })
				got := r.send(e)
				if got.StatusCode != want {
					t.Errorf("%s: status = %d, want %d", mode, got.StatusCode, want)
				}
				if want == no {
					checkRefused(t, r, got)
				}
			}
		})
	}
}

// checkRefused checks that a 401 says nothing and did nothing.
func checkRefused(t *testing.T, r *rig, got events.APIGatewayProxyResponse) {
	t.Helper()
	if got.Body != `{"detail": "Webhook authentication failed"}` || got.Headers["Content-Type"] != "application/json" {
		t.Errorf("answer = %s %s", got.Headers["Content-Type"], got.Body)
	}
	if n := len(r.deliveries()); n != 0 {
		t.Errorf("%d deliveries were recorded", n)
	}
	if n := len(r.bus.published(t)); n != 0 {
		t.Errorf("%d requests were published", n)
	}
}

// TestNoSecret: an integration whose secret is not there can't be signed for with
// an empty key.
func TestNoSecret(t *testing.T) {
	t.Parallel()
	const id = "01957f3e-7a00-7000-8000-000000000009"
	body := call{CampaignID: campaignID}.json()
	for name, c := range map[string]struct {
		token, key string
		want       int
	}{
		"empty key": {want: 401, key: ""},
		"a token":   {want: 401, token: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, optional)
			if _, err := r.store.CreateIntegration(t.Context(), integration.Integration{ID: id, Active: true}); err != nil {
				t.Fatal(err)
			}
			e := jsonEnvelope(body)
			e.PathParameters = map[string]string{"integration_id": id}
			e.MultiValueQueryStringParameters = nil
			if c.token != "" {
				e.MultiValueQueryStringParameters = map[string][]string{"token": {c.token}}
			} else {
				e = with(e, "X-Hub-Signature-256", "sha256="+hmacHex(c.key, body))
			}
			if got := r.send(e); got.StatusCode != c.want {
				t.Errorf("status = %d, want %d", got.StatusCode, c.want)
			}
		})
	}
}

// TestUnpinnedOrg: until the org is known the secret alone decides, and the log
// says which org called.
func TestUnpinnedOrg(t *testing.T) {
	t.Parallel()
	const id = "01957f3e-7a00-7000-8000-000000000009"
	r := newRig(t)
	r.integration(integration.Integration{ID: id, Active: true})
	e := soapEnvelope(completed(1, campaignID))
	e.PathParameters = map[string]string{"integration_id": id}
	if got := r.send(e); got.StatusCode != http.StatusOK {
		t.Fatalf("status = %d", got.StatusCode)
	}
	if !strings.Contains(r.log.String(), `"organization_id":"`+orgID+`","organization_pinned":false`) {
		t.Errorf("log = %s", r.log)
	}
	stored, err := r.store.GetIntegration(t.Context(), id)
	if err != nil || stored.OrgID != "" {
		t.Errorf("the webhook pinned org %q (%v)", stored.OrgID, err)
	}
}

// TestSecretCannotBeOpened: an outage is not a wrong credential, and not an Ack.
func TestSecretCannotBeOpened(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.vault.fail = &integration.Error{Code: integration.CodeUnavailable, Message: "KMS did not answer", Err: errors.New("i/o timeout")}
	got := r.send(jsonEnvelope(call{CampaignID: campaignID}.json()))
	if got.StatusCode != http.StatusServiceUnavailable || got.Headers["Retry-After"] == "" {
		t.Errorf("answer = %d, Retry-After %q", got.StatusCode, got.Headers["Retry-After"])
	}
	soap := r.send(soapEnvelope(completed(1, campaignID)))
	if soap.StatusCode != http.StatusServiceUnavailable || !strings.Contains(soap.Body, "<Ack>false</Ack>") {
		t.Errorf("answer to SOAP = %d %s", soap.StatusCode, soap.Body)
	}
	for _, body := range []string{got.Body, soap.Body} {
		if strings.Contains(body, "KMS") || strings.Contains(body, "timeout") {
			t.Errorf("the answer tells of our insides: %s", body)
		}
	}
	if !strings.Contains(r.log.String(), "KMS did not answer") {
		t.Errorf("the log does not say why: %s", r.log)
	}
}

// TestNothingSecretIsLogged sends a message full of things that must not be told,
// along good and bad ways.
func TestNothingSecretIsLogged(t *testing.T) {
	t.Parallel()
	secrets := []string{secret, "00Dsession!secret", "wrong-token-7", "Very Private Campaign"}
	soap := completed(1, campaignID)
	soap.fields["Name"] = "Very Private Campaign"
	private := call{CampaignID: campaignID, CampaignName: "Very Private Campaign", Status: "Completed"}.json()
	wrong := jsonEnvelope(private)
	wrong.MultiValueQueryStringParameters = map[string][]string{"token": {"wrong-token-7"}}
	odd := jsonEnvelope(private)
	odd.Path = "/%zz\x00?token=" + secret
	odd.PathParameters = nil
	for name, e := range map[string]events.APIGatewayProxyRequest{
		"JSON":         jsonEnvelope(private),
		"broken JSON":  jsonEnvelope(private[:len(private)-3]),
		"twice":        jsonEnvelope(`{"Very Private Campaign":1,"Very Private Campaign":2}`),
		"SOAP":         soapEnvelope(soap),
		"broken SOAP":  envelope("text/xml", strings.Replace(soapBody(orgID, soap), "</sObject>", "", 1)),
		"wrong token":  wrong,
		"odd path":     odd,
		"content type": with(jsonEnvelope(private), "content-type", secret),
		"bad base64": func() events.APIGatewayProxyRequest {
			e := jsonEnvelope(secret + "!")
			e.IsBase64Encoded = true
			return e
		}(),
	} {
		for _, fail := range []bool{false, true} {
			r := newRig(t)
			if fail {
				r.bus.before = func() error { return errors.New("the bus is down") }
			}
			got := r.send(e)
			for _, s := range secrets {
				if strings.Contains(r.log.String(), s) {
					t.Errorf("%s: the log holds %q: %s", name, s, r.log)
				}
				if strings.Contains(render(got), s) && name != "twice" {
					t.Errorf("%s: the answer holds %q: %s", name, s, got.Body)
				}
			}
			if r.log.Len() == 0 {
				t.Errorf("%s: nothing was logged", name)
			}
		}
	}
}
