package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// testNoSecretInTable reads every row with root's rights, and finds no secret in clear.
func (s *suite) testNoSecretInTable(t *testing.T) {
	t.Parallel()
	const givenToken = "00Dxx0000001gER!given-to-be-looked-for"
	config := s.orgConfig(orgSecret)
	config["access_token"] = givenToken
	s.secrets.add(givenToken)
	i := s.create(t, object{"name": t.Name(), "integration_type": "SALESFORCE", "config": config})
	campaignID, key := s.newCampaign(t), unique("experiment")
	s.link(t, i.ID, key, campaignID)
	// The token that was given is refused, so the product gets one of its own and stores it.
	s.publish(t, significance, exampleDetail(key, time.Now()))
	s.awaitDelivery(t, "delivered", "note_written", "integration_id", i.ID)
	tell(t, i.WebhookURL, soapMessage(orgID, change{id: notificationID(t), campaignID: campaignID, status: "Completed"})).wantAck(t)

	secrets := map[string]string{
		"the client secret": orgSecret, "the webhook's secret": i.WebhookSecret,
		"a session of the org": "00Dxx0000001gER!", // how every token of the local org begins
	}
	seen := map[string]bool{}
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(s.aws), &dynamodb.ScanInput{TableName: &s.TableName})
	for pages.HasMorePages() {
		part, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range part.Items {
			row := text(&types.AttributeValueMemberM{Value: item})
			for name, secret := range secrets {
				if strings.Contains(row, secret) {
					t.Errorf("row %s %s holds %s in clear", text(item["pk"]), text(item["sk"]), name)
				}
			}
			if strings.Contains(row, i.ID) {
				seen[text(item["sk"])] = true
			}
		}
	}
	for _, sk := range []string{i.ID, "TOKEN", "LINK#" + campaignID, "DELIVERY", "LINKS"} {
		if !seen[sk] {
			t.Errorf("the row %s of the integration was not looked at", sk)
		}
	}
}

// text is all that an attribute holds, bytes as they are.
func text(v types.AttributeValue) string {
	var b strings.Builder
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		b.WriteString(v.Value)
	case *types.AttributeValueMemberN:
		b.WriteString(v.Value)
	case *types.AttributeValueMemberB:
		b.Write(v.Value)
	case *types.AttributeValueMemberM:
		for name, inner := range v.Value {
			b.WriteString(" " + name + " " + text(inner))
		}
	case *types.AttributeValueMemberL:
		for _, inner := range v.Value {
			b.WriteString(" " + text(inner))
		}
	default: // of the other types, a secret can only be a set, and the table has none
	}
	return b.String()
}

// testMovedBlob: a sealed secret that somebody copied to another integration's row does not open, and nothing is lost.
func (s *suite) testMovedBlob(t *testing.T) {
	t.Parallel()
	thief, campaignID, key := s.follow(t)
	victim := s.connect(t)
	own := s.row(t, thief.ID, "sealed_credentials")
	s.setRow(t, thief.ID, "sealed_credentials", s.row(t, victim.ID, "sealed_credentials"))
	s.publish(t, completed, exampleDetail(key, time.Now()))
	eventually(t, soon, func() string {
		for _, d := range s.log(t, "integration_id", thief.ID) {
			if d.Status == "retrying" || d.Status == "parked" {
				return ""
			}
		}
		return "the log does not show that the event waits"
	})
	if got := s.campaign(t, campaignID).Record["Status"]; got != "In Progress" {
		t.Errorf("the Campaign is %q: another integration's credentials were opened", got)
	}
	s.setRow(t, thief.ID, "sealed_credentials", own)
	s.api(t, http.MethodPut, "/integrations/"+thief.ID, object{"config": object{"client_secret": orgSecret}}).want(t, http.StatusOK)
	s.awaitDelivery(t, "delivered", "status_written", "integration_id", thief.ID)

	s.setRow(t, thief.ID, "sealed_webhook_secret", s.row(t, victim.ID, "sealed_webhook_secret"))
	address := without(thief.WebhookURL) + "?token=" + victim.WebhookSecret
	if got := send(t, request{method: http.MethodPost, url: address, body: object{"event_type": "campaign_updated"}}); got.status != http.StatusServiceUnavailable {
		t.Errorf("a webhook secret of another integration gets %d, want %d", got.status, http.StatusServiceUnavailable)
	}
}
