package salesforce_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/salesforce"
	"salesforce-integration/internal/salesforce/localorg"
)

func TestInspectReadsEachPartForItself(t *testing.T) {
	o := newOrg(t, ok(`{"compositeResponse":[
		{"referenceId":"user","httpStatusCode":200,"body":{"done":true,"records":[{"UserPermissionsMarketingUser":true}]}},
		{"referenceId":"contentNote","httpStatusCode":404,"body":[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]},
		{"referenceId":"feedItem","httpStatusCode":200,"body":{"name":"FeedItem","createable":true,"fields":[]}},
		{"referenceId":"campaign","httpStatusCode":200,"body":{"name":"Campaign","createable":true,"updateable":true,"queryable":true,"label":"Campaign","fields":[
			{"name":"Status","label":"Status","type":"picklist","length":255,"updateable":true,"restrictedPicklist":true,"picklistValues":[
				{"active":true,"defaultValue":true,"label":"Geplant","value":"Planned"}]}]}}]}`))
	got, err := o.client(nil).Inspect(t.Context(), "005xx000001SvogAAC")
	if err != nil {
		t.Fatal(err)
	}
	want := salesforce.ObjectDescription{Name: "Campaign", Createable: true, Updateable: true, Queryable: true, Fields: map[string]salesforce.FieldDescription{
		"Status": {Type: "picklist", Label: "Status", Length: 255, Updateable: true, Restricted: true,
			Values: []salesforce.PicklistValue{{Value: "Planned", Label: "Geplant", Active: true, Default: true}}},
	}}
	if diff := cmp.Diff(want, got.Campaign.ObjectDescription); got.Campaign.Err != nil || diff != "" {
		t.Errorf("campaign: %v (-want +got):\n%s", got.Campaign.Err, diff)
	}
	if !errors.Is(got.ContentNote.Err, salesforce.ErrNoObject) || salesforce.Classify(got.ContentNote.Err).Code != "NOT_FOUND" {
		t.Errorf("content note: %v", got.ContentNote.Err)
	}
	if got.FeedItem.Err != nil || !got.FeedItem.Createable {
		t.Errorf("feed item: %+v", got.FeedItem)
	}
	if !got.MarketingUser || got.MarketingUserErr != nil {
		t.Errorf("marketing user: %t, %v", got.MarketingUser, got.MarketingUserErr)
	}
	o.checkGolden("inspect")
}

func TestInspectOfAnAnswerThatIsNone(t *testing.T) {
	for name, body := range map[string]string{
		"no parts":     `{"compositeResponse":[]}`,
		"empty parts":  `{"compositeResponse":[{"referenceId":"campaign","httpStatusCode":200},{"referenceId":"user","httpStatusCode":200,"body":{"records":[]}}]}`,
		"other shapes": `{"compositeResponse":[{"referenceId":"campaign","httpStatusCode":200,"body":[]},{"referenceId":"user","httpStatusCode":200,"body":{"records":[{}]}}]}`,
	} {
		o := newOrg(t, ok(body))
		got, err := o.client(nil).Inspect(t.Context(), "005xx000001SvogAAC")
		if err != nil || got.Campaign.Err == nil || got.ContentNote.Err == nil || got.MarketingUserErr == nil || errors.Is(got.Campaign.Err, salesforce.ErrNoObject) {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
	down := newOrg(t, refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
	if _, err := down.client(nil).Inspect(t.Context(), ""); salesforce.Classify(err).Class != salesforce.ClassLimit {
		t.Errorf("err = %v", err)
	}
}

func TestWholeLoginAndInspection(t *testing.T) {
	w := newWhole(t, nil)
	login, err := salesforce.NewLogin(t.Context(), salesforce.TokensConfig{InstanceURL: w.url, ClientID: localorg.DefaultClientID,
		ClientSecret: salesforce.NewSecret(localorg.DefaultClientSecret), HTTPClient: listed(w.url)})
	if err != nil || login.OrgID != localorg.DefaultOrgID || login.UserID != localorg.RunAsUserID || login.IsZero() {
		t.Fatalf("login %+v, %v", login, err)
	}
	got, err := w.client.Inspect(t.Context(), login.UserID)
	if err != nil || got.Campaign.Err != nil || got.ContentNote.Err != nil || got.FeedItem.Err != nil || got.MarketingUserErr != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	status := got.Campaign.Fields["Status"]
	if !got.Campaign.Updateable || !status.Updateable || status.Restricted || !got.MarketingUser || !got.ContentNote.Createable || !got.FeedItem.Createable ||
		!slices.ContainsFunc(status.Values, func(v salesforce.PicklistValue) bool { return v.Value == "Paused" && v.Active }) {
		t.Errorf("inspection %+v", got)
	}
	// What Describe says is what the part of the one call says.
	alone, err := w.client.DescribeCampaign(t.Context())
	if diff := cmp.Diff(alone, got.Campaign.ObjectDescription); err != nil || diff != "" {
		t.Errorf("%v (-alone +part):\n%s", err, diff)
	}
	if n := w.client.Calls(); n != 2 {
		t.Errorf("%d calls, want one for each", n)
	}
}

func TestLoginFails(t *testing.T) {
	w := newWhole(t, nil)
	cfg := salesforce.TokensConfig{InstanceURL: w.url, ClientID: localorg.DefaultClientID, ClientSecret: salesforce.NewSecret("wrong"), HTTPClient: listed(w.url)}
	if _, err := salesforce.NewLogin(t.Context(), cfg); salesforce.Classify(err).Code != "invalid_client" {
		t.Errorf("a wrong secret: %v", err)
	}
	for _, bad := range []salesforce.TokensConfig{{}, {InstanceURL: w.url}, {InstanceURL: w.url, ClientID: "id"}} {
		if _, err := salesforce.NewLogin(t.Context(), bad); !errors.Is(err, salesforce.ErrArgument) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestLoginOfAnIdentityThatIsNone(t *testing.T) {
	for _, id := range []string{"", "https://login.salesforce.com/id/00Dxx0000001gEREAY", "https://login.salesforce.com/id/00Dxx0000001gEREAY/701xx000000001AAAQ", "%"} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"access_token":"t","token_type":"Bearer","id":"` + id + `"}`))
		}))
		login, err := salesforce.NewLogin(t.Context(), salesforce.TokensConfig{InstanceURL: srv.URL, ClientID: "id", ClientSecret: salesforce.NewSecret("s"), HTTPClient: listed(srv.URL)})
		srv.Close()
		if err != nil || login.UserID != "" || login.Value.Reveal() != "t" {
			t.Errorf("%q: user %q, %v", id, login.UserID, err)
		}
	}
}
