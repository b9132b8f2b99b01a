package salesforce_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"salesforce-integration/internal/salesforce"
)

// A client that was given no HTTP client of its own goes nowhere near this machine,
// and what it did not send is certain not to have happened.
func TestAnAddressThatIsNotPublic(t *testing.T) {
	var reached atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(srv.Close)
	client, err := salesforce.New(salesforce.Config{InstanceURL: srv.URL, Tokens: &counterTokens{}})
	if err != nil {
		t.Fatal(err)
	}
	results, err := client.UpdateCampaignStatuses(t.Context(), []salesforce.StatusUpdate{{CampaignID: campaign(1), Status: "Completed"}})
	if err == nil {
		err = results[0].Err
	}
	refused(t, "a write", err)

	tokens, err := salesforce.NewCachedTokens(salesforce.TokensConfig{InstanceURL: srv.URL, ClientID: "id", ClientSecret: salesforce.NewSecret(consumerSecret)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = tokens.Token(t.Context())
	refused(t, "a token", err)

	_, err = salesforce.NewLogin(t.Context(), salesforce.TokensConfig{InstanceURL: srv.URL, ClientID: "id", ClientSecret: salesforce.NewSecret(consumerSecret)})
	refused(t, "a log-in", err)
	if reached.Load() != 0 {
		t.Error("the server was reached")
	}
}

func refused(t *testing.T, what string, err error) {
	t.Helper()
	d := salesforce.Classify(err)
	if d.Code != salesforce.CodeAddress || d.Class != salesforce.ClassOutage || salesforce.Uncertain(err) || !strings.Contains(d.Fix, "AllowedSalesforceHosts") {
		t.Errorf("%s: %v is %+v", what, err, d)
	}
	if err != nil && strings.Contains(err.Error(), consumerSecret) {
		t.Errorf("%s: the error holds the secret", what)
	}
}
