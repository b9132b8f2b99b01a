package webhook_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"salesforce-integration/internal/webhook"
)

// TestClientCertificate: where mutual TLS is required, a request that came by
// another of API Gateway's names is refused like any other, and a certificate is no
// substitute for the secret.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	type certificate = events.APIGatewayCustomAuthorizerRequestTypeRequestIdentityClientCert
	ofOrg := &certificate{ClientCertPem: "-----BEGIN CERTIFICATE-----", SubjectDN: "CN=org", IssuerDN: "CN=org", SerialNumber: "1"}
	for name, c := range map[string]struct {
		mode        webhook.Authentication
		certificate *certificate
		header      string
		token       string
		want        int
	}{
		"optional, without":                        {webhook.AuthenticationOptional, nil, "", secret, 200},
		"optional, with":                           {webhook.AuthenticationOptional, ofOrg, "", secret, 200},
		"not set, without":                         {"", nil, "", secret, 200},
		"required, with":                           {webhook.AuthenticationRequired, ofOrg, "", secret, 200},
		"required, without":                        {webhook.AuthenticationRequired, nil, "", secret, 401},
		"required, an empty one":                   {webhook.AuthenticationRequired, &certificate{}, "", secret, 401},
		"required, told by a header":               {webhook.AuthenticationRequired, nil, "X-Amzn-Mtls-Clientcert-Serial-Number", secret, 401},
		"required, with, and a wrong secret":       {webhook.AuthenticationRequired, ofOrg, "", "wrong", 401},
		"required, with, in the place of a secret": {webhook.AuthenticationRequired, ofOrg, "", "", 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(cfg *webhook.Config) { cfg.ClientCertificate = c.mode })
			e := jsonEnvelope(call{CampaignID: campaignID, Status: "Completed"}.json())
			e.RequestContext.Identity.ClientCert = c.certificate
			e.MultiValueQueryStringParameters = nil
			if c.token != "" {
				e.MultiValueQueryStringParameters = map[string][]string{"token": {c.token}}
			}
			if c.header != "" {
				e = with(e, c.header, "1")
			}
			got := r.send(e)
			if got.StatusCode != c.want {
				t.Errorf("status = %d, want %d", got.StatusCode, c.want)
			}
			if c.want == http.StatusUnauthorized {
				checkRefused(t, r, got)
			}
		})
	}
}
